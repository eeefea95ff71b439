import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  ContentVolume,
  HostDocuments,
  HostSoftware,
  Ledger,
  metricNamespace,
  PeopleTopic,
  SnapshotSchedule,
  VolumeAlarms,
  VolumeHealer,
  VolumeKeeper,
} from '../../lib/index.ts';
import { WikiHosts } from './wiki-hosts.ts';

const ZONES = ['eu-west-1a', 'eu-west-1b'];
const VOLUME = 'pages';

/** A wiki of another team: its network, its instances and its load balancer are its own; what keeps its volume alive is Remount's. */
export class WikiStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const namespace = metricNamespace(this.stackName);
    const key = new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
    const software = new HostSoftware(this, 'Software', { namespace });
    const hosts = new WikiHosts(this, 'Hosts', { key, software, zones: ZONES, volume: VOLUME });
    this.#remount(key, namespace, hosts.targetGroup);
  }

  #remount(key: Key, namespace: string, targetGroup: ApplicationTargetGroup): void {
    const { stackName } = this;
    const people = new PeopleTopic(this, 'People', { key, email: 'wiki@example.com' }).topic;
    new SnapshotSchedule(this, 'Snapshots', { stackName, key, perHour: 4, keepHours: 48 });
    const ledger = new Ledger(this, 'Ledger', { key });
    const documents = new HostDocuments(this, 'Documents');
    const healer = new VolumeHealer(this, 'Healer', {
      stackName,
      ledger,
      documents,
      people,
      key,
      targetGroups: new Map([[VOLUME, targetGroup]]),
      // No drills here, and so no spare; whoever adds `VolumeDrill` has one.
      spare: { prefer: 'faster', maxAgeMinutes: Duration.hours(2).toMinutes() },
    });
    const keeper = new VolumeKeeper(this, 'Keeper', { stackName, ledger, documents, people, key });
    const volume = new ContentVolume(this, 'Pages', {
      keeper,
      name: VOLUME,
      zone: 'eu-west-1a',
      sizeGiB: 200,
      iops: 3000,
      throughputMiBs: 125,
    });
    const alarms = new VolumeAlarms(this, 'Alarms', {
      stackName,
      namespace,
      volume: VOLUME,
      targetGroup,
      healer: healer.live,
      people,
    });
    // An alarm before the volume would start a heal that finds nothing to heal.
    alarms.node.addDependency(volume);
  }
}
