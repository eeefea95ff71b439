import { join } from 'node:path';
import { ROOT } from '../../../journal/record.ts';
import type { Header } from '../../../journal/segment/layout.ts';
import type { Batch, Limits } from '../../../journal/write/batch.ts';
import { DirtySet } from '../../../journal/write/dirty.ts';
import { Gatherer } from '../../../journal/write/gather.ts';
import type { Clock } from '../../../journal/write/source.ts';
import { adopt } from '../journal/adopt.ts';
import type { LateSegments } from '../journal/late.ts';
import { MARKER, raiseRun, type VolumeMarker, writeMarker } from '../journal/marker.ts';
import { Own, rootOf } from '../journal/own.ts';
import { Sender, Stopped, WriterEnded } from '../journal/send.ts';
import type { Spool } from '../journal/spool.ts';
import type { JournalStore } from '../journal/store.ts';
import { ADOPTED, type Tree } from '../journal/tree.ts';
import type { KernelEvents } from '../kernel/events.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { Flushes } from './flushes.ts';
import { Gone, Listening } from './listening.ts';
import { PACE, type Pace } from './pace.ts';
import { Restating } from './restating.ts';
import { scan } from './scan.ts';
import { Sentinels } from './sentinels.ts';
import { VolumeSource } from './source.ts';
import type { Status } from './status.ts';

export interface WriterWorld {
  readonly volume: string;
  readonly term: number;
  readonly writer: string;
  readonly mountPoint: string;
  /** Copy of the marker on the root disk. */
  readonly markerCopy: string;
  readonly store: JournalStore;
  readonly tree: Tree;
  readonly spool: Spool;
  readonly resolver: Resolver;
  readonly events: KernelEvents;
  readonly clock: Clock;
  readonly limits?: Limits;
  readonly pace?: Pace;
  /** Things that may be dirty at once. @default as `MOST_DIRTY` */
  readonly mostDirty?: number;
  /** What a takeover has left to be applied. */
  readonly late?: LateSegments;
}

export type Flushed = { readonly flushed: boolean; readonly number: number; readonly left: number };

/** So many looks at what cannot be stated yet, files that stay open, and a scan makes way. */
const VAIN_LOOKS = 40;

/**
 * The writer of one content volume, from its start until it is stopped, fenced, or the volume is unmounted. An error of the volume or of the root disk ends
 * it: started again, it scans.
 */
export class Writer {
  readonly #world: WriterWorld;
  readonly #pace: Required<Pace>;
  readonly #dirty: DirtySet;
  readonly #began: number;
  readonly #gatherer: Gatherer;
  readonly #own: Own;
  readonly #sentinels: Sentinels;
  readonly #sender: Sender;
  readonly #listening: Listening;
  #marker: VolumeMarker | undefined;
  #marked = { at: Number.NEGATIVE_INFINITY, number: 0 };
  #sent = Number.NEGATIVE_INFINITY;
  #complete: number | undefined;
  /** Every change before this is acknowledged, by the clock that only goes on. */
  #stated = Number.NEGATIVE_INFINITY;
  #trouble: string | undefined;
  #unreadable: readonly string[] = [];
  #stopping = false;
  #failed: { readonly error: unknown } | undefined;
  readonly #flushes: Flushes;
  readonly #restating: Restating;
  #wake: () => void = () => {};

