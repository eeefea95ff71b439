import type { GuardView } from './guard.ts';
import { currentVolume } from './guard.ts';
import type { FleetHost, GuardPorts, Software } from './guard-ports.ts';

/** Nothing more is begun in a round that has lasted this long: the function has four minutes. */
const ROUND_MS = 100_000;

/** Whose turn it is. */
export interface Turns {
  readonly standbys: readonly string[];
  /** At most one in a round, and the standbys in its zone that run the version already. */
  readonly owner: { readonly id: string; readonly standbys: readonly string[] } | undefined;
}

/**
 * Standbys first; an owner only where, before this round, a standby of its zone ran the version. A zone in which a heal is under way is
 * left alone: it may need any of its hosts.
 */
export function turnsOf(hosts: readonly FleetHost[], wanted: string, views: readonly GuardView[]): Turns {
  const owners = new Set<string>();
  const busy = new Set<string>();
  for (const view of views) {
    const current = view.volumes.filter((v) => v.role === 'current');
    for (const { attachments } of current) for (const { instanceId } of attachments) owners.add(instanceId);
    const lease = view.ledger?.lease;
    // Whatever zone it heals in, or into: with no volume to say so, that is any.
    if (lease && lease.until > view.at) {
      const zone = currentVolume(view)?.zone;
      for (const host of hosts) if (zone === undefined || host.zone === zone) busy.add(host.zone);
    }
    const { owner } = view.ledger ?? {};
    if (owner) owners.add(owner);
  }
  const inOrder = hosts.filter((h) => !busy.has(h.zone)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const behind = inOrder.filter((h) => h.version !== wanted);
  const standbysOf = (zone: string) =>
    inOrder.filter((h) => h.zone === zone && !owners.has(h.id) && h.version === wanted).map((h) => h.id);
  const owner = behind.find((h) => owners.has(h.id) && standbysOf(h.zone).length > 0);
  return {
    standbys: behind.filter((h) => !owners.has(h.id)).map((h) => h.id),
    owner: owner && { id: owner.id, standbys: standbysOf(owner.zone) },
  };
}

/**
 * A step of the rollout. What is not done now is done in a later round.
 * @param views of all content volumes; `undefined` where not all could be seen: then nobody knows who is an owner, and nothing is done
 */
export async function rollOut(
  { clock, ledger, log }: Pick<GuardPorts, 'clock' | 'ledger' | 'log'>,
  software: Software,
  views: readonly GuardView[] | undefined,
): Promise<void> {
  const { wanted } = software;
  const hosts = await software.fleet();
  const behind = new Set(hosts.filter((h) => h.version !== wanted).map((h) => h.id));
  const began = clock.now();
  /** @returns whether others may follow */
  const bring = async (id: string): Promise<boolean> => {
    const { state, detail } = await software.update(id);
    if (state === 'updated') {
      await software.note(id, wanted);
      behind.delete(id);
      log(`${id} runs host software ${wanted.slice(0, 12)}`);
    } else log(`${id} goes on with older host software: ${detail}`);
    return state !== 'unwell';
  };
  if (behind.size > 0 && views) {
    const turns = turnsOf(hosts, wanted, views);
    let goesOn = true;
    for (const id of turns.standbys) goesOn &&= clock.now() - began < ROUND_MS && (await bring(id));
    const { owner } = turns;
    if (goesOn && owner && clock.now() - began < ROUND_MS) {
      const asked = await firstWell(software, owner.standbys);
      // A heal may have begun since.
      const leases = await Promise.all(views.map(async ({ volume }) => (await ledger.read(volume))?.lease));
      if (leases.some((lease) => lease && lease.until > clock.now())) log(`${owner.id} waits: a heal is under way`);
      else if (asked) await bring(owner.id);
      else log(`${owner.id} waits: no standby of its zone is well with ${wanted.slice(0, 12)}`);
    }
  }
  await software.publish(behind.size, clock.now());
}

async function firstWell(software: Software, standbys: readonly string[]): Promise<boolean> {
  for (const id of standbys) if ((await software.update(id)).state === 'updated') return true;
  return false;
}
