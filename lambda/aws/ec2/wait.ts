import type { EC2Client } from '@aws-sdk/client-ec2';
import type { VolumeId } from '../../../contract/ids.ts';
import { type Clock, DeadlineExceeded, type Poll, pollUntil } from '../../core/world/clock.ts';
import { describeVolume } from './describe.ts';

const POLL_MS = 1000;

/** A volume that was ordered went to state `error`. */
export class VolumeFailed extends Error {
  constructor(id: string, named: string, keyArn: string | undefined) {
    super(`volume ${id} ${named} went to state error: check the key ${keyArn}`);
    this.name = 'VolumeFailed';
  }
}

/**
 * Waits until a volume that was ordered can be attached.
 * @param named completes "volume vol-1 ..." in what it throws
 * @throws VolumeFailed when it goes to state `error`: with a key that cannot be used, EC2 fails asynchronously, and the volume vanishes
 */
export function untilAvailable(
  ec2: EC2Client,
  clock: Clock,
  id: VolumeId,
  {
    named,
    keyArn,
    withinSeconds,
  }: { readonly named: string; readonly keyArn?: string; readonly withinSeconds: number },
): Promise<VolumeId> {
  return pollUntil(clock, `volume ${id} available`, { everyMs: POLL_MS, withinSeconds }, async () => {
    const seen = await describeVolume(ec2, id);
    if (seen?.state === 'available' || seen?.state === 'in-use') return { done: true, value: id };
    if (seen?.state === 'error') throw new VolumeFailed(id, named, keyArn);
    return { done: false, seen: seen?.state ?? 'not found' };
  });
}

/** Looks until it is so. @returns `false` when it is not within the time */
export async function isSoWithin(
  clock: Clock,
  withinSeconds: number,
  what: string,
  look: () => Promise<Poll<true>>,
): Promise<boolean> {
  try {
    return await pollUntil(clock, what, { everyMs: POLL_MS, withinSeconds }, look);
  } catch (error) {
    if (error instanceof DeadlineExceeded) return false;
    throw error;
  }
}
