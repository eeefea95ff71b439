import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileRecord, Identity, Piece, PieceRecord } from '../../../journal/record.ts';
import { decode, type Sink } from '../../../journal/segment/decode.ts';
import type { JournalStore } from '../journal/store.ts';
import { type Layout, move } from './layout.ts';

const CHUNK = 1024 * 1024;

/** What a file should have been made of is not there, or is something else. */
export class ContentError extends Error {}

/** Content on the spare, aside: files of the segment that is being read, and pieces until their files are stated. */
export class Content {
  readonly #layout: Layout;
  readonly #store: JournalStore;

  constructor(layout: Layout, store: JournalStore) {
    this.#layout = layout;
    this.#store = store;
  }

  /** Takes the content of a segment as it comes. None of it counts before the whole is sound. */
  sink(number: number): Sink {
    return {
      content: (record, bytes) =>
        write(
          record.record === 'piece'
            ? this.#layout.piece(number, record.identity, record.offset)
            : this.#layout.fresh(record.identity, number),
          bytes,
        ),
    };
  }

  /** This is the content that counts. */
  async take(contents: ReadonlyMap<Identity, number>): Promise<void> {
    const moves = [...contents].map(([identity, number]) =>
      move(this.#layout.fresh(identity, number), this.#layout.fresh(identity)),
    );
    await Promise.all(moves);
  }

  /** What the record states lies in `fresh`, whole, and is what it says. @throws ContentError */
  async whole(record: FileRecord): Promise<void> {
    if (typeof record.content === 'string') return;
    await this.#fetch(record.identity, record.content);
    const file = await open(this.#layout.fresh(record.identity), 'w+', 0o600);
    try {
      for (const piece of record.content) {
        const from = await open(this.#layout.piece(piece.segment, record.identity, piece.offset));
        try {
          await copy(from, file, piece);
        } finally {
          await from.close();
        }
      }
      await file.truncate(record.size);
      const hash = createHash('sha256');
      for await (const bytes of file.createReadStream({ start: 0, autoClose: false })) hash.update(bytes);
      if (hash.digest('hex') !== record.sha256)
        throw new ContentError(`${record.identity} is not what its pieces make`);
    } finally {
      await file.close();
    }
  }

  /** Pieces that were stated before this spare began. */
  async #fetch(identity: Identity, pieces: readonly Piece[]): Promise<void> {
    const missing = new Set<number>();
    for (const { segment, offset, length } of pieces)
      if ((await sizeOf(this.#layout.piece(segment, identity, offset))) !== length) missing.add(segment);
    for (const segment of missing) {
      const found = await this.#store.read(segment);
      if (found.answer !== 'found')
        throw new ContentError(`number ${segment}, with a piece of ${identity}: ${found.answer}`);
      const sink = this.sink(segment);
      const decoded = await decode(found.bytes, found.signature.sum, {
        content: async (record: FileRecord | PieceRecord, bytes) => {
          if (record.record === 'piece' && record.identity === identity) await sink.content(record, bytes);
        },
      });
      if (decoded.state !== 'sound') throw new ContentError(`number ${segment} is damaged: ${decoded.damage.code}`);
    }
  }
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

type File = Awaited<ReturnType<typeof open>>;

async function copy(from: File, to: File, { offset, length }: Piece): Promise<void> {
  const buffer = Buffer.alloc(Math.min(CHUNK, length));
  for (let at = 0; at < length; ) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, length - at), at);
    if (bytesRead === 0) throw new ContentError('a piece is shorter than it is stated to be');
    await to.write(buffer, 0, bytesRead, offset + at);
    at += bytesRead;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const file = await open(path);
    try {
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
