import type { InstanceId } from '../../../contract/ids.ts';
import { taggedCurrent, undisputedVolume } from '../world/current.ts';
import type { GuardView } from './guard.ts';
import type { FleetHost, GuardPorts, Software } from './ports.ts';

/** Nothing more is begun in a round that has lasted this long: the function has four minutes. */
const ROUND_MS = 100_000;

/** Whose turn it is. */
export interface Turns {
  readonly standbys: readonly InstanceId[];
  /**
   * At most one in a round, and who in its zone runs the version already: standbys, or other owners where all are owners. Nobody where
   * it is the first of those.
   */
  readonly owner: { readonly id: InstanceId; readonly before: readonly InstanceId[] } | undefined;
}

/**
 * Standbys first; an owner only where, before this round, a standby of its zone ran the version. With more content volumes than zones,
 * every instance of a zone may be an owner: none would ever have its turn, so that with the fewest volumes goes first there. A zone in
 * which a heal is under way is left alone: it may need any of its hosts.
 */
export function turnsOf(hosts: readonly FleetHost[], wanted: string, views: readonly GuardView[]): Turns {
  /** Content volumes, by owner. */
  const owned = new Map<string, Set<string>>();
  const own = (id: string, volume: string) => owned.set(id, (owned.get(id) ?? new Set()).add(volume));
  const busy = new Set<string>();
  for (const view of views) {
    const current = taggedCurrent(view.volumes);
    for (const { attachments } of current) for (const { instanceId } of attachments) own(instanceId, view.volume);
    const lease = view.ledger?.lease;
    // Whatever zone it heals in, or into: with no volume to say so, that is any.
    if (lease && lease.until > view.at) {
      const zone = undisputedVolume(view)?.zone;
      for (const host of hosts) if (zone === undefined || host.zone === zone) busy.add(host.zone);
    }
    const { owner } = view.ledger ?? {};
    if (owner) own(owner, view.volume);
  }
  const inOrder = hosts.filter((h) => !busy.has(h.zone)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const behind = inOrder.filter((h) => h.version !== wanted);
  const ofOwners = (zone: string) => {
    const there = hosts.filter((h) => h.zone === zone);
    return there.length > 1 && there.every((h) => owned.has(h.id));
  };
  const before = ({ zone }: FleetHost) =>
    inOrder.filter((h) => h.zone === zone && h.version === wanted && (!owned.has(h.id) || ofOwners(zone)));
  const volumes = ({ id }: FleetHost) => owned.get(id)?.size ?? 0;
  const [owner] = behind
    .filter((h) => owned.has(h.id))
    .map((host) => ({ host, before: before(host) }))
    .filter((turn) => turn.before.length > 0 || ofOwners(turn.host.zone))
    // One that others of its zone have gone before is of less risk.
    .sort((a, b) => Math.sign(b.before.length) - Math.sign(a.before.length) || volumes(a.host) - volumes(b.host));
  return {
    standbys: behind.filter((h) => !owned.has(h.id)).map((h) => h.id),
    owner: owner && { id: owner.host.id, before: owner.before.map((h) => h.id) },
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
  const bring = async (id: InstanceId): Promise<boolean> => {
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
      const asked =
        owner.before.length === 0
          ? await stillFirst(software, owner.id, hosts, views)
          : await firstWell(software, owner.before);
      // A heal may have begun since.
      const leases = await Promise.all(views.map(async ({ volume }) => (await ledger.read(volume))?.lease));
      if (leases.some((lease) => lease && lease.until > clock.now())) log(`${owner.id} waits: a heal is under way`);
      else if (asked) await bring(owner.id);
      else log(`${owner.id} waits: nobody of its zone is well with ${wanted.slice(0, 12)}`);
    }
  }
  await software.publish(behind.size, clock.now());
}

/** "Not seen" is not "not there": nobody goes first for want of a standby that a second look at EC2 shows. */
async function stillFirst(
  { fleet, wanted }: Software,
  id: InstanceId,
  hosts: readonly FleetHost[],
  views: readonly GuardView[],
): Promise<boolean> {
  const known = new Set(hosts.map((host) => host.id));
  const more = (await fleet()).filter((host) => !known.has(host.id));
  const { owner, standbys } = turnsOf([...hosts, ...more], wanted, views);
  return owner?.id === id && owner.before.length === 0 && !more.some((host) => standbys.includes(host.id));
}

async function firstWell(software: Software, hosts: readonly InstanceId[]): Promise<boolean> {
  for (const id of hosts) if ((await software.update(id)).state === 'updated') return true;
  return false;
}
