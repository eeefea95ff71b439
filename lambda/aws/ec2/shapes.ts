import type { Instance as Ec2Instance, Snapshot as Ec2Snapshot, Volume as Ec2Volume } from '@aws-sdk/client-ec2';
import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { isInstanceId, isSnapshotId, isVolumeId } from '../../../contract/ids.ts';
import { readCounts } from '../../core/drill/counts.ts';
import type { Instance, RecoveryPoint, Volume } from '../../core/world/model.ts';
import { present, presentId } from './present.ts';
import { type Tags, tagsOf } from './tags.ts';

/** EC2's shapes into the project's own. A resource without what every resource has is a broken answer and is refused. */

export function toVolume(volume: Ec2Volume): Volume {
  const tags = tagsOf(volume);
  return {
    id: presentId(volume.VolumeId, 'VolumeId', isVolumeId),
    state: present(volume.State, 'State'),
    zone: present(volume.AvailabilityZone, 'AvailabilityZone'),
    sizeGiB: present(volume.Size, 'Size'),
    type: present(volume.VolumeType, 'VolumeType'),
    iops: volume.Iops,
    throughputMiBs: volume.Throughput,
    keyArn: volume.KmsKeyId,
    role: tags[TAG.role] ?? '',
    generation: Number(tags[TAG.generation] ?? 0),
    scheduled: TAG.schedule in tags,
    held: TAG.held in tags,
    blank: tags[TAG.blank] === 'true',
    marked: tags[TAG.reap] === 'true',
    // A blank volume has an empty one.
    madeFrom: volume.SnapshotId ? presentId(volume.SnapshotId, 'SnapshotId', isSnapshotId) : undefined,
    attachments: (volume.Attachments ?? []).map((a) => ({
      instanceId: presentId(a.InstanceId, 'InstanceId', isInstanceId),
      device: present(a.Device, 'Device'),
      state: present(a.State, 'State'),
    })),
    tags,
    createdAt: present(volume.CreateTime, 'CreateTime').getTime(),
  };
}

/** What is known of an instance beside EC2's description of it. */
export type Condition = Pick<Instance, 'agentOnline' | 'impaired' | 'ebsImpaired'>;

export function toInstance(instance: Ec2Instance, condition: Condition): Instance {
  return {
    id: presentId(instance.InstanceId, 'InstanceId', isInstanceId),
    zone: present(instance.Placement?.AvailabilityZone, 'AvailabilityZone'),
    state: present(instance.State?.Name, 'State.Name'),
    launchedAt: present(instance.LaunchTime, 'LaunchTime').getTime(),
    ...condition,
    devices: (instance.BlockDeviceMappings ?? []).map((mapping) => present(mapping.DeviceName, 'DeviceName')),
  };
}

/** A time in a tag; nothing where there is none, or nobody can read it. */
function timeOf<Key extends string>(tags: Tags, tag: string, key: Key): Partial<Record<Key, number>> {
  const at = Date.parse(tags[tag] ?? '');
  return Number.isNaN(at) ? {} : ({ [key]: at } as Record<Key, number>);
}

export function toRecoveryPoint(snapshot: Ec2Snapshot): RecoveryPoint {
  const tags = tagsOf(snapshot);
  const counts = readCounts(tags[TAG.content]);
  return {
    snapshotId: presentId(snapshot.SnapshotId, 'SnapshotId', isSnapshotId),
    at: present(snapshot.StartTime, 'StartTime').getTime(),
    state: present(snapshot.State, 'State'),
    generation: Number(tags[TAG.generation] ?? 0),
    role: tags[TAG.role] ?? VOLUME_ROLE.current,
    verdict: Object.values(VERDICT).find((verdict) => verdict === tags[TAG.verdict]),
    ...(snapshot.VolumeSize !== undefined && { sizeGiB: snapshot.VolumeSize }),
    ...timeOf(tags, TAG.drilledAt, 'drilledAt'),
    ...timeOf(tags, TAG.keptUntil, 'keptUntil'),
    ...(counts && { counts }),
    ...(tags[TAG.guard] === 'true' && { byGuard: true }),
  };
}
