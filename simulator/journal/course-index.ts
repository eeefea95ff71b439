import { createHash } from 'node:crypto';
import { type Disks, MANIFEST_FILE } from '../disks/disks.ts';
import type { CourseFiles } from '../disks/journaled.ts';
import type { CourseState } from './courses.ts';
import type { Place } from './objects.ts';

/** What the journal has of a volume, course by course: each with what it is known again by. */
export class CourseIndex {
  readonly #all: Map<string, string>;

  /** @param all as a mark has it */
  constructor(all: Readonly<Record<string, string>>) {
    this.#all = new Map(Object.entries(all));
  }

  get all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#all);
  }

  has(courseId: string): boolean {
    return this.#all.has(courseId);
  }

  note({ courseId, files }: CourseState): void {
    if (files) this.#all.set(courseId, likeness(files));
    else this.#all.delete(courseId);
  }

  /** Courses that the volume and the journal do not have alike. @throws DiskError */
  unlike(disks: Disks, { instanceId, volumeId }: Place): string[] {
    const there = disks.coursesOn(instanceId, volumeId);
    const isAsStated = (id: string) => {
      const files = this.has(id) ? disks.readCourse(instanceId, volumeId, id) : undefined;
      return files !== undefined && likeness(files) === this.#all.get(id);
    };
    return [...there.filter((id) => !isAsStated(id)), ...[...this.#all.keys()].filter((id) => !there.includes(id))];
  }
}

/** Its manifest, which a file that rots does not change. On a host: times and inodes. */
function likeness(files: CourseFiles): string {
  const manifest = files.get(MANIFEST_FILE) ?? new Uint8Array();
  return createHash('sha256').update(manifest).digest('hex').slice(0, 16);
}
