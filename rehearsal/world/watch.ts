import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import type { SimInstance } from '../../simulator/aws/ec2/state.ts';
import type { World } from './world.ts';

/** States in which nothing runs on an instance: whatever it has on its disks writes nothing. */
const OFF: readonly SimInstance['state'][] = ['stopped', 'terminated'];

/** What a freeze may last, and what a host may need to thaw: not asked of the freeze itself. */
const FROZEN_MS = 35_000;

/**
 * Looks at the world after everything that happens, and never at what the healer says of itself. What must not be for one
 * moment is written down here: two writers, a blank volume in the place of content that has a copy, a volume that stays
 * frozen beyond its time, and one in quarantine that the schedule copies.
 */
export class Watch {
  readonly #world: World;
  /** What was seen, each thing once. */
  readonly twoWriters = new Set<string>();
  readonly blankServed = new Set<string>();
  readonly frozenTooLong = new Set<string>();
  readonly suspectScheduled = new Set<string>();
  /** What content was served from, oldest first; `undefined`: from nothing. By content volume, with its stack. */
  readonly served = new Map<string, { readonly at: number; readonly volumeId: string | undefined }[]>();
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    world.services.cloud.listen(() => {
      if (!this.#stopped) this.look();
    });
  }

  stop(): void {
    this.look();
    this.#stopped = true;
  }

  look(): void {
    const { services, disks, clock } = this.#world;
    const writers = new Map<string, string[]>();
    const serving = new Map<string, string>();
    const writes = (content: string, instanceId: string, volumeId: string) =>
      writers.set(content, [...(writers.get(content) ?? []), `${instanceId} (${volumeId})`]);
    for (const instance of services.ec2.instances.values()) {
      const opened = this.#opened.get(instance.id) ?? new Map<string, string>();
      this.#opened.set(instance.id, opened);
      if (OFF.includes(instance.state)) {
        opened.clear();
        continue;
      }
      this.#judgeFrozen(instance.id);
      const linked = new Set<string>();
      for (const link of disks.links(instance.id)) {
        // A link to what is not mounted, or shut down, takes no writes. A host that hangs may wake up: it counts.
        if (!link.live) continue;
        // Two stacks of one account may each have a volume of that name: each has a writer of its own.
        const content = [instance.tags[TAG.stack], link.volume].join(' ').trim();
        writes(content, instance.id, link.volumeId);
        linked.add(link.volumeId);
        opened.set(link.volumeId, content);
        serving.set(content, link.volumeId);
        this.#judgeBlank(link.volume, link.volumeId);
      }
      for (const [volumeId, content] of opened) {
        if (linked.has(volumeId)) continue;
        if (!disks.writes(instance.id, volumeId)) opened.delete(volumeId);
        // While its I/O hangs nothing is written, and a release that waits for it ends when it goes on.
        else if (!services.cloud.faults.stalled.has(volumeId)) writes(content, instance.id, volumeId);
      }
    }
    this.#noteServed(serving);
    for (const { id, tags } of services.ec2.volumes.values()) {
      const role = tags[TAG.role] ?? '';
      if (role === VOLUME_ROLE.quarantined && TAG.schedule in tags) this.suspectScheduled.add(id);
      if (this.#roles.get(id)?.role !== role) this.#roles.set(id, { role, since: clock.now() });
    }
    for (const [volume, hosts] of writers)
      if (hosts.length > 1)
        this.twoWriters.add(`${volume} by ${hosts.sort().join(' and ')}, first at ${this.#first(volume, clock.now())}`);
  }

  /**
   * Host -> volumes that it served and has mounted since, and the content. A link that is gone closes no file: whoever has one open
   * goes on writing. What nobody was ever led to (a candidate that is looked at, a spare) has no writer.
   */
  readonly #opened = new Map<string, Map<string, string>>();

  readonly #roles = new Map<string, { readonly role: string; readonly since: number }>();
  /** When the volume became what it is. Unix milliseconds. */
  roleSince(volumeId: string): number | undefined {
    return this.#roles.get(volumeId)?.since;
  }

  /** Ids of the volumes that content, `stack volume`, was served from between two moments. */
  servedBetween(content: string, from: number, to: number): string[] {
    const all = this.served.get(content) ?? [];
    return all.flatMap(({ at, volumeId }, i) =>
      volumeId !== undefined && at <= to && (all[i + 1]?.at ?? Number.POSITIVE_INFINITY) >= from ? [volumeId] : [],
    );
  }

  #noteServed(serving: ReadonlyMap<string, string>): void {
    for (const content of new Set([...serving.keys(), ...this.served.keys()])) {
      const before = this.served.get(content) ?? [];
      const volumeId = serving.get(content);
      if (before.at(-1)?.volumeId === volumeId) continue;
      this.served.set(content, [...before, { at: this.#world.clock.now(), volumeId }]);
    }
  }

  readonly #firstAt = new Map<string, number>();
  #first(volume: string, now: number): string {
    const at = this.#firstAt.get(volume) ?? now;
    this.#firstAt.set(volume, at);
    return new Date(at).toISOString().slice(11, 19);
  }

  /** On a host that hangs nothing thaws, and nobody could write. */
  #judgeFrozen(instanceId: string): void {
    const { services, disks, clock } = this.#world;
    if (services.cloud.faults.hung.has(instanceId)) {
      this.#hungAt.set(instanceId, clock.now());
      return;
    }
    const since = this.#hungAt.get(instanceId) ?? 0;
    for (const { volumeId, at } of disks.watchdogs(instanceId)) {
      const freeze = `${volumeId} on ${instanceId}, until ${at}`;
      const seen = this.#frozenAt.get(freeze) ?? clock.now();
      this.#frozenAt.set(freeze, seen);
      if (clock.now() - Math.max(seen, since) > FROZEN_MS) this.frozenTooLong.add(`${volumeId} on ${instanceId}`);
    }
  }
  readonly #frozenAt = new Map<string, number>();
  readonly #hungAt = new Map<string, number>();

  /** A volume made from no snapshot may be served only where it is the first that there ever was. */
  #judgeBlank(volume: string, volumeId: string): void {
    const { ec2 } = this.#world.services;
    const served = ec2.volumes.get(volumeId);
    if (!served || served.snapshotId !== undefined) return;
    const copies = [...ec2.snapshots.values()].filter(
      (s) =>
        s.tags[TAG.volume] === volume &&
        s.tags[TAG.stack] === served.tags[TAG.stack] &&
        s.volumeId !== volumeId &&
        s.startedAt < served.createdAt,
    );
    if (copies.length > 0)
      this.blankServed.add(`${volume} from ${volumeId}, made blank while ${copies.length} snapshots of it existed`);
  }
}
