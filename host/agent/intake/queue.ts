import { intakePrefix } from '../../../contract/intake.ts';
import type { IntakeStore, Waiting } from './store.ts';

/** Uploads that are in mind at once, the oldest: of a hundred thousand the rest is found by later looks. */
const MOST = 1000;

/** What a whole look has found. */
export interface Looked {
  readonly waiting: number;
  /** When S3 has the oldest of them from; `undefined`: nothing waits. */
  readonly oldest: number | undefined;
}

/**
 * What waits, oldest first, as far as it is known: page by page as the bucket is listed, so the first is begun after the first page. S3 lists by key; whatever is not in mind is
 * found by the next look, and nothing is passed over for ever, for what was taken is not listed any more.
 */
export class Queue {
  readonly #store: IntakeStore;
  readonly #volume: string;
  readonly #waiting = new Map<string, Waiting>();
  /** Taken, and not answered: they are listed until they are. */
  readonly #taken = new Set<string>();
  /** What processes died of: its turn comes last. */
  #last: string | undefined;

  constructor(store: IntakeStore, volume: string) {
    this.#store = store;
    this.#volume = volume;
  }

  get size(): number {
    return this.#waiting.size;
  }

  postpone(key: string): void {
    this.#last = key;
  }

  /** One look at the bucket. @param found after each page @returns `undefined` where S3 does not answer @throws StoreError */
  async look(found: () => void): Promise<Looked | undefined> {
    let [waiting, oldest] = [0, Number.POSITIVE_INFINITY];
    for (let from: string | undefined; ; ) {
      const page = await this.#store.list(intakePrefix(this.#volume), from);
      if (!page.heard) return undefined;
      for (const one of page.found.items) {
        waiting++;
        oldest = Math.min(oldest, one.modified);
        this.#add(one);
      }
      this.#forgetNewest();
      found();
      if (page.found.next === undefined) return { waiting, oldest: waiting === 0 ? undefined : oldest };
      from = page.found.next;
    }
  }

  /** The oldest that is in mind. It is not handed out again before it is given back or answered. */
  next(): string | undefined {
    const [first] = this.#sorted();
    if (!first) return undefined;
    this.#waiting.delete(first.key);
    this.#taken.add(first.key);
    return first.key;
  }

  /** It was answered, or is to be taken up again by a later look. */
  release(key: string): void {
    this.#taken.delete(key);
    this.#waiting.delete(key);
  }

  #add(one: Waiting): void {
    if (!this.#taken.has(one.key)) this.#waiting.set(one.key, one);
  }

  #forgetNewest(): void {
    if (this.#waiting.size <= MOST) return;
    for (const { key } of this.#sorted().slice(MOST)) this.#waiting.delete(key);
  }

  #sorted(): Waiting[] {
    const when = ({ key, modified }: Waiting) => (key === this.#last ? Number.POSITIVE_INFINITY : modified);
    return [...this.#waiting.values()].sort((one, other) => when(one) - when(other) || (one.key < other.key ? -1 : 1));
  }
}
