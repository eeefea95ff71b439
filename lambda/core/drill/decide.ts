import { currentVolume } from '../world/current.ts';
import type { Instance, LedgerState, Observation, RecoveryPoint, Volume } from '../world/model.ts';
import { standbys } from './turn.ts';

/** What a drill looks at. */
export type DrillObservation = Pick<
  Observation,
  'volume' | 'at' | 'ledger' | 'volumes' | 'instances' | 'recoveryPoints'
>;

export type DrillDecision =
  /** `spare`: there is one where it should be. */
  | { readonly kind: 'none'; readonly reason: string; readonly spare?: true }
  | {
      readonly kind: 'check';
      readonly like: Volume;
      readonly point: RecoveryPoint;
      /** Left by a drill of the same snapshot that was stopped: it goes on with this. */
      readonly scratch: Volume | undefined;
      /** Left by others: they are cleared away first. */
      readonly strays: readonly Volume[];
      /** The verified copy before this one, where this one is looked at for the first time. */
      readonly before: RecoveryPoint | undefined;
      /** It was verified, and is relied on: it is looked at once more. */
      readonly again: boolean;
      /** There is a spare, and it is younger: this one is not kept. */
      readonly keep: boolean;
      readonly reason: string;
    };

/** An older snapshot is not drilled: of what is newer there is enough to verify, and it costs the same. */
const WORTH_MS = 2 * 3600_000;
const HOUR_MS = 3600_000;
/** What is relied on is looked at once a day, and no oftener than once an hour where that comes to no verdict: the sweep's ten minutes of it. */
const AGAIN_MS = 24 * HOUR_MS;
const SLOT_MS = HOUR_MS / 6;

/**
 * Decides which recovery point is mounted and checked next. Pure. Where, and when, is said by `turnOf`. The newest that nobody has checked goes first; with
 * all of them checked, and no spare, the newest verified one is checked again, and becomes it.
 */
export function decideDrill(seen: DrillObservation): DrillDecision {
  const { at, ledger, volumes, instances, recoveryPoints } = seen;
  if (healing(ledger, at)) return none('a heal is under way');
  const current = currentVolume(seen);
  if (!current) return none('there is no current volume');
  const generation = generationOf(ledger, current);
  const owner = current.attachments[0]?.instanceId;
  const hosts = standbys(seen);
  if (hosts.length === 0) return none(`no standby answers in ${current.zone}`);
  const points = recoveryPoints
    .filter((p) => p.state === 'completed' && p.role !== 'quarantined')
    .sort((a, b) => b.at - a.at);
  const spare = validSpare(ledger, volumes, instances, owner, current.sizeGiB);
  // What a copy of a volume shows that serves no more is asked only where there is nothing else to make a spare of.
  const unchecked = points.find((p) => p.verdict === undefined && at - p.at < WORTH_MS && p.generation >= generation);
  const last = points.find((p) => p.verdict !== 'rejected');
  // Without a spare, one is made of the newest verified copy before an older one is checked: that would be a worse spare.
  const makesSpare = spare === undefined && last?.verdict === 'verified';
  const again = spare && !unchecked && at % HOUR_MS < SLOT_MS ? overdue(points, at) : undefined;
  const point = makesSpare ? last : (unchecked ?? (spare ? again : last));
  if (!point) return { ...none('every recovery point is checked, and there is a spare'), spare: true };
  // A spare that serves may not be tagged so yet: the ledger knows.
  const taken = [current.id, ledger?.currentVolume, ledger?.spare?.volumeId];
  const ours = volumes.filter(
    // What the guard has marked it may delete at any moment.
    (v) => (v.role === 'scratch' || v.role === 'spare') && !v.marked && !taken.includes(v.id),
  );
  const scratch = ours.find(
    (v) =>
      v.role === 'scratch' &&
      v.madeFrom === point.snapshotId &&
      v.zone === current.zone &&
      (v.state === 'available' ||
        v.attachments.some((a) => hosts.some((host) => host.id === a.instanceId) && a.state === 'attached')),
  );
  return {
    kind: 'check',
    like: current,
    point,
    scratch,
    strays: ours.filter((v) => v.id !== scratch?.id && (v.state === 'available' || v.state === 'in-use')),
    keep: spare === undefined || (ledger?.spare?.at ?? 0) < point.at,
    before: point === unchecked ? points.find((p) => p.at < point.at && p.verdict === 'verified') : undefined,
    again: point === again,
    reason:
      point === again
        ? `${point.snapshotId} is relied on, and was last checked a day ago`
        : unchecked
          ? `${point.snapshotId} is not checked yet`
          : 'there is no spare',
  };
}

/**
 * Of the copies that would be needed after a loss (the newest verified one; the guard's newest, which is what is locked; those that are
 * kept because content fell after them), one that nobody has looked at for a day. Data at rest rot, and a verdict grows old.
 */
function overdue(points: readonly RecoveryPoint[], at: number): RecoveryPoint | undefined {
  const verified = points.filter((p) => p.verdict === 'verified');
  return [verified[0], verified.find((p) => p.byGuard), ...verified.filter((p) => (p.keptUntil ?? 0) > at)].find(
    (p) => p && at - (p.drilledAt ?? p.at) >= AGAIN_MS,
  );
}

/** A heal works on the volumes: a drill keeps out of its way. */
export function healing(ledger: LedgerState | undefined, now: number): boolean {
  return ledger?.lease !== undefined && ledger.lease.until > now;
}

/** The generation of what serves. The tag of a volume follows the ledger; what a deployment has restored is ahead of it. */
export function generationOf(ledger: LedgerState | undefined, current: Volume): number {
  return Math.max(ledger?.generation ?? 0, current.generation);
}

/** The spare that the ledger names, if it is where it should be, on a standby that answers, and has the room that is asked for. */
function validSpare(
  ledger: LedgerState | undefined,
  volumes: readonly Volume[],
  instances: readonly Instance[],
  owner: string | undefined,
  sizeGiB: number,
): Volume | undefined {
  const spare = ledger?.spare;
  if (!spare || spare.instanceId === owner) return undefined;
  const host = instances.find((i) => i.id === spare.instanceId);
  if (host?.state !== 'running' || !host.agentOnline || host.impaired) return undefined;
  return volumes.find(
    (v) =>
      v.id === spare.volumeId &&
      v.state === 'in-use' &&
      // Smaller, the volume has grown since: what is uploaded may not fit, and no volume shrinks.
      v.sizeGiB >= sizeGiB &&
      v.attachments.some((a) => a.instanceId === spare.instanceId && a.state === 'attached'),
  );
}

function none(reason: string): Extract<DrillDecision, { readonly kind: 'none' }> {
  return { kind: 'none', reason };
}
