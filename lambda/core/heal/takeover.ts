import type { InstanceId, SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';
import { described, insist, isDamage } from '../world/answers.ts';
import type { Choice, Holder, Replaced, Replacement } from '../world/model.ts';
import { type MountOrder, mountPatiently } from '../world/patience.ts';
import type { HostAnswer } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';
import { drain, standOf } from './drain.ts';
import { type Certain, fence } from './fence.ts';

/** A volume that was mounted beside everything else and read, or why it could not be. */
export type Prepared =
  | { readonly ok: true; readonly canaryAt: number; readonly files: number; readonly moreFiles?: true }
  | {
      readonly ok: false;
      readonly why: string;
      /**
       * `volume`: its data are damaged. `slow`: it took longer than there was time, twice, or could not be read for a reason that is no
       * damage (a file's mode), which may be either's fault. `host`: it did not do its part, which says nothing of the volume.
       */
      readonly fault: 'volume' | 'slow' | 'host';
      /** Its mount goes on, and moves. */
      readonly moves?: boolean;
    };

type At = Omit<MountOrder, 'sizeGiB'>;

/** Runs something, as a step of its own or within one. */
type Act = <T>(name: string, run: () => Promise<T>, note: (value: T) => string) => Promise<T>;

/**
 * Within a step: mounts an attached volume where nobody sees it, and reads it. A refusal is an answer, not an error: another one is tried.
 */
export async function prepare(run: HealRun, at: At): Promise<Prepared> {
  const { host, journaled } = run.ports;
  // A spare that is followed is mounted already, and the mount makes way there: it is read beside. One that was not is read after it.
  const [mounted, early] = await Promise.allSettled([
    insist(() => host.mount(at.instanceId, run.volume, at.volumeId)),
    journaled ? host.verify(at.instanceId, run.volume, at.volumeId) : undefined,
  ]);
  if (mounted.status === 'rejected') throw mounted.reason;
  if (mounted.value.result === 'ok' && early.status === 'fulfilled' && early.value?.result === 'ok')
    return readVerified(early.value);
  return verify(run, (_, now) => now(), at, mounted.value);
}

/** As {@link prepare}, and it waits for a mount that is slow. Each look of that is a step of its own. */
export async function preparePatiently(run: HealRun, order: MountOrder): Promise<Prepared> {
  const mounted = await mountPatiently(run, order);
  return verify(run, (...step) => run.journal.act(...step), order, mounted);
}

async function verify(
  { ports, volume }: HealRun,
  act: Act,
  { volumeId, instanceId }: At,
  mounted: HostAnswer,
): Promise<Prepared> {
  if (mounted.result !== 'ok') return refused('mount', mounted);
  return readVerified(
    await act('verify', () => insist(() => ports.host.verify(instanceId, volume, volumeId)), described),
  );
}

function readVerified(verified: HostAnswer): Prepared {
  if (verified.result !== 'ok') return refused('verify', verified);
  const canaryAt = Date.parse(verified.values.canary ?? '');
  const files = Number(verified.values.files);
  if (Number.isNaN(canaryAt) || !Number.isInteger(files)) {
    return { ok: false, why: `verify: unreadable answer: ${verified.detail}`, fault: 'host' };
  }
  return { ok: true, canaryAt, files, ...(verified.values.filesComplete === 'false' && { moreFiles: true }) };
}

/** No damage, and no more the host's fault than the copy's: another copy is tried, and this one is not rejected. */
const MAY_PASS: readonly HostAnswer['result'][] = ['timeout', 'unreadable'];

function refused(verb: string, answer: HostAnswer): Prepared {
  const moves = answer.result === 'mounting';
  const fault = isDamage(answer) ? 'volume' : moves || MAY_PASS.includes(answer.result) ? 'slow' : 'host';
  return { ok: false, why: `${verb}: ${described(answer)}`, fault, ...(moves && { moves }) };
}

/** What takes over from what. */
export interface Takeover {
  readonly oldVolume: VolumeId;
  readonly oldOwner: Holder;
  /** It is fenced already. */
  readonly fenced?: Certain | undefined;
  /** Prepared on {@link Takeover.instanceId}, from this recovery point. */
  readonly newVolume: VolumeId;
  readonly snapshotId: SnapshotId;
  readonly instanceId: InstanceId;
  readonly generation: number;
  readonly prepared: Extract<Prepared, { readonly ok: true }>;
  readonly choice?: Choice | undefined;
  /** See {@link Replaced.cold}. */
  readonly cold?: true;
}

/** `committed`: the ledger names the new one, and the next look goes on from there. */
export type TakenOver =
  | { readonly done: true; readonly replacement: Replacement }
  | { readonly done: false; readonly committed: true }
  | { readonly done: false; readonly committed: false; readonly reasons: readonly Reason[] };

/** Fences what served, where nobody has, reads what the journal has beyond the new volume, agrees on that, and serves it. */
export async function takeOver(run: HealRun, to: Takeover): Promise<TakenOver> {
  const { ports, journal, healId, volume } = run;
  const { newVolume, instanceId, generation } = to;
  const fenced = to.fenced ?? (await fence(run, { volumeId: to.oldVolume, owner: to.oldOwner, moves: false }));
  if (!fenced.certain) return { done: false, committed: false, reasons: fenced.reasons };
  const drained = await drain(run, { volumeId: newVolume, instanceId, flushed: fenced.flushed });
  const entry = { generation, currentVolume: newVolume, owner: instanceId, ...standOf(drained) };
  const replaced: Replaced = {
    oldVolume: to.oldVolume,
    newVolume,
    snapshotId: to.snapshotId,
    owner: instanceId,
    recoveryPointAt: Math.max(to.prepared.canaryAt, drained?.upTo ?? 0),
    files: to.prepared.files,
    ...(to.prepared.moreFiles && { moreFiles: true }),
    ...(to.cold && { cold: true }),
    ...(to.choice && { choice: to.choice }),
    ...(drained && { drained }),
  };
  await journal.act(
    'commit',
    () => ports.ledger.commit(volume, healId, ports.clock.now(), entry, replaced),
    () => `generation ${generation} is ${newVolume} on ${instanceId}`,
  );
  const served = await journal.act(
    'serve',
    () => serve(run, newVolume, instanceId, drained?.term),
    (answer) => answer.note,
  );
  return served.at === undefined
    ? { done: false, committed: true }
    : { done: true, replacement: { ...replaced, servingAt: served.at } };
}

/** @returns when the probe said `serving`, Unix milliseconds; without it, why not */
async function serve(
  { ports, volume }: HealRun,
  volumeId: VolumeId,
  instanceId: InstanceId,
  term: number | undefined,
): Promise<{ readonly at?: number; readonly note: string }> {
  const served = await insist(() => ports.host.serve(instanceId, volume, volumeId, term));
  if (served.result !== 'ok') return { note: `${volumeId} could not be served on ${instanceId}: ${described(served)}` };
  const { state, detail } = await ports.host.probe(instanceId, volume, volumeId);
  if (state === 'serving') return { at: ports.clock.now(), note: `${volumeId} on ${instanceId}` };
  return { note: `${volumeId} on ${instanceId} was asked to serve, but the probe says ${state}: ${detail}` };
}
