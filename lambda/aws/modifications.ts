import {
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import { type Clock, pollUntil } from '../core/clock.ts';
import type { Change } from '../core/keep.ts';
import { describeVolume } from './attachments.ts';
import { isKind, translated } from './errors.ts';

/** Until the new size can be used; the volume serves meanwhile. Source: EBS User Guide, "Monitor the progress of volume modifications". */
const USABLE = { everyMs: 2000, withinSeconds: 90 };

/** Waits until no modification of the volume is at its start: before that EC2 tells the old size. @throws Error when it failed */
export async function settleModification(ec2: EC2Client, clock: Clock, volumeId: string): Promise<void> {
  await pollUntil(clock, `modification of ${volumeId} usable`, USABLE, async () => {
    const seen = await latest(ec2, volumeId);
    if (seen?.ModificationState === 'failed') throw new Error(`modification of ${volumeId}: ${seen.StatusMessage}`);
    return seen?.ModificationState === 'modifying'
      ? { done: false as const, seen: 'modifying' }
      : { done: true as const, value: undefined };
  });
}

/**
 * Changes the volume in place, and waits until the new size can be used.
 * @throws AwsError `conflict` while an earlier modification is not completed, which may take hours; `capacity` after the fourth
 *   within a day. Source: API reference, ModifyVolume
 */
export async function modify(ec2: EC2Client, clock: Clock, volumeId: string, change: Change): Promise<void> {
  const input = {
    VolumeId: volumeId,
    Size: change.sizeGiB,
    VolumeType: change.type as VolumeType,
    Iops: change.iops,
    Throughput: change.throughputMiBs,
  };
  await translated(`modify ${volumeId}`, () => ec2.send(new ModifyVolumeCommand(input)));
  await settleModification(ec2, clock, volumeId);
  // That there is no modification at its start may be an old answer.
  await pollUntil(clock, `${volumeId} of ${change.sizeGiB} GiB`, USABLE, async () => {
    const seen = await describeVolume(ec2, volumeId);
    return seen && seen.sizeGiB >= change.sizeGiB
      ? { done: true as const, value: undefined }
      : { done: false as const, seen: `${seen?.sizeGiB} GiB` };
  });
}

async function latest(ec2: EC2Client, volumeId: string) {
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
