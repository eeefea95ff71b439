import { undisputedVolume } from '../world/current.ts';
import type { LedgerState, Volume } from '../world/model.ts';
import { type Hold, holdOf } from './hold.ts';
import { type Lock, toLock, wantsCopyToLock } from './lock.ts';
import { UNCOVERED_HOURS } from './policy.ts';
import { abandoned, expired, isRecoveryPoint, newest, type Retention, type Snapshot, salvaging } from './retention.ts';

const MINUTE_MS = 60_000;
/**
 * The guard takes a snapshot itself when the newest is this old. Promised are 60 minutes; of them go 5 until the guard comes by,
 * 5 for a run of it that fails, and 10 until the snapshot is complete.
 */
export const LATE_MINUTES = 40;
/**
 * Nothing is taken so soon after another, whatever became of that: it bounds the attempts where each ends in state `error`. It
 * is far more than the 15 s that EBS asks for between two snapshots of a volume.
 */
export const APART_MINUTES = 15;
/**
 * Snapshots of a volume complete in the order of their start, so behind one that takes hours a second is some use (it has the
 * newer data) and a third is none. Of EBS's five the rest is left to DLM and to the healer.
 * Sources: EBS quotas; repost.aws/knowledge-center/ebs-snapshot-stuck
 */
export const MAX_PENDING = 2;
const TO_LOCK = 'the next one that is to be locked is due';

/** What the guard sees of one content volume. Times are Unix milliseconds. */
export interface GuardView {
  readonly at: number;
  readonly volume: string;
  readonly ledger: LedgerState | undefined;
  readonly volumes: readonly Volume[];
  readonly snapshots: readonly Snapshot[];
}

/** The same, with what is known of locks. */
export interface GuardObservation extends GuardView {
  /** Ids of what is locked; `undefined`: nobody knows, or asked, and then nothing is locked, and no snapshot deleted. */
  readonly locked: ReadonlySet<string> | undefined;
}

export type GuardAction =
  | { readonly kind: 'take'; readonly volume: Volume; readonly reason: string }
  /** It cannot be deleted then, by anybody, until the lock has run out. */
  | { readonly kind: 'lock'; readonly snapshot: Snapshot; readonly lock: Lock }
  /** It is deleted by a later round, which looks at everything again: the guard's role deletes only what carries the mark. */
  | { readonly kind: 'markSnapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'deleteSnapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'markVolume'; readonly volume: Volume }
  | { readonly kind: 'deleteVolume'; readonly volume: Volume }
  | Hold;

/** Minutes; `undefined` where there is neither a recovery point nor a volume that could have one. */
export interface Ages {
  readonly recoveryPoint: number | undefined;
  readonly verified: number | undefined;
}

/**
 * What is to be done for one content volume. While a heal has the lease nothing is: it works on the volumes, and needs the
 * snapshots.
 *
 * @param drills they verify snapshots: the last verified one is held
 * @param lock `undefined`: nothing is locked
 */
export function guardActions(
  seen: GuardObservation,
  retention: Retention,
  drills: boolean,
  lock?: Lock,
): GuardAction[] {
  const { at, ledger, volumes, snapshots, locked } = seen;
  if (ledger?.lease && ledger.lease.until > at) return [];
  const current = undisputedVolume(seen);
  const actions: GuardAction[] = abandoned(at, volumes).map((volume) => ({
    kind: volume.marked ? 'deleteVolume' : 'markVolume',
    volume,
  }));
  if (!current) return actions;
  const reason = takeNow(seen, current, lock);
  if (reason) actions.unshift({ kind: 'take', volume: current, reason });
  const hold = holdOf(at, current, snapshots, retention, drills);
  if (hold) actions.unshift(hold);
  const snapshot = lock && toLock(seen, retention.keepHours);
  if (snapshot) actions.unshift({ kind: 'lock', snapshot, lock });
  if (!salvaging(at, ledger?.paged?.at))
    actions.push(
      ...expired({ at, current, volumes, snapshots, locked }, retention)
        .filter(({ marked }) => !marked || locked !== undefined)
        .map((old): GuardAction => ({ kind: old.marked ? 'deleteSnapshot' : 'markSnapshot', snapshot: old })),
    );
  return actions;
}

/** The schedule does not copy the current volume, whatever its policy says: a wrong tag, for one. The guard's own copies hide it. */
export function uncovered(seen: GuardView): boolean {
  const current = undisputedVolume(seen);
  if (!current || current.held) return false;
  const copied = seen.snapshots.filter((s) => s.volumeId === current.id && s.maker === 'dlm').map((s) => s.at);
  return seen.at - Math.max(current.createdAt, ...copied) > UNCOVERED_HOURS * 60 * MINUTE_MS;
}

/** Why a snapshot must be taken now; `undefined` when there is no need, or another would not help. */
function takeNow(seen: GuardObservation, current: Volume, lock: Lock | undefined): string | undefined {
  const { at } = seen;
  const own = seen.snapshots.filter((s) => s.volumeId === current.id);
  const pending = own.filter((s) => s.state === 'pending');
  if (pending.length >= MAX_PENDING) return undefined;
  const apart = at - (newest(own)[0]?.at ?? Number.NEGATIVE_INFINITY);
  const late = apart < APART_MINUTES * MINUTE_MS ? undefined : overdue(seen, current, own);
  // Its tries are hours apart by themselves, and a schedule of four an hour may leave no gap of a quarter.
  return late ?? (lock && apart >= MINUTE_MS && wantsCopyToLock(seen, current.id) ? TO_LOCK : undefined);
}

/** DLM is late for too long. @param own snapshots of the current volume */
function overdue({ at, snapshots }: GuardView, current: Volume, own: readonly Snapshot[]): string | undefined {
  const latest = newest(own.filter((s) => s.state === 'pending' || isRecoveryPoint(s)))[0];
  const age = at - (latest?.at ?? origin(snapshots, current));
  if (age < LATE_MINUTES * MINUTE_MS) return undefined;
  return `${latest ? `the newest, ${latest.snapshotId}, is` : 'there is none, for'} ${Math.round(age / MINUTE_MS)} min old`;
}

/** Before a volume has a copy of its own: what it was made from, or the moment that it was made. */
function origin(snapshots: readonly Snapshot[], { madeFrom, createdAt }: Volume): number {
  return snapshots.find((s) => s.snapshotId === madeFrom)?.at ?? createdAt;
}

/**
 * How far back content would go if the current volume were lost now. Snapshots of earlier volumes count only as what the current
 * one was made from: of two that were tried, the newer may be the one that did not mount.
 */
export function ages(seen: GuardView): Ages {
  const { at, snapshots } = seen;
  const current = undisputedVolume(seen);
  const points = newest(snapshots.filter(isRecoveryPoint));
  const own = current ? points.find((s) => s.volumeId === current.id) : points[0];
  const verified = points.find((s) => s.verdict === 'verified');
  const minutes = (since: number | undefined) =>
    since !== undefined ? Math.max(0, at - since) / MINUTE_MS : undefined;
  return {
    recoveryPoint: minutes(own?.at ?? (current && origin(snapshots, current))),
    verified: minutes(verified?.at ?? current?.createdAt),
  };
}
