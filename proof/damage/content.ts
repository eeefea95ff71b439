/** What the damaged volumes hold: courses with manifests, and one of each thing that XFS keeps in blocks of its own. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE } from '../../simulator/disks/disks.ts';
import { must } from '../../simulator/disks/shell.ts';

const COURSES = 30;
/** Enough names of 100 bytes for a directory with blocks of its own and a B-tree of hashes. */
const NAMES = 2000;
const XFS_BLOCK = 4096;
/** Blocks with a hole after each: more extents than fit into an inode. */
const PIECES = 200;
/** Bytes; up to 336 would fit into the inode of 512. */
const LONG_TARGET = 900;

/** Inode numbers of what can be damaged. */
export interface Inodes {
  readonly file: number;
  readonly directory: number;
  readonly symlink: number;
  readonly fragmented: number;
  readonly marked: number;
  /** Its blocks are another file's, too. */
  readonly shared: number;
  /** Of the course of `file`. */
  readonly manifest: number;
}

function bytesOf(seed: string, length: number): Buffer {
  return Buffer.alloc(length, createHash('sha512').update(seed).digest());
}

/** Writes the manifest, after the files are on the disk: that is the order that an uploader must keep. */
export function writeManifest(course: string): void {
  must('sync', '--file-system', course);
  const script = `cd "$1" && find . -type f ! -name ${MANIFEST_FILE} -print0 | sort -z | xargs -0 -r sha256sum >../.aside`;
  must('sh', '-c', `${script} && mv ../.aside ${MANIFEST_FILE}`, 'sh', course);
}

/** Fills the mounted volume. */
export function fill(root: string): Inodes {
  const courses = join(root, 'courses');
  mkdirSync(courses);
  const course = (id: string): string => {
    mkdirSync(join(courses, id));
    return join(courses, id);
  };
  for (let i = 0; i < COURSES; i++) {
    const directory = course(`course-${i}`);
    for (let k = 0; k < 5; k++) {
      writeFileSync(join(directory, `file-${k}`), bytesOf(`${i}/${k}`, 3000 + ((i * 7919 + k * 104729) % 90_000)));
    }
  }
  const large = course('large');
  for (let i = 0; i < NAMES; i++) writeFileSync(join(large, `${i}-${'n'.repeat(100)}`), `${i}`);

  const linked = course('linked');
  symlinkSync(`./${'a/../'.repeat(LONG_TARGET / 5)}file`, join(linked, 'link'));
  const fragmented = join(course('fragmented'), 'file');
  writeFileSync(fragmented, bytesOf('fragmented', 2 * PIECES * XFS_BLOCK));
  const holes = Array.from({ length: PIECES }, (_, i) => ['-c', `fpunch ${(2 * i + 1) * XFS_BLOCK} ${XFS_BLOCK}`]);
  must('xfs_io', ...holes.flat(), fragmented);
  const marked = join(course('marked'), 'file');
  writeFileSync(marked, bytesOf('marked', 10_000));

  const shared = join(course('shared'), 'file');
  writeFileSync(shared, bytesOf('shared', 10_000));
  must('sync', shared);
  must('cp', '--reflink=auto', shared, `${shared}.2`);

  // Small gaps, as a life of uploads and clean-ups leaves them.
  for (let i = 0; i < COURSES; i += 3) rmSync(join(courses, `course-${i}`), { recursive: true });
  for (const id of readdirSync(courses)) writeManifest(join(courses, id));
  must('sync', '--file-system', root);
  const inode = (path: string): number => statSync(join(courses, path)).ino;
  const link = Number(must('stat', '-c', '%i', join(linked, 'link')));
  return {
    file: inode('course-1/file-4'),
    directory: inode('large'),
    symlink: link,
    fragmented: inode('fragmented/file'),
    marked: inode('marked/file'),
    shared: inode('shared/file'),
    manifest: inode(`course-1/${MANIFEST_FILE}`),
  };
}
