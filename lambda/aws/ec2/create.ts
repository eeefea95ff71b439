import { CreateSnapshotCommand, CreateVolumeCommand, type EC2Client, type VolumeType } from '@aws-sdk/client-ec2';
import { isSnapshotId, isVolumeId, type SnapshotId, type VolumeId } from '../../../contract/ids.ts';
import type { Clock } from '../../core/world/clock.ts';
import type { Volume } from '../../core/world/model.ts';
import { translated } from '../errors.ts';
import { presentId } from './present.ts';
import { asTags, type Tags } from './tags.ts';
import { untilAvailable } from './wait.ts';

/** A volume to be made: everything about it is said, for what is not said EC2 chooses. */
export interface NewVolume extends Pick<Volume, 'zone' | 'sizeGiB' | 'type' | 'iops' | 'throughputMiBs' | 'keyArn'> {
  /** Completes "create a volume ..." */
  readonly named: string;
  /** `undefined`: it is blank. */
  readonly snapshotId: SnapshotId | undefined;
  /** The same for the same order, however often it is placed: one volume, never two. At most 64 characters. */
  readonly clientToken: string;
  readonly tags: Tags;
  /** MiB/s at which its blocks are loaded: 100 to 300. @default on first touch */
  readonly initializationRate?: number;
  /** How long it may take until it is available. */
  readonly withinSeconds: number;
}

/**
 * Makes the volume and waits until it is available.
 * @returns its id
 * @throws VolumeFailed when it goes to state `error`
 */
export async function createVolume(ec2: EC2Client, clock: Clock, order: NewVolume): Promise<VolumeId> {
  const { named, snapshotId, initializationRate } = order;
  const created = await translated(`create a volume ${named} in ${order.zone}`, () =>
    ec2.send(
      new CreateVolumeCommand({
        ClientToken: order.clientToken,
        AvailabilityZone: order.zone,
        Size: order.sizeGiB,
        VolumeType: order.type as VolumeType,
        Iops: order.iops,
        Throughput: order.throughputMiBs,
        Encrypted: true,
        KmsKeyId: order.keyArn,
        ...(snapshotId !== undefined && { SnapshotId: snapshotId }),
        ...(initializationRate !== undefined && { VolumeInitializationRate: initializationRate }),
        TagSpecifications: [{ ResourceType: 'volume', Tags: asTags(order.tags) }],
      }),
    ),
  );
  return untilAvailable(ec2, clock, presentId(created.VolumeId, 'VolumeId', isVolumeId), order);
}

/** Create to available: median 1.5 s, p99 4 s (figures of the EBS CSI driver's authors). */
const RESTORED_SECONDS = 60;

/** A volume as another one is, made from a snapshot. */
export interface Restore extends Pick<NewVolume, 'zone' | 'clientToken' | 'tags' | 'initializationRate'> {
  readonly like: Volume;
  readonly snapshotId: SnapshotId;
}

/** As {@link createVolume}. */
export function restoreVolume(ec2: EC2Client, clock: Clock, { like, ...order }: Restore): Promise<VolumeId> {
  const { sizeGiB, type, iops, throughputMiBs, keyArn } = like;
  const named = `from ${order.snapshotId}`;
  const as = { sizeGiB, type, iops, throughputMiBs, keyArn };
  return createVolume(ec2, clock, { ...order, ...as, named, withinSeconds: RESTORED_SECONDS });
}

/** A snapshot to be taken. */
export interface NewSnapshot {
  readonly volumeId: VolumeId;
  readonly description: string;
  readonly tags: Tags;
}

/**
 * There is no client token: where an answer was lost, the SDK's second try makes a second one, or is refused for coming so soon.
 * @param doing completes "could not ..."
 * @returns its id, as soon as it is begun
 */
export async function createSnapshot(ec2: EC2Client, order: NewSnapshot, doing: string): Promise<SnapshotId> {
  const made = await translated(doing, () =>
    ec2.send(
      new CreateSnapshotCommand({
        VolumeId: order.volumeId,
        Description: order.description,
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: asTags(order.tags) }],
      }),
    ),
  );
  return presentId(made.SnapshotId, 'SnapshotId', isSnapshotId);
}
