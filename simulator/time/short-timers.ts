import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Short timers of a library that computes on the virtual clock: the durable SDK sets one of 20 ms before it suspends an execution. Nobody waits
 * for real time: the clock fires them once nothing else goes on. Longer ones stay Node's, and so do those of whoever is no activity.
 */

/** Longest delay that is short. Milliseconds. */
const SHORT_MS = 50;

interface Short<Owner> {
  readonly owner: Owner;
  readonly ms: number;
  readonly run: () => void;
}

/** What stands for Node's own `Timeout`; nothing keeps a process alive. */
class Handle {
  readonly #set: () => void;
  readonly #clear: () => void;

  constructor(set: () => void, clear: () => void) {
    this.#set = set;
    this.#clear = clear;
    set();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }

  refresh(): this {
    this.#clear();
    this.#set();
    return this;
  }

  close(): this {
    this.#clear();
    return this;
  }

  [Symbol.dispose](): void {
    this.#clear();
  }
}

/** The timers that are set and have not fired. Takes the place of `setTimeout` and `clearTimeout` from when it is made. */
export class ShortTimers<Owner> {
  readonly #waiting = new Set<Short<Owner>>();

  /** @param ownerNow whose timer it is that is set just now; `undefined`: Node's own is set */
  constructor(ownerNow: () => Owner | undefined) {
    const { setTimeout, clearTimeout } = globalThis;
    const set = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const owner = ms <= SHORT_MS ? ownerNow() : undefined;
      if (owner === undefined) return setTimeout(run, ms, ...args);
      const timer = { owner, ms, run: AsyncLocalStorage.bind(() => run(...args)) };
      return new Handle(
        () => this.#waiting.add(timer),
        () => this.#waiting.delete(timer),
      );
    };
    globalThis.setTimeout = Object.assign(set, setTimeout) as unknown as typeof setTimeout;
    globalThis.clearTimeout = ((timer) =>
      timer instanceof Handle ? timer.close() : clearTimeout(timer)) as typeof clearTimeout;
  }

  has(owner: Owner): boolean {
    for (const timer of this.#waiting) if (timer.owner === owner) return true;
    return false;
  }

  /** Fires the one with the shortest delay of these owners, the first of equals. */
  fire(owners: ReadonlySet<Owner>): void {
    let first: Short<Owner> | undefined;
    for (const timer of this.#waiting) if (owners.has(timer.owner) && (!first || timer.ms < first.ms)) first = timer;
    if (!first) return;
    this.#waiting.delete(first);
    first.run();
  }

  /** What has ended is frozen, as a function of Lambda is: its timers never fire. */
  drop(owner: Owner): void {
    for (const timer of this.#waiting) if (timer.owner === owner) this.#waiting.delete(timer);
  }
}
