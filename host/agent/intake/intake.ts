import type { Limits } from '../../../intake/limits.ts';
import { StoreError } from '../journal/store.ts';
import type { Courses } from './courses.ts';
import { Debts } from './debts.ts';
import { type Looked, Queue } from './queue.ts';
import { type Placed, refuse, type SettleWorld, settle } from './settle.ts';
import type { IntakeStore } from './store.ts';
import { type Taken, take } from './take.ts';

/** Between two looks at the bucket, and before something is asked again. Milliseconds. */
export interface Pace {
  readonly lookMs: number;
  readonly againMs: number;
  readonly trimMs: number;
  /** Before all that the bucket has is looked at once more, where something that was done could not be taken in again. */
  readonly owedMs: number;
}
const PACE: Pace = { lookMs: 2000, againMs: 1000, trimMs: 10_000, owedMs: 60_000 };

/** Courses that are placed and not answered: beyond, the journal is waited for. */
const MOST_PLACED = 64;
/** Fewer are in mind: another look is worth its requests. */
const FEW = 500;
/** A process that died so often of the same upload leaves it for last. */
const DEADLY = 2;

export interface IntakeWorld {
  readonly volume: string;
  readonly store: IntakeStore;
  readonly courses: Courses;
  readonly limits: Limits;
  readonly ignoreCase: boolean;
  readonly flush: SettleWorld['flush'];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends early where `wake` is called. */
  readonly pause: (ms: number, wake: Wake) => Promise<void>;
  readonly pace?: Partial<Pace>;
}

/** What ends a pause. */
export class Wake {
  #listener: () => void = () => {};
  on(listener: () => void): void {
    this.#listener = listener;
  }
  wake(): void {
    this.#listener();
  }
}

export interface IntakeStatus {
  readonly waiting: number;
  /** Milliseconds for which the oldest has been in S3. */
  readonly oldest: number;
  readonly done: number;
  readonly refused: number;
  /** What was done before this start may not be here yet. */
  readonly owes: boolean;
  /** Why nothing goes on for now. */
  readonly trouble: string | undefined;
}

/** It was asked to stop. */
class Stopped extends Error {}

/**
 * The intake of a content volume, on its owner: takes in what waits, one upload at a time, oldest first, while those before wait for the journal. It may be killed at any moment:
 * what it has in mind is on the volume or in the bucket. Whoever fails ends, and is started again.
 */
export class Intake {
  readonly #world: IntakeWorld;
  readonly #pace: Pace;
  readonly #queue: Queue;
  readonly #debts: Debts;
  readonly #placed: Placed[] = [];
  readonly #work = new Wake();
  readonly #settling = new Wake();
  readonly #looking = new Wake();
  #looked: Looked = { waiting: 0, oldest: undefined };
  #counts = { done: 0, refused: 0 };
  #trouble: string | undefined;
  #stopping = false;
  #failed: { readonly error: unknown } | undefined;
  #trimmed = 0;

