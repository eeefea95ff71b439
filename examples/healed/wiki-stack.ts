import { Duration, RemovalPolicy, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  ContentVolume,
  HostDocuments,
  HostSoftware,
  Ledger,
  PeopleTopic,
  SnapshotSchedule,
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
    const key = new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
    const software = new HostSoftware(this, 'Software');
    const { group, targetGroup } = new WikiHosts(this, 'Hosts', { key, software, zones: ZONES, volume: VOLUME });

    const people = new PeopleTopic(this, 'People', { key, email: 'wiki@example.com' }).topic;
    new SnapshotSchedule(this, 'Snapshots', { key, keep: Duration.hours(48) });
    const ledger = new Ledger(this, 'Ledger', { key });
    const documents = new HostDocuments(this, 'Documents');
    const keeper = new VolumeKeeper(this, 'Keeper', { ledger, documents, people, key });
    const size = Size.gibibytes(200);
    const volume = new ContentVolume(this, 'Pages', {
      keeper,
      volumeName: VOLUME,
      availabilityZone: 'eu-west-1a',
      size,
    });
    // No drills here, and so no spare; whoever adds `VolumeDrill` has one.
    const healer = new VolumeHealer(this, 'Healer', { ledger, documents, people, key });
    healer.heals(volume, { targetGroup });
    healer.worksOn(group);
  }
}
