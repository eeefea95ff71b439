import { Ahead } from '../../host/agent/journal/ahead.ts';
import { Interrupted, type JournalStore, type ReadAnswer } from '../../host/agent/journal/store.ts';
import { ContradictionError, Past } from '../../journal/past/past.ts';
import { type Reading, readNext, type Signature } from '../../journal/protocol.ts';
import type { JournalRecord } from '../../journal/record.ts';
import { type Damage, decode } from '../../journal/segment/decode.ts';
import type { Header } from '../../journal/segment/layout.ts';

/** A number, and when what it states was so. Unix milliseconds. */
export interface Stated {
  readonly number: number;
  readonly at: number;
}

/** What a journal says of a volume at a moment, and what it leaves open. */
export interface Told {
  readonly past: Past;
  /** The first number that is there: the journal does not reach back before it. */
  readonly since: Stated;
  /** The last that states what was so by then; `undefined`: the first is later. */
  readonly asOf: Stated | undefined;
  /** All changes before this moment are in it, as far as they were heard of. */
  readonly complete: number | undefined;
  /** Numbers within that are not there: what they stated nobody knows. */
  readonly missing: readonly (readonly [from: number, to: number])[];
  /** Numbers that are there, and say nothing that may be believed. */
  readonly damaged: readonly { readonly number: number; readonly code: string }[];
  /** From this number on all is heard of; what was stated before may have changed unheard. `undefined`: all was heard of. */
  readonly doubted: number | undefined;
  /** When the path was there last, where it was, and is not any more. */
  readonly last: Stated | undefined;
}

export interface Question {
  readonly volume: string;
  /** From the top, without a leading slash; empty: all of it. */
  readonly path: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface Waiting {
  sleep(ms: number): Promise<void>;
}

/** Nothing is there: that is no word on what a volume was. */
export class NoJournal extends Error {}

/** Bytes of a segment that is read to its end though nothing of it may be needed. Of a larger one the index is read, and the rest where something is taken from it. */
const SMALL = 256 * 1024;
/** Tries of one number, and how long it is waited between them. The SDK has tried each request several times by then. */
const MAX_TRIES = 5;
const AGAIN_MS = 1000;
/** When an object was written is said in whole seconds: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Last-Modified). */
const SECOND_MS = 1000;

/** It is later than the moment that was asked for. */
class Later extends Error {}
/** What was needed of a segment is read. */
class Enough extends Error {}

/** @throws NoJournal; Error where the journal does not answer, or may not be read */
export async function tellPast(
  store: JournalStore,
  question: Question,
  { sleep }: Waiting,
  progress: (read: Stated) => void = () => {},
): Promise<Told> {
  return new Reader(store, question, sleep, progress).read();
}

/** Asks until there is an answer. @throws Error where there is none, StoreError where it is refused */
export async function patiently<T extends { readonly answer: string }>(
  ask: () => Promise<T>,
  sleep: Waiting['sleep'],
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await ask();
    if (answer.answer !== 'unheard') return answer;
    if (tries === MAX_TRIES) throw new Error('could not read the journal: S3 does not answer');
    await sleep(AGAIN_MS);
  }
}

/** Gives up what was not read of an object. What nobody has begun to read has to be begun for that: its connection would stay. */
export async function leave(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of bytes) break;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}

type FoundObject = Extract<ReadAnswer, { answer: 'found' }>;
type Segment =
  | { readonly state: 'read'; readonly header: Header; readonly records: readonly JournalRecord[]; readonly at: number }
  | { readonly state: 'later'; readonly at: number }
  | { readonly state: 'damaged'; readonly code: Damage['code'] | 'foreign' };

class Reader {
  readonly #store: JournalStore;
  readonly #ahead: Ahead;
  readonly #question: Question;
  readonly #sleep: Waiting['sleep'];
  readonly #progress: (read: Stated) => void;
  readonly #past = new Past();
  readonly #missing: [number, number][] = [];
  readonly #damaged: { number: number; code: string }[] = [];
  #since: Stated | undefined;
  #asOf: Stated | undefined;
  #complete: number | undefined;
  #doubted: number | undefined;
  /** A scan is under way that says what was not heard of. */
  #scans = false;
  #wasThere = false;
  #last: Stated | undefined;

  constructor(store: JournalStore, question: Question, sleep: Waiting['sleep'], progress: (read: Stated) => void) {
    this.#store = store;
    this.#ahead = new Ahead(store);
    this.#question = question;
    this.#sleep = sleep;
    this.#progress = progress;
  }

