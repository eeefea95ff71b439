/** Bit rot: damages a file's data in the image, below the file system, at the place that the extent map gives. */
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { altered, fileToAlter } from '../course.ts';
import { type Alteration, type AlteredFile, MANIFEST_FILE } from '../disks.ts';
import { must } from '../shell.ts';
import { extentsOf } from './plant.ts';

const SECTOR = 512;

interface Candidate {
  readonly path: string;
  readonly size: number;
}

/** Files of a course that have data, its manifest apart. */
function filesOf(directory: string): Candidate[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => ({ path, stat: statSync(join(directory, path)) }))
    .filter(({ path, stat }) => stat.isFile() && stat.size > 0 && path !== MANIFEST_FILE)
    .map(({ path, stat }) => ({ path, size: stat.size }));
}

/**
 * Damages a file of the mounted file system on the image.
 * @param order the courses to look for one in, the best first
 * @throws Error when none of them has a file
 */
export function rot(root: string, image: string, order: readonly string[], how: Alteration): AlteredFile {
  for (const courseId of order) {
    const directory = join(root, 'courses', courseId);
    const victim = fileToAlter(filesOf(directory));
    if (!victim) continue;
    const path = join(directory, victim.path);
    must('sync', '--file-system', root);
    const extents = extentsOf(path);
    if (extents.length !== 1) throw new Error(`alter: ${path} has ${extents.length} extents, not one`);
    const offset = (extents[0]?.first ?? 0) * SECTOR;
    damage(image, offset, victim.size, how);
    // The kernel's copy of the file, as if it had been read long ago.
    must('dd', `if=${path}`, 'iflag=nocache', 'count=0', 'status=none');
    const description = `${victim.path} of course ${courseId}, at byte ${offset} of the volume: ${how}`;
    return { courseId, path: victim.path, description };
  }
  throw new Error(`alter: none of ${order.length} courses has a file to damage`);
}

function damage(image: string, offset: number, size: number, how: Alteration): void {
  const fd = openSync(image, 'r+');
  try {
    const bytes = new Uint8Array(size);
    readSync(fd, bytes, 0, size, offset);
    writeSync(fd, altered(bytes, how), 0, size, offset);
  } finally {
    closeSync(fd);
  }
}
