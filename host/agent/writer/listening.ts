import type { DirtySet } from '../../../journal/write/dirty.ts';
import type { Clock } from '../../../journal/write/source.ts';
import type { LateSegments } from '../journal/late.ts';
import type { Own } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { KernelEvent, KernelEvents } from '../kernel/events.ts';
import { Hearing } from './hearing.ts';
import type { Sentinels } from './sentinels.ts';

export interface ListeningWorld {
  readonly events: KernelEvents;
  readonly dirty: DirtySet;
  readonly tree: Tree;
  readonly own: Own;
  readonly sentinels: Sentinels;
  readonly clock: Clock;
  readonly late?: LateSegments;
}

/** Takes what the kernel says at once, whatever else goes on. */
export class Listening {
  readonly #world: ListeningWorld;
  readonly #hearing: Hearing;
  /** While it is not known who is who. */
  #held: KernelEvent[] | undefined;

  constructor(world: ListeningWorld) {
    this.#world = world;
    this.#hearing = new Hearing(world.dirty, world.tree, world.own, (keys) => world.late?.note(keys));
  }

  /** Until it is to stop, or the events end. @throws Gone, or what the events throw */
  async run(stopping: () => boolean): Promise<void> {
    try {
      for await (const event of this.#world.events) {
        if (stopping()) return;
        if (event.kind === 'gone') throw new Gone(event.cause);
        if (this.#held) this.#held.push(event);
        else this.#take(event);
      }
    } finally {
      this.#world.sentinels.doubt();
    }
  }

  /** What is said from now on is taken once it is released. */
  hold(): void {
    this.#held = [];
  }
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#take(event);
  }

  #take(event: KernelEvent): void {
    const { clock, late, dirty, sentinels } = this.#world;
    if (event.kind === 'reached') sentinels.reached(event.sentinel);
    else if (event.kind === 'changes') for (const change of event.changes) this.#hearing.hear(change, clock.now());
    else if (event.kind === 'doubt') {
      dirty.wantScan(`events: ${event.cause}`);
      sentinels.doubt();
      // That it has started is known: what changed before was looked at since.
      if (event.cause !== 'started') late?.doubt();
    }
  }
}

/** The volume is unmounted, or another one is mounted there. */
export class Gone extends Error {}
