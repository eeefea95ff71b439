/** The file system of a memory disk: what XFS is to the verbs, as a model. */
import { createHash } from 'node:crypto';
import { altered, fileToAlter, manifestOf, plantOrder } from '../course.ts';
import { type Alteration, CANARY_FILE, type Course, DISK_ERROR, DiskError, MANIFEST_FILE } from '../disks.ts';
import { NOTHING_WRITTEN, withCourse } from '../first-touch.ts';

function bytesOf(course: Course): number {
  return course.files.reduce((sum, file) => sum + file.bytes.length, 0);
}

/** Whether a file is read. @param canary what it was when the file was written */
export type Due = (number: number, canary: string | undefined) => boolean;

/** What a volume holds once it is formatted. Copies share their courses until one of the two changes. */
export class MemoryFileSystem {
  /** The content volume that it was formatted for. */
  readonly volume: string;
  /** The physical volume that it was formatted on. */
  readonly formattedOn: string;
  /** ISO time in the canary; none until the volume is first served. */
  canary: string | undefined;
  /** Courses whose deletion runs into the planted inconsistency. */
  latent: ReadonlySet<string> = new Set();
  /** The log cannot be replayed: the kernel refuses to mount it. */
  damaged = false;
  /** Files that the web server's user may not read: as they are, in every copy. */
  hidden = 0;
  /** Somebody's file fills it up to so many percent. */
  filled = 0;
  /** What it was made or grown to; its volume may be larger. */
  sizeGiB: number;
  /** Counts the canaries that were written: copies with the same are of the same moment. */
  copyNumber = 0;
  written = NOTHING_WRITTEN;
  /** `.remount/journal`: how far the journal of files is on it. */
  mark: string | undefined;
  /** It was not unmounted since it was last mounted: what was written in place may have no time yet. */
  private dirty = false;
  /** A check has replayed its log, which was of a mounted volume. */
  private marked = false;
  /** Sparse files, and their sizes. */
  private sparse: ReadonlyMap<string, number> = new Map();
  /** Course -> the file of it that rotted. */
  private rotten: ReadonlyMap<string, string> = new Map();
  private courses = new Map<string, Course>();
  /** Course -> the number of its first file, the others following, and the canary at its upload: what inode number and ctime say. */
  private numbers = new Map<string, { readonly first: number; readonly canary: string | undefined }>();
  private nextNumber = 0;
  /** Courses that nobody has synced yet: a power cut loses them, and a snapshot has them not. */
  private unsynced: ReadonlySet<string> = new Set();
  private shared = false;
  private used = 0;

  constructor(volume: string, formattedOn: string, sizeGiB: number) {
    this.volume = volume;
    this.formattedOn = formattedOn;
    this.sizeGiB = sizeGiB;
  }

  /** A copy as a snapshot takes it. Cheap: courses are shared until written. */
  copy(): MemoryFileSystem {
    const copy = new MemoryFileSystem(this.volume, this.formattedOn, this.sizeGiB);
    copy.canary = this.canary;
    copy.copyNumber = this.copyNumber;
    copy.written = this.written;
    copy.mark = this.mark;
    copy.dirty = this.dirty;
    copy.marked = this.marked;
    copy.sparse = this.sparse;
    copy.latent = this.latent;
    copy.damaged = this.damaged;
    copy.hidden = this.hidden;
    copy.filled = this.filled;
    copy.rotten = this.rotten;
    copy.courses = this.courses;
    copy.numbers = this.numbers;
    copy.nextNumber = this.nextNumber;
    copy.used = this.used;
    copy.shared = true;
    this.shared = true;
    copy.loseUnsynced(this.unsynced);
    return copy;
  }

  /** Percent of the space that is used, rounded up as df(1) does. */
  usedPercent(): number {
    return Math.max(this.filled, Math.ceil((this.used / (this.sizeGiB * 2 ** 30)) * 100));
  }

  writeCanary(now: string): void {
    this.canary = now;
    this.copyNumber++;
  }

  mount(): void {
    this.dirty = true;
  }

