import { usableInstances } from '../heal/candidates.ts';
import { currentVolume } from '../world/current.ts';
import type { Instance, Neighbour, Observation } from '../world/model.ts';

/** What a drill sees of the content volumes beside its own. */
export interface Neighbourhood {
  /** Names that every instance has for devices. */
  readonly deviceNames: readonly string[];
  /** All volumes of the stack, those of its own content volume among them. */
  readonly volumes: readonly Neighbour[];
  /** Content volumes that a drill is under way of. */
  readonly drilling: readonly string[];
}

type Fleet = Pick<Observation, 'ledger' | 'volumes' | 'instances'>;

export type Turn =
  | { readonly kind: 'go'; readonly host: Instance }
  /** Later: another drill ends, or a host comes. */
  | { readonly kind: 'wait'; readonly reason: string };

/** Standbys that answer, in the zone of the current volume: those with the fewest volumes first. */
export function standbys(seen: Fleet): Instance[] {
  const current = currentVolume(seen);
  const owner = current?.attachments[0]?.instanceId;
  if (!current) return [];
  return usableInstances(seen, [], current.zone).filter((i) => i.id !== owner);
}

/**
 * Whether the copy on a drill's volume may be checked now, and where. Pure. One check at a time on a host: two read half as fast, and
 * share its memory. The volumes of drills are the queue: who has none on a host yet goes in the order in which they were made, so
 * no lock is needed. Copies of all content volumes are completed at about the same moment, and each drill makes its volume before it
 * looks.
 *
 * The queue says who goes first, and not that nobody is at it: EC2 may not show a volume yet; a list that comes in several pages may lack
 * one that was there all the while, where another went between two pages; and a drill that ended without an answer, by a heal or by
 * time, leaves its check running. So the host has the last word: it refuses a second check (`host/check.sh`).
 */
export function turnOf(seen: Fleet & Pick<Observation, 'volume'>, scratchId: string, near: Neighbourhood): Turn {
  const usable = standbys(seen);
  const scratch = seen.volumes.find((v) => v.id === scratchId);
  if (!scratch) return wait(`${scratchId} is not there yet`);
  const others = near.volumes.filter(
    (v) =>
      v.role === 'scratch' &&
      v.zone === scratch.zone &&
      v.of !== seen.volume &&
      near.drilling.includes(v.of) &&
      !v.marked,
  );
  const isOn = (v: Pick<Neighbour, 'attachments'>, host: Instance) =>
    v.attachments.some((a) => a.instanceId === host.id);
  const idle = usable.filter((host) => !others.some((v) => isOn(v, host)));
  const its = usable.find((host) => isOn(scratch, host));
  if (its) {
    // Two of them that are stopped, on one host, must not each wait for the other.
    const first = others.some((v) => isOn(v, its) && isOlder(v, scratch));
    return first ? wait(`another copy is checked on ${its.id}`) : { kind: 'go', host: its };
  }
  const free = idle.filter((host) => hasRoom(host, near, scratch.zone));
  const before = others.filter((v) => v.attachments.length === 0 && isOlder(v, scratch));
  const host = free[before.length];
  if (host) return { kind: 'go', host };
  if (usable.length === 0) return wait(`no standby answers in ${scratch.zone}`);
  if (idle.length > 0 && free.length === 0) return wait(`no standby in ${scratch.zone} has a device name to spare`);
  return wait(`${others.length} other copies are checked first`);
}

function isOlder(a: Neighbour, b: { readonly createdAt: number; readonly id: string }): boolean {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id);
}

/**
 * With one volume more, the instance could still take over all content volumes of the zone. One whose spare is there needs no name:
 * its heal serves the spare, or has it make room (`attach.ts`).
 */
function hasRoom(host: Instance, { deviceNames, volumes }: Neighbourhood, zone: string): boolean {
  const names = deviceNames.filter((name) => !host.devices.includes(name)).length;
  const there = volumes.filter((v) => v.attachments.some((a) => a.instanceId === host.id));
  const has = (of: string) => there.some((v) => v.of === of && (v.role === 'spare' || v.role === 'current'));
  const content = new Set(volumes.filter((v) => v.role === 'current' && v.zone === zone).map((v) => v.of));
  return names - 1 >= [...content].filter((of) => !has(of)).length;
}

function wait(reason: string): Turn {
  return { kind: 'wait', reason };
}
