import type { VolumeId } from '../../../contract/ids.ts';
import { isRecoveryPoint, newest, type Snapshot } from './retention.ts';

const HOUR_MS = 3_600_000;
/**
 * Once the newest locked copy is this old, the next one is due: about one a day, with two hours for its drill, so that a lock of one
 * day has not run out before the next one is there.
 */
export const LOCK_EVERY_HOURS = 22;
/** A drill that was interrupted is repeated within two hours (`WORTH_MS` in `drill-decide.ts`); then another copy is taken. */
export const LOCK_RETRY_HOURS = 3;

/** How verified copies are locked. */
export interface Lock {
  readonly mode: 'governance' | 'compliance';
  /** From the moment that it is locked. */
  readonly days: number;
}

/** What is known of one content volume when a copy is to be locked. */
export interface Lockable {
  readonly at: number;
  readonly snapshots: readonly Snapshot[];
  /** Ids of what is locked; `undefined`: nobody knows, and then nothing is. */
  readonly locked: ReadonlySet<string> | undefined;
}

/**
 * The copy that is to be locked now: the newest of the guard's own that a drill has verified. Never one of DLM's: what DLM does about
 * a locked copy that it wants to delete is not documented (decision 19).
 *
 * @param keepHours a copy that is older is about to be deleted, and is left to that
 */
export function toLock(seen: Lockable, keepHours: number): Snapshot | undefined {
  if (!lockIsDue(seen)) return undefined;
  const { at, snapshots } = seen;
  const young = Math.min(LOCK_EVERY_HOURS, keepHours) * HOUR_MS;
  return newest(snapshots.filter(isRecoveryPoint)).find(
    (s) => s.maker === 'guard' && s.verdict === 'verified' && !s.marked && at - s.at < young,
  );
}

/**
 * Whether a copy is to be taken, to be drilled and then locked. Not where the newest that was drilled was rejected: this one would
 * be, too. Nor where nothing was ever verified: the volume may have no content yet.
 */
export function wantsCopyToLock(seen: Lockable, volumeId: VolumeId): boolean {
  if (!lockIsDue(seen)) return false;
  const { at, snapshots } = seen;
  const judged = newest(snapshots.filter(isRecoveryPoint)).find((s) => s.verdict !== undefined);
  if (judged?.verdict !== 'verified') return false;
  const tried = snapshots.some(
    (s) => s.maker === 'guard' && s.volumeId === volumeId && at - s.at < LOCK_RETRY_HOURS * HOUR_MS,
  );
  return !tried;
}

/** Of this content volume, whichever physical volume it was copied from. */
function lockIsDue({ at, snapshots, locked }: Lockable): boolean {
  if (!locked) return false;
  const last = newest(snapshots.filter((s) => locked.has(s.snapshotId)))[0];
  return last === undefined || at - last.at >= LOCK_EVERY_HOURS * HOUR_MS;
}
