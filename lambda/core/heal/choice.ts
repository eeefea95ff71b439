import type { Choice, RecoveryPoint, Spare } from '../world/model.ts';

/** The spare is ready, or a newer recovery point is verified: which of the two was taken, and what that cost. */

/** A spare that was ready, and was not taken, for something newer is verified. */
export type PassedOver = Pick<Spare, 'snapshotId' | 'at'>;

/** What is taken in the place of a spare that was ready; `undefined` where that is no newer. @param longerSeconds what it took */
export function choiceOf(
  spare: PassedOver | undefined,
  point: Pick<RecoveryPoint, 'snapshotId' | 'at'>,
  longerSeconds: number,
): Choice | undefined {
  if (!spare || point.at <= spare.at) return undefined;
  const minutes = minutesBetween(spare.at, point.at);
  return { taken: 'newer', spare: spare.snapshotId, newer: point.snapshotId, minutes, longerSeconds };
}

export function minutesBetween(from: number, to: number): number {
  return Math.round((to - from) / 60_000);
}
