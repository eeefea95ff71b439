/** What an uploader, a clean-up job and a reader do, on a directory of a real file system. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  type Dirent,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestOf } from '../course.ts';
import { type Course, DISK_ERROR, DiskError, type DiskErrorCode, MANIFEST_FILE } from '../disks.ts';
import { must } from '../shell.ts';

/** XFS answers this where Node knows no name for the number ("Structure needs cleaning"). */
const EUCLEAN = 117;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function codeOf(error: unknown): DiskErrorCode | undefined {
  if (!isRecord(error)) return undefined;
  if (error.errno === -EUCLEAN) return DISK_ERROR.damaged;
  return Object.values(DISK_ERROR).find((code) => code === error.code);
}

/** Whether the file system answers at all: once shut down, XFS answers every stat() with EIO. */
export function isShutDown(root: string): boolean {
  try {
    statSync(root);
    return false;
  } catch (error) {
    return codeOf(error) === DISK_ERROR.io;
  }
}

/** What the file system has room for, its log left out and so rounded up. */
export function capacityGiB(root: string): number {
  const { blocks, bsize } = onDisk(root, 'size', () => statfsSync(root));
  return Math.ceil((blocks * bsize) / 2 ** 30);
}

/** Room is taken, and not written: it is as full for whoever comes after. With 100, not a block is left. */
export function fillContent(root: string, percent: number): void {
  onDisk(root, 'filling', () => {
    const { blocks, bavail, bsize } = statfsSync(root);
    const bytes = percent >= 100 ? bavail * bsize : Math.max(0, bavail - blocks * (1 - percent / 100)) * bsize;
    for (let take = Math.floor(bytes / bsize) * bsize, n = 0; take >= bsize; n++)
      if (spawnSync('fallocate', ['--length', String(take), join(root, `filler-${percent}-${n}`)]).status !== 0)
        take = Math.floor(take / 2 / bsize) * bsize;
      else if (percent < 100) return;
      else take = Math.floor((statfsSync(root).bavail * bsize) / bsize) * bsize;
  });
}

/** Runs work below `root`; what the file system answers becomes a DiskError, other errors are passed on. */
export function onDisk<T>(root: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DiskError) throw error;
    if (isShutDown(root))
      throw new DiskError(DISK_ERROR.io, `${what}: the file system has shut down`, { cause: error });
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new DiskError(code, `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Writes a course and its manifest, readable for everybody, and syncs it with one syncfs(2), or leaves that to the kernel. */
export function uploadCourse(root: string, course: Course, synced: boolean): void {
  const directory = join(root, 'courses', course.id);
  onDisk(root, `uploading course ${course.id}`, () => {
    mkdirSync(join(root, 'courses'), { recursive: true, mode: 0o755 });
    mkdirSync(directory, { mode: 0o755 });
    try {
      for (const file of course.files) {
        const path = join(directory, file.path);
        mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
        writeFileSync(path, file.bytes);
        chmodSync(path, 0o644);
      }
      writeFileSync(join(directory, MANIFEST_FILE), manifestOf(course));
      if (synced) must('sync', '--file-system', directory);
    } catch (error) {
      // Out of space is the uploader's to tidy up; on a dead file system there is nothing to tidy.
      if (!isShutDown(root)) rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  });
}

const MEBIBYTE = 2 ** 20;

/** A sparse file with a mebibyte of data in its middle. */
export function writeSparse(root: string, path: string, bytes: number): void {
  onDisk(root, `writing ${path}`, () => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    const fd = openSync(file, 'wx', 0o644);
    try {
      writeSync(fd, Buffer.alloc(MEBIBYTE, 's'), 0, MEBIBYTE, Math.floor(bytes / 2));
      ftruncateSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * Deletes a course. Files are emptied before they are unlinked: since Linux 5.14 XFS frees the blocks of an unlinked
 * file in the background, and a rehearsal has to see the kernel's answer at the same moment each time.
 */
export function removeCourse(root: string, courseId: string): void {
  const clear = (directory: string): void => {
    const entries: Dirent[] = readdirSync(directory, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) clear(path);
      else {
        truncateSync(path, 0);
        unlinkSync(path);
      }
    }
    rmdirSync(directory);
  };
  onDisk(root, `deleting course ${courseId}`, () => clear(join(root, 'courses', courseId)));
}

export function courseIds(root: string): string[] {
  return onDisk(root, 'listing courses', () => {
    if (!readdirSync(root).includes('courses')) return [];
    return readdirSync(join(root, 'courses')).sort();
  });
}

export function readContent(root: string, path: string): Uint8Array {
  return onDisk(root, `reading ${path}`, () => readFileSync(join(root, path)));
}

/** What an upload that was broken off leaves, synced: `umask` and the modes that rsync gives its temporary files. */
export function leaveUnreadable(root: string): void {
  const directory = join(root, '.incoming');
  mkdirSync(directory, { mode: 0o700 });
  for (const path of [join(root, '.index.html.Xy7kQ2'), join(directory, 'course.zip')]) {
    writeFileSync(path, 'half of it', { mode: 0o600, flush: true });
    chmodSync(path, 0o600);
  }
  chmodSync(directory, 0o700);
}