  /** Writes everything out. */
  unmount(): void {
    this.sync();
    this.dirty = false;
  }

  /** A check mounts it, and unmounts it again: so it leaves a mark where it was copied live. */
  look(): void {
    this.marked ||= this.dirty;
    this.dirty = false;
  }

  /** It was copied while it was mounted. Once a check has had a look. */
  get wasLive(): boolean {
    return this.marked;
  }

  addSparse(path: string, bytes: number): void {
    this.sparse = new Map([...this.sparse, [path, bytes]]);
  }

  /** Files in no manifest, manifests apart. */
  unlistedCount(): number {
    return this.sparse.size;
  }

  /** Everything that was written is on the disk. */
  sync(): void {
    this.unsynced = new Set();
  }

  /** What was not synced is gone. */
  loseUnsynced(lost = this.unsynced): void {
    for (const id of lost) {
      const course = this.courses.get(id);
      if (course) this.drop(course);
    }
    this.unsynced = new Set();
  }

  /** Whether it was made for this volume and never served. */
  isFreshFor(volume: string, volumeId: string): boolean {
    return (
      this.volume === volume &&
      this.formattedOn === volumeId &&
      this.canary === undefined &&
      this.courses.size === 0 &&
      !this.damaged
    );
  }

  /** Regular files outside `.remount`, manifests included. */
  fileCount(): number {
    let count = 0;
    for (const course of this.courses.values()) count += course.files.length + 1;
    return count + this.sparse.size;
  }

  /** Bytes in those files. */
  byteCount(): number {
    let count = [...this.sparse.values()].reduce((sum, bytes) => sum + bytes, this.used);
    for (const course of this.courses.values()) count += Buffer.byteLength(manifestOf(course));
    return count;
  }

  /** Files, manifests apart: each is listed in its course's manifest. */
  listedCount(): number {
    return this.fileCount() - this.courses.size - this.sparse.size;
  }

  /** Paths of the files whose content is not what their manifest says. */
  alteredFiles(): string[] {
    return [...this.rotten].filter(([id]) => this.courses.has(id)).map(([id, path]) => `courses/${id}/${path}`);
  }

  /** Of the files, how many a check reads that reads what is due; and of those that are altered, which. */
  portion(isDue: Due): { readonly files: number; readonly bytes: number; readonly altered: readonly string[] } {
    const due = [...this.courses].flatMap(([id, course]) => {
      const { first, canary } = this.numbers.get(id) ?? { first: 0, canary: undefined };
      const manifest = { path: MANIFEST_FILE, size: Buffer.byteLength(manifestOf(course)) };
      const files = [...course.files.map(({ path, bytes }) => ({ path, size: bytes.length })), manifest];
      return files.filter((_, n) => isDue(first + n, canary)).map((file) => ({ ...file, id }));
    });
    const sparse = [...this.sparse.values()].filter((_, n) => isDue(n, undefined));
    return {
      files: due.length + sparse.length,
      bytes: [...due.map(({ size }) => size), ...sparse].reduce((sum, size) => sum + size, 0),
      altered: due
        .filter(({ id, path }) => this.rotten.get(id) === path)
        .map(({ id, path }) => `courses/${id}/${path}`),
    };
  }

  /** Damages a file, whose checksum in the manifest stays. @returns `undefined` where there is none */
  alter(how: Alteration): { readonly courseId: string; readonly path: string } | undefined {
    const [courseId = ''] = plantOrder(this.courseIds());
    const course = this.courses.get(courseId);
    const victim = fileToAlter((course?.files ?? []).map(({ path, bytes }) => ({ path, size: bytes.length })));
    if (!course || !victim) return undefined;
    const { path } = victim;
    const files = course.files.map((file) =>
      file.path === path ? { ...file, bytes: altered(file.bytes, how) } : file,
    );
    this.writable().set(courseId, { ...course, files });
    this.rotten = new Map([...this.rotten, [courseId, path]]);
    return { courseId, path };
  }

  /** Course ids in the order of their upload. */
  courseIds(): string[] {
    return [...this.courses.keys()];
  }

