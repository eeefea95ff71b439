import { type Identity, type JournalRecord, type Key, keyOf, keyText, type NodeRecord } from '../record.ts';
import { toLine } from '../segment/line.ts';
import type { IndexChanges, Known } from './index.ts';
import type { Found, Stage } from './source.ts';

export interface Limits {
  /** Bytes of content after which a segment is full. */
  readonly bytes: number;
  /** Bytes of index after which it is, a quarter of what a reader takes: one more line may be long. */
  readonly lines: number;
  /** Milliseconds for which changes are gathered into a segment. */
  readonly time: number;
  /** A file of more bytes goes into pieces of so many, over several segments. */
  readonly large: number;
  /** Bytes of holes that are summed for one segment: half a second of a processor. */
  readonly zeros: number;
}

const MiB = 1024 * 1024;
export const LIMITS: Limits = { bytes: 32 * MiB, lines: 4 * MiB, time: 2000, large: 8 * MiB, zeros: 512 * MiB };

/** What goes into one segment. */
export class Batch {
  readonly records: JournalRecord[] = [];
  readonly nodes = new Map<Identity, Known | undefined>();
  readonly names: IndexChanges['names'][number][] = [];
  readonly stage: Stage;
  readonly limits: Limits;
  /** By the clock that only goes on. */
  readonly began: number;
  readonly #keys = new Set<string>();
  #lines = 0;
  /** Paths of what could not be read. */
  readonly unreadable: string[] = [];
  /** When it began: milliseconds since 1970. */
  taken = 0;
  /** As a segment's header has it. */
  complete: number | undefined;

  constructor(stage: Stage, now: number, limits: Limits) {
    this.stage = stage;
    this.limits = limits;
    this.began = now;
  }

  add(record: JournalRecord): void {
    this.records.push(record);
    this.#lines += toLine(record).length;
    const key = keyOf(record);
    if (key) this.#keys.add(keyText(key));
  }

  /** @param unsure what is stated may be no state that it ever had, or may change without a new sign */
  addNode(record: NodeRecord, { ctime, size }: Found, unsure: boolean): void {
    this.add(record);
    const sha256 = record.record === 'file' ? { sha256: record.sha256 } : {};
    const known: Known = { kind: record.record, ctime, size, mtime: record.mtime, ...sha256 };
    this.nodes.set(record.identity, unsure ? { ...known, unsure } : known);
  }

  addGone(identity: Identity): void {
    this.add({ record: 'gone', identity });
    this.nodes.set(identity, undefined);
  }

  addName(directory: Identity, name: string, identity: Identity | undefined, path: string): void {
    this.add({ record: 'name', directory, name, identity: identity ?? null, path });
    this.names.push({ directory, name, identity });
  }

  states(identity: Identity): boolean {
    return this.has({ of: 'node', identity });
  }

  /** A segment says each thing once. */
  has(key: Key): boolean {
    return this.#keys.has(keyText(key));
  }

  isFull(now: number): boolean {
    const { bytes, lines, time } = this.limits;
    return this.stage.size >= bytes || this.#lines >= lines || now - this.began >= time;
  }
}