  async read(): Promise<Told> {
    const first = await patiently(() => this.#store.first(1), this.#sleep);
    if (first.answer !== 'found') throw new NoJournal('nothing is there');
    let reading: Reading | undefined;
    for (let number = first.number; ; ) {
      const found = await patiently(() => this.#ahead.read(number), this.#sleep);
      if (found.answer !== 'found') {
        const next = await patiently(() => this.#store.first(number), this.#sleep);
        if (next.answer !== 'found') break;
        if (next.number > number) this.#lacks(number, next.number - 1);
        number = next.number;
        continue;
      }
      reading = { ...(reading ?? begins(number, found.signature)), cursor: number - 1 };
      const { take, reading: after } = readNext(reading, found.signature);
      reading = after;
      if (take === 'apply') {
        if ((await this.#take(number, found)) === 'later') break;
      } else {
        this.#since ??= { number, at: found.written ?? this.#question.at };
        await leave(found.bytes);
      }
      number++;
    }
    await this.#ahead.leave(leave);
    this.#past.end();
    return this.#told();
  }

  async #take(number: number, found: FoundObject): Promise<'taken' | 'later'> {
    const segment = await this.#segment(number, found);
    if (segment.state === 'damaged') {
      // Nothing later says anything of that moment.
      if ((found.written ?? 0) > this.#question.at) return 'taken';
      this.#damaged.push({ number, code: segment.code });
      this.#doubted = number;
      return 'taken';
    }
    const stated = { number, at: segment.at };
    this.#since ??= stated;
    if (segment.state === 'later') return 'later';
    const { header, records } = segment;
    try {
      this.#past.apply(number, header, records);
    } catch (error) {
      if (!(error instanceof ContradictionError)) throw error;
      this.#damaged.push({ number, code: 'contradiction' });
      this.#doubted = number;
      return 'taken';
    }
    this.#asOf = stated;
    this.#complete = header.complete ?? this.#complete;
    this.#doubt(number, header, records);
    const isThere = this.#past.find(this.#question.path).state === 'there';
    if (this.#wasThere && !isThere) this.#last = stated;
    if (isThere) this.#last = undefined;
    this.#wasThere = isThere;
    this.#progress(stated);
    return 'taken';
  }

  /** A scan finds what went unheard, unless nothing was known any more of what had been there. */
  #doubt(number: number, { complete }: Header, records: readonly JournalRecord[]): void {
    const doubts = records.filter((record) => record.record === 'doubt');
    if (doubts.some(({ all }) => all)) this.#doubted = number;
    else if (doubts.length > 0) this.#scans = true;
    if (complete !== undefined) this.#scans = false;
  }

  #lacks(from: number, to: number): void {
    this.#missing.push([from, to]);
    this.#doubted = to + 1;
  }

  /** @throws StoreError, Error where it breaks off each time */
  async #segment(number: number, given: FoundObject): Promise<Segment> {
    let found = given;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#decoded(found);
      } catch (error) {
        if (!(error instanceof Interrupted) || tries === MAX_TRIES) throw error;
        const again = await patiently(() => this.#store.read(number), this.#sleep);
        if (again.answer !== 'found') throw new Error(`could not read number ${number}: it is not there any more`);
        found = again;
      }
    }
  }

  async #decoded({ bytes, signature, size = 0, written }: FoundObject): Promise<Segment> {
    const seen: { index?: Extract<Segment, { state: 'read' }> } = {};
    const begin = (header: Header, records: readonly JournalRecord[]) => {
      if (!this.#isOurs(header, signature)) return;
      // Nothing was read after it was written: so a host whose clock is ahead moves nothing. And time does not go back.
      const latest = written === undefined ? header.taken : written + SECOND_MS;
      const at = Math.max(this.#asOf?.at ?? 0, Math.min(header.taken, latest));
      seen.index = { state: 'read', header, records, at };
      if (at > this.#question.at) throw new Later();
      if (size > SMALL) throw new Enough();
    };
    try {
      const decoded = await decode(bytes, signature.sum, { begin, content: async () => {} });
      if (decoded.state === 'damaged') return { state: 'damaged', code: decoded.damage.code };
      return seen.index ?? { state: 'damaged', code: 'foreign' };
    } catch (error) {
      if (error instanceof Later && seen.index) return { state: 'later', at: seen.index.at };
      if (error instanceof Enough && seen.index) return seen.index;
      throw error;
    } finally {
      await leave(bytes);
    }
  }

  #isOurs({ volume, term, kind }: Header, signature: Signature): boolean {
    return volume === this.#question.volume && term === signature.term && kind === signature.kind;
  }

  #told(): Told {
    const asOf = this.#asOf;
    const doubted = this.#scans ? asOf && asOf.number + 1 : this.#doubted;
    if (!this.#since) throw new NoJournal('nothing in it can be read');
    return {
      past: this.#past,
      since: this.#since,
      asOf,
      complete: this.#complete,
      missing: this.#missing,
      damaged: this.#damaged,
      doubted,
      last: this.#last,
    };
  }
}

/** The seal of the term that the first one carries may have expired: what carries a lower one after it never counts either. */
function begins(number: number, { term }: Signature): Reading {
  return { cursor: number - 1, term: number === 1 ? 0 : term };
}
