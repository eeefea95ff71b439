import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Interrupted, type JournalStore } from '../../host/agent/journal/store.ts';
import type { FileRecord, Identity, PieceRecord } from '../../journal/record.ts';
import { decode } from '../../journal/segment/decode.ts';
import type { Wanted } from './plan.ts';
import { patiently, type Waiting } from './read.ts';

/** Segments that are read at once. */
const AT_ONCE = 8;
const MAX_TRIES = 3;

export interface Fetched {
  /** Where the content of each lies, whole, and as its record says. */
  readonly files: ReadonlyMap<Identity, string>;
  /** Why that of others does not. */
  readonly failed: ReadonlyMap<Identity, string>;
}

/** Which bytes of a segment go to which place of a file. */
interface Part {
  readonly want: Wanted;
  readonly file: string;
  /** `undefined`: all of the file. */
  readonly offset?: number;
}

/**
 * Fetches the content of files into a directory, by numbers for names. Each segment is read whole, and counts only where the whole is what was written; each
 * file is read back, and counts only where it is what its record says.
 */
export async function fetchAll(
  store: JournalStore,
  wanted: readonly Wanted[],
  directory: string,
  { sleep }: Waiting,
  progress: (bytes: number) => void = () => {},
): Promise<Fetched> {
  const parts = new Map<number, Map<string, Part>>();
  const all = wanted.map((want, i) => ({ want, file: join(directory, `${i}`) }));
  const add = (segment: number, part: Part) => {
    const of = parts.get(segment) ?? new Map<string, Part>();
    parts.set(segment, of.set(keyOf(part.want.identity, part.offset), part));
  };
  for (const { want, file } of all) {
    await (await open(file, 'wx', 0o600)).close();
    if ('segment' in want.content) add(want.content.segment, { want, file });
    else for (const { segment, offset } of want.content.pieces) add(segment, { want, file, offset });
  }
  const failed = new Map<Identity, string>();
  let bytes = 0;
  const count = (more: number) => {
    bytes += more;
    progress(bytes);
  };
  await eachOf(
    [...parts].sort(([a], [b]) => a - b),
    async ([number, of]) => {
      const why = await fetchOne(store, number, of, sleep, count);
      if (why !== undefined) for (const { want } of of.values()) failed.set(want.identity, why);
    },
  );
  const files = new Map<Identity, string>();
  for (const { want, file } of all) {
    if (failed.has(want.identity)) continue;
    if ((await finish(file, want.record)) === want.record.sha256) files.set(want.identity, file);
    else failed.set(want.identity, `its sha256 is not ${want.record.sha256}, which number ${numberOf(want)} states`);
  }
  return { files, failed };
}

const keyOf = (identity: Identity, offset: number | undefined): string => `${identity} ${offset ?? ''}`;

const numberOf = ({ content }: Wanted): string =>
  'segment' in content ? `${content.segment}` : content.pieces.map(({ segment }) => segment).join(', ');

/** @returns what is wrong with it; `undefined`: nothing */
async function fetchOne(
  store: JournalStore,
  number: number,
  parts: ReadonlyMap<string, Part>,
  sleep: Waiting['sleep'],
  count: (bytes: number) => void,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    const found = await patiently(() => store.read(number), sleep);
    if (found.answer !== 'found') return `number ${number} is not there any more`;
    try {
      const content = (record: FileRecord | PieceRecord, bytes: AsyncIterable<Uint8Array>) =>
        take(parts, record, bytes, count);
      const decoded = await decode(found.bytes, found.signature.sum, { content });
      return decoded.state === 'sound' ? undefined : `number ${number} is damaged: ${decoded.damage.code}`;
    } catch (error) {
      if (!(error instanceof Interrupted) || tries === MAX_TRIES) throw error;
    }
  }
}

async function take(
  parts: ReadonlyMap<string, Part>,
  record: FileRecord | PieceRecord,
  bytes: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): Promise<void> {
  const offset = record.record === 'piece' ? record.offset : undefined;
  const part = parts.get(keyOf(record.identity, offset));
  if (!part) return;
  const file = await open(part.file, 'r+');
  try {
    await write(file, offset ?? 0, bytes, count);
  } finally {
    await file.close();
  }
}

async function write(
  file: FileHandle,
  offset: number,
  bytes: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): Promise<void> {
  let at = offset;
  for await (const chunk of bytes) {
    for (let done = 0; done < chunk.length; )
      done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
    at += chunk.length;
    count(chunk.length);
  }
}

/** Holes at its end have no piece. @returns the sha256 of all of it */
async function finish(file: string, { size }: FileRecord): Promise<string> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function eachOf<T>(items: readonly T[], of: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await of(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
