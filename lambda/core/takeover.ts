import { fence } from './fence.ts';
import type { Journal } from './journal.ts';
import type { Holder } from './model.ts';
import { isHostsFault } from './mount.ts';
import type { HostAnswer, Ports } from './ports.ts';

/** A volume that was mounted beside everything else and read, or why it could not be. */
export type Prepared =
  | { readonly ok: true; readonly canaryAt: number; readonly files: number }
  | {
      readonly ok: false;
      readonly why: string;
      /** The host did not do its part, which says nothing of the volume. */
      readonly useless: boolean;
    };

/** Runs something, as a step of its own or within one. */
type Act = <T>(name: string, run: () => Promise<T>, note: (value: T) => string) => Promise<T>;

/** Mounts an attached volume where nobody sees it, and reads it. A refusal is an answer, not an error: another one is tried. */
export async function prepare(
  ports: Ports,
  act: Act,
  volume: string,
  volumeId: string,
  instanceId: string,
): Promise<Prepared> {
  const mounted = await act('mount', () => ports.host.mount(instanceId, volume, volumeId), describe);
  if (mounted.result !== 'ok') return { ok: false, why: `mount: ${describe(mounted)}`, useless: isHostsFault(mounted) };
  const verified = await act('verify', () => ports.host.verify(instanceId, volume, volumeId), describe);
  if (verified.result !== 'ok')
    return { ok: false, why: `verify: ${describe(verified)}`, useless: isHostsFault(verified) };
  const canaryAt = Date.parse(verified.values.canary ?? '');
  const files = Number(verified.values.files);
  if (Number.isNaN(canaryAt) || !Number.isInteger(files)) {
    return { ok: false, why: `verify: unreadable answer: ${verified.detail}`, useless: false };
  }
  return { ok: true, canaryAt, files };
}

/** What takes over from what. */
export interface Takeover {
  readonly volume: string;
  readonly oldVolume: string;
  readonly oldOwner: Holder;
  /** Prepared on {@link Takeover.instanceId}. */
  readonly newVolume: string;
  readonly instanceId: string;
  readonly generation: number;
}

/** `committed`: the ledger names the new one, and the next look goes on from there. */
export type TakenOver =
  | { readonly done: true; readonly servingAt: number }
  | { readonly done: false; readonly why: string; readonly committed: boolean };

/** Fences what served, agrees on the new volume, and serves it. */
export async function takeOver(ports: Ports, journal: Journal, healId: string, to: Takeover): Promise<TakenOver> {
  const { volume, newVolume, instanceId, generation } = to;
  const fenced = await fence(ports, journal, volume, to.oldVolume, to.oldOwner, false);
  if (!fenced.certain) return { done: false, why: fenced.note, committed: false };
  const entry = { generation, currentVolume: newVolume, owner: instanceId };
  await journal.act(
    'commit',
    () => ports.ledger.commit(volume, healId, ports.clock.now(), entry, true),
    () => `generation ${generation} is ${newVolume} on ${instanceId}`,
  );
  const served = await journal.act(
    'serve',
    () => serve(ports, volume, newVolume, instanceId),
    (answer) => answer.note,
  );
  return served.at === undefined
    ? { done: false, why: served.note, committed: true }
    : { done: true, servingAt: served.at };
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

function describe(answer: HostAnswer): string {
  const { result, values, detail } = answer;
  if (result !== 'ok') return `${result}: ${detail}`;
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
