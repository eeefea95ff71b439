import type { VolumeId } from '../../../contract/ids.ts';
import type { RecoveryPoint, Volume } from '../world/model.ts';

const HOUR_MS = 3_600_000;
/**
 * A volume may still be loading blocks from its snapshot for this long: 16 TiB at the lowest initialization rate of 100 MiB/s
 * take 47 h. Its snapshot also says where it came from. Source: EBS User Guide, "Initialize Amazon EBS volumes".
 */
const LOADING_HOURS = 48;
/** After people were notified that they have to act, they may be choosing among old snapshots by hand. */
const SALVAGE_HOURS = 7 * 24;
/** Of one volume in one run, so that a run is short and its calls are bounded; DLM makes at most 4 an hour. */
export const MAX_DELETIONS = 10;
/** A drill takes minutes, and an hour where much is checked: what is older, and attached nowhere, belongs to a drill that died. */
const SCRATCH_HOURS = 2;

/** A snapshot of a content volume, with what decides how long it is kept. */
export interface Snapshot extends RecoveryPoint {
  readonly volumeId: VolumeId;
  /** Who made it. Only what a machine made is ever deleted by one. */
  readonly maker: 'dlm' | 'guard' | 'other';
  /** DLM's policy and schedule that it was made by. */
  readonly policyId: string | undefined;
  readonly schedule: string | undefined;
  /** The guard has marked it, and may delete it. */
  readonly marked: boolean;
}

/** How long snapshots are kept, and which of them the deployed policy expires by itself. */
export interface Retention {
  readonly policyId: string;
  readonly schedules: readonly string[];
  readonly keepHours: number;
  /** The policy copies instances: it counts its runs on each, and forgets what a volume left behind that has moved on. */
  readonly byInstance?: boolean;
}

/** What is known of one content volume when something is to be deleted. */
export interface Stock {
  readonly at: number;
  readonly current: Volume;
  readonly volumes: readonly Volume[];
  readonly snapshots: readonly Snapshot[];
  /** Ids of what EBS does not delete. */
  readonly locked?: ReadonlySet<string> | undefined;
}

/** Newest first. */
export function newest(snapshots: readonly Snapshot[]): Snapshot[] {
  return [...snapshots].sort((a, b) => b.at - a.at);
}

/** A copy that content may come back from: neither of a quarantined volume nor unfinished. */
export function isRecoveryPoint(snapshot: Snapshot): boolean {
  return snapshot.state === 'completed' && snapshot.role !== 'quarantined';
}

/**
 * Snapshots that are past the retention, not locked, and that nobody else deletes, oldest first, at most {@link MAX_DELETIONS}. DLM deletes
 * those of its own schedules on volumes that it still targets; it leaves behind what a replacement, a renamed schedule or another
 * policy took out of its hands. Source: EBS User Guide, "Modify Amazon Data Lifecycle Manager policies".
 */
export function expired(stock: Stock, retention: Retention): Snapshot[] {
  const kept = protectedIds(stock);
  return (
    stock.snapshots
      .filter((s) => s.maker !== 'other' && s.role !== 'quarantined')
      // One that is pending counts against the limit of five until it is complete, deleted or not.
      .filter((s) => s.state === 'completed' || s.state === 'error')
      .filter((s) => stock.at - s.at > retention.keepHours * HOUR_MS)
      .filter((s) => !stock.locked?.has(s.snapshotId))
      .filter((s) => !managed(s, stock.current, retention) && !kept.has(s.snapshotId))
      .sort((a, b) => a.at - b.at)
      .slice(0, MAX_DELETIONS)
  );
}

/** DLM counts it, and deletes it when its turn has come. */
function managed(snapshot: Snapshot, current: Volume, retention: Retention): boolean {
  return current.scheduled && counted(snapshot, current, retention);
}

/** DLM counts it, wherever the volume is in the schedule. */
export function counted(snapshot: Snapshot, current: Volume, { policyId, schedules, byInstance }: Retention): boolean {
  return (
    !byInstance &&
    snapshot.maker === 'dlm' &&
    snapshot.volumeId === current.id &&
    snapshot.policyId === policyId &&
    snapshot.schedule !== undefined &&
    schedules.includes(snapshot.schedule)
  );
}

/** Content fell after it, and nobody has said yet that it may go. */
export function isKept({ keptUntil = 0 }: Snapshot, at: number): boolean {
  return keptUntil > at;
}

/** Snapshots that are kept however old they are: the last of each kind, those after which content fell, and those that a live volume was just made from. */
function protectedIds({ at, volumes, snapshots }: Stock): Set<string> {
  const points = newest(snapshots.filter(isRecoveryPoint));
  const last = [
    points[0],
    points.find((s) => s.verdict !== 'rejected'),
    points.find((s) => s.verdict === 'verified'),
  ].map((s) => s?.snapshotId);
  const sources = volumes
    .filter((v) => v.role !== 'quarantined' && at - v.createdAt < LOADING_HOURS * HOUR_MS)
    .map((v) => v.madeFrom);
  const kept = snapshots.filter((s) => isKept(s, at)).map((s) => s.snapshotId);
  return new Set([...last, ...sources, ...kept].filter((id) => id !== undefined));
}

/** Volumes that drills discarded, and those of drills that died. Only those that are attached nowhere; one that has failed is of no more use. */
export function abandoned(at: number, volumes: readonly Volume[]): Volume[] {
  const died = (v: Volume) => v.role === 'scratch' && at - v.createdAt > SCRATCH_HOURS * HOUR_MS;
  const free = ({ state, attachments }: Volume) =>
    state === 'available' || (state === 'error' && attachments.every((a) => a.state === 'detached'));
  return volumes.filter((v) => free(v) && (v.role === 'discarded' || died(v))).slice(0, MAX_DELETIONS);
}

/** People were notified a while ago that they have to act: nothing that they may need goes meanwhile. */
export function salvaging(at: number, pagedAt: number | undefined): boolean {
  return pagedAt !== undefined && at - pagedAt < SALVAGE_HOURS * HOUR_MS;
}
