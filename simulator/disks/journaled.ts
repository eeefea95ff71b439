import type { RealIntakes } from './uploads.ts';

/** What the agent of the journal of files does with a volume that is mounted on its host, served there or not. */

/** Files of a course by their paths below its directory, its manifest too. */
export type CourseFiles = ReadonlyMap<string, Uint8Array>;

/** Hears of a course that somebody has changed, through what the host serves. @param files how many of it. @default 1 */
export type Heard = (instanceId: string, volumeId: string, courseId: string, files?: number) => void;

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
  /** The same, through what the host serves: whoever listens hears of it. @throws DiskError EIO, ENOENT, ETIMEDOUT */
  placeCourse(instanceId: string, volumeId: string, courseId: string, files: CourseFiles): void;
  /** Somebody gives a course another name, through what the host serves. @throws DiskError EIO, ENOENT */
  renameCourse(instanceId: string, volume: string, from: string, to: string): void;
  /**
   * Somebody has a file of a course open, and writes more to its end; until it cannot be written to any more, or {@link JournaledDisks.letGo}.
   * @throws DiskError EIO, ENOENT
   */
  append(instanceId: string, volume: string, courseId: string, path: string, bytes: Uint8Array): void;
  /** Whoever has files open there closes them. */
  letGo(): void;
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
  /** Whether hosts have what they need. Where not, each ends as soon as it is started. */
  startable: boolean;
  /** Where a stack has an intake. */
  readonly intakes: RealIntakes;
  s3(how: S3Answers): void;
  /** Whether the host writes the journal of that volume: its unit has been started, and has not ended for good. */
  runs(instanceId: string, volumeId: string): boolean;
  /**
   * All that is dirty on the volume is in the journal: waits for it, a writer that is just starting too.
   * @returns `false`: no writer runs there, or what it has to read is dead
   * @throws Error where it takes longer than a slow machine explains
   */
  flush(instanceId: string, volumeId: string): boolean;
  /** Whether the host applies the journal onto that volume, a spare: its unit has been started, and has not ended for good. */
  follows(instanceId: string, volumeId: string): boolean;
  /**
   * The spare has all that S3 has: waits for it, a follower that is just starting too.
   * @returns `false`: nobody follows there, or it cannot go on
   */
  catchUp(instanceId: string, volumeId: string): boolean;
  /** Nobody follows on any spare there any more, and systemd starts none. */
  unfollow(instanceId: string): void;
  /** The root disk of the host has no room for what an agent keeps there, or has it again. */
  fillRoot(instanceId: string, full: boolean): void;
  /** All agents of the host stand still, or go on. */
  freeze(instanceId: string, frozen: boolean): void;
  /** All of the host's agents are killed, in whatever they do; systemd starts them anew. */
  kill(instanceId: string): void;
  /** What was written since this was asked last, in that order. */
  written(): AgentObject[];
  /** Objects of S3 are there no more. */
  forget(bucket: string, keys: readonly string[]): void;
}
