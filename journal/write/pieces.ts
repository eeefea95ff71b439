import { createHash, type Hash } from 'node:crypto';
import type { FileRecord, Identity, Piece } from '../record.ts';
import type { Batch } from './batch.ts';
import { type Clock, type Found, type Source, Unreadable } from './source.ts';

const ZEROS = Buffer.alloc(1024 * 1024);

interface Reading {
  readonly identity: Identity;
  /** As it was when reading began; how long it was then is how far it is read. */
  readonly found: Found;
  /** It had changed so shortly before that it may have changed again unseen. */
  readonly young: boolean;
  /** When it was not dirty yet, and whether it is stated whatever the index has. */
  readonly since: number;
  readonly forced: boolean;
  readonly hash: Hash;
  readonly pieces: Piece[];
  /** Read up to here. */
  offset: number;
  /** In a segment that is not acknowledged: their number is not known. */
  sent: { batch: Batch; offset: number; length: number }[];
  ended: boolean;
}

/** What becomes of it in the end. @property record `undefined`: it is gone, or cannot be read */
interface Done {
  readonly identity: Identity;
  readonly record: FileRecord | undefined;
  readonly found: Found;
  readonly unsure: boolean;
  readonly since: number;
}

/**
 * Reads one large file at a time into pieces. It is stated once all of them are acknowledged, with their numbers. If it changes meanwhile it is read on
 * all the same, marked as changing, and stated again: one that always changes would never be stated otherwise.
 */
export class Pieces {
  readonly #source: Source;
  #reading: Reading | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** What is being read. */
  get identity(): Identity | undefined {
    return this.#reading?.identity;
  }

  get since(): number | undefined {
    return this.#reading?.since;
  }

  get owes(): boolean {
    return this.#reading?.forced ?? false;
  }

  /** @returns whether it begins: one at a time */
  begin(identity: Identity, of: Pick<Reading, 'found' | 'young' | 'since' | 'forced'>): boolean {
    if (this.#reading) return false;
    this.#reading = {
      identity,
      ...of,
      hash: createHash('sha256'),
      pieces: [],
      offset: 0,
      sent: [],
      ended: false,
    };
    return true;
  }

  acknowledged(batch: Batch, segment: number): void {
    const reading = this.#reading;
    if (!reading) return;
    for (const sent of reading.sent)
      if (sent.batch === batch) reading.pieces.push({ segment, offset: sent.offset, length: sent.length });
    reading.sent = reading.sent.filter((sent) => sent.batch !== batch);
  }

  /** Reads on until the batch is filled up to this share. @returns what it came to, once it did */
  async advance(batch: Batch, share: number, clock: Clock): Promise<Done | undefined> {
    const reading = this.#reading;
    if (!reading) return undefined;
    const { bytes, zeros: most } = batch.limits;
    let zeros = 0;
    while (
      this.#reading &&
      !reading.ended &&
      batch.stage.size < bytes * share &&
      zeros < most &&
      !batch.isFull(clock.now())
    )
      zeros += await this.#next(reading, batch);
    if (!this.#reading)
      return {
        identity: reading.identity,
        record: undefined,
        found: reading.found,
        since: reading.since,
        unsure: true,
      };
    return reading.ended && reading.sent.length === 0 ? this.#done(reading) : undefined;
  }

  /** A piece, or a stretch of a hole. @returns zeros that were summed */
  async #next(reading: Reading, batch: Batch): Promise<number> {
    const { identity, offset, found } = reading;
    const data = await this.#source.data(identity, offset);
    const hole = Math.min(data?.offset ?? found.size, found.size) - offset;
    if (hole > 0) {
      const step = Math.min(hole, ZEROS.length);
      reading.hash.update(ZEROS.subarray(0, step));
      reading.offset += step;
      reading.ended = reading.offset >= found.size;
      return step;
    }
    await this.#piece(reading, batch, Math.min(batch.limits.large, data?.length ?? 0, found.size - offset));
    return 0;
  }

  async #piece(reading: Reading, batch: Batch, length: number): Promise<void> {
    const { identity, offset, found } = reading;
    const before = batch.stage.size;
    const hash = createHash('sha256');
    try {
      await this.#source.read(identity, { offset, length }, async (chunk) => {
        hash.update(chunk);
        reading.hash.update(chunk);
        await batch.stage.write(chunk);
      });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      await batch.stage.truncate(before);
      batch.unreadable.push(found.path);
      // From the beginning, another time.
      this.#reading = undefined;
      return;
    }
    const read = batch.stage.size - before;
    reading.offset += read;
    reading.ended = read < length || reading.offset >= found.size;
    if (read === 0) return;
    const { path } = found;
    batch.add({ record: 'piece', identity, path, offset, length: read, sha256: hash.digest('hex') });
    reading.sent.push({ batch, offset, length: read });
  }

  async #done({ identity, found, since, young, hash, pieces, offset }: Reading): Promise<Done> {
    this.#reading = undefined;
    const after = await this.#source.look(identity);
    if (!after) return { identity, record: undefined, found, since, unsure: true };
    const changing = after.ctime !== found.ctime || offset !== found.size;
    const { path, attributes, ctime } = after;
    const sha256 = hash.digest('hex');
    const file = {
      record: 'file',
      identity,
      path,
      ...attributes,
      ctime,
      size: offset,
      sha256,
      content: pieces,
    } as const;
    return { identity, record: changing ? { ...file, changing } : file, found, since, unsure: changing || young };
  }
}
