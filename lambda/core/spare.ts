import { DEAD } from './decide.ts';
import type { Journal } from './journal.ts';
import type { Replacement, Spare } from './model.ts';
import type { Ports } from './ports.ts';
import type { Rejected } from './replace.ts';
import { prepare, takeOver } from './takeover.ts';

/** When the spare is taken. */
export interface SparePolicy {
  /** Where a newer recovery point is verified. `faster`: the spare is taken; `fresher`: the other one, which costs minutes. */
  readonly prefer: 'faster' | 'fresher';
  /** Also with `faster`, a spare that is older is not taken where a newer recovery point is verified. Minutes. */
  readonly maxAgeMinutes: number;
}

interface Seen {
  readonly spare: Spare | undefined;
  readonly why: string;
  readonly owner: string;
  readonly oldVolume: string;
  readonly generation: number;
}

/**
 * Serves the spare in the place of a volume that its own host calls dead. Nothing of EC2 is asked or called on the way, so that
 * it works while EC2's control plane does not: the ledger says what there is, the hosts do the rest, and the tags follow later
 * (decision `settle`). Whatever does not fit leaves everything to the long way.
 *
 * @param rejected where a spare that could not be used is added
 */
export async function serveSpare(
  ports: Ports,
  journal: Journal,
  healId: string,
  volume: string,
  policy: SparePolicy,
  rejected: Rejected[],
): Promise<{ readonly replacement: Replacement; readonly summary: string } | undefined> {
  const seen = await journal.step(
    'look-at-spare',
    () => look(ports, volume, policy),
    ({ spare, why }) => (spare ? `${spare.volumeId} on ${spare.instanceId}` : why),
  );
  const { spare, owner, oldVolume } = seen;
  if (!spare) return undefined;
  const { volumeId, instanceId, snapshotId } = spare;
  // The spare is made ready while its owner is asked: neither is seen by anybody, and each takes a command or two.
  const { state, prepared } = await journal.act(
    'prepare-spare',
    async () => {
      // Both are awaited whatever becomes of either: nothing of a step goes on when it has failed, and the heal perhaps ended.
      const [probe, ready] = await Promise.allSettled([
        ports.host.probe(owner, volume),
        prepare(ports, (_, run) => run(), volume, volumeId, instanceId),
      ]);
      if (probe.status === 'rejected') throw probe.reason;
      if (ready.status === 'rejected') throw ready.reason;
      return { state: probe.value.state, prepared: ready.value };
    },
    (found) => `the owner says ${found.state}; ${found.prepared.ok ? `${volumeId} is ready` : found.prepared.why}`,
  );
  const dead = DEAD[state];
  if (dead && !prepared.ok) rejected.push({ snapshotId, volumeId, why: `the spare: ${prepared.why}` });
  if (!dead || !prepared.ok) {
    await journal.act('release-spare', () => ports.host.release(instanceId, volume, volumeId));
    return undefined;
  }
  const taken = await takeOver(ports, journal, healId, {
    volume,
    oldVolume,
    oldOwner: { id: owner, state: 'running' },
    newVolume: volumeId,
    snapshotId,
    instanceId,
    generation: seen.generation + 1,
    prepared,
  });
  if (!taken.done) {
    if (!taken.committed) await journal.act('release-spare', () => ports.host.release(instanceId, volume, volumeId));
    return undefined;
  }
  return {
    replacement: taken.replacement,
    summary: `${oldVolume}: ${dead}: the spare ${volumeId} serves in its place`,
  };
}

async function look(ports: Ports, volume: string, policy: SparePolicy): Promise<Seen> {
  const ledger = await ports.ledger.read(volume);
  const { spare, owner, currentVolume, generation = 0, verifiedAt = 0 } = ledger ?? {};
  const none = (why: string): Seen => ({ spare: undefined, why, owner: '', oldVolume: '', generation });
  if (!spare || !owner || !currentVolume) return none('no spare');
  const minutes = Math.round((ports.clock.now() - spare.at) / 60_000);
  const newer = verifiedAt > spare.at && (policy.prefer === 'fresher' || minutes > policy.maxAgeMinutes);
  if (newer) return none(`the spare is ${minutes} min old, and a newer verified recovery point is taken`);
  return { spare, why: '', owner, oldVolume: currentVolume, generation };
}
