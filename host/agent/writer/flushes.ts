import type { DirtySet } from '../../../journal/write/dirty.ts';
import type { Clock } from '../../../journal/write/source.ts';

/** Who waits until what was dirty when they asked is acknowledged. As long as anybody does, nothing settles. */
export class Flushes {
  readonly #clock: Clock;
  readonly #dirty: DirtySet;
  #waiting: { readonly from: number; readonly done: () => void }[] = [];

  constructor(clock: Clock, dirty: DirtySet) {
    this.#clock = clock;
    this.#dirty = dirty;
  }

  get any(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns when it was asked, by the clock that only goes on: once that is answered, or so many milliseconds have passed */
  async wait(deadlineMs: number, wake: () => void): Promise<number> {
    const from = this.#clock.now();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
      this.#waiting.push({ from, done: resolve });
      this.#dirty.hurry(true);
      wake();
    });
    clearTimeout(timer);
    this.#waiting = this.#waiting.filter((flush) => flush.from !== from);
    this.#dirty.hurry(this.any);
    return from;
  }

  /** Those who asked before this moment. */
  upTo(stated: number): readonly { readonly done: () => void }[] {
    return this.#waiting.filter(({ from }) => stated >= from);
  }

  end(): void {
    for (const { done } of this.#waiting) done();
  }
}
