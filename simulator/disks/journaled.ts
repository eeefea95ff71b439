/** What the agent of the journal of files does with a volume that is mounted on its host, served there or not. */

/** Files of a course by their paths below its directory, its manifest too. */
export type CourseFiles = ReadonlyMap<string, Uint8Array>;

/** Hears of a course that somebody has uploaded or deleted, through what the host serves. */
export type Heard = (instanceId: string, volumeId: string, courseId: string) => void;

export interface JournaledDisks {
  /** From now on the kernel's events of all hosts go there. */
  listen(heard: Heard): void;
  /** Courses on the volume, sorted. @throws DiskError EIO, ENOENT, ETIMEDOUT */
  coursesOn(instanceId: string, volumeId: string): string[];
  /** `undefined`: there is none of that name. @throws DiskError EIO, ENOENT, ETIMEDOUT */
  readCourse(instanceId: string, volumeId: string, courseId: string): CourseFiles | undefined;
  /**
   * Puts a course there in the place of what there is, or takes it out of sight where there is none any more.
   * @throws DiskError EIO, ENOENT, ETIMEDOUT
   */
  applyCourse(instanceId: string, volumeId: string, courseId: string, files: CourseFiles | undefined): void;
  /** What stands in `.remount/journal` on the volume. @throws DiskError EIO, ENOENT, ETIMEDOUT */
  readMark(instanceId: string, volumeId: string): string | undefined;
  /** Writes it, once all that was written before is on the disk. @throws DiskError EIO, ENOENT, ETIMEDOUT */
  writeMark(instanceId: string, volumeId: string, mark: string): void;
}
