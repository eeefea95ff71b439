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
    for (const key of new Set(all.map((one) => one.key))) {
      const versions = all.filter((one) => one.key === key);
      const upload = uploadOf(place.volume, key);
      if ('code' in upload) continue;
      const owed = await this.#owed(upload.course, versions);
      if (owed) await this.#take(key, owed.version);
    }
  }

  /** One look, and all that it finds. */
  async look(): Promise<void> {
    const { bucket, place } = this.#world;
    const waiting = await bucket.waiting(place.volume);
    [this.waiting, this.oldest] = [waiting.length, waiting[0]?.modified];
    for (const { key } of waiting) {
      await this.#take(key);
      this.waiting--;
    }
    this.oldest = undefined;
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

  async #take(key: string, version?: string): Promise<void> {
    const { bucket, place } = this.#world;
    const upload = await bucket.read(key, version);
    if (!upload) return;
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
    await this.#settle({ course, upload });
  }

  /** Nothing is said before two machines have it, and nothing is noted before. */
  async #settle({ course, upload }: Placed): Promise<void> {
    const { bucket } = this.#world;
    await this.#flushed();
    this.#place(`${NOTE}${course}`, dressed(new Map(), textOf(upload)));
    const number = await this.#flushed();
    await this.#answerOlder(upload);
    await this.#say(upload, { state: 'done', number });
    await bucket.hide(upload);
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
  async #refuse(upload: Found, refusals: readonly Refusal[]): Promise<void> {
    this.#place(`${NOTE}.owner`, dressed(new Map(), textOf(upload)));
    await this.#flushed();
    await this.#say(upload, refused(refusals));
    await this.#world.bucket.hide(upload);
    this.refused++;
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
