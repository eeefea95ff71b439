import { StoreError } from '../journal/store.ts';
import { owed, type StartWorld } from './start.ts';
import type { Version } from './store.ts';
import type { Taken } from './take.ts';

export interface DebtsWorld extends StartWorld {
  /** Before all versions are looked at once more, where something was left. Milliseconds. */
  readonly againMs: number;
  readonly take: (version: Version) => Promise<Taken | undefined>;
  readonly placed: (taken: Extract<Taken, { taken: 'placed' | 'held' }>) => void;
  /** Why something of it is not here: people have to look. */
  readonly trouble: (why: string) => void;
}

/** What was done before this start and is not on this volume: paid one by one, and all of it looked at again until nothing is left. */
export class Debts {
  readonly #world: DebtsWorld;
  #left: AsyncGenerator<Version> | undefined;
  #complete = true;
  #nextAt = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(world: DebtsWorld) {
    this.#world = world;
  }

  /** Whether something may be left. */
  get owes(): boolean {
    return !this.#isOver;
  }

  /** @returns whether there may be more at once */
  async payOne(): Promise<boolean> {
    const { now, trouble } = this.#world;
    if (this.#isOver || (!this.#left && now() < this.#nextAt)) return false;
    this.#left ??= owed(this.#world);
    try {
      const next = await this.#left.next();
      if (next.done) return this.#end();
      if (!(await this.#pay(next.value))) this.#complete = false;
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      trouble(error.message);
      this.#complete = false;
      return this.#end();
    }
  }

  #end(): false {
    this.#isOver = this.#complete;
    this.#complete = true;
    this.#left = undefined;
    this.#nextAt = this.#world.now() + this.#world.againMs;
    return false;
  }

  /** @returns whether that is the end of it */
  async #pay(version: Version): Promise<boolean> {
    const { take, placed, trouble } = this.#world;
    const taken = await take(version);
    switch (taken?.taken) {
      case 'placed':
      case 'held':
        placed(taken);
        return true;
      case 'gone':
        return true;
      case 'refused':
        trouble(`${version.key} was served, and cannot be taken in again: ${taken.refusals[0]?.code}`);
        return false;
      default:
        return false;
    }
  }
}
