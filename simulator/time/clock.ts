import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../lambda/core/world/clock.ts';
import { ShortTimers } from './short-timers.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Something that runs between two instants of virtual time, such as one invocation of a function. */
interface Activity {
  readonly name: string;
  /** How many of its own waits on the virtual clock are open. With none it is computing, and time stands still. */
  waits: number;
}

/** Real time that an activity may compute for, without waiting on the virtual clock, before it is called stuck. */
const STUCK_MS = 20_000;
/** Turns of the event loop that let everything settle which follows a timer: promise chains need one, setImmediate one more each. */
const TURNS = 3;
/** Turns without a wait on the virtual clock, after which whoever computes seems to wait for real time. */
const MANY_TURNS = 50;

/** One for all clocks: Node keeps each store for ever, and copies all of them whenever one is entered. */
const current = new AsyncLocalStorage<Activity>();
const short = new ShortTimers(() => current.getStore());

/**
 * Virtual time. Timers run in the order of their time, then of their making; between two of them the clock lets every
 * activity compute until all of them wait on this clock again. So the same seed gives the same order of events, whatever
 * the machine's speed.
 */
export class VirtualClock implements Clock {
  #now: number;
  /** The next one last. */
  readonly #timers: Timer[] = [];
  readonly #activities = new Set<Activity>();
  #held = 0;
  #failure: unknown;
  readonly #promisesOnly: boolean;

  /**
   * @param start Unix milliseconds
   * @param promisesOnly nothing but promises is waited for, as with half of the SDK taken out: what follows a timer has settled
   *   when no promise is left to go on, and that takes no turn of the event loop
   */
  constructor(start: number, promisesOnly = false) {
    this.#now = start;
    this.#promisesOnly = promisesOnly;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    const activity = current.getStore();
    if (activity) activity.waits++;
    return new Promise((resolve) => {
      this.at(this.#now + ms, () => {
        if (activity) activity.waits--;
        resolve();
      });
    });
  }

  /**
   * Runs something that may wait for real time, such as a file being read or a timer of a library; virtual time stands still
   * until it has ended. Without it, a branch that computes beside one that waits would be overtaken on a slow machine.
   */
  async hold<T>(run: () => Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await run();
    } finally {
      this.#held--;
    }
  }

  /** Within {@link hold}: runs something that waits for virtual time, which passes again meanwhile. */
  async free<T>(run: () => Promise<T>): Promise<T> {
    this.#held--;
    try {
      return await run();
    } finally {
      this.#held++;
    }
  }

  /** Runs `run` at that instant of virtual time (Unix milliseconds), outside of any activity. */
  at(time: number, run: () => void): void {
    if (time < this.#now) throw new Error(`a timer was set for ${time}, which is before now (${this.#now})`);
    const timer = { at: time, run };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other && other.at > timer.at) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }

  after(ms: number, run: () => void): void {
    this.at(this.#now + ms, run);
  }

  /** Calls `run` at `first` and then every `everyMs`, for ever. */
  every(everyMs: number, first: number, run: () => void): void {
    this.at(first, () => {
      run();
      this.every(everyMs, first + everyMs, run);
    });
  }

  /** Runs something asynchronous as an activity: the clock waits for it whenever it computes. A throw ends the rehearsal. */
  spawn(name: string, run: () => Promise<void>): void {
    const activity: Activity = { name, waits: 0 };
    this.#activities.add(activity);
    current
      .run(activity, run)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#activities.delete(activity);
        short.drop(activity);
      });
  }

  /** Ends the rehearsal with this error, whatever becomes of whoever ran into it. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Lets virtual time pass until `time`, or until `done` says so after some timer. */
  async run(time: number, done: () => boolean = () => false): Promise<void> {
    // From here on this is a continuation of a promise, also where it was called by a timer: see #settled.
    await undefined;
    await this.#settle();
    while (!done()) {
      const next = this.#timers.at(-1);
      if (!next || next.at > time) {
        this.#now = Math.max(this.#now, time);
        return;
      }
      this.#timers.pop();
      this.#now = next.at;
      current.exit(next.run);
      const settled = this.#settle();
      if (settled) await settled;
    }
  }

  /** @returns what to wait for, where anything computes: most ticks of a probe start nothing asynchronous */
  #settle(): Promise<void> | undefined {
    if (this.#activities.size > 0) return this.#settled();
    this.#check();
    return undefined;
  }

  async #settled(): Promise<void> {
    // Asked for by a continuation, Node runs this when no promise is left that could go on: Node.js documentation, "When to use
    // queueMicrotask() vs. process.nextTick()". Asked for elsewhere, it would come before all of them.
    if (this.#promisesOnly) await new Promise<void>((resolve) => process.nextTick(resolve));
    const since = performance.now();
    for (let turn = this.#promisesOnly ? TURNS : 0; turn < TURNS || this.#computing(); turn++) {
      const waiting = turn >= MANY_TURNS ? this.#waitingForTimers() : undefined;
      if (waiting) {
        short.fire(waiting);
        turn = 0;
      }
      await new Promise<void>((resolve) => (turn < MANY_TURNS ? setImmediate(resolve) : setTimeout(resolve, 1)));
      const stuck = performance.now() - since > STUCK_MS ? this.#computing() : undefined;
      if (stuck) throw new Error(`stuck: ${stuck} waits for something that is not the virtual clock`);
    }
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @returns all that compute, where each of them has a short timer to wait for; else somebody waits for something real, and goes first */
  #waitingForTimers(): ReadonlySet<Activity> | undefined {
    if (this.#held > 0) return undefined;
    const computing = new Set<Activity>();
    for (const activity of this.#activities) {
      if (activity.waits > 0) continue;
      if (!short.has(activity)) return undefined;
      computing.add(activity);
    }
    return computing.size > 0 ? computing : undefined;
  }

  #computing(): string | undefined {
    if (this.#held > 0) return 'something held';
    for (const activity of this.#activities) if (activity.waits === 0) return activity.name;
    return undefined;
  }
}
