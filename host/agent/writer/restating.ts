import { type JournalRecord, keyOf } from '../../../journal/record.ts';
import { decode } from '../../../journal/segment/decode.ts';
import type { DirtySet } from '../../../journal/write/dirty.ts';
import type { Clock } from '../../../journal/write/source.ts';
import { Interrupted, type JournalStore, StoreError } from '../journal/store.ts';

export interface RestatingWorld {
  readonly store: JournalStore;
  readonly dirty: DirtySet;
  readonly clock: Clock;
  readonly trouble: (why: string) => void;
  /** Between two attempts. @throws Stopped where the writer is to stop */
  readonly wait: () => Promise<void>;
}

/** What objects name that this start of the writer did not write: whatever the index has, it is stated as it is here. */
export class Restating {
  readonly #world: RestatingWorld;
  readonly #numbers = new Set<number>();

  constructor(world: RestatingWorld) {
    this.#world = world;
  }

  owe(number: number): void {
    this.#numbers.add(number);
  }

  /** Of an object that has been read. */
  read(number: number, records: readonly JournalRecord[]): void {
    const { dirty, clock } = this.#world;
    this.#numbers.delete(number);
    for (const record of records) {
      const key = keyOf(record);
      if (key) dirty.add(key, clock.now(), { content: true, forced: true });
    }
  }

  /** Reads what is owed. @throws Error where one of them is damaged; what `wait` throws */
  async all(): Promise<void> {
    for (const number of this.#numbers) {
      let records = await this.#records(number);
      while (!records) {
        await this.#world.wait();
        records = await this.#records(number);
      }
      this.read(number, records);
    }
  }

  async #records(number: number): Promise<readonly JournalRecord[] | undefined> {
    const { store, trouble } = this.#world;
    try {
      const found = await store.read(number);
      if (found.answer === 'found') {
        const decoded = await decode(found.bytes, found.signature.sum, { content: async () => {} });
        if (decoded.state === 'sound') return decoded.records;
        throw new Error(`number ${number} is damaged: ${decoded.damage.code}`);
      }
      trouble(`number ${number} cannot be read`);
    } catch (error) {
      if (!(error instanceof StoreError || error instanceof Interrupted)) throw error;
      trouble(error.message);
    }
    return undefined;
  }
}
