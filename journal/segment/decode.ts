import { createHash, type Hash } from 'node:crypto';
import { contentOf, type FileRecord, type JournalRecord, type PieceRecord } from '../record.ts';
import { Chunks } from './chunks.ts';
import { fromIndex, type Header, indexHeader, type Stretch, stretches } from './layout.ts';
import { firstSize, padding } from './tar.ts';

/** Longest index in bytes: it is held as a whole. A writer keeps to it. */
export const MOST_INDEX = 16 * 1024 * 1024;

/** Why these bytes are no segment. */
export type Damage =
  | { readonly code: 'truncated' }
  /** Of a later release, or of none. */
  | { readonly code: 'version'; readonly found: unknown }
  | { readonly code: 'index'; readonly line: number }
  /** A header, or what fills a block up, is not what the index leads to. @property at: where that stretch begins */
  | { readonly code: 'layout'; readonly at: number }
  | { readonly code: 'content'; readonly record: FileRecord | PieceRecord }
  | { readonly code: 'trailing' }
  /** Each part is as it says, and the whole is not the object that was written. */
  | { readonly code: 'sum'; readonly found: string };

export type Decoded =
  | { readonly state: 'sound'; readonly header: Header; readonly records: readonly JournalRecord[] }
  | { readonly state: 'damaged'; readonly damage: Damage };

/** Where content goes while it is read. None of it counts before the whole is sound. */
export interface Sink {
  begin?(header: Header, records: readonly JournalRecord[]): void | Promise<void>;
  /** Need not take all the bytes. */
  content(record: FileRecord | PieceRecord, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * Reads a segment, and takes nothing that is not exactly what `encode` writes. Content streams to the sink.
 *
 * @param sum sha256 of the whole, as its metadata have it
 * @throws what the source or the sink throws
 */
export async function decode(source: AsyncIterable<Uint8Array>, sum: string, sink: Sink): Promise<Decoded> {
  const whole = createHash('sha256');
  const chunks = new Chunks(counted(source, whole));
  const damaged = (damage: Damage): Decoded => ({ state: 'damaged', damage });

  const first = await chunks.read(indexHeader(0).length);
  if (first.length < indexHeader(0).length) return damaged({ code: 'truncated' });
  const size = firstSize(first);
  if (size === undefined || size > MOST_INDEX || !indexHeader(size).equals(first))
    return damaged({ code: 'layout', at: 0 });
  const body = await chunks.read(size);
  if (body.length < size) return damaged({ code: 'truncated' });
  const index = fromIndex(body);
  if (index.read === 'version') return damaged({ code: 'version', found: index.found });
  if (index.read === 'wrong') return damaged({ code: 'index', line: index.line });
  const { header, records } = index;
  await sink.begin?.(header, records);

  const all = stretches(header, records);
  // The first is the index, of which only the filling is left.
  all.next();
  const filled = await expected(chunks, padding(size), first.length + size);
  if ('damage' in filled) return damaged(filled.damage);
  let at = filled.at;
  for (const stretch of all) {
    const next = 'bytes' in stretch ? await expected(chunks, stretch.bytes, at) : await through(chunks, stretch, sink);
    if ('damage' in next) return damaged(next.damage);
    at = 'at' in next ? next.at : at + next.length;
  }
  if (!(await chunks.atEnd())) return damaged({ code: 'trailing' });
  const found = whole.digest('hex');
  return found === sum ? { state: 'sound', header, records } : damaged({ code: 'sum', found });
}

type Wrong = { readonly damage: Damage };

async function expected(chunks: Chunks, bytes: Buffer, at: number): Promise<Wrong | { readonly at: number }> {
  const found = await chunks.read(bytes.length);
  if (found.length < bytes.length) return { damage: { code: 'truncated' } };
  return found.equals(bytes) ? { at: at + found.length } : { damage: { code: 'layout', at } };
}

async function through(
  chunks: Chunks,
  { content, length }: Extract<Stretch, { length: number }>,
  sink: Sink,
): Promise<Wrong | { readonly length: number }> {
  const hash = createHash('sha256');
  const read = { bytes: 0 };
  await sink.content(content, counted(chunks.take(length), hash, read));
  for await (const _ of counted(chunks.take(length - read.bytes), hash, read));
  if (read.bytes < length) return { damage: { code: 'truncated' } };
  if (hash.digest('hex') !== contentOf(content)?.sha256) return { damage: { code: 'content', record: content } };
  return { length };
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  hash: Hash,
  read = { bytes: 0 },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    read.bytes += chunk.length;
    yield chunk;
  }
}
