import type { Refusal } from '../../../contract/refusals.ts';
import type { Volume } from '../world/model.ts';
import type { VolumeClaim } from './keep.ts';

/** What a deployment changes of a volume that exists, in place and while it serves. */
export interface Change {
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number;
  readonly throughputMiBs: number;
}

/**
 * What the stack does: it goes forward, it rolls back, or CloudFormation could not be asked. The event of a custom resource does not
 * show it: a rollback is an update too, to the properties of before.
 */
export type Course = 'forward' | 'back' | 'unknown';

/**
 * What a claim asks that can never be done, one for each setting: EBS volumes do not shrink, and stay in their zone. It is held
 * against the volume, not against the claim of before, which in a rollback is the one that failed.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html
 */
export function impossible(before: VolumeClaim, after: VolumeClaim, volume: Volume): Refusal[] {
  const moves = after.zone !== before.zone && after.zone !== volume.zone;
  // A heal may have left it larger than the template says; only whoever lowers the setting asks for less.
  const shrinks = after.sizeGiB < before.sizeGiB && after.sizeGiB < volume.sizeGiB;
  return [
    ...(moves ? [{ code: 'staysInZone' as const, received: after.zone, allowed: volume.zone }] : []),
    ...(shrinks ? [{ code: 'doesNotShrink' as const, received: after.sizeGiB, allowed: volume.sizeGiB }] : []),
  ];
}

/** What is to be changed for the volume to be as claimed; `undefined`: nothing. One that is larger than claimed stays so. */
export function changeOf(claim: VolumeClaim, volume: Volume): Change | undefined {
  const { type, iops, throughputMiBs } = claim;
  const sizeGiB = Math.max(claim.sizeGiB, volume.sizeGiB);
  const change = { sizeGiB, type, iops, throughputMiBs };
  return isAs(change, volume) ? undefined : change;
}

/** Whether a volume is as a change makes it. */
export function isAs(change: Change, volume: Pick<Volume, 'sizeGiB' | 'type' | 'iops' | 'throughputMiBs'>): boolean {
  return (
    volume.sizeGiB >= change.sizeGiB &&
    volume.type === change.type &&
    volume.iops === change.iops &&
    volume.throughputMiBs === change.throughputMiBs
  );
}

/** Whether a claim asks for no more of anything than the volume has: to leave it undone takes nothing from anybody. */
export function asksForNoMore(claim: VolumeClaim, volume: Volume): boolean {
  return (
    claim.sizeGiB <= volume.sizeGiB &&
    claim.type === volume.type &&
    claim.iops <= (volume.iops ?? 0) &&
    claim.throughputMiBs <= (volume.throughputMiBs ?? 0)
  );
}
