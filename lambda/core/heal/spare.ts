import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';
import type { Word } from '../world/evidence.ts';
import type { Rejected } from '../world/message.ts';
import type { Choice, ProbeState, Replacement, Spare } from '../world/model.ts';
import type { HostAnswer, Ports } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';
import { minutesBetween, type PassedOver } from './choice.ts';
import { isDead } from './decide.ts';
import { drainedReasons } from './drain.ts';
import { type Certain, fenceShutDown } from './fence.ts';
import { outlast } from './stall.ts';
import { prepare, preparePatiently, takeOver } from './takeover.ts';

/**
 * For so long what an owner called shut down before the lease, which nobody had since, is so: nobody else unmounts it, but for people, and a host
 * that boots takes longer. Milliseconds.
 */
const WORD_MS = 10_000;

/** When the spare is taken. */
export interface SparePolicy {
  /** Where a newer recovery point is verified. `faster`: the spare is taken; `fresher`: the other one, which costs minutes. */
  readonly prefer: 'faster' | 'fresher';
  /** Also with `faster`, a spare that is older is not taken where a newer recovery point is verified. Minutes. */
  readonly maxAgeMinutes: number;
}

/** The spare is taken, whatever is newer: why that is not. */
export interface Anyway {
  readonly anyway: string;
}

interface Seen {
  readonly spare: Spare | undefined;
  readonly why: string;
  /** Something newer is verified than {@link Seen.spare}. */
  readonly newer?: Pick<Choice, 'newer' | 'minutes' | 'why'>;
  /** Then that is taken. */
  readonly passedOver?: PassedOver;
  readonly owner: InstanceId | undefined;
  readonly oldVolume: VolumeId | undefined;
  readonly generation: number;
}

/** What came of it. */
export interface Tried {
  readonly served?: { readonly replacement: Replacement; readonly reasons: readonly Reason[] };
  readonly passedOver?: PassedOver | undefined;
}

/**
 * Serves the spare in the place of a volume that its own host calls dead. Nothing of EC2 is asked or called on the way, so that
 * it works while EC2's control plane does not: the ledger says what there is, the hosts do the rest, and the tags follow later
 * (decision `settle`). Whatever does not fit leaves everything to the long way. Where I/O hangs, it is waited for beside the spare.
 *
 * @param rejected where a spare that could not be used is added
 * @param word what the owner said before the lease
 */
export async function serveSpare(
  run: HealRun,
  policy: SparePolicy | Anyway,
  rejected: Rejected[],
  word?: Word,
): Promise<Tried> {
  const { ports, journal, volume } = run;
  const seen = await journal.step(
    'look-at-spare',
    () => look(ports, volume, policy),
    ({ spare, why }) => (spare ? `${spare.volumeId} on ${spare.instanceId}` : why),
  );
  const { spare, owner, oldVolume } = seen;
  if (!spare || !owner || !oldVolume) return { passedOver: seen.passedOver };
  const { volumeId, instanceId, snapshotId } = spare;
  // The spare is made ready while its owner is asked: neither is seen by anybody, and each takes a command or two.
  const asked = await journal.act(
    'prepare-spare',
    async () => {
      // Both are awaited whatever becomes of either: nothing of a step goes on when it has failed, and the heal perhaps ended.
      const [probe, ready] = await Promise.allSettled([
        askOwner(run, owner, oldVolume, word),
        prepare(run, { volumeId, instanceId }),
      ]);
      if (probe.status === 'rejected') throw probe.reason;
      if (ready.status === 'rejected') throw ready.reason;
      return { ...probe.value, prepared: ready.value };
    },
    ({ said, prepared, fenced }) =>
      `the owner says ${said}; ${prepared.ok ? `${volumeId} is ready` : prepared.why}${fenced ? `; ${fenced.note}` : ''}`,
  );
  const { state } = asked;
  const ready = asked.prepared.ok || asked.prepared.moves === true;
  const outlasted = ready ? await outlast(run, oldVolume, owner, state) : state;
  const dead = isDead(outlasted);
  // Slow is no evidence against it, and what else could be mounted would be as slow. Its size is known to EC2 only.
  const prepared =
    dead && !asked.prepared.ok && asked.prepared.moves
      ? await preparePatiently(run, { volumeId, instanceId, sizeGiB: 0 })
      : asked.prepared;
  if (dead && !prepared.ok) rejected.push({ snapshotId, volumeId, why: `the spare: ${prepared.why}` });
  if (!dead || !prepared.ok) {
    await journal.act('release-spare', () => putBack(run, spare, prepared.ok));
    return {};
  }
  const taken = await takeOver(run, {
    oldVolume,
    oldOwner: { kind: 'instance', id: owner, state: 'running' },
    fenced: asked.fenced,
    newVolume: volumeId,
    snapshotId,
    instanceId,
    generation: seen.generation + 1,
    prepared,
    ...(seen.newer && { choice: { taken: 'spare', spare: snapshotId, ...seen.newer } }),
  });
  if (!taken.done) {
    if (!taken.committed) await journal.act('release-spare', () => ports.host.release(instanceId, volume, volumeId));
    return {};
  }
  const reasons: readonly Reason[] = [
    { code: 'dead', volumeId: oldVolume, state: outlasted },
    { code: 'spareServes', volumeId },
    ...drainedReasons(volumeId, taken.replacement.drained),
  ];
  return { served: { replacement: taken.replacement, reasons } };
}

