import type { Journal, Stop } from './journal.ts';
import type { Trigger } from './model.ts';
import type { Ports } from './ports.ts';
import type { HealRun } from './run.ts';
import type { NoAnswer } from './unanswered.ts';

/**
 * How long a lease is good for. It is renewed before each round and each candidate, and nothing between two renewals takes as
 * long; a heal that is lost for good blocks its volume no longer than this.
 */
export const LEASE_SECONDS = 15 * 60;
/** How long an alarm waits for the heal before it; the sweep comes again anyway. */
const TURN_SECONDS = 10 * 60;
const LOOK_SECONDS = 10;

/** An alarm waits for its turn, for the heal before it may have looked just before this failure; a sweep comes again by itself, and so does what a witness says. */
export async function awaitLease(ports: Ports, journal: Journal, healId: string, trigger: Trigger): Promise<Turn> {
  const tries = trigger.kind === 'alarm' ? TURN_SECONDS / LOOK_SECONDS : 1;
  for (let i = 0; i < tries; i++) {
    const asked = await journal.ask('lease', async () => {
      const state = await acquire(ports, trigger.volume, healId);
      return state && { pagedAt: state.paged?.at, leases: state.leases };
    });
    if (!asked.answered) return { turn: 'silent', ledger: asked };
    if (asked.value) return { turn: 'mine', ...asked.value };
    if (i + 1 < tries) await journal.pause('await-lease', LOOK_SECONDS);
  }
  return { turn: 'others' };
}

/** Whose turn it is; `silent`: the ledger does not say. `pagedAt`: when people were paged before, in Unix milliseconds. `leases`: this one counted. */
export type Turn =
  | { readonly turn: 'mine'; readonly pagedAt?: number | undefined; readonly leases?: number | undefined }
  | { readonly turn: 'others' }
  | { readonly turn: 'silent'; readonly ledger: NoAnswer };

/** @returns `undefined` where the ledger says that this heal has the lease now */
export async function mayAct(ports: Ports, volume: string, healId: string): Promise<Stop | undefined> {
  const lease = (await ports.ledger.read(volume))?.lease;
  if (lease?.holder === healId && lease.until > ports.clock.now()) return undefined;
  const to = lease && lease.holder !== healId ? ` to ${lease.holder}` : ': it ran out';
  return { tag: 'lostLease', why: `${volume}: the lease was lost${to}` };
}

/** @throws Stopped also when nobody has it now, for others may have acted in between */
export async function renewLease({ ports, journal, healId, volume }: HealRun): Promise<void> {
  await journal.act('renew-lease', async () => (await acquire(ports, volume, healId)) !== undefined);
}

function acquire(ports: Ports, volume: string, healId: string): ReturnType<Ports['ledger']['acquire']> {
  const now = ports.clock.now();
  return ports.ledger.acquire(volume, healId, now, now + LEASE_SECONDS * 1000);
}
