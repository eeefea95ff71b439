import type { JournalStore, ReadAnswer } from './store.ts';

/** Requests that are under way at once. */
const MOST = 16;

/**
 * Reads numbers one after another, and asks for the next ones meanwhile: as many more as were there. Where one is not there yet, nothing is asked ahead: a
 * request costs, also in vain.
 */
export class Ahead {
  readonly #store: JournalStore;
  readonly #asked = new Map<number, Promise<ReadAnswer>>();
  #window = 1;

  constructor(store: JournalStore) {
    this.#store = store;
  }

  /** @throws StoreError */
  async read(number: number): Promise<ReadAnswer> {
    for (let next = number; next < number + this.#window; next++) this.#ask(next);
    const early = this.#asked.get(number);
    this.#asked.delete(number);
    let answer = await early?.catch(() => undefined);
    // What was not there, or not to be had, may be by now.
    if (answer?.answer !== 'found' && this.#window > 1) answer = undefined;
    answer ??= await this.#store.read(number);
    this.#window = answer.answer === 'found' ? Math.min(MOST, 2 * this.#window) : 1;
    return answer;
  }

  /** Nobody reads on. @param give what becomes of bytes that were asked for, and are not read */
  async leave(give: (bytes: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> {
    const left = [...this.#asked.values()];
    this.#asked.clear();
    for (const answer of left) {
      const found = await answer.catch(() => undefined);
      if (found?.answer === 'found') await give(found.bytes);
    }
  }

  #ask(number: number): void {
    if (this.#asked.has(number)) return;
    const answer = this.#store.read(number);
    // Whoever asks for it hears of it.
    answer.catch(() => {});
    this.#asked.set(number, answer);
  }
}
