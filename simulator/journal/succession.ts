import { createHash } from 'node:crypto';
import { goOn, type Reading, readNext, type Signature } from '../../journal/protocol.ts';
import type { VirtualClock } from '../time/clock.ts';
import { type CourseState, coursesOf, segmentOf } from './courses.ts';
import { type FoundObject, type JournalObjects, SILENT } from './objects.ts';

/** So many numbers are asked for at a time: they have no gaps, and one after the other would take as long as all of them. */
const WINDOW = 16;
/** S3 that has not answered for so long does not answer: two requests, and 5 s in all. Milliseconds. */
const SILENCE_MS = 4000;
const AGAIN_MS = 500;
/** From the command on: so long what stands in the journal is applied, and sealed. `host/journal.sh` gives all of it 25 s. Milliseconds. */
export const DRAINING = { applying: 16_000, sealing: 22_000 };
/** The same by a host that is about to serve: 5 s. */
export const SHORTLY = { applying: 2000, sealing: 2000 };

/** Who takes over: its term is above that of all before. */
export type Successor = Pick<Signature, 'term' | 'writer' | 'run'> & { readonly volume: string };

/** `outranked`: a later term has sealed it. `late`: there was no time to seal it. */
export type Sealed = 'sealed' | 'silent' | 'outranked' | 'late';

/** How far a new owner has come with the journal of those before it. */
export class Succession {
  /** What was read and applied. */
  reading: Reading;
  /** Number of the own seal. */
  sealedAt: number | undefined;
  /** Every change before it is stated up to the cursor. */
  complete: number | undefined;
  readonly #clock: VirtualClock;
  readonly #objects: JournalObjects;
  readonly #who: Successor;
  /** What was read, applied or not. */
  #tip: Reading;
  /** What came next has expired: nothing is applied any more. */
  #isTorn = false;
  /** S3 did not answer the last time: a single number is asked for until it does. */
  #silent = false;

  constructor(
    clock: VirtualClock,
    objects: JournalObjects,
    who: Successor,
    from: { readonly reading: Reading; readonly complete: number | undefined },
  ) {
    this.#clock = clock;
    this.#objects = objects;
    this.#who = who;
    this.reading = from.reading;
    this.#tip = from.reading;
    this.complete = from.complete;
  }

  get drained(): boolean {
    return this.sealedAt !== undefined && this.reading.cursor >= this.sealedAt;
  }

  /** It is sealed, and there is nothing more that could be read. */
  get over(): boolean {
    return this.drained || (this.sealedAt !== undefined && this.#isTorn);
  }

  /**
   * Reads on and seals where nothing is: one write at a time, and what it meets there is read like all else.
   * @param until from then on nothing is applied, and it is only sealed; a second deadline ends that, too
   * @throws what `apply` throws
   */
  async advance(
    until: { readonly applying: number; readonly sealing: number },
    apply: (states: readonly CourseState[]) => void,
  ): Promise<Sealed> {
    for (let silentSince: number | undefined; !this.over; ) {
      const now = this.#clock.now();
      if (now >= until.sealing || (this.sealedAt !== undefined && now >= until.applying))
        return this.sealedAt === undefined ? 'late' : 'sealed';
      const applies = now < until.applying && !this.#isTorn;
      const from = (applies ? this.reading : this.#tip).cursor + 1;
      // Whoever did not answer is asked for one, until it does.
      const length = this.#silent ? 1 : WINDOW;
      const numbers = Array.from({ length }, (_, n) => from + n).filter((n) => n <= (this.sealedAt ?? n));
      const found = await Promise.all(numbers.map((number) => this.#objects.get(number)));
      const end = await this.#take(found, applies ? apply : undefined);
      if (end === 'outranked') return end;
      this.#silent = end === SILENT;
      if (end !== SILENT) {
        silentSince = undefined;
        continue;
      }
      silentSince ??= now;
      if (this.#clock.now() - silentSince >= SILENCE_MS) return 'silent';
      await this.#clock.sleep(AGAIN_MS);
    }
    return 'sealed';
  }

  async #take(
    found: readonly (FoundObject | undefined | typeof SILENT)[],
    apply: ((states: readonly CourseState[]) => void) | undefined,
  ): Promise<'on' | 'outranked' | typeof SILENT> {
    for (const object of found) {
      if (object === SILENT) return SILENT;
      if (!object) return this.#end(apply !== undefined);
      if (this.#isFenced(object.signature)) return 'outranked';
      await this.#read(object, apply);
      if (this.drained) return 'on';
    }
    return 'on';
  }

  /** Nor goes it on where its own term is somebody else's. */
  #isFenced({ term, writer }: Signature): boolean {
    return term > this.#who.term || (term === this.#who.term && writer !== this.#who.writer);
  }

  /** Where nothing follows the journal ends. */
  async #end(applied: boolean): Promise<'on' | typeof SILENT> {
    if (this.sealedAt !== undefined) {
      this.#isTorn = true;
      return 'on';
    }
    const from = (applied ? this.reading : this.#tip).cursor + 1;
    const first = await this.#objects.first(from);
    if (first === SILENT) return SILENT;
    if (first === undefined) return this.#seal(applied);
    if (first > from) {
      this.#isTorn ||= applied;
      this.#tip = { ...this.#tip, cursor: first - 1 };
    }
    return 'on';
  }

  async #read(
    { signature, bytes }: FoundObject,
    apply: ((states: readonly CourseState[]) => void) | undefined,
  ): Promise<void> {
    const next = readNext(apply ? this.reading : this.#tip, signature);
    const { term, writer } = this.#who;
    if (signature.kind === 'seal' && signature.term === term && signature.writer === writer)
      this.sealedAt = next.reading.cursor;
    if (next.reading.cursor > this.#tip.cursor) this.#tip = next.reading;
    if (!apply) return;
    if (next.take === 'apply') {
      const { header, states } = await coursesOf(bytes, signature.sum);
      apply(states);
      this.complete = header.complete ?? this.complete;
    }
    this.reading = next.reading;
  }

  async #seal(applied: boolean): Promise<'on' | typeof SILENT> {
    const { volume, term, writer, run } = this.#who;
    const last = this.#tip.cursor;
    const kept = await this.#objects.isKept(last);
    if (kept === SILENT) return SILENT;
    const number = goOn(last, kept, this.#clock.now());
    const taken = this.#clock.now();
    const header = { volume, term, writer, run, kind: 'seal', taken, complete: undefined } as const;
    const { bytes, sum } = await segmentOf(header, []);
    const signature: Signature = { term, writer, run, kind: 'seal', sum };
    const answer = await this.#objects.put(number, bytes, signature);
    if (answer === 'unheard' || answer === 'busy') return SILENT;
    // Whose it is that is there is seen when it is read.
    if (answer === 'taken') return 'on';
    this.sealedAt = number;
    this.#tip = { cursor: number, term };
    // Nobody knows what stood in between.
    if (number > last + 1) this.#isTorn = true;
    else if (applied) this.reading = this.#tip;
    return 'on';
  }
}

/** An id for whoever writes on a host, the same over its starts. */
export function writerOf(instanceId: string): string {
  return createHash('sha256').update(`writer ${instanceId}`).digest('hex').slice(0, 32);
}
