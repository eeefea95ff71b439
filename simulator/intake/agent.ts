import { answerKey, intakePrefix } from '../../contract/intake.ts';
import { decide, type Held, isSame, type Stamp } from '../../intake/decide.ts';
import { type Refusal, Refused } from '../../intake/refusal.ts';
import { answeredAs, uploadOf } from '../../intake/upload.ts';
import { sentenceOf } from '../../intake/words.ts';
import type { Cloud } from '../aws/account/cloud.ts';
import type { CourseFiles } from '../disks/journaled.ts';
import type { Place } from '../journal/objects.ts';
import type { Found, Listed, UploadBucket } from './bucket.ts';
import { dressed, STAMP_FILE, unpack } from './unpack.ts';

/** In the place of `.intake/<course>`: courses that nobody is shown. */
const NOTE = '.intake-';
/** Before the journal is asked once more. Milliseconds. */
const AGAIN_MS = 1000;
/** Courses that are placed and not answered: one flush is for all of them. The first does not wait for others. */
const MOST_PLACED = 64;
/** Of so many courses. */
const ANSWERED_AT_ONCE = 8;

/** What is around the intake of one volume on one host. */
export interface IntakeWorld {
  readonly cloud: Cloud;
  readonly place: Place;
  readonly bucket: UploadBucket;
  /** @returns the number up to which the journal has what was on the volume; `undefined`: not yet */
  readonly flush: () => Promise<number | undefined>;
  /** Waits while the host does nothing, and throws once the agent is gone. */
  readonly awake: () => Promise<void>;
}

interface Placed {
  readonly course: string;
  readonly upload: Found;
}

/** Takes uploads in, as `host/agent/intake/` does: README.md says what is simplified. */
export class VolumeIntake {
  readonly #world: IntakeWorld;
  waiting = 0;
  /** When S3 has the oldest from that waits. */
  oldest: number | undefined;
  done = 0;
  refused = 0;

  constructor(world: IntakeWorld) {
    this.#world = world;
  }

  /** What was answered and is not here is taken in again, as far as it is the newest of its key; and what is here without its note gets it. */
  async start(): Promise<void> {
    const { bucket, place } = this.#world;
    const all = await bucket.versions(intakePrefix(place.volume));
    for (const [key, versions] of Map.groupBy(all, (one) => one.key)) {
      const upload = uploadOf(place.volume, key);
      if ('code' in upload) continue;
      const owed = await this.#owed(upload.course, versions);
      const placed = owed && (await this.#take(key, owed.version));
      if (placed) await this.#settle([placed]);
    }
  }

  /** One look, and all that it finds. */
  async look(): Promise<void> {
    const { bucket, place } = this.#world;
    const waiting = await bucket.waiting(place.volume);
    for (let [from, size] = [0, 1]; from < waiting.length; ) {
      [this.waiting, this.oldest] = [waiting.length - from, waiting[from]?.modified];
      const placed: Placed[] = [];
      for (const { key } of waiting.slice(from, from + size)) {
        const taken = await this.#take(key);
        if (taken) placed.push(taken);
      }
      if (placed.length > 0) await this.#settle(placed);
      [from, size] = [from + size, Math.min(2 * size, MOST_PLACED)];
    }
    [this.waiting, this.oldest] = [0, undefined];
  }

  async #owed(course: string, versions: readonly Listed[]): Promise<Listed | undefined> {
    const held = this.#held(course);
    const is = (stamp: Stamp | undefined, one: Listed) => stamp !== undefined && isSame(stamp, one);
    const [newest] = versions;
    if (newest && !newest.marker && (is(held.carried, newest) || is(held.noted, newest))) return undefined;
    const hidden = newest?.marker === true ? versions.slice(1) : versions.slice(1).filter(({ marker }) => !marker);
    for (const one of hidden) {
      if (is(held.noted, one)) return undefined;
      const state = await this.#answered(one);
      if (state === 'done') return one;
      if (is(held.carried, one)) return undefined;
    }
    return undefined;
  }