  constructor(world: WriterWorld) {
    this.#world = world;
    this.#began = world.clock.now();
    this.#dirty = new DirtySet(world.mostDirty);
    this.#pace = { ...PACE, ...world.pace };
    const { resolver, tree, clock, limits, store } = world;
    this.#own = new Own(resolver);
    this.#sentinels = new Sentinels(resolver);
    this.#listening = new Listening({ ...world, dirty: this.#dirty, own: this.#own, sentinels: this.#sentinels });
    const source = new VolumeSource(resolver, tree);
    const gather = { dirty: this.#dirty, index: tree.index, source, clock };
    this.#gatherer = new Gatherer(limits ? { ...gather, limits } : gather);
    const trouble = (why: string | undefined) => {
      this.#trouble = why;
    };
    this.#flushes = new Flushes(clock, this.#dirty);
    this.#restating = new Restating({ store, dirty: this.#dirty, clock, trouble, wait: () => this.#waitForS3() });
    this.#sender = new Sender({
      store,
      clock,
      pause: (ms) => this.#pause(ms),
      stopping: () => this.#stopping || this.#failed !== undefined,
      restate: (number) => this.#restating.owe(number),
      trouble,
    });
  }

  get status(): Status {
    // Before its first segment nobody knows what is not in the journal.
    const since = this.#stated === Number.NEGATIVE_INFINITY ? this.#began : this.#dirty.since;
    const lag = since === undefined ? 0 : Math.max(0, this.#world.clock.now() - since);
    return {
      number: this.#sender.last,
      complete: this.#complete,
      dirty: this.#dirty.size,
      lag,
      trouble: this.#trouble,
      unreadable: this.#unreadable,
      late: this.#world.late?.counts,
    };
  }

  /** @returns once stopped, or once the volume is unmounted @throws WriterEnded where it may never write again; MarkerError; any error of the volume */
  async run(): Promise<'stopped' | 'gone'> {
    const { events } = this.#world;
    let hearing: Promise<void> | undefined;
    try {
      await this.#start();
      hearing = this.#listen();
      await this.#succeed();
      while (!this.#stopping && !this.#failed) await this.#round();
      if (this.#failed) throw this.#failed.error;
      await this.#mark();
      return 'stopped';
    } catch (error) {
      const cause = this.#failed?.error ?? error;
      if (cause instanceof Gone) return 'gone';
      if (cause instanceof Stopped) return 'stopped';
      if (cause instanceof WriterEnded && cause.why.ended === 'fenced') await this.#fence();
      throw cause;
    } finally {
      this.#stopping = true;
      events.close();
      await hearing;
      this.#flushes.end();
    }
  }

  /** All that has to be known before the first event is taken: who is who, and what is nobody's content. */
  async #start(): Promise<void> {
    const { volume, term, writer, mountPoint, markerCopy, events, spool, tree, resolver, late } = this.#world;
    const markers = { mountPoint, device: events.device, copy: markerCopy };
    this.#marker = await raiseRun(markers, { volume, term, writer });
    if (this.#marker.fenced) throw new WriterEnded({ ended: 'fenced', term });
    await spool.clear();
    this.#dirty.wantScan('it starts');
    await this.#own.read();
    if (late) await late.begin();
    else if (tree.meta(ADOPTED) === undefined) await this.#adopt();
    tree.setHandle(ROOT, await rootOf(resolver));
  }

  /** What the journal has is not known. From now on it is what is here, with bases that are copies of this: those of before are unfit. */
  async #adopt(): Promise<void> {
    const { tree, resolver, clock } = this.#world;
    this.#dirty.wantScan('there is no index', true);
    tree.clear();
    await adopt({ resolver, tree, own: this.#own, clock, specials: true });
    tree.setMeta(ADOPTED, `${clock.wall()}`);
  }

  /** Its seal is in the journal, and what stands before that here, before it writes anything else. */
  async #succeed(): Promise<void> {
    const { late } = this.#world;
    const marker = this.#mine;
    let seal = await this.#sender.start(marker);
    if (!marker.sealed) seal ??= await this.#seal();
    this.#marker = { ...marker, sealed: true };
    if (late && seal !== undefined) {
      const known = await this.#applyLate(late, seal);
      await this.#own.read();
      if (!known) await this.#adopt();
    }
    await this.#restating.all();
  }

  #applyLate(late: LateSegments, seal: number): Promise<boolean> {
    return late.apply(seal, {
      pause: async () => {
        if (!(await this.#sentinels.heard())) late.doubt();
        this.#mustGoOn();
        this.#listening.hold();
      },
      done: () => this.#listening.release(),
      restate: (number, records) => this.#restating.read(number, records),
      trouble: (why) => {
        this.#trouble = why;
      },
      wait: () => this.#waitForS3(),
    });
  }

  async #waitForS3(): Promise<void> {
    await this.#pause(1000);
    this.#mustGoOn();
  }

  #mustGoOn(): void {
    if (this.#stopping || this.#failed) throw new Stopped('stopped before it had begun to write');
  }

  /** Ends it once the write that is under way has ended. */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  /** Until everything that is dirty now is acknowledged, or so many milliseconds have passed: then `left` says how much is not. */
  async flush(deadlineMs: number): Promise<Flushed> {
    const from = await this.#flushes.wait(deadlineMs, () => this.#wake());
    const flushed = this.#stated >= from;
    return { flushed, number: this.#sender.last, left: flushed ? 0 : Math.max(1, this.#dirty.size) };
  }

  async #listen(): Promise<void> {
    try {
      await this.#listening.run(() => this.#stopping);
    } catch (error) {
      this.#failed = { error };
      this.#wake();
    }
  }

  /** One look at what is due, and a segment of it. */
  async #round(): Promise<void> {
    if (this.#dirty.scanWanted && this.#dirty.size < this.#dirty.enough)
      await scan({ ...this.#world, own: this.#own, dirty: this.#dirty, makeRoom: () => this.#makeRoom() });
    if (!this.#isTime()) return this.#pause(this.#pace.lookMs);
    const stated = await this.#state();
    // Who is in a hurry waits for what cannot be stated yet.
    if (stated === 0) await this.#pause(10);
  }

  /** Of what a scan finds, and of what changes while it does: stated as it comes, or it would never end beside writers that do not pause. */
  async #makeRoom(): Promise<boolean> {
    for (let looks = 0; looks < VAIN_LOOKS; looks++) {
      if (this.#dirty.size < this.#dirty.enough / 2) return true;
      this.#mustGoOn();
      if ((await this.#state()) > 0) looks = 0;
      else await this.#pause(this.#pace.lookMs);
    }
    return false;
  }

  /** One segment of what is due, where anything is. @returns how much it states */
  async #state(): Promise<number> {
    const { clock, spool } = this.#world;
    const before = clock.now();
    if (await this.#sentinels.heard()) this.#dirty.heardUpTo(before);
    const stage = await spool.stage();
    const batch = await this.#gatherer.gather(stage).finally(() => stage.close());
    const upTo = this.#gatherer.takenUpTo ?? Number.NEGATIVE_INFINITY;
    const beats = clock.now() - this.#sent >= this.#pace.heartbeatMs;
    if (batch.records.length > 0 || beats) await this.#send(batch);
    this.#stated = Math.max(this.#stated, upTo);
    await this.#answerFlushes();
    if (clock.now() - this.#marked.at >= this.#pace.markerMs) await this.#mark();
    return batch.records.length;
  }

  #isTime(): boolean {
    const now = this.#world.clock.now();
    if (this.#flushes.any || this.#gatherer.isReading) return true;
    if (now - this.#sent >= this.#pace.heartbeatMs) return true;
    return now - this.#sent >= this.#pace.segmentMs && this.#dirty.due(now).length > 0;
  }

  async #send(batch: Batch): Promise<void> {
    const { clock, spool, tree } = this.#world;
    const marker = this.#mine;
    const header = { ...this.#header('segment'), taken: batch.taken, complete: batch.complete };
    const made = await spool.make(header, batch.records);
    const number = await this.#sender.send(made, { ...marker, kind: 'segment' });
    await this.#restating.all();
    tree.transaction(() => tree.applyIndex({ nodes: batch.nodes, names: batch.names }));
    this.#gatherer.acknowledged(batch, number);
    this.#complete = batch.complete;
    this.#unreadable = batch.unreadable;
    this.#sent = clock.now();
    if (!this.#gatherer.owes) this.#marker = { ...marker, acknowledged: number };
  }

  async #seal(): Promise<number> {
    const { spool, clock } = this.#world;
    await (await spool.stage()).close();
    const taken = Number(clock.wall() / 1_000_000n);
    const made = await spool.make({ ...this.#header('seal'), taken, complete: undefined }, []);
    return this.#sender.send(made, { ...this.#mine, kind: 'seal' });
  }

  #header(kind: Header['kind']): Omit<Header, 'taken' | 'complete'> {
    const { volume, term, writer, run } = this.#mine;
    return { volume, term, writer, run, kind };
  }

  get #mine(): VolumeMarker {
    if (!this.#marker) throw new Error('it has not started');
    return this.#marker;
  }

  /** What the volume has of all that is acknowledged is on its device before the marker says so. */
  async #mark(): Promise<void> {
    const { clock, events, mountPoint, resolver } = this.#world;
    const { acknowledged } = this.#mine;
    if (acknowledged === this.#marked.number) return;
    const error = await resolver.sync();
    if (error) throw new Error(`the volume cannot be synced: ${error.code}`);
    await writeMarker(join(mountPoint, MARKER), this.#mine, events.device);
    this.#marked = { at: clock.now(), number: acknowledged };
  }

  /** For good: the copy on the root disk stays when the volume goes. */
  async #fence(): Promise<void> {
    const { events, markerCopy, mountPoint } = this.#world;
    const marker = { ...this.#mine, fenced: true };
    await writeMarker(markerCopy, marker);
    await writeMarker(join(mountPoint, MARKER), marker, events.device);
  }

  async #answerFlushes(): Promise<void> {
    const done = this.#flushes.upTo(this.#stated);
    if (done.length === 0) return;
    await this.#mark();
    for (const flush of done) flush.done();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#failed || this.#stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
