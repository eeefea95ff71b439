import { createHash, hash } from 'node:crypto';
import type { Course } from '../../simulator/disks/disks.ts';
import type { Random } from '../../simulator/time/random.ts';

const KINDS = [
  'imsmanifest.xml',
  'index.html',
  'media/intro.mp3',
  'media/slides.json',
  'scripts/api.js',
  'quiz/questions.json',
];

/** A small course, of 3 to 6 files of 1 to 24 KiB, the same for the same seed. */
export function makeCourse(id: string, random: Random): Course {
  const files = KINDS.slice(0, random.whole(3, KINDS.length)).map((path) => {
    const bytes = content(random, random.whole(1, 24) * 1024);
    return { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  return { id, files };
}

/** Bytes that no two files share, out of a hash of any length: quicker than drawing each byte. */
function content(random: Random, length: number): Uint8Array {
  return hash('shake256', random.hex(16), { outputEncoding: 'buffer', outputLength: length });
}

/** What was uploaded, when, and what is still wanted: what the read-back is compared with. */
export class Library {
  readonly #courses = new Map<
    string,
    { readonly course: Course; readonly at: number; deletedAt: number | undefined }
  >();

  add(course: Course, at: number): void {
    this.#courses.set(course.id, { course, at, deletedAt: undefined });
  }

  delete(id: string, at: number): void {
    const entry = this.#courses.get(id);
    if (entry) entry.deletedAt = at;
  }

  /** Courses that were on the volume at that moment. */
  at(moment: number): Course[] {
    return [...this.#courses.values()]
      .filter((e) => e.at <= moment && (e.deletedAt === undefined || e.deletedAt > moment))
      .map((e) => e.course);
  }

  /** Courses uploaded after that moment. */
  after(moment: number): Course[] {
    return [...this.#courses.values()].filter((e) => e.at > moment).map((e) => e.course);
  }

  /** When the first of these courses was uploaded; `undefined`: there is none of them. */
  firstAt(courses: readonly Course[]): number | undefined {
    const times = courses.flatMap(({ id }) => this.#courses.get(id)?.at ?? []);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Ids of courses that were deleted before that moment. */
  deletedBefore(moment: number): string[] {
    return [...this.#courses.values()].filter((e) => (e.deletedAt ?? moment) < moment).map((e) => e.course.id);
  }

  /** Ids, oldest first. */
  ids(): string[] {
    return [...this.#courses.values()].filter((e) => e.deletedAt === undefined).map((e) => e.course.id);
  }
}
