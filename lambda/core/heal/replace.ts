import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';
import type { Journal } from '../world/journal.ts';
import { renewLease } from '../world/lease.ts';
import type { Rejected } from '../world/message.ts';
import type { Replacement, Volume } from '../world/model.ts';
import type { MountOrder } from '../world/patience.ts';
import type { HealRun } from '../world/run.ts';
import { attach, takeOff } from './attach.ts';
import { likeFor, MAX_RECOVERY_POINTS, MAX_SUSPECT_POINTS } from './candidates.ts';
import { choiceOf, type PassedOver } from './choice.ts';
import type { Replace } from './decision.ts';
import { noteFencing } from './fence.ts';
import type { Learned } from './mount.ts';
import { type Prepared, preparePatiently, takeOver } from './takeover.ts';

/** What this heal has tried, as far as it bears on what it tries next. */
export interface Attempts {
  /** Counts the replacements: client tokens differ from one to the next. */
  readonly round: number;
  /** Where recovery points that could not be used are added. */
  readonly rejected: Rejected[];
  /** A spare that was ready. */
  readonly passedOver?: PassedOver | undefined;
}

export type ReplaceResult =
  | { readonly done: true; readonly replacement: Replacement }
  | { readonly done: false; readonly reasons: readonly Reason[] }
  /** `useless`: the standby did not do what a command asked; another one may. `again`: look again, and go on from there. */
  | ({ readonly done: false } & Pick<Learned, 'useless' | 'again'>);

/**
 * Puts a volume made from a recovery point in place of a lost one: quarantine, prepare, fence, switch (docs/architecture.md#a-heal).
 * Nothing that is served is touched before the replacement is attached, mounted and read.
 *
 */
export async function replace(
  run: HealRun,
  decision: Replace,
  { round, rejected, passedOver }: Attempts,
): Promise<ReplaceResult> {
  const { ports, journal, healId } = run;
  const { old, standby } = decision;
  // What is suspect is not served again by an owner that boots meanwhile.
  const { oldOwner } = decision;
  if (oldOwner.kind === 'instance') await noteFencing(run, oldOwner.id);
  await quarantine(run, old.id);

  for (const [index, point] of decision.recoveryPoints.entries()) {
    await renewLease(run);
    const attempt = round * (MAX_RECOVERY_POINTS + MAX_SUSPECT_POINTS) + index;
    const order = {
      like: likeFor(old, point),
      zone: standby.zone,
      snapshotId: point.snapshotId,
      generation: decision.generation,
      healId,
      attempt,
    };
    const from = (id: VolumeId) => `${id} from ${point.snapshotId}`;
    const newId = await journal.act('create-replacement', () => ports.compute.createReplacement(order), from);
    const to = { volumeId: newId, instanceId: standby.id, sizeGiB: order.like.sizeGiB };
    const prepared = await attachAndPrepare(run, to, decision.spare);
    if (!prepared.ok) {
      const { why, fault } = prepared;
      rejected.push({ snapshotId: point.snapshotId, volumeId: newId, why });
      await setAside(run, newId, standby.id);
      if (fault === 'volume')
        await journal.act(
          'reject',
          () => ports.compute.reject(point.snapshotId, why),
          () => `${point.snapshotId}: ${why}`,
        );
      if (fault === 'host') return { done: false, useless: standby.id };
      continue;
    }
    const { generation } = decision;
    const taken = await takeOver(run, {
      oldVolume: old.id,
      oldOwner: decision.oldOwner,
      newVolume: newId,
      snapshotId: point.snapshotId,
      instanceId: standby.id,
      generation,
      prepared,
      cold: true,
      choice: choiceOf(passedOver, point, longer(journal)),
    });
    // Once the ledger names the new volume, the next look finds it not served, and serves it.
    if (!taken.done) return taken.committed ? { done: false, again: true } : { done: false, reasons: taken.reasons };
    await journal.act(
      'promote',
      () => ports.compute.promote(newId, generation).then(() => newId),
      (id) => `${id} is in the schedule`,
    );
    return { done: true, replacement: taken.replacement };
  }
  return { done: false, reasons: [{ code: 'pointsFailed', tried: decision.recoveryPoints.length }] };
}

/** Seconds that a spare does not need: from the first volume that was ordered until the last was there to be mounted. */
function longer({ steps }: Journal): number {
  const ordered = steps.find((s) => s.name === 'create-replacement');
  const mounted = steps.findLast((s) => s.name === 'mount');
  return ordered && mounted ? Math.round((mounted.startedAt - ordered.startedAt) / 1000) : 0;
}

async function attachAndPrepare(run: HealRun, order: MountOrder, spare: Volume | undefined): Promise<Prepared> {
  const { volumeId, instanceId } = order;
  const attached = await attach(run, volumeId, instanceId, spare);
  if (attached !== 'attached')
    return { ok: false, why: `${volumeId} cannot be attached to ${instanceId}`, fault: 'host' };
  return preparePatiently(run, order);
}

/**
 * Sets a candidate that is not used aside: off the standby's mounts and device names, then kept and marked, so that a person can
 * look at it. In this order, for what is in quarantine stays where it is.
 */
export async function setAside(run: HealRun, volumeId: VolumeId, instanceId: InstanceId | undefined): Promise<void> {
  if (instanceId !== undefined) await takeOff(run, volumeId, instanceId);
  await quarantine(run, volumeId);
}

/** Out of service, out of the schedule, and kept. */
export async function quarantine({ ports, journal, healId }: HealRun, volumeId: VolumeId): Promise<void> {
  await journal.act(
    'quarantine',
    () => ports.compute.quarantine(volumeId, healId),
    () => `${volumeId} is out of the schedule and kept`,
  );
}