interface Asked {
  readonly said: ProbeState;
  /** As far as the heal is concerned. */
  readonly state: ProbeState;
  /** It was shut down, and the owner has let it go. */
  readonly fenced?: Certain | undefined;
}

/**
 * What the owner says of its volume; and it lets go at once of one that is shut down. Where this ran before and died in between, or a heal before this
 * one did, the ledger knows what the owner cannot say any more.
 */
async function askOwner(run: HealRun, owner: InstanceId, volumeId: VolumeId, word?: Word): Promise<Asked> {
  const { ports, volume } = run;
  const isSaid =
    word?.state === 'shutdown' &&
    word.instanceId === owner &&
    word.volumeId === volumeId &&
    ports.clock.now() - word.at < WORD_MS;
  const { state: said } = isSaid ? word : await ports.host.probe(owner, volume, volumeId);
  const noted = said === 'serving' || said === 'shutdown' ? undefined : (await ports.ledger.read(volume))?.shutDown;
  const state = noted === volumeId ? 'shutdown' : said;
  return { said, state, ...(state === 'shutdown' && { fenced: await fenceShutDown(run, volumeId, owner) }) };
}

/** It is not used: unmounted; or, where it is followed between heals, still mounted and followed. */
async function putBack(
  { ports, volume }: HealRun,
  { instanceId, volumeId }: Spare,
  sound: boolean,
): Promise<HostAnswer> {
  if (ports.journaled && sound) {
    const followed = await ports.host.follow(instanceId, volume, volumeId);
    if (followed.values.state === 'following') return followed;
  }
  return ports.host.release(instanceId, volume, volumeId);
}

/**
 * When the spare last had all that was there to have: by its own host's word where it follows a journal, else the moment of its snapshot. Asked only where that
 * decides something. Unix milliseconds.
 */
async function freshOf(
  { host, journaled }: Ports,
  volume: string,
  { instanceId, volumeId, at }: Spare,
): Promise<number> {
  if (!journaled) return at;
  try {
    const { values } = await host.follow(instanceId, volume, volumeId);
    const headAt = Date.parse(values.headAt ?? '');
    return Number.isNaN(headAt) ? at : Math.max(at, headAt);
  } catch {
    // Whatever keeps it from being asked: it is as old as its snapshot.
    return at;
  }
}

async function look(ports: Ports, volume: string, policy: SparePolicy | Anyway): Promise<Seen> {
  const ledger = await ports.ledger.read(volume);
  const { spare, owner, currentVolume, generation = 0, verifiedAt = 0, verifiedSnapshot } = ledger ?? {};
  const none = (why: string): Seen => ({ spare: undefined, why, owner: undefined, oldVolume: undefined, generation });
  if (!spare || !owner || !currentVolume) return none('no spare');
  const seen = { spare, why: '', owner, oldVolume: currentVolume, generation };
  if (verifiedAt <= spare.at) return seen;
  const at = await freshOf(ports, volume, spare);
  if (verifiedAt <= at) return seen;
  const minutes = Math.round((ports.clock.now() - at) / 60_000);
  const anyway = 'anyway' in policy;
  if (!anyway && (policy.prefer === 'fresher' || minutes > policy.maxAgeMinutes))
    return {
      ...none(`the spare is ${minutes} min old, and a newer verified recovery point is taken`),
      passedOver: { snapshotId: spare.snapshotId, at },
    };
  const why = anyway ? { why: policy.anyway } : {};
  return { ...seen, newer: { newer: verifiedSnapshot, minutes: minutesBetween(at, verifiedAt), ...why } };
}