  /** One syncfs(2) syncs all that was written before. */
  add(course: Course, capacityBytes: number, synced: boolean): void {
    if (this.courses.has(course.id)) throw new DiskError(DISK_ERROR.exists, `course ${course.id} is there already`);
    const size = bytesOf(course);
    if (this.used + size > capacityBytes) throw new DiskError(DISK_ERROR.full, `no space left for course ${course.id}`);
    this.writable().set(course.id, course);
    this.numbers.set(course.id, { first: this.nextNumber, canary: this.canary });
    this.nextNumber += course.files.length + 1;
    this.written = withCourse(this.written, course);
    this.used += size;
    this.unsynced = new Set(synced ? [] : [...this.unsynced, course.id]);
  }

  /** Deletes a course and says whether that ran into the planted inconsistency. */
  remove(courseId: string): 'removed' | 'tripped' {
    const course = this.courses.get(courseId);
    if (!course) throw new DiskError(DISK_ERROR.missing, `no course ${courseId}`);
    if (this.latent.has(courseId)) {
      this.damaged = true;
      return 'tripped';
    }
    this.drop(course);
    return 'removed';
  }

  /** Puts a course there as the journal states it, in the place of what there is. */
  restore(course: Course): void {
    this.trash(course.id);
    this.add(course, Number.MAX_SAFE_INTEGER, false);
  }

  /** Takes a course out of sight: a rename frees nothing, and so runs into no damage. */
  trash(courseId: string): void {
    const course = this.courses.get(courseId);
    if (course) this.drop(course);
  }

  /** The same files under another name. */
  rename(from: string, to: string): void {
    const course = this.courses.get(from);
    if (!course) throw new DiskError(DISK_ERROR.missing, `no course ${from}`);
    const synced = !this.unsynced.has(from);
    this.trash(from);
    this.add({ ...course, id: to }, Number.MAX_SAFE_INTEGER, synced);
  }

  /** Bytes at the end of a file, which may be new. */
  append(courseId: string, path: string, bytes: Uint8Array): void {
    const course = this.courses.get(courseId);
    if (!course) throw new DiskError(DISK_ERROR.missing, `no course ${courseId}`);
    const before = course.files.find((file) => file.path === path)?.bytes ?? new Uint8Array();
    const all = Buffer.concat([before, bytes]);
    const file = { path, bytes: all, sha256: createHash('sha256').update(all).digest('hex') };
    this.writable().set(courseId, {
      id: courseId,
      files: [...course.files.filter((each) => each.path !== path), file],
    });
    this.used += bytes.length;
    this.unsynced = new Set([...this.unsynced, courseId]);
  }

  /** Files of a course by their paths, its manifest too. */
  filesOf(courseId: string): Map<string, Uint8Array> | undefined {
    const course = this.courses.get(courseId);
    if (!course) return undefined;
    const files = course.files.map(({ path, bytes }): [string, Uint8Array] => [path, bytes]);
    return new Map([...files, [MANIFEST_FILE, Buffer.from(manifestOf(course))]]);
  }

  read(path: string): Uint8Array {
    if (path === CANARY_FILE && this.canary !== undefined) return Buffer.from(`${this.canary}\n`);
    const [, id, name] = /^courses\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const course = id === undefined ? undefined : this.courses.get(id);
    if (course && name === MANIFEST_FILE) return Buffer.from(manifestOf(course));
    const file = course?.files.find((candidate) => candidate.path === name);
    if (!file) throw new DiskError(DISK_ERROR.missing, `no file ${path}`);
    return file.bytes;
  }

  private drop(course: Course): void {
    this.writable().delete(course.id);
    this.numbers.delete(course.id);
    if (this.unsynced.has(course.id)) this.unsynced = new Set([...this.unsynced].filter((id) => id !== course.id));
    this.used -= bytesOf(course);
  }

  private writable(): Map<string, Course> {
    if (this.shared) {
      this.courses = new Map(this.courses);
      this.numbers = new Map(this.numbers);
      this.shared = false;
    }
    return this.courses;
  }
}
