import { CreateVolumeCommand, type EC2Client, type Tag, type VolumeType } from '@aws-sdk/client-ec2';
import { type Clock, pollUntil } from '../../core/world/clock.ts';
import type { Volume } from '../../core/world/model.ts';
import { translated } from '../errors.ts';
import { describeVolume } from './attachments.ts';

/** Create to available: median 1.5 s, p99 4 s (figures of the EBS CSI driver's authors). */
const CREATE = { everyMs: 1000, withinSeconds: 60 };

/** A volume as another one is, made from a snapshot. */
export interface Restore {
  readonly like: Volume;
  readonly zone: string;
  readonly snapshotId: string;
  /** The same for the same order, however often it is placed: one volume, never two. At most 64 characters. */
  readonly clientToken: string;
  readonly tags: Readonly<Record<string, string>>;
  /** MiB/s at which its blocks are loaded: 100 to 300. @default on first touch */
  readonly initializationRate?: number;
}

/**
 * Makes the volume and waits until it is available.
 * @returns its id
 * @throws Error when it goes to state `error`: with a key that cannot be used, EC2 fails asynchronously, and the volume vanishes
 */
export async function restoreVolume(ec2: EC2Client, clock: Clock, order: Restore): Promise<string> {
  const { like, zone, snapshotId, initializationRate } = order;
  const created = await translated(`create a volume from ${snapshotId} in ${zone}`, () =>
    ec2.send(
      new CreateVolumeCommand({
        ClientToken: order.clientToken,
        SnapshotId: snapshotId,
        AvailabilityZone: zone,
        Size: like.sizeGiB,
        VolumeType: like.type as VolumeType,
        Iops: like.iops,
        Throughput: like.throughputMiBs,
        Encrypted: true,
        KmsKeyId: like.keyArn,
        ...(initializationRate !== undefined && { VolumeInitializationRate: initializationRate }),
        TagSpecifications: [{ ResourceType: 'volume', Tags: asTags(order.tags) }],
      }),
    ),
  );
  const id = created.VolumeId ?? '';
  return pollUntil(clock, `volume ${id} available`, CREATE, async () => {
    const seen = await describeVolume(ec2, id);
    if (seen?.state === 'available' || seen?.state === 'in-use') return { done: true, value: id };
    if (seen?.state === 'error')
      throw new Error(`volume ${id} from ${snapshotId} went to state error: check the key ${like.keyArn}`);
    return { done: false, seen: seen?.state ?? 'not found' };
  });
}

export function asTags(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
