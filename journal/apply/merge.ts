import { type FileRecord, type Identity, type JournalRecord, keyOf, keyText } from '../record.ts';

/** One with a file of pieces is by itself: a piece that cannot be had is to hold up nothing before it. And so is one before which changes went unheard. */
export function isAlone(records: readonly JournalRecord[]): boolean {
  return records.some(
    (record) => record.record === 'doubt' || (record.record === 'file' && typeof record.content !== 'string'),
  );
}

/**
 * Several segments as one: of each thing what is stated last. What was in between is on no spare, and neither in its trash.
 */
export class Merged {
  /** In the order in which they were stated last. */
  readonly #last = new Map<string, JournalRecord>();
  readonly #pieces: JournalRecord[] = [];
  /** Numbers of the segments in which the content of files stands. */
  readonly contents = new Map<Identity, number>();
  #from: number | undefined;

  /** How many statements there are. */
  get size(): number {
    return this.#last.size + this.#pieces.length;
  }

  get records(): JournalRecord[] {
    return [...this.#pieces, ...this.#last.values()];
  }

  get isEmpty(): boolean {
    return this.#from === undefined;
  }

  /** Whether the next segment may be one with these. What is gone takes its names along, and they do not come back with it. */
  takes(records: readonly JournalRecord[]): boolean {
    return !records.some((record) => {
      const key = keyOf(record);
      return key && record.record !== 'gone' && this.#last.get(keyText(key))?.record === 'gone';
    });
  }

  add(number: number, records: readonly JournalRecord[]): void {
    this.#from ??= number;
    for (const record of records) {
      const key = keyOf(record);
      if (!key) {
        if (record.record === 'piece') this.#pieces.push(record);
        continue;
      }
      const text = keyText(key);
      const before = this.#last.get(text);
      this.#last.delete(text);
      this.#last.set(text, record.record === 'file' ? this.#file(number, record, before) : record);
    }
  }

  #file(number: number, record: FileRecord, before: JournalRecord | undefined): FileRecord {
    if (record.content === 'here') this.contents.set(record.identity, number);
    return record.content === 'kept' && before?.record === 'file' ? { ...record, content: before.content } : record;
  }
}
