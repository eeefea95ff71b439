/** What the agent of the journal of files does with a volume that is mounted on its host, served there or not. */

/** Files of a course by their paths below its directory, its manifest too. */
export type CourseFiles = ReadonlyMap<string, Uint8Array>;

/** Hears of a course that somebody has uploaded or deleted, through what the host serves. */
export type Heard = (instanceId: string, volumeId: string, courseId: string) => void;

export interface JournaledDisks {
  /** `undefined`: none run here, and a model stands for them. */
  readonly agents?: RealAgents | undefined;
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

/** What S3 does with the requests of hosts. `held`: it answers nobody yet. */
export type S3Answers = 'answers' | 'held' | 'fails';

/** An object that an agent has written, by bucket and key; metadata by their names in S3. */
export interface AgentObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The agents of the journal as they are deployed, where disks can run them: processes, with the kernel's own events and an S3 of theirs. They live in
 * real time, in which nothing else happens while one of these calls runs.
 */
export interface RealAgents {
  s3(how: S3Answers): void;
  /** Whether the host writes the journal of that volume: its unit has been started, and has not ended for good. */
  runs(instanceId: string, volumeId: string): boolean;
  /**
   * All that is dirty on the volume is in the journal: waits for it, a writer that is just starting too.
   * @returns `false`: no writer runs there, or what it has to read is dead
   * @throws Error where it takes longer than a slow machine explains
   */
  flush(instanceId: string, volumeId: string): boolean;
  /** All agents of the host stand still, or go on. */
  freeze(instanceId: string, frozen: boolean): void;
  /** What was written since this was asked last, in that order. */
  written(): AgentObject[];
}
