/** How courses come onto a volume: written by whoever finds the owner, or half of them uploaded into S3. */
import { type Course, DiskError } from '../../../simulator/disks/disks.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { IntakeWatch, intakeBucket, servedOrRefused } from '../../judge/intake.ts';
import { JOURNALED_AFTER_MS } from '../../judge/journal.ts';
import type { Failure } from '../../judge/measure.ts';
import { readBack } from '../../world/content.ts';
import { type Library, makeCourse } from '../../world/courses.ts';
import { type Acknowledged, uploadCourse } from '../../world/uploads.ts';
import type { Arrivals, Check, World } from '../../world/world.ts';
import { type Stage, upload } from '../story/deployed-stack.ts';

const SECOND_MS = 1000;
/** Until what was uploaded is on the volume. */
const SOON_MS = 15 * SECOND_MS;
/** Between two courses while nobody serves, and shortly after. */
const NEXT_MS = 2 * SECOND_MS;

/** How courses come onto a volume. */
export interface Door {
  /** @returns when it is to be there */
  put(course: Course): Promise<number>;
  /** One course more, while other things happen: where courses go on coming. */
  next(): Promise<void>;
  /** More and more of them, while nobody serves too, up to this moment or until it is so. */
  goOn(end: number, until: () => boolean): Promise<void>;
  /** At rest. */
  judge(
    library: Library,
    failure: Failure,
  ): { readonly checks: readonly Check[]; readonly arrivals: Arrivals | undefined };
}

/** Whoever writes to the volume itself, and waits for the end while nobody serves. */
export function direct(world: World, stage: Stage, volume: string): Door {
  return {
    async put(course) {
      upload(world, stage, volume, course);
      return world.clock.now();
    },
    next: async () => {},
    goOn: (end, until) => world.clock.run(end, until),
    judge: () => ({ checks: [], arrivals: undefined }),
  };
}

/** A course that was written by somebody who had found the owner. */
interface Written {
  readonly course: Course;
  readonly at: number;
}

/** Every other course is uploaded into S3, on through the failure; the others are written by somebody who tries again where nobody serves. */
export class HalfByIntake implements Door {
  readonly #world: World;
  readonly #stage: Stage;
  readonly #volume: string;
  readonly #bucket: string;
  readonly #watch: IntakeWatch;
  readonly #uploads: Acknowledged[] = [];
  readonly #written: Written[] = [];
  /** Not acknowledged: it is tried again. */
  #waiting: readonly Course[] = [];
  #refused = 0;
  #puts = 0;
  #more = 0;

  constructor(world: World, stage: Stage, volume: string) {
    this.#world = world;
    this.#stage = stage;
    this.#volume = volume;
    this.#bucket = intakeBucket(stage);
    this.#watch = new IntakeWatch(world, stage);
  }

  async put(course: Course): Promise<number> {
    const { clock } = this.#world;
    if (this.#puts++ % 2 === 1) {
      await this.#upload(course);
      return clock.now() + SOON_MS;
    }
    upload(this.#world, this.#stage, this.#volume, course);
    this.#written.push({ course, at: clock.now() });
    return clock.now();
  }

  async next(): Promise<void> {
    const id = `meanwhile-${++this.#more}`;
    const course = makeCourse(id, this.#world.random.stream(id));
    if (this.#more % 2 === 1) await this.#upload(course);
    else this.#waiting = [...this.#waiting, course];
    this.#write();
  }

  async goOn(end: number, until: () => boolean): Promise<void> {
    const { clock } = this.#world;
    const from = this.#uploads.length;
    while (clock.now() < end && !until()) {
      await this.next();
      await clock.run(Math.min(end, clock.now() + NEXT_MS), until);
      this.#watch.look(this.#uploads.slice(from));
    }
    this.#write();
  }

  async #upload(course: Course): Promise<void> {
    const form = this.#uploads.length % 2 === 0 ? 'zip' : 'folder';
    this.#uploads.push(await uploadCourse(this.#world, this.#bucket, this.#volume, course, form));
  }

  /** What docs/intake.md asks of who writes directly: find the owner before each course, and try again what failed. */
  #write(): void {
    this.#waiting = this.#waiting.filter((course) => {
      if (this.#stage.servedBy(this.#volume) === undefined) return true;
      try {
        upload(this.#world, this.#stage, this.#volume, course);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        return true;
      }
      this.#written.push({ course, at: this.#world.clock.now() });
      return false;
    });
    this.#refused += this.#waiting.length;
  }

  judge(library: Library, { at }: Failure) {
    const wanted = new Set(library.ids());
    const isWanted = (id: string) => id.startsWith('meanwhile-') || wanted.has(id);
    const uploads = this.#uploads.filter(({ course }) => isWanted(course));
    // What was closed just before the failure need not be in the journal.
    const written = this.#written.filter(
      (one) => isWanted(one.course.id) && (one.at > at || one.at <= at - JOURNALED_AFTER_MS),
    );
    const lost = written.filter(({ course }) => !this.#isServed(course));
    const deleted = new Set(library.deletedBefore(at - JOURNALED_AFTER_MS));
    const back = this.#uploads.filter((one) => deleted.has(one.course) && this.#isThere(one));
    this.#watch.look(uploads);
    const since = uploads.filter((one) => one.at > at).length;
    const checks = [
      ...servedOrRefused(this.#world, this.#stage, uploads),
      ...this.#watch.checks,
      check('uploads into S3 went on through the failure', since > 0, counted(since, 'course')),
      check(
        'who writes directly is refused while nobody serves, and has written all in the end',
        this.#refused > 0 && this.#waiting.length === 0,
        `refused ${this.#refused} times, ${this.#waiting.length} not written`,
      ),
      check(
        'what was written directly is served, up to 3 s before the failure and ever since',
        written.length > 0 && lost.length === 0,
        lost.map(({ course }) => course.id),
        `all ${written.length}`,
      ),
      check(
        'no upload that was deleted since comes back',
        back.length === 0 && deleted.size > 0,
        back.map(({ course }) => course),
        `none of ${deleted.size} courses`,
      ),
    ];
    const arrivals: Arrivals = {
      uploaded: uploads.length,
      uploadsServed: uploads.filter((one) => this.#isServed({ id: one.course, files: one.files ?? [] })).length,
      written: written.length,
      writtenServed: written.length - lost.length,
    };
    return { checks, arrivals };
  }

  #read({ id, files }: Course) {
    return readBack(this.#world, this.#stage.servedBy(this.#volume), this.#volume, [{ id, files }]);
  }

  #isServed(course: Course): boolean {
    return this.#read(course).missing.length === 0;
  }

  #isThere({ course, files = [] }: Acknowledged): boolean {
    return this.#read({ id: course, files }).intact > 0;
  }
}