  async #answered(one: Stamp): Promise<string | undefined> {
    const found = await this.#world.bucket.read(this.#keyOfAnswer(one));
    return found && String((JSON.parse(Buffer.from(found.bytes).toString()) as { state?: unknown }).state);
  }

  /** @returns what is to be answered once the journal has it; `undefined`: nothing, or it was refused */
  async #take(key: string, version?: string): Promise<Placed | undefined> {
    const { bucket, place } = this.#world;
    const upload = await bucket.read(key, version);
    if (!upload) return undefined;
    const found = uploadOf(place.volume, key);
    if ('code' in found) return this.#refuse(upload, [found]);
    const { course } = found;
    const decided = decide(upload, this.#held(course));
    if (decided.decision === 'superseded')
      return version === undefined ? this.#refuse(upload, [{ code: 'superseded', by: decided.by }]) : undefined;
    if (decided.decision === 'take')
      try {
        const files = await unpack(place.volume, found, upload, bucket);
        await this.#world.awake();
        this.#place(course, dressed(files, textOf(upload)));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return this.#refuse(upload, error.refusals);
      }
    return { course, upload };
  }

  /** Nothing is said before two machines have it, and nothing is noted before. */
  async #settle(placed: readonly Placed[]): Promise<void> {
    await this.#flushed();
    for (const { course, upload } of placed) this.#place(`${NOTE}${course}`, dressed(new Map(), textOf(upload)));
    const number = await this.#flushed();
    // What is of one course is answered in its order.
    const courses = [...Map.groupBy(placed, ({ course }) => course).values()];
    for (let from = 0; from < courses.length; from += ANSWERED_AT_ONCE) {
      const answers = courses.slice(from, from + ANSWERED_AT_ONCE).map(async (uploads) => {
        for (const one of uploads) await this.#answer(one, number);
      });
      const failed = (await Promise.allSettled(answers)).find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  /** Another one may have taken its place before the journal had it. */
  async #answer({ course, upload }: Placed, number: number): Promise<void> {
    await this.#answerOlder(upload);
    const by = this.#held(course).carried;
    const isIt = !by || isSame(by, upload);
    await this.#say(upload, isIt ? { state: 'done', number } : refused([{ code: 'superseded', by }]));
    await this.#world.bucket.hide(upload);
    this.done++;
  }

  async #answerOlder(upload: Found): Promise<void> {
    const all = (await this.#world.bucket.versions(upload.key)).filter(
      ({ key, marker }) => key === upload.key && !marker,
    );
    const newest = all.findIndex(({ version }) => version === upload.version);
    for (const one of all.slice(newest + 1))
      if ((await this.#answered(one)) === undefined)
        await this.#say(one, refused([{ code: 'superseded', by: upload }]));
  }

  /** Why is seen on this volume: who is owner no more has no say, for its journal takes nothing. */
  async #refuse(upload: Found, refusals: readonly Refusal[]): Promise<undefined> {
    this.#place(`${NOTE}.owner`, dressed(new Map(), textOf(upload)));
    await this.#flushed();
    await this.#say(upload, refused(refusals));
    await this.#world.bucket.hide(upload);
    this.refused++;
    return undefined;
  }

  async #say(to: Stamp, answer: object): Promise<void> {
    const { key, version } = to;
    const course = answeredAs(this.#world.place.volume, key);
    await this.#world.bucket.answer(this.#keyOfAnswer(to), `${JSON.stringify({ ...answer, course, key, version })}\n`);
  }

  async #flushed(): Promise<number> {
    for (;;) {
      await this.#world.awake();
      const number = await this.#world.flush();
      await this.#world.awake();
      if (number !== undefined) return number;
      await this.#world.cloud.clock.sleep(AGAIN_MS);
    }
  }

  #held(course: string): Held {
    return { carried: this.#stampOf(course), noted: this.#stampOf(`${NOTE}${course}`) };
  }

  #stampOf(course: string): Stamp | undefined {
    const { instanceId, volumeId } = this.#world.place;
    const text = this.#world.cloud.disks.readCourse(instanceId, volumeId, course)?.get(STAMP_FILE);
    return text && (JSON.parse(Buffer.from(text).toString()) as Stamp);
  }

  #place(course: string, files: CourseFiles): void {
    const { instanceId, volumeId } = this.#world.place;
    this.#world.cloud.disks.placeCourse(instanceId, volumeId, course, files);
  }

  #keyOfAnswer({ key, version }: Stamp): string {
    const { volume } = this.#world.place;
    return answerKey(volume, answeredAs(volume, key), version);
  }
}

function textOf({ key, version, modified }: Stamp): string {
  return JSON.stringify({ key, version, modified });
}

function refused(refusals: readonly Refusal[]): object {
  return { state: 'refused', refusals: refusals.map((one) => ({ ...one, sentence: sentenceOf(one) })) };
}
