import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { metricNamespace } from '../../contract/contract.ts';
import { ContentBalancer } from '../balancer.ts';
import { ContentVolume } from '../content-volume.ts';
import { Fleet } from '../fleet.ts';
import { HostSoftware } from '../host-software.ts';
import { ConditionAlarms } from '../internal/condition-alarms.ts';
import { HostDocuments } from '../internal/host-documents.ts';
import { Ledger } from '../ledger.ts';
import { ContentNetwork } from '../network.ts';
import { PeopleTopic } from '../people-topic.ts';
import { RecycleBin } from '../recycle-bin.ts';
import { SnapshotSchedule } from '../snapshot-schedule.ts';
import { VolumeAlarms } from '../volume-alarms.ts';
import { VolumeDrill } from '../volume-drill.ts';
import { VolumeGuard } from '../volume-guard.ts';
import { VolumeHealer } from '../volume-healer.ts';
import { VolumeKeeper } from '../volume-keeper.ts';
import type { Settings } from './settings.ts';

export interface RemountStackProps extends StackProps {
  readonly settings: Settings;
}

/** All of Remount, wired: each part is a construct that may be used without the others. */
export class RemountStack extends Stack {
  constructor(scope: Construct, id: string, props: RemountStackProps) {
    super(scope, id, props);
    const { settings } = props;
    const { stackName } = this;
    const namespace = metricNamespace(stackName);
    const volumeNames = settings.volumes.map((v) => v.name);

    const key = new Key(this, 'Key', {
      description: `Content volumes of ${stackName}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const people = new PeopleTopic(this, 'People', { key, ...(settings.alertEmail && { email: settings.alertEmail }) });
    const ledger = new Ledger(this, 'Ledger', { key });
    const software = new HostSoftware(this, 'Software', { namespace, web: settings.web, ledger });
    const network = new ContentNetwork(this, 'Network', {
      key,
      zones: settings.zones,
      moreEndpoints: settings.moreEndpoints,
      moreBuckets: settings.moreBuckets,
      software,
    });
    const fleet = new Fleet(this, 'Fleet', {
      vpc: network.vpc,
      stackName,
      software,
      zones: settings.zones,
      instancesPerZone: settings.instancesPerZone,
      instanceType: settings.instanceType,
    });
    network.allowFrom(fleet.securityGroup);
    const balancer = new ContentBalancer(this, 'Balancer', {
      vpc: network.vpc,
      groups: fleet.groups,
      instanceSecurityGroup: fleet.securityGroup,
      volumes: volumeNames,
      ...(settings.certificateArn && { certificateArn: settings.certificateArn }),
    });
    const schedule = new SnapshotSchedule(this, 'Snapshots', { stackName, key, ...settings.snapshots });
    new RecycleBin(this, 'RecycleBin', { stackName, ...settings.recycleBin });
    const documents = new HostDocuments(this, 'Host');
    const healer = new VolumeHealer(this, 'Healer', {
      stackName,
      ledger,
      documents,
      people: people.topic,
      key,
      targetGroups: balancer.targetGroups,
      spare: { prefer: settings.drills.prefer, maxAgeMinutes: settings.drills.maxSpareAgeMinutes },
    });
    if (settings.drills.enabled)
      new VolumeDrill(this, 'Drill', {
        stackName,
        volumes: volumeNames,
        ledger,
        documents,
        people: people.topic,
        key,
        initializationMiBs: settings.drills.initializationMiBs,
        fallPercent: settings.drills.fallPercent,
      });
    const keeper = new VolumeKeeper(this, 'Keeper', { stackName, ledger, documents, people: people.topic, key });
    const guard = new VolumeGuard(this, 'Guard', {
      stackName,
      volumes: volumeNames,
      schedule,
      verified: settings.drills.enabled,
      software,
      ...(settings.snapshotLock.days > 0 && { lock: settings.snapshotLock }),
      ledger,
      people: people.topic,
      key,
    });
    for (const volume of settings.volumes) {
      const targetGroup = balancer.targetGroups.get(volume.name);
      if (!targetGroup) throw new Error(`no target group for ${volume.name}`);
      const content = new ContentVolume(this, `Volume-${volume.name}`, { keeper, ...volume });
      const alarms = new VolumeAlarms(this, `Alarms-${volume.name}`, {
        stackName,
        namespace,
        volume: volume.name,
        targetGroup,
        healer: healer.live,
        people: people.topic,
      });
      const conditions = new ConditionAlarms(this, `Conditions-${volume.name}`, {
        stackName,
        namespace,
        volume: volume.name,
        people: people.topic,
        fullWithinHours: settings.fullWithinHours,
      });
      conditions.node.addDependency(content);
      // An alarm before the volume would start a heal that finds nothing to heal.
      alarms.node.addDependency(content);
      guard.node.addDependency(content);
    }
  }
}
