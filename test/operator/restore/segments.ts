import { createHash } from 'node:crypto';
import type { ReadAnswer } from '../../../host/agent/journal/store.ts';
import {
  contentOf,
  type DirectoryRecord,
  type FileRecord,
  type Identity,
  identity,
  type JournalRecord,
  type NameRecord,
  type PieceRecord,
  ROOT,
  type SymlinkRecord,
} from '../../../journal/record.ts';
import { encode } from '../../../journal/segment/encode.ts';
import type { Header } from '../../../journal/segment/layout.ts';
import { MemoryJournal } from '../../host/agent/journal/memory-store.ts';

export const VOLUME = 'alpha';
/** The first segment is taken a second after this, and each next one a second later. */
export const START = Date.parse('2026-01-07T00:00:00Z');
export const at = (second: number): number => START + second * 1000;

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const PLAIN = { mode: 0o640, uid: 0, gid: 0, mtime: 1_767_700_000_500_000_000n, ctime: 1n, xattrs: {} };

/** A record, and the content that goes into the segment with it. */
export interface Part {
  readonly record: JournalRecord;
  readonly bytes?: Uint8Array;
}

export function file(id: string, path: string, text: string | Uint8Array, more: Partial<FileRecord> = {}): Part {
  const bytes = Buffer.from(text);
  const record: FileRecord = {
    ...{ ...PLAIN, record: 'file', identity: identity(id), path },
    ...{ size: bytes.length, sha256: sha256(bytes), content: 'here', ...more },
  };
  return contentOf(record) ? { record, bytes } : { record };
}
export function directory(id: string, path: string, more: Partial<DirectoryRecord> = {}): Part {
  return { record: { ...PLAIN, mode: 0o750, record: 'directory', identity: identity(id), path, ...more } };
}
export function symlink(id: string, path: string, target: string, more: Partial<SymlinkRecord> = {}): Part {
  return { record: { ...PLAIN, mode: 0o777, record: 'symlink', identity: identity(id), path, target, ...more } };
}
/** @param of the directory's identity; `root`: the top */
export function name(of: string, path: string, id: string | null): Part {
  const record: NameRecord = {
    ...{ record: 'name', directory: of === 'root' ? ROOT : identity(of), name: path.split('/').at(-1) ?? '', path },
    identity: id === null ? null : identity(id),
  };
  return { record };
}
export function gone(id: string): Part {
  return { record: { record: 'gone', identity: identity(id) } };
}
export function piece(id: string, path: string, offset: number, bytes: Uint8Array): Part {
  const record: PieceRecord = {
    ...{ record: 'piece', identity: identity(id), path, offset, length: bytes.length, sha256: sha256(bytes) },
  };
  return { record, bytes };
}
export const doubt = (all?: true): Part => ({ record: { record: 'doubt', why: 'a start', ...(all && { all }) } });

export type Of = Partial<Pick<Header, 'term' | 'kind' | 'taken' | 'complete' | 'volume'>> & {
  readonly number?: number;
};

/** As S3 does, it says of each object how large it is, and when it was written. */
class Stored extends MemoryJournal {
  readonly written = new Map<number, number>();

  override async read(number: number): Promise<ReadAnswer> {
    const found = await super.read(number);
    const size = this.objects.get(number)?.bytes.length;
    return found.answer === 'found' ? { ...found, size, written: this.written.get(number) } : found;
  }
}

/** A journal in memory, of segments that the writer's own code makes. */
export class Segments {
  readonly journal = new Stored();
  next = 1;

  async add(parts: readonly Part[], { number = this.next, ...of }: Of = {}): Promise<this> {
    this.next = number + 1;
    const taken = of.taken ?? at(number);
    const known = { volume: VOLUME, term: 1, writer: 'i-1', run: 1, kind: 'segment', taken, complete: taken } as const;
    const header: Header = { ...known, ...of };
    const records = parts.map(({ record }) => record);
    const staged = parts.flatMap(({ bytes }) => (bytes ? [bytes] : []));
    const chunks: Uint8Array[] = [];
    for await (const chunk of encode(header, records, each(staged))) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { term, writer, run, kind } = header;
    this.journal.written.set(number, at(number));
    this.journal.objects.set(number, { signature: { term, writer, run, kind, sum: sha256(bytes) }, bytes });
    return this;
  }

  seal(term: number): Promise<this> {
    return this.add([], { term, kind: 'seal' });
  }

  /** One byte of an object is another, from its end. */
  damage(number: number, fromEnd: number): void {
    const { bytes } = this.journal.objects.get(number) ?? {};
    if (!bytes) throw new Error(`there is no number ${number}`);
    bytes[bytes.length - fromEnd] = (bytes[bytes.length - fromEnd] ?? 0) ^ 1;
  }
}

async function* each(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

export const id = (text: string): Identity => identity(text);
