import {
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type VolumeModification,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import type { VolumeId } from '../../../contract/ids.ts';
import { type Change, isAs } from '../../core/keep/change.ts';
import { type Clock, pollUntil } from '../../core/world/clock.ts';
import { isKind, translated } from '../errors.ts';
import { describeVolume } from './describe.ts';

/** Until the new size can be used; the volume serves meanwhile. Source: EBS User Guide, "Monitor the progress of volume modifications". */
const USABLE = { everyMs: 2000, withinSeconds: 90 };

/** Waits until no modification of the volume is at its start: before that EC2 says the old size. One that has failed is over. */
export async function settleModification(ec2: EC2Client, clock: Clock, volumeId: VolumeId): Promise<void> {
  await pollUntil(clock, `modification of ${volumeId} usable`, USABLE, async () => {
    const seen = await latest(ec2, volumeId);
    return seen?.ModificationState === 'modifying'
      ? { done: false as const, seen: 'modifying' }
      : { done: true as const, value: undefined };
  });
}

/**
 * Changes the volume in place, and waits until EC2 shows the change: the size on the volume itself, for only then can it be used; the
 * performance there or as what the modification is heading for, which takes hours while the volume serves.
 * @throws AwsError `conflict` while an earlier modification is not completed, which may take hours; `capacity` after the fourth
 *   within a day. Source: API reference, ModifyVolume
 */
export async function modify(ec2: EC2Client, clock: Clock, volumeId: VolumeId, change: Change): Promise<void> {
  const input = {
    VolumeId: volumeId,
    Size: change.sizeGiB,
    VolumeType: change.type as VolumeType,
    Iops: change.iops,
    Throughput: change.throughputMiBs,
  };
  const { VolumeModification: ours } = await translated(`modify ${volumeId}`, () =>
    ec2.send(new ModifyVolumeCommand(input)),
  );
  const asked = `${volumeId} of ${change.sizeGiB} GiB, ${change.iops} IOPS and ${change.throughputMiBs} MiB/s`;
  await pollUntil(clock, asked, USABLE, async () => {
    const [seen, modification] = [await describeVolume(ec2, volumeId), await latest(ec2, volumeId)];
    const state = modification?.ModificationState;
    if (state === 'failed' && isOurs(modification, ours))
      throw new Error(`modification of ${volumeId} failed: ${modification?.StatusMessage}`);
    const heading = state === 'optimizing' || state === 'completed' ? targetOf(modification) : undefined;
    const done = seen && (isAs(change, seen) || (heading && isAs(change, { ...heading, sizeGiB: seen.sizeGiB })));
    return done
      ? { done: true as const, value: undefined }
      : { done: false as const, seen: `${seen?.sizeGiB} GiB, ${seen?.iops} IOPS, ${state ?? 'no modification'}` };
  });
}

/** An earlier one may have failed, and be what an old answer shows. */
function isOurs(seen: VolumeModification | undefined, ours: VolumeModification | undefined): boolean {
  return seen?.StartTime?.getTime() === ours?.StartTime?.getTime();
}

function targetOf(modification: VolumeModification | undefined) {
  const { TargetVolumeType = '', TargetIops, TargetThroughput } = modification ?? {};
  return { type: TargetVolumeType, iops: TargetIops, throughputMiBs: TargetThroughput };
}

async function latest(ec2: EC2Client, volumeId: VolumeId): Promise<VolumeModification | undefined> {
  try {
    const seen = await translated(`describe modifications of ${volumeId}`, () =>
      ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [volumeId] })),
    );
    return seen.VolumesModifications?.[0];
  } catch (error) {
    // Never modified.
    if (isKind(error, 'notFound')) return undefined;
    throw error;
  }
}
