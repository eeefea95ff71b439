import { CreateVolumeCommand, DescribeVolumesCommand, type EC2Client, type VolumeType } from '@aws-sdk/client-ec2';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { NewVolume } from '../../core/keep/keeper.ts';
import { type Clock, pollUntil } from '../../core/world/clock.ts';
import { isKind, translated } from '../errors.ts';

/**
 * Creates the volume and waits until it is available.
 * @throws Error when it goes to state `error`: with an unusable key, EC2 fails asynchronously.
 */
export async function createVolume(
  ec2: EC2Client,
  clock: Clock,
  { stack, keyArn }: { readonly stack: string; readonly keyArn: string },
  order: NewVolume,
): Promise<string> {
  const { claim } = order;
  const tags = {
    [TAG.stack]: stack,
    [TAG.volume]: claim.volume,
    [TAG.generation]: String(order.generation),
    [TAG.role]: VOLUME_ROLE.current,
    [TAG.schedule]: scheduleTagValue(stack),
    [TAG.blank]: String(order.snapshotId === undefined),
    Name: `${stack}/${claim.volume}`,
  };
  const created = await translated(`create ${claim.volume} in ${claim.zone}`, () =>
    ec2.send(
      new CreateVolumeCommand({
        ClientToken: order.clientToken,
        AvailabilityZone: claim.zone,
        Size: claim.sizeGiB,
        VolumeType: claim.type as VolumeType,
        Iops: claim.iops,
        Throughput: claim.throughputMiBs,
        Encrypted: true,
        KmsKeyId: keyArn,
        ...(order.snapshotId && { SnapshotId: order.snapshotId }),
        TagSpecifications: [
          { ResourceType: 'volume', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
        ],
      }),
    ),
  );
  const id = created.VolumeId ?? '';
  return pollUntil(clock, `volume ${id} available`, { everyMs: 1000, withinSeconds: 120 }, async () => {
    try {
      const seen = await translated(`describe ${id}`, () => ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })));
      const state = seen.Volumes?.[0]?.State;
      if (state === 'available' || state === 'in-use') return { done: true, value: id };
      if (state === 'error')
        throw new Error(
          `volume ${id} of ${claim.volume} went to state error: check that the key ${keyArn} can be used`,
        );
      return { done: false, seen: state ?? 'not found' };
    } catch (error) {
      if (isKind(error, 'notFound')) return { done: false, seen: 'not found' };
      throw error;
    }
  });
}
