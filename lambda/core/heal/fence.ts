import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Reason, ReasonOf } from '../../../contract/reasons.ts';
import { reasonText } from '../message/reason-words.ts';
import { hasUnmounted, insist } from '../world/answers.ts';
import type { Holder, Probe } from '../world/model.ts';
import type { HostAnswer, Ports } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';

/** The old owner provably cannot write. */
export interface Certain {
  readonly certain: true;
  readonly note: string;
  /** Whether it said that all it had heard of is in the journal; `undefined`: it has none, or did not live. */
  readonly flushed?: boolean;
}

/** Or it cannot be known, which is the same as no. */
export type Fenced = Certain | { readonly certain: false; readonly reasons: readonly Reason[] };

/** For the record. */
function noteOf(fenced: Fenced): string {
  return fenced.certain ? fenced.note : reasonText(fenced.reasons);
}

/** `release`, on `busy`: nobody holds the volume but a probe of ours that hangs, and the web server, which only reads. */
const HELD_BY_US = 'own';

/** Enough for a host that hangs to be powered off by EC2: it does so by itself after some minutes. Seconds. */
const STOP_SECONDS = 420;
const LOOK_SECONDS = 10;

/** What is fenced. */
export interface ToFence {
  readonly volumeId: VolumeId;
  readonly owner: Holder;
  /**
   * The very volume goes to another host: then nothing less than unmounted or powered off will do. Where another volume takes over, a
   * host that no longer serves the old one is fenced: its file system takes no writes, or its I/O hangs on a volume that nobody uses
   * any more.
   */
  readonly moves: boolean;
}

/**
 * Makes sure that nobody writes to the old volume, or serves it. Fails closed: "stopped" and "not known whether it is
 * stopped" are different answers (as fence-agents have them), and a second writer is never started on the second.
 */
export async function fence(run: HealRun, { volumeId, owner, moves }: ToFence): Promise<Fenced> {
  const { ports, journal } = run;
  if (owner.kind === 'nobody') return { certain: true, note: `${volumeId} is attached nowhere` };
  if (owner.kind === 'unseen')
    return { certain: false, reasons: [{ code: 'holderUnknown', volumeId, instanceId: owner.id }] };
  await noteFencing(run, owner.id);
  // That it was off before it was noted says nothing: it may have been started, and have read in the ledger that it may serve.
  if (isOff(owner.state)) {
    const state = await journal.act('is-off', () => stateOf(ports, owner.id));
    if (isOff(state)) return { certain: true, note: `${owner.id} is ${state}` };
  }
  const asked = await journal.act('fence', () => release(run, volumeId, owner.id, moves), noteOf);
  if (asked.certain) return asked;
  await journal.act(
    'stop-owner',
    () => ports.compute.stop(owner.id).then(() => owner.id),
    (id) => `${id} is asked to stop: ${noteOf(asked)}`,
  );
  for (let waited = 0; waited < STOP_SECONDS; waited += LOOK_SECONDS) {
    await journal.pause('await-stopped', LOOK_SECONDS);
    const state = await journal.act('is-stopped', () => stateOf(ports, owner.id));
    if (isOff(state)) return { certain: true, note: `${owner.id} is ${state}` };
  }
  return {
    certain: false,
    reasons: [...asked.reasons, { code: 'notStopped', instanceId: owner.id, seconds: STOP_SECONDS }],
  };
}

/**
 * From now on the instance serves nothing by itself, should it boot: it asks the ledger (decision 25). Everything that a fence is
 * certain of is seen after this.
 */
export async function noteFencing({ ports, journal, healId, volume }: HealRun, instanceId: InstanceId): Promise<void> {
  await journal.act('note-fencing', () => ports.ledger.noteFencing(volume, healId, ports.clock.now(), instanceId));
}

/**
 * Within a step, and beside whatever makes ready what is to take over: of a volume whose file system its owner calls shut down. That takes no
 * writes and is read by nobody, so nothing is lost by it whatever becomes of the other (decision 49). The ledger keeps why, for afterwards no
 * probe says so.
 * @returns `undefined`: that is not certain, and {@link fence} has its turn
 */
export async function fenceShutDown(
  { ports, healId, volume }: HealRun,
  volumeId: VolumeId,
  ownerId: InstanceId,
): Promise<Certain | undefined> {
  await ports.ledger.noteFencing(volume, healId, ports.clock.now(), ownerId, volumeId);
  const released = await ports.host.release(ownerId, volume, volumeId);
  return letGo(released, { volumeId, ownerId, moves: false });
}

async function stateOf(ports: Ports, instanceId: InstanceId): Promise<string> {
  return (await ports.compute.instances()).find((i) => i.id === instanceId)?.state ?? 'unknown';
}

async function release(
  { ports, volume }: HealRun,
  volumeId: VolumeId,
  ownerId: InstanceId,
  moves: boolean,
): Promise<Fenced> {
  const ask = () => insist(() => ports.host.release(ownerId, volume, volumeId));
  let released = await ask();
  let probed: Probe | undefined;
  if (released.result === 'unreachable' && !moves) {
    // One that boots answers a moment later, with nothing mounted: it is asked once more, so that it stays so.
    probed = await ports.host.probe(ownerId, volume, volumeId);
    if (probed.state !== 'unreachable') {
      released = await ask();
      probed = undefined;
    }
  }
  const gone = letGo(released, { volumeId, ownerId, moves });
  if (gone) return gone;
  const { result, detail } = released;
  const reason: ReasonOf<'notReleased'> = { code: 'notReleased', volumeId, instanceId: ownerId, result, detail };
  if (moves) return { certain: false, reasons: [reason] };
  const { state } = probed ?? (await ports.host.probe(ownerId, volume, volumeId));
  // Busy: somebody has a file open, and goes on writing to it, although the link is gone and the probe finds nothing mounted. What
  // hangs of ours has one canary to write, to a volume that nobody serves any more (decision 8).
  const written = released.result === 'busy' && released.values.held !== HELD_BY_US;
  const answered = released.result !== 'unreachable';
  const harmless =
    answered && (state === 'shutdown' || state === 'unmountable' || (state === 'notMounted' && !written));
  const reasons = [{ ...reason, probe: state }];
  return harmless ? { certain: true, note: reasonText(reasons), ...flushedBy(released) } : { certain: false, reasons };
}

/** By the answer to `release` alone. */
function letGo(
  released: HostAnswer,
  { volumeId, ownerId, moves }: { readonly volumeId: VolumeId; readonly ownerId: InstanceId; readonly moves: boolean },
): Certain | undefined {
  const flushed = flushedBy(released);
  if (hasUnmounted(released)) return { certain: true, note: `${ownerId} has released ${volumeId}`, ...flushed };
  if (released.result === 'ok' && !moves)
    return {
      certain: true,
      note: `${ownerId} serves ${volumeId} no more, and it takes no writes: it is shut down, and something holds it`,
      ...flushed,
    };
  return undefined;
}

function flushedBy({ values: { flushed } }: HostAnswer): Pick<Certain, 'flushed'> {
  return flushed === undefined ? {} : { flushed: flushed === 'true' };
}

/** EC2 says so: power is off, nothing more is written. `stopping` is not `stopped`. */
function isOff(state: string): boolean {
  return state === 'stopped' || state === 'terminated';
}
