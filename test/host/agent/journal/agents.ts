import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Applier } from '../../../../host/agent/applier/applier.ts';
import { Late } from '../../../../host/agent/applier/late.ts';
import { openSpare, takeBack } from '../../../../host/agent/applier/open.ts';
import { Spool } from '../../../../host/agent/journal/spool.ts';
import type { JournalStore } from '../../../../host/agent/journal/store.ts';
import { LATE, Tree } from '../../../../host/agent/journal/tree.ts';
import { KernelEvents } from '../../../../host/agent/kernel/events.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { Writer } from '../../../../host/agent/writer/writer.ts';
import { LIMITS } from '../../../../journal/write/batch.ts';
import type { Clock } from '../../../../journal/write/source.ts';
import type { Volume } from '../kernel/lab.ts';
import { Killed, Life } from './mortal.ts';

export const CLOCK: Clock = {
  now: () => performance.now(),
  wall: () => BigInt(Date.now()) * 1_000_000n,
};
/** Small, so that files of some hundred KiB go into pieces. */
const SMALL = { ...LIMITS, bytes: 1024 * 1024, large: 64 * 1024 };
/** Things that may be dirty at once, where a test has many; and inodes of a scan. */
const MOST = 3000;
const PORTION = 400;
/** Clocks are one here, and a copy is made at once. Milliseconds. */
export const MARGIN = 300;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A writer on a volume, which may be killed and started again; its root disk is a directory. */
export class Owner {
  readonly #volume: Volume;
  readonly #disk: string;
  readonly #store: JournalStore;
  readonly #term: number;
  life = new Life();
  writer!: Writer;
  events!: KernelEvents;
  /** Called before a scan is given so many inodes more. */
  swept: () => void = () => {};
  #ended!: Promise<unknown>;

  constructor(volume: Volume, disk: string, store: JournalStore, term: number) {
    this.#volume = volume;
    this.#disk = disk;
    this.#store = store;
    this.#term = term;
  }

  async start(): Promise<void> {
    this.life = new Life();
    const { mountPoint } = this.#volume;
    const events = await KernelEvents.open(this.#volume);
    this.events = events;
    const resolver = await Resolver.open(this.#volume);
    const sweep = resolver.sweep.bind(resolver);
    resolver.sweep = async function* (this: Owner) {
      for await (const inodes of sweep())
        for (let at = 0; at < inodes.length; at += PORTION) {
          this.swept();
          yield inodes.slice(at, at + PORTION);
        }
    }.bind(this);
    const tree = new Tree(join(this.#disk, 'index'), { durable: false });
    const left = { volume: 'alpha', mountPoint, tree, marginMs: MARGIN };
    const late =
      tree.meta(LATE) === undefined
        ? undefined
        : new Late({ ...left, store: this.life.of(this.#store), resolver: this.life.of(resolver) });
    this.writer = new Writer({
      volume: 'alpha',
      term: this.#term,
      writer: `owner-${this.#term}`,
      mountPoint,
      markerCopy: join(this.#disk, 'marker'),
      store: this.life.of(this.#store),
      tree,
      spool: new Spool(join(this.#disk, 'spool')),
      resolver: this.life.of(resolver),
      events,
      clock: CLOCK,
      ...(late ? { late } : {}),
      limits: SMALL,
      mostDirty: MOST,
      pace: { segmentMs: 200, lookMs: 50, markerMs: 500 },
    });
    this.#ended = this.writer
      .run()
      .catch((error: unknown) => error)
      .finally(() => {
        tree.close();
        resolver.close();
      });
  }

  /** @returns how it ended: what it returned, or its error */
  ended(): Promise<unknown> {
    return this.#ended;
  }

  /** At any call from now on. */
  async kill(calls: number): Promise<void> {
    this.life.killAfter(calls);
    const killed = await Promise.race([this.#ended, pause(5000).then(() => 'alive')]);
    if (killed === 'alive') {
      // Nothing was due.
      this.writer.stop();
      await this.#ended;
    } else if (!(killed instanceof Killed)) throw killed;
  }

  forgetIndex(): void {
    for (const end of ['', '-wal', '-shm']) rmSync(join(this.#disk, `index${end}`), { force: true });
  }
}

/** An applier on a volume, the same way. */
export class Standby {
  readonly volume: Volume;
  readonly #store: JournalStore;
  readonly #moment: number;
  life = new Life();
  applier!: Applier;
  tree!: Tree;
  resolver!: Resolver;
  /** Statements that were not applied, for somebody had touched what they name. */
  left = () => 0;

  /** Told of each call of its file system, and of `transaction`, before that is begun. */
  watch: (call: string) => void = () => {};

  /** @param moment when its blocks were copied */
  constructor(volume: Volume, store: JournalStore, moment: number) {
    this.volume = volume;
    this.#store = store;
    this.#moment = moment;
  }

  async start(): Promise<void> {
    this.life = new Life();
    const { mountPoint } = this.volume;
    this.resolver = await Resolver.open(this.volume);
    const world = { volume: 'alpha', mountPoint, clock: CLOCK, moment: this.#moment };
    this.tree = await openSpare({ ...world, resolver: this.resolver });
    const told = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const value = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            this.watch(String(name));
            return value.apply(target, args);
          };
        },
      });
    this.applier = await Applier.open({
      volume: 'alpha',
      mountPoint,
      store: this.life.of(this.#store),
      tree: told(this.tree),
      resolver: told(this.life.of(this.resolver)),
      marginMs: MARGIN,
    });
  }

  /** After a takeover that was not finished. @param disk of the writer that was to go on */
  async again(disk: string): Promise<void> {
    const { mountPoint } = this.volume;
    this.resolver = await Resolver.open(this.volume);
    await takeBack(mountPoint, join(disk, 'index'), join(disk, 'marker'));
    const world = { volume: 'alpha', mountPoint, resolver: this.resolver };
    this.tree = await openSpare({ ...world, clock: CLOCK, moment: this.#moment });
    const late = new Late({ ...world, store: this.#store, tree: this.tree, marginMs: MARGIN });
    await late.begin();
    this.applier = await late.applier();
    this.left = () => late.counts.left;
  }

  /** What there is by now. @returns why another base is needed */
  async apply(): Promise<string | undefined> {
    for (;;) {
      try {
        const next = await this.applier.next();
        if (next.next === 'unfit') return next.why;
        if (next.next === 'damaged') throw new Error(`damaged: ${JSON.stringify(next)}`);
        if (next.next === 'wait') return undefined;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        this.stop();
        await this.start();
      }
    }
  }

  stop(): void {
    this.tree.close();
    this.resolver.close();
  }
}
