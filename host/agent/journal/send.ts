import { afterLook, afterPut, atStart, goOn, type Signature, type Step } from '../../../journal/protocol.ts';
import type { Clock } from '../../../journal/write/source.ts';
import type { VolumeMarker } from './marker.ts';
import type { Made } from './spool.ts';
import { type JournalStore, StoreError } from './store.ts';

/** How a writer ends for good. `notify`: people have to look; `why` is for them. */
export type Ended =
  | { readonly ended: 'fenced'; readonly term: number }
  | { readonly ended: 'notify'; readonly number: number; readonly found: Signature };

/** Its process may be started again; what it writes is never written by that. */
export class WriterEnded extends Error {
  readonly why: Ended;
  constructor(why: Ended) {
    super(why.ended === 'fenced' ? `fenced by term ${why.term}` : `number ${why.number} is somebody else's`);
    this.name = 'WriterEnded';
    this.why = why;
  }
}

/** It was asked to stop while the service did not answer: nobody knows whether what it sent was written. */
export class Stopped extends Error {}

/** Between two attempts; it grows up to the last. Milliseconds. */
const PAUSES = [100, 300, 1000, 2000, 5000] as const;
/** After a day, which has at least one number, whoever was stopped meanwhile is perhaps not the writer any more, and its numbers may have expired. Milliseconds. */
const LONG_MS = 86_400_000;
/** Requests that are under way at once, at a start: of an hour's numbers each would wait for the one before. */
const MOST = 16;

export interface SenderWorld {
  readonly store: JournalStore;
  readonly clock: Pick<Clock, 'wall'>;
  /** Ends early where the writer is to stop. */
  readonly pause: (ms: number) => Promise<void>;
  readonly stopping: () => boolean;
  /** What stands there was not written by this start, and is not to be skipped by those who read: what it names has to be stated once more. */
  readonly restate: (number: number) => void;
  /** Why nothing is acknowledged for now; `undefined`: it is again. */
  readonly trouble: (why: string | undefined) => void;
}

/** One write at a time, by the rules of `journal/protocol.ts`. */
export class Sender {
  readonly #world: SenderWorld;
  #next = 0;
  #marker: VolumeMarker | undefined;
  /** When it last knew what stands last, by the clock of people. Milliseconds. */
  #knewAt = 0;

  constructor(world: SenderWorld) {
    this.#world = world;
  }

  /** The newest number that is known to be taken. */
  get last(): number {
    return this.#next - 1;
  }

  /**
   * Reads on after the last number that the marker has as acknowledged.
   * @returns the number of this term's seal, where that was found there
   * @throws WriterEnded, Stopped
   */
  async start(marker: VolumeMarker): Promise<number | undefined> {
    this.#marker = marker;
    let seal: number | undefined;
    for (let from = marker.acknowledged + 1, width = 1; ; width = Math.min(MOST, 2 * width)) {
      const numbers = Array.from({ length: width }, (_, i) => from + i);
      const looks = await Promise.all(numbers.map((number) => this.#look(number)));
      from += width;
      for (const [i, number] of numbers.entries()) {
        const found = looks[i];
        const step = atStart(marker, found);
        if (step === 'write') {
          // Not there, and something after it: it has expired, or has come meanwhile. The journal ends where nothing follows.
          const beyond = await this.#asked(() => this.#world.store.first(number));
          if (beyond.answer === 'nothing') {
            this.#next = goOn(number - 1, await this.#isKept(number - 1), beyond.now);
            this.#knewAt = this.#now();
            return seal;
          }
          from = beyond.number;
          break;
        }
        if (step === 'fenced') throw new WriterEnded({ ended: 'fenced', term: found?.term ?? marker.term });
        if (step === 'notify' && found) throw new WriterEnded({ ended: 'notify', number, found });
        if (found?.kind === 'seal' && found.term === marker.term) seal ??= number;
        if (found?.kind === 'segment') this.#world.restate(number);
      }
    }
  }

  /** @returns the number under which it was acknowledged @throws WriterEnded, Stopped */
  async send(made: Made, by: Omit<Signature, 'sum'>): Promise<number> {
    const mine: Signature = { ...by, sum: made.sum };
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) await this.#wait(attempt - 1);
      if (this.#marker && Math.abs(this.#now() - this.#knewAt) >= LONG_MS)
        await this.start({ ...this.#marker, acknowledged: this.last });
      let step: Step = afterPut(await this.#put(mine, made));
      let found: Signature | undefined;
      if (step === 'look') {
        found = await this.#look(this.#next);
        step = afterLook(mine, found);
      }
      switch (step) {
        case 'acknowledged':
          this.#world.trouble(undefined);
          this.#knewAt = this.#now();
          return this.#next++;
        case 'next':
          if (found?.kind === 'segment') this.#world.restate(this.#next);
          this.#next++;
          attempt = -1;
          break;
        case 'fenced':
          throw new WriterEnded({ ended: 'fenced', term: found?.term ?? mine.term });
        case 'notify':
          if (found) throw new WriterEnded({ ended: 'notify', number: this.#next, found });
      }
    }
  }

  #now(): number {
    return Number(this.#world.clock.wall() / 1_000_000n);
  }

  async #put(mine: Signature, made: Made) {
    try {
      const answer = await this.#world.store.put(this.#next, mine, made);
      if (answer === 'busy' || answer === 'unheard') this.#world.trouble(`S3 says ${answer}`);
      return answer;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // Nothing was written. Somebody may repair what is wrong with permissions.
      this.#world.trouble(error.message);
      return 'busy' as const;
    }
  }

  async #look(number: number): Promise<Signature | undefined> {
    const found = await this.#asked(() => this.#world.store.look(number));
    return found.answer === 'found' ? found.signature : undefined;
  }

  /** It is there, and its time is not over: objects expire in no order. */
  async #isKept(number: number): Promise<boolean> {
    if (number === 0) return false;
    const found = await this.#asked(() => this.#world.store.look(number));
    return found.answer === 'found' && !found.isDue;
  }

  async #asked<A extends { readonly answer: string }>(
    ask: () => Promise<A>,
  ): Promise<Exclude<A, { answer: 'unheard' }>> {
    for (let attempt = 0; ; attempt++) {
      try {
        const found = await ask();
        if (found.answer !== 'unheard') return found as Exclude<A, { answer: 'unheard' }>;
        this.#world.trouble('S3 does not answer');
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#world.trouble(error.message);
      }
      await this.#wait(attempt);
    }
  }

  async #wait(attempt: number): Promise<void> {
    if (this.#world.stopping()) throw new Stopped('stopped while S3 does not answer');
    await this.#world.pause(PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
    if (this.#world.stopping()) throw new Stopped('stopped while S3 does not answer');
  }
}
