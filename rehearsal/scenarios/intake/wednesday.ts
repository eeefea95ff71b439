/** The bad Wednesday with a door for uploads: half of the courses come through S3, on through the failure. */
import { type Course, DISK_ERROR, DiskError } from '../../../simulator/disks/disks.ts';
import { check } from '../../judge/checks.ts';
import { IntakeWatch, intakeBucket, servedOrRefused } from '../../judge/intake.ts';
import { JOURNALED_AFTER_MS } from '../../judge/journal.ts';
import type { Failure } from '../../judge/measure.ts';
import { coursePath } from '../../world/content.ts';
import { type Library, makeCourse } from '../../world/courses.ts';
import { type Acknowledged, uploadCourse } from '../../world/uploads.ts';
import type { Check, Scenario, World } from '../../world/world.ts';
import { type Stage, upload } from '../story/deployed-stack.ts';
import { type Door, play } from '../volumes/bad-wednesday.ts';

const SECOND_MS = 1000;
/** Until what was uploaded is on the volume. */
const SOON_MS = 15 * SECOND_MS;
/** Between two uploads while nobody serves. */
const NEXT_MS = 2 * SECOND_MS;

/** The day of 2010 for whoever uploads into S3. */
export const badWednesdayUploads: Scenario = {
  about:
    'the same with every other course uploaded into S3, on through the failure: none is lost, and none that was deleted comes back',
  settings: { intake: { enabled: true } },
  play: (world) => play(world, true, (...where) => new HalfByIntake(...where)),
};

class HalfByIntake implements Door {
  readonly #world: World;
  readonly #stage: Stage;
  readonly #volume: string;
  readonly #bucket: string;
  readonly #watch: IntakeWatch;
  readonly #uploads: Acknowledged[] = [];
  #meanwhile = 0;
  #puts = 0;

  constructor(world: World, stage: Stage, volume: string) {
    this.#world = world;
    this.#stage = stage;
    this.#volume = volume;
    this.#bucket = intakeBucket(stage);
    this.#watch = new IntakeWatch(world, stage);
  }

  async put(course: Course): Promise<number> {
    const now = () => this.#world.clock.now();
    if (this.#puts++ % 2 === 0) {
      upload(this.#world, this.#stage, this.#volume, course);
      return now();
    }
    await this.#upload(course);
    return now() + SOON_MS;
  }

  async goOn(end: number, until: () => boolean): Promise<void> {
    const { clock, random } = this.#world;
    const from = this.#uploads.length;
    while (clock.now() < end && !until()) {
      this.#meanwhile++;
      const course = `meanwhile-${this.#meanwhile}`;
      await this.#upload(makeCourse(course, random.stream(course)));
      await clock.run(clock.now() + NEXT_MS, until);
      this.#watch.look(this.#uploads.slice(from));
    }
  }

  async #upload(course: Course): Promise<void> {
    const form = this.#uploads.length % 2 === 0 ? 'zip' : 'folder';
    this.#uploads.push(await uploadCourse(this.#world, this.#bucket, this.#volume, course, form));
  }

  judge(library: Library, { at }: Failure): readonly Check[] {
    const wanted = new Set(library.ids());
    const deleted = library.deletedBefore(at - JOURNALED_AFTER_MS);
    const kept = this.#uploads.filter(({ course }) => wanted.has(course) || course.startsWith('meanwhile-'));
    const back = this.#uploads.filter((one) => deleted.includes(one.course) && this.#isThere(one));
    this.#watch.look(kept);
    return [
      ...servedOrRefused(this.#world, this.#stage, kept),
      ...this.#watch.checks,
      check('uploads went on while nobody served', this.#meanwhile > 0, String(this.#meanwhile)),
      check(
        'no upload that was deleted since comes back',
        back.length === 0 && deleted.length > 0,
        back.map(({ course }) => course),
        `none of ${deleted.length} courses`,
      ),
    ];
  }

  #isThere({ course, files = [] }: Acknowledged): boolean {
    const owner = this.#stage.servedBy(this.#volume);
    return files.some(({ path }) => {
      try {
        return owner !== undefined && this.#world.disks.read(owner, this.#volume, coursePath(course, path)).length > 0;
      } catch (error) {
        if (error instanceof DiskError && error.code === DISK_ERROR.missing) return false;
        throw error;
      }
    });
  }
}
