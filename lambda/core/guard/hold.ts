import type { Volume } from '../world/model.ts';
import { counted, isKept, isRecoveryPoint, newest, type Retention, type Snapshot } from './retention.ts';

const HOUR_MS = 3_600_000;
/**
 * DLM counts, and starts a run up to an hour late: a copy may go an hour before its time. One hour more is for the guard's own rounds,
 * and for a heal that keeps it from acting.
 */
const MARGIN_HOURS = 2;

/** Nothing newer is verified; or content fell after the copy, and what is newer has less. */
export type HoldReason = 'unverified' | 'fell';

/** What is to be done so that DLM does not rotate the last verified copy out. */
export type Hold =
  | { readonly kind: 'hold'; readonly volume: Volume; readonly snapshot: Snapshot; readonly why: HoldReason }
  | { readonly kind: 'unhold'; readonly volume: Volume };

/**
 * DLM's count knows no verdicts, its tags on a snapshot cannot be taken off, and what it does about a locked one that it wants to delete
 * is documented nowhere (decision 19). But of a volume without the target tag it neither makes nor deletes anything: so the volume
 * leaves the schedule while the newest verified copy is one that DLM would delete soon. The guard takes the copies meanwhile, and
 * deletes the old ones, but for the last verified. Source: EBS User Guide, "Modify Amazon Data Lifecycle Manager policies"
 *
 * So it is for a copy that is kept because content fell after it.
 *
 * @param drills nobody verifies anything without them, and then nothing is held
 */
export function holdOf(
  at: number,
  current: Volume,
  snapshots: readonly Snapshot[],
  retention: Retention,
  drills: boolean,
): Hold | undefined {
  const points = newest(snapshots.filter(isRecoveryPoint));
  const verified = points.find((s) => s.verdict === 'verified');
  const needed = drills ? points.filter((s) => s === verified || isKept(s, at)) : [];
  const soon = holdAfterHours(retention.keepHours) * HOUR_MS;
  const [snapshot] = needed.filter((s) => counted(s, current, retention) && at - s.at > soon);
  const why = snapshot === verified ? 'unverified' : 'fell';
  if (snapshot) return current.scheduled ? { kind: 'hold', volume: current, snapshot, why } : undefined;
  return current.held ? { kind: 'unhold', volume: current } : undefined;
}

/** Where copies are kept for a few hours only, half of them. */
function holdAfterHours(keepHours: number): number {
  return Math.max(keepHours - MARGIN_HOURS, keepHours / 2);
}
