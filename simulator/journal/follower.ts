import { type Reading, readNext } from '../../journal/protocol.ts';
import type { Cloud } from '../aws/account/cloud.ts';
import { DISK_ERROR, DiskError } from '../disks/disks.ts';
import { CourseIndex } from './course-index.ts';
import { coursesOf } from './courses.ts';
import { FOLLOW } from './life.ts';
import { type Mark, markOf, markText } from './mark.ts';
import { AgentDead, type JournalObjects, type Life, type Place, SILENT } from './objects.ts';

/**
 * The agent that follows on a spare: applies number by number what the journal has, until it is stopped. It looks when something was written, in the place of
 * every second.
 */
export class Follower {
  readonly place: Place;
  readonly #cloud: Cloud;
  readonly #objects: JournalObjects;
  readonly #life: () => Life;
  /** Up to when all was there before it had all there is. */
  #from: number;
  /** It had all there was then. */
  #headAt: number | undefined;
  /** Nothing was written since. */
  #atHead = false;
  #looks = false;
  #ended = false;

  constructor(cloud: Cloud, objects: JournalObjects, place: Place, life: () => Life) {
    this.#cloud = cloud;
    this.#objects = objects;
    this.place = place;
    this.#life = life;
    this.#from = cloud.clock.now();
  }

  /** Its process runs. */
  get runs(): boolean {
    return !this.#ended && this.#life() !== 'off';
  }

  /** When it last had all there was. Unix milliseconds; `undefined`: never, or nobody answers. */
  get headAt(): number | undefined {
    if (this.#life() !== 'runs') return undefined;
    return this.#atHead ? this.#cloud.clock.now() : this.#headAt;
  }

  /** Milliseconds; `undefined`: nobody says it. */
  get lag(): number | undefined {
    if (this.#ended || this.#life() !== 'runs') return undefined;
    return this.#cloud.clock.now() - (this.headAt ?? this.#from);
  }

  /** A verb has stopped it, or its volume is not mounted any more. */
  get stopped(): boolean {
    return this.#ended;
  }

  /** Nothing is applied any more. */
  stop(): void {
    this.#ended = true;
  }

  /** Something may have been written. */
  poke(after: number = FOLLOW.lookMs): void {
    if (this.#atHead) this.#headAt = this.#cloud.clock.now();
    this.#atHead = false;
    if (this.#looks || this.#ended) return;
    this.#looks = true;
    this.#cloud.clock.after(after, () => {
      this.#cloud.clock.spawn(`the follower of ${this.place.volume} on ${this.place.instanceId}`, () => this.#look());
    });
  }

  async #look(): Promise<void> {
    try {
      const end = await this.#followOn();
      this.#looks = false;
      if (end === 'silent') this.poke(FOLLOW.againMs);
    } catch (error) {
      this.#looks = false;
      if (error instanceof AgentDead) return;
      if (!(error instanceof DiskError)) throw error;
      if (error.code === DISK_ERROR.stalled) this.poke(FOLLOW.againMs);
      // It is unmounted, or dead: for the next drill.
      else this.#ended = true;
    }
  }

  /** @throws DiskError, AgentDead */
  async #followOn(): Promise<'head' | 'silent' | 'ended' | 'torn'> {
    const { disks } = this.#cloud;
    const { instanceId, volumeId } = this.place;
    let applied = 0;
    // Nothing of it is left where its host is off.
    while (!this.#ended && this.#life() !== 'off') {
      const { acknowledged, term, index, complete } = markOf(disks.readMark(instanceId, volumeId));
      this.#from = complete ?? this.#from;
      const found = await this.#objects.get(acknowledged + 1);
      if (this.#ended || this.#life() === 'off') return 'ended';
      if (found === SILENT) return 'silent';
      const { take, reading } = readNext({ cursor: acknowledged, term }, found?.signature);
      if (take === 'wait' || !found) {
        // Something was written, and is not what follows: another base is needed.
        const first = applied > 0 ? undefined : await this.#objects.first(acknowledged + 1);
        if (first === SILENT) return 'silent';
        if (first !== undefined && first > acknowledged + 1) return 'torn';
        this.#atHead = true;
        this.#headAt = this.#cloud.clock.now();
        return 'head';
      }
      applied++;
      if (take === 'skip') this.#note(reading, index, complete);
      else await this.#apply(found, reading, { index, complete });
    }
    return 'ended';
  }

  async #apply(
    { bytes, signature }: { readonly bytes: Uint8Array; readonly signature: { readonly sum: string } },
    reading: Reading,
    known: { readonly index: Mark['index']; readonly complete: number | undefined },
  ): Promise<void> {
    const { header, states } = await coursesOf(bytes, signature.sum);
    if (this.#ended || this.#life() === 'off') return;
    const { instanceId, volumeId } = this.place;
    const index = new CourseIndex(known.index);
    for (const { courseId, files } of states) {
      this.#cloud.disks.applyCourse(instanceId, volumeId, courseId, files);
      index.note({ courseId, files });
    }
    this.#note(reading, index.all, header.complete ?? known.complete);
  }

  #note({ term, cursor }: Reading, index: Mark['index'], complete: number | undefined): void {
    const { instanceId, volumeId } = this.place;
    this.#cloud.disks.writeMark(instanceId, volumeId, markText({ term, acknowledged: cursor, complete, index }));
  }
}
