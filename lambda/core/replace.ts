import type { Decision } from './decide.ts';
import type { Journal } from './journal.ts';
import type { Replacement } from './model.ts';
import type { HostAnswer, Ports } from './ports.ts';

type Replace = Extract<Decision, { kind: 'replace' }>;

/** A recovery point that could not be used, and why. */
export interface Rejected {
  readonly snapshotId: string;
  readonly volumeId: string;
  readonly why: string;
}

export type ReplaceResult =
  | { readonly done: true; readonly replacement: Replacement; readonly rejected: readonly Rejected[] }
  | { readonly done: false; readonly why: string; readonly rejected: readonly Rejected[] };

/**
 * Puts a volume made from a recovery point in place of a dead one: quarantine, prepare, fence, switch (DESIGN, section 6).
 * Nothing that is served is touched before the replacement is attached, mounted and read.
 */
export async function replace(
  ports: Ports,
  journal: Journal,
  healId: string,
  volume: string,
  decision: Replace,
): Promise<ReplaceResult> {
  const { old, standby } = decision;
  await journal.step(
    'quarantine',
    () => ports.compute.quarantine(old.id, healId).then(() => old.id),
    (id) => `${id} is out of the schedule and kept`,
  );

  const rejected: Rejected[] = [];
  for (const [index, point] of decision.recoveryPoints.entries()) {
    const order = {
      like: old,
      snapshotId: point.snapshotId,
      generation: decision.generation,
      healId,
      attempt: index + 1,
    };
    const newId = await journal.step(
      'create-replacement',
      () => ports.compute.createReplacement(order),
      (id) => `${id} from ${point.snapshotId}`,
    );
    await journal.step(
      'attach',
      () => ports.compute.attach(newId, standby.id).then(() => standby.id),
      (id) => `to ${id}`,
    );
    const prepared = await prepare(ports, journal, volume, newId, standby.id);
    if (!prepared.ok) {
      rejected.push({ snapshotId: point.snapshotId, volumeId: newId, why: prepared.why });
      await journal.step(
        'reject',
        () => reject(ports, healId, volume, newId, standby.id),
        () => `${point.snapshotId}: ${prepared.why}`,
      );
      continue;
    }

    const fenced = await journal.step(
      'fence',
      () => fence(ports, volume, decision),
      (f) => f.note,
    );
    if (!fenced.ok) return { done: false, why: fenced.note, rejected };
    await journal.step(
      'commit',
      () => commit(ports, healId, volume, decision, newId),
      () => `generation ${decision.generation} is ${newId} on ${standby.id}`,
    );
    const servingAt = await journal.step(
      'serve',
      () => serve(ports, volume, newId, standby.id),
      () => `${newId} on ${standby.id}`,
    );
    await journal.step(
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
      servingAt,
      files: prepared.files,
    };
    return { done: true, replacement, rejected };
  }
  return {
    done: false,
    why: `none of the ${rejected.length} newest recovery points could be mounted and read`,
    rejected,
  };
}

type Prepared =
  | { readonly ok: true; readonly canaryAt: number; readonly files: number }
  | { readonly ok: false; readonly why: string };

/** Mounts the replacement beside everything else and reads it. A refusal is an answer, not an error: the next point is tried. */
async function prepare(
  ports: Ports,
  journal: Journal,
  volume: string,
  volumeId: string,
  instanceId: string,
): Promise<Prepared> {
  const mounted = await journal.step('mount', () => ports.host.mount(instanceId, volume, volumeId), describe);
  if (mounted.result !== 'ok') return { ok: false, why: `mount: ${describe(mounted)}` };
  const verified = await journal.step('verify', () => ports.host.verify(instanceId, volume, volumeId), describe);
  if (verified.result !== 'ok') return { ok: false, why: `verify: ${describe(verified)}` };
  const canaryAt = Date.parse(verified.values.canary ?? '');
  const files = Number(verified.values.files);
  if (Number.isNaN(canaryAt) || !Number.isInteger(files))
    return { ok: false, why: `verify: unreadable answer: ${verified.detail}` };
  return { ok: true, canaryAt, files };
}

/**
 * Makes sure that nobody writes to the old volume. A file system that is shut down or unmountable takes no writes from
 * anyone, so a host that cannot let go of it is a note and not an obstacle; a host that says it still serves is one.
 */
async function fence(ports: Ports, volume: string, decision: Replace): Promise<{ ok: boolean; note: string }> {
  const owner = decision.oldOwner;
  if (!owner) return { ok: true, note: `${decision.old.id} has no owner` };
  const released = await ports.host.release(owner.id, volume, decision.old.id);
  if (released.result === 'ok') return { ok: true, note: `${owner.id} has released ${decision.old.id}` };
  const probe = await ports.host.probe(owner.id, volume);
  return probe.state === 'serving' || probe.state === 'unreachable' || probe.state === 'timeout'
    ? {
        ok: false,
        note: `${owner.id} did not release ${decision.old.id} (${describe(released)}) and its probe says ${probe.state}`,
      }
    : {
        ok: true,
        note: `${owner.id} could not unmount ${decision.old.id} (${describe(released)}), which takes no writes: ${probe.state}`,
      };
}

async function commit(ports: Ports, healId: string, volume: string, decision: Replace, newId: string): Promise<void> {
  const entry = { generation: decision.generation, currentVolume: newId, owner: decision.standby.id };
  await ports.ledger.commit(volume, healId, ports.clock.now(), entry);
}

/** @returns when the probe said `serving`, Unix milliseconds. */
async function serve(ports: Ports, volume: string, volumeId: string, instanceId: string): Promise<number> {
  const served = await ports.host.serve(instanceId, volume, volumeId);
  if (served.result !== 'ok') throw new Error(`could not serve ${volumeId} on ${instanceId}: ${describe(served)}`);
  const probe = await ports.host.probe(instanceId, volume);
  if (probe.state !== 'serving')
    throw new Error(
      `${volumeId} on ${instanceId} was told to serve, but the probe says ${probe.state}: ${probe.detail}`,
    );
  return ports.clock.now();
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
  return answer.result === 'ok'
    ? Object.entries(answer.values)
        .map(([k, v]) => `${k}=${v}`)
        .join(' ')
    : `${answer.result}: ${answer.detail}`;
}
