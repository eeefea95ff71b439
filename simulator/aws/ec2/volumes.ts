import { TAG } from '../../../contract/contract.ts';
import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Principal } from '../iam/account.ts';
import { missingForEbs } from '../iam/key-uses.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import {
  type Input,
  matches,
  onlyMembers,
  optionalNumber,
  optionalText,
  page,
  specifiedTags,
  tagList,
  text,
  texts,
} from './input.ts';
import type { Ec2State, SimVolume } from './state.ts';

/** Create to available (figures of the EBS CSI driver's authors, milliseconds). */
const CREATE = { median: 1500, p99: 4000 };
/** A volume that failed is in state `error` for a moment, and then there is no such volume. */
const VANISH_MS = 5000;
/** A new volume is not found by every describe at once. */
const VISIBLE = { median: 150, p99: 1500 };
/** A volume stays in state `deleting` for a while, up to minutes (API reference of DeleteVolume). Milliseconds. */
const DELETE = { median: 5000, p99: 120_000 };
const PAGE = 20;

/** Volumes of the simulated EC2: every change takes its time, and every wrong state is refused as EC2 refuses it. */
export function ec2Volumes(cloud: Cloud, ec2: Ec2State, bus: EventBus): void {
  const random = cloud.random.stream('ec2 volumes');
  const tokens = new Map<string, { readonly request: string; readonly volume: SimVolume }>();

  function createVolume(input: Input, principal: Principal): object {
    onlyMembers('CreateVolume', input, [
      'ClientToken',
      'SnapshotId',
      'AvailabilityZone',
      'Size',
      'VolumeType',
      'Iops',
      'Throughput',
      'Encrypted',
      'KmsKeyId',
      'VolumeInitializationRate',
      'TagSpecifications',
    ]);
    const token = optionalText(input, 'ClientToken');
    const { ClientToken: _, ...request } = input;
    const before = token === undefined ? undefined : tokens.get(token);
    if (before) {
      if (before.request !== JSON.stringify(request))
        throw new ServiceError(
          'IdempotentParameterMismatch',
          `The client token ${token} was used with other parameters`,
        );
      return shape(before.volume);
    }
    const volume = newVolume(input);
    if (token) tokens.set(token, { request: JSON.stringify(request), volume });
    ec2.volumes.set(volume.id, volume);
    cloud.disks.createVolume(volume.id, volume.sizeGiB, volume.snapshotId);
    if (volume.snapshotId) cloud.loading.restored(volume.id, optionalNumber(input, 'VolumeInitializationRate'));
    const denied = volume.keyArn && missingForEbs(cloud, principal, volume.keyArn, volume.id);
    if (denied) cloud.say('iam', `denied: ${principal.name} may not ${denied}`);
    cloud.clock.after(random.delay(CREATE), () => created(volume, Boolean(denied)));
    cloud.say(
      'ec2',
      `volume ${volume.id} is created in ${volume.zone}${volume.snapshotId ? ` from ${volume.snapshotId}` : ', blank'}`,
      { kind: 'volumeCreated', volumeId: volume.id, from: volume.snapshotId },
    );
    return shape(volume);
  }

  /** A key that cannot be used fails the creation afterwards: the volume goes to `error`, and vanishes. */
  function created(volume: SimVolume, denied: boolean): void {
    if (volume.state !== 'creating') return;
    const failed = denied || (cloud.faults.keyUnusable(cloud.clock.now()) && volume.encrypted);
    volume.state = failed ? 'error' : 'available';
    bus.emit('EBS Volume Notification', { event: 'createVolume', result: failed ? 'failed' : 'available' });
    if (!failed) return;
    cloud.say('ec2', `volume ${volume.id} could not be encrypted: its key cannot be used`, {
      kind: 'keyUnusable',
      volumeId: volume.id,
    });
    cloud.clock.after(VANISH_MS, () => {
      ec2.volumes.delete(volume.id);
      cloud.disks.deleteVolume(volume.id);
      cloud.loading.gone(volume.id);
    });
  }

  function newVolume(input: Input): SimVolume {
    const snapshotId = optionalText(input, 'SnapshotId');
    const snapshot = snapshotId === undefined ? undefined : ec2.snapshot(snapshotId);
    if (snapshot && snapshot.state !== 'completed')
      throw new ServiceError('IncorrectState', `Snapshot '${snapshot.id}' is not 'completed'.`);
    const sizeGiB = optionalNumber(input, 'Size') ?? snapshot?.sizeGiB;
    if (!sizeGiB)
      throw new ServiceError('MissingParameter', 'The request must contain the parameter size or snapshotId');
    if (snapshot && sizeGiB < snapshot.sizeGiB)
      throw new ServiceError(
        'InvalidParameterValue',
        `Volume of ${sizeGiB}GiB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGiB}GiB`,
      );
    refuseRate(optionalNumber(input, 'VolumeInitializationRate'), snapshotId);
    const zone = text(input, 'AvailabilityZone');
    if (!cloud.faults.hasCapacity(zone, cloud.clock.now()))
      throw new ServiceError(
        'InsufficientVolumeCapacity',
        `There is not enough capacity to fulfill your EBS volume request in ${zone}.`,
        500,
      );
    const tags = specifiedTags(input, 'volume');
    return {
      id: `vol-0${random.hex(16)}`,
      state: 'creating',
      zone,
      sizeGiB,
      type: optionalText(input, 'VolumeType') ?? 'gp2',
      iops: optionalNumber(input, 'Iops'),
      throughput: optionalNumber(input, 'Throughput'),
      encrypted: input.Encrypted === true || snapshot?.encrypted === true,
      keyArn: optionalText(input, 'KmsKeyId') ?? snapshot?.keyArn,
      snapshotId,
      createdAt: cloud.clock.now(),
      visibleAt: cloud.clock.now() + random.delay(VISIBLE),
      tags,
      orderedFor: tags[TAG.heal],
      attachment: undefined,
    };
  }

  function describeVolumes(input: Input): object {
    onlyMembers('DescribeVolumes', input, ['VolumeIds', 'Filters', 'NextToken', 'MaxResults']);
    const now = cloud.clock.now();
    const visible = [...ec2.volumes.values()].filter((v) => v.visibleAt <= now);
    const ids = texts(input, 'VolumeIds');
    const missing = ids?.find((id) => !visible.some((v) => v.id === id));
    if (missing) throw new ServiceError('InvalidVolume.NotFound', `The volume '${missing}' does not exist.`);
    const wanted = visible.filter(
      (v) =>
        (ids ? ids.includes(v.id) : true) && matches(input, v.tags, { status: v.state, 'availability-zone': v.zone }),
    );
    const { items, next } = page(input, wanted, PAGE, cloud.faults.pageItems);
    return { Volumes: items.map(shape), NextToken: next };
  }

  /** Only one that is attached nowhere. Source: API reference of DeleteVolume. */
  function deleteVolume(input: Input): object {
    onlyMembers('DeleteVolume', input, ['VolumeId']);
    const volume = ec2.volume(text(input, 'VolumeId'));
    if (volume.attachment)
      throw new ServiceError(
        'VolumeInUse',
        `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`,
      );
    if (volume.state !== 'available' && volume.state !== 'error')
      throw new ServiceError('IncorrectState', `Volume '${volume.id}' is in the '${volume.state}' state.`);
    volume.state = 'deleting';
    cloud.say('ec2', `volume ${volume.id} is deleted`);
    cloud.clock.after(random.delay(DELETE), () => {
      ec2.volumes.delete(volume.id);
      cloud.disks.deleteVolume(volume.id);
      cloud.loading.gone(volume.id);
    });
    return {};
  }

  cloud.offer('ec2', { CreateVolume: createVolume, DescribeVolumes: describeVolumes, DeleteVolume: deleteVolume });
}

/** For volumes from snapshots only, 100 to 300 MiB/s. Source: API reference, CreateVolume. */
function refuseRate(rate: number | undefined, snapshotId: string | undefined): void {
  if (rate === undefined || (snapshotId !== undefined && rate >= 100 && rate <= 300)) return;
  throw new ServiceError('InvalidParameterValue', `Value (${rate}) for parameter VolumeInitializationRate is invalid.`);
}

function shape(volume: SimVolume): object {
  const attachment = volume.attachment;
  return {
    VolumeId: volume.id,
    State: volume.state,
    AvailabilityZone: volume.zone,
    Size: volume.sizeGiB,
    VolumeType: volume.type,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.keyArn,
    SnapshotId: volume.snapshotId ?? '',
    CreateTime: new Date(volume.createdAt),
    Tags: tagList(volume.tags),
    Attachments: attachment
      ? [
          {
            VolumeId: volume.id,
            InstanceId: attachment.instanceId,
            Device: attachment.device,
            State: attachment.state,
            AttachTime: new Date(attachment.since),
          },
        ]
      : [],
  };
}
