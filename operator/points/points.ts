import { VOLUME_ROLE } from '../../contract/contract.ts';
import type { SnapshotId } from '../../contract/ids.ts';
import type { RecoveryPoint } from '../../lambda/core/world/model.ts';

/** Recovery points of one content volume, the newest first. Times are Unix milliseconds. */
export interface Points {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly volume: string;
  readonly at: number;
  readonly points: readonly Point[];
}

export interface Point {
  readonly snapshotId: SnapshotId;
  readonly at: number;
  readonly state: string;
  readonly verdict: 'verified' | 'rejected' | 'unchecked';
  /** Why a heal never takes it. */
  readonly passedBy?: 'rejected' | 'quarantined' | 'incomplete';
  readonly drilledAt?: number;
  readonly files?: number;
  readonly bytes?: number;
  readonly finding?: string;
  /** What was changed since is lost with it, or comes from the journal. Milliseconds. */
  readonly losesMs: number;
}

export type Found = RecoveryPoint & { readonly finding?: string };

export function pointsOf(volume: string, found: readonly Found[], at: number): Points {
  const points = [...found].sort((a, b) => b.at - a.at).map((point) => pointOf(point, at));
  return { schema: 1, volume, at, points };
}

function pointOf({ snapshotId, at, state, role, verdict, drilledAt, counts, finding }: Found, now: number): Point {
  const passedBy =
    role === VOLUME_ROLE.quarantined
      ? 'quarantined'
      : state !== 'completed'
        ? 'incomplete'
        : verdict === 'rejected'
          ? 'rejected'
          : undefined;
  return {
    snapshotId,
    at,
    state,
    verdict: verdict ?? 'unchecked',
    ...(passedBy && { passedBy }),
    ...(drilledAt !== undefined && { drilledAt }),
    ...(counts && { files: counts.files, bytes: counts.stored }),
    ...(finding && { finding }),
    losesMs: now - at,
  };
}
