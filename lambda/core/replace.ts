import { MAX_RECOVERY_POINTS } from './candidates.ts';
import type { Replace } from './decide.ts';
import { fence } from './fence.ts';
import type { Journal } from './journal.ts';
import { renewLease } from './lease.ts';
import type { Replacement } from './model.ts';
import { isHostsFault } from './mount.ts';
import type { HostAnswer, Ports } from './ports.ts';

/** A recovery point that could not be used, and why. */
export interface Rejected {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly why: string;
}

export type ReplaceResult =
  | { readonly done: true; readonly replacement: Replacement }
  /** `useless`: the standby did not do what it was told; another one may. `again`: look again, and go on from there. */
  | {
      readonly done: false;
      readonly why: string;
      readonly useless?: string;
      readonly again?: boolean;
    };

/**
 * Puts a volume made from a recovery point in place of a lost one: quarantine, prepare, fence, switch (DESIGN, section 6).
 * Nothing that is served is touched before the replacement is attached, mounted and read.
 *
 * @param round counts the replacements that this heal has tried: client tokens differ from one to the next
 * @param rejected where recovery points that could not be used are added
 */
export async function replace(
  ports: Ports,
  journal: Journal,
  healId: string,
  volume: string,
  decision: Replace,
  round: number,
  rejected: Rejected[],
): Promise<ReplaceResult> {
  const { old, standby } = decision;
  const kept = (id: string) => `${id} is out of the schedule and kept`;
  await journal.act('quarantine', () => ports.compute.quarantine(old.id, healId).then(() => old.id), kept);

  for (const [index, point] of decision.recoveryPoints.entries()) {
    await renewLease(ports, journal, healId, volume);
    const attempt = round * MAX_RECOVERY_POINTS + index;
    const order = {
      like: old,
      zone: standby.zone,
      snapshotId: point.snapshotId,
      generation: decision.generation,
      healId,
      attempt,
    };
    const from = (id: string) => `${id} from ${point.snapshotId}`;
    const newId = await journal.act('create-replacement', () => ports.compute.createReplacement(order), from);
    const prepared = await prepare(ports, journal, volume, newId, standby.id);
    if (!prepared.ok) {
      rejected.push({ snapshotId: point.snapshotId, volumeId: newId, why: prepared.why });
      await journal.act(
        'reject',
        () => reject(ports, healId, volume, newId, standby.id),
        () => `${point.snapshotId}: ${prepared.why}`,
      );
      if (prepared.useless) return { done: false, why: prepared.why, useless: standby.id };
      continue;
    }
    const fenced = await fence(ports, journal, volume, old.id, decision.oldOwner, false);
    if (!fenced.certain) return { done: false, why: fenced.note };
    const entry = { generation: decision.generation, currentVolume: newId, owner: standby.id };
    const agreed = () => `generation ${decision.generation} is ${newId} on ${standby.id}`;
    await journal.act('commit', () => ports.ledger.commit(volume, healId, ports.clock.now(), entry), agreed);
    const served = await journal.act(
      'serve',
      () => serve(ports, volume, newId, standby.id),
      (answer) => answer.note,
    );
    // The ledger names the new volume now: the next look finds it not served, and serves it.
    if (!served.at) return { done: false, why: served.note, again: true };
    await journal.act(
      'promote',
      () => ports.compute.promote(newId).then(() => newId),
      (id) => `${id} is in the schedule`,
    );
    const replacement: Replacement = {
      oldVolume: old.id,
      newVolume: newId,
      snapshotId: point.snapshotId,
      owner: standby.id,
      recoveryPointAt: prepared.canaryAt,
      servingAt: served.at,
      files: prepared.files,
    };
    return { done: true, replacement };
  }
  return {
    done: false,
    why: `none of the ${decision.recoveryPoints.length} newest recovery points could be mounted and read`,
  };
}

type Prepared =
  | { readonly ok: true; readonly canaryAt: number; readonly files: number }
  | { readonly ok: false; readonly why: string; readonly useless: boolean };

/** Mounts the replacement beside everything else and reads it. A refusal is an answer, not an error: the next point is tried. */
async function prepare(
  ports: Ports,
  journal: Journal,
  volume: string,
  volumeId: string,
  instanceId: string,
): Promise<Prepared> {
  const attached = await journal.act(
    'attach',
    () => ports.compute.attach(volumeId, instanceId),
    (done) => (done ? `to ${instanceId}` : 'stuck'),
  );
  if (!attached) return { ok: false, why: `${volumeId} cannot be attached to ${instanceId}`, useless: true };
  const mounted = await journal.act('mount', () => ports.host.mount(instanceId, volume, volumeId), describe);
  if (mounted.result !== 'ok') return { ok: false, why: `mount: ${describe(mounted)}`, useless: isHostsFault(mounted) };
  const verified = await journal.act('verify', () => ports.host.verify(instanceId, volume, volumeId), describe);
  if (verified.result !== 'ok')
    return { ok: false, why: `verify: ${describe(verified)}`, useless: isHostsFault(verified) };
  const canaryAt = Date.parse(verified.values.canary ?? '');
  const files = Number(verified.values.files);
  if (Number.isNaN(canaryAt) || !Number.isInteger(files)) {
    return { ok: false, why: `verify: unreadable answer: ${verified.detail}`, useless: false };
  }
  return { ok: true, canaryAt, files };
}

/** @returns when the probe said `serving`, Unix milliseconds; without it, why not */
async function serve(
  ports: Ports,
  volume: string,
  volumeId: string,
  instanceId: string,
): Promise<{ readonly at?: number; readonly note: string }> {
  const served = await ports.host.serve(instanceId, volume, volumeId);
  if (served.result !== 'ok') return { note: `${volumeId} could not be served on ${instanceId}: ${describe(served)}` };
  const { state, detail } = await ports.host.probe(instanceId, volume);
  if (state === 'serving') return { at: ports.clock.now(), note: `${volumeId} on ${instanceId}` };
  return { note: `${volumeId} on ${instanceId} was told to serve, but the probe says ${state}: ${detail}` };
}

/** Sets a candidate that failed aside: kept and marked, so that a person can look at it, and off the standby's mounts. */
async function reject(
  ports: Ports,
  healId: string,
  volume: string,
  volumeId: string,
  instanceId: string,
): Promise<void> {
  await ports.host.release(instanceId, volume, volumeId);
  await ports.compute.quarantine(volumeId, healId);
}

function describe(answer: HostAnswer): string {
  const { result, values, detail } = answer;
  if (result !== 'ok') return `${result}: ${detail}`;
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