  constructor(world: IntakeWorld) {
    this.#world = world;
    this.#pace = { ...PACE, ...world.pace };
    this.#queue = new Queue(world.store, world.volume);
    this.#debts = new Debts({
      ...world,
      again: () => this.#again('S3 does not answer'),
      againMs: this.#pace.owedMs,
      take: ({ key, version }) => this.#tried(key, version),
      placed: (taken) => this.#place(taken),
      trouble: (why) => {
        this.#trouble = why;
      },
    });
  }

  get status(): IntakeStatus {
    const { waiting, oldest } = this.#looked;
    const age = oldest === undefined ? 0 : Math.max(0, this.#world.now() - oldest);
    return { waiting, oldest: age, ...this.#counts, owes: this.#debts.owes, trouble: this.#trouble };
  }

  /** Ends it once the step that is under way has ended. */
  stop(): void {
    this.#stopping = true;
    for (const wake of [this.#work, this.#settling, this.#looking]) wake.wake();
  }

  /** Until it is asked to stop. @throws Error of the volume */
  async run(): Promise<void> {
    const { courses } = this.#world;
    await courses.begin();
    const tried = await courses.tried();
    if (tried && tried.deaths >= DEADLY) this.#queue.postpone(tried.key);
    const parts = [this.#look(), this.#takeWaiting(), this.#settle()].map((part) =>
      part.catch((error) => this.#fail(error)),
    );
    await Promise.all(parts);
    if (this.#failed) throw this.#failed.error;
  }

  #fail(error: unknown): void {
    if (!(error instanceof Stopped)) this.#failed ??= { error };
    this.stop();
  }

  async #look(): Promise<void> {
    for (;;) {
      const looked = await this.#patiently(() => this.#queue.look(() => this.#work.wake()));
      if (looked) this.#looked = looked;
      do await this.#pause(this.#pace.lookMs, this.#looking);
      while (this.#queue.size > FEW);
    }
  }

  /** What is owed from before comes in between: of both, one at a time. */
  async #takeWaiting(): Promise<void> {
    for (;;) {
      this.#mustGoOn();
      await this.#trim();
      const key = this.#queue.next();
      if (key !== undefined) await this.#take(key);
      const paid = await this.#debts.payOne();
      if (!paid && key === undefined) await this.#pause(this.#pace.lookMs, this.#work);
      while (this.#placed.length >= MOST_PLACED) await this.#pause(this.#pace.againMs, this.#work);
    }
  }

  async #take(key: string): Promise<void> {
    const taken = await this.#tried(key);
    switch (taken?.taken) {
      case 'placed':
      case 'held':
        return this.#place(taken);
      case 'refused':
        await this.#patiently(async () => {
          await refuse(this.#settleWorld, taken.upload, taken.refusals);
          this.#counts.refused++;
        });
        break;
      case 'gone':
        break;
      default:
        await this.#again('S3 does not answer');
    }
    this.#queue.release(key);
  }

  /** Whoever dies of an upload has said before which one it was. */
  async #tried(key: string, version?: string): Promise<Taken | undefined> {
    const { courses } = this.#world;
    const before = await courses.tried();
    const deaths = before?.key === key ? before.deaths + 1 : 1;
    if (before === undefined || before.key === key || before.deaths < DEADLY) await courses.trying({ key, deaths });
    const taken = await this.#patiently(() => take(this.#world, key, version));
    if ((await courses.tried())?.key === key) await courses.trying(undefined);
    return taken;
  }

  #place({ course, upload, ...more }: Extract<Taken, { taken: 'placed' | 'held' }>): void {
    this.#placed.push({ course, upload, ...('facts' in more ? { facts: more.facts } : {}) });
    this.#settling.wake();
  }

  async #settle(): Promise<void> {
    for (;;) {
      this.#mustGoOn();
      if (this.#placed.length === 0) {
        await this.#pause(this.#pace.lookMs, this.#settling);
        continue;
      }
      const batch = [...this.#placed];
      const settled = await this.#patiently(async () => {
        await settle(this.#settleWorld, batch);
        return true;
      });
      if (!settled) continue;
      this.#placed.splice(0, batch.length);
      for (const { upload } of batch) this.#queue.release(upload.key);
      this.#counts.done += batch.length;
      this.#trouble = undefined;
      this.#work.wake();
    }
  }

  get #settleWorld(): SettleWorld {
    const { volume, store, courses, flush } = this.#world;
    return { volume, store, courses, flush, again: () => this.#again('the journal or S3 does not answer') };
  }

  /** Also where nothing waits: so it is noticed that the volume was unmounted. */
  async #trim(): Promise<void> {
    const now = this.#world.now();
    if (Math.abs(now - this.#trimmed) < this.#pace.trimMs) return;
    this.#trimmed = now;
    await this.#world.courses.trim(now);
  }

  /** @returns `undefined` where the service refuses: somebody has to see to it, and all else goes on */
  async #patiently<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await this.#again(error.message);
      return undefined;
    }
  }

  async #again(trouble: string): Promise<void> {
    this.#trouble = trouble;
    await this.#pause(this.#pace.againMs, new Wake());
  }

  async #pause(ms: number, wake: Wake): Promise<void> {
    this.#mustGoOn();
    await this.#world.pause(ms, wake);
    this.#mustGoOn();
  }

  #mustGoOn(): void {
    if (this.#stopping) throw new Stopped();
  }
}
