/**
 * Plants the inconsistency of the bad Wednesday: a free-space record that reaches one block into a file.
 *
 * Why a hole is prepared first: the block that is wrongly called free must not be given to a new upload before the
 * clean-up deletes the old course, or the file's content would be overwritten, which is another incident. So the record
 * is made large, with the file right behind its end: XFS takes blocks for files in the directories before it from its
 * beginning (xfs_alloc_compute_diff), and gigabytes lie between.
 *
 * What trips it: freeing the file's first block, xfs_free_ag_extent() finds that the record to the left of it ends
 * beyond it, calls that corruption, and the kernel shuts the file system down (fs/xfs/libxfs/xfs_alloc.c).
 */
import { chmodSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, tool } from '../shell.ts';

/** Preferred size of the hole; less where the allocation group has less. Bytes. */
const HOLE_BYTES = 2 ** 30;
const SMALLEST_HOLE_BYTES = 2 ** 24;
/** The file is laid out in a piece this large, so that no small gap attracts it, then cut to size. Bytes. */
const PIECE_BYTES = 2 ** 23;
const XFS_BLOCK = 4096;
const SECTOR = 512;

/** A file that lies right behind a large free extent. */
export interface Hole {
  readonly courseId: string;
  readonly file: string;
  readonly agNumber: number;
  /** First block of the file, counted within its allocation group. */
  readonly agBlock: number;
}

export interface Extent {
  /** Sectors of 512 bytes, from the start of the device. */
  readonly first: number;
  readonly last: number;
  readonly agNumber: number;
  /** Sectors of 512 bytes, from the start of the allocation group. */
  readonly agFirst: number;
}

/** Extents of a file, in the order of the file. */
export function extentsOf(path: string): Extent[] {
  // " 0: [0..7]: 96..103  0 (96..103)  8 ..." ; holes have no numbers.
  const line = /^\s*\d+: \[\d+\.\.\d+\]:\s+(\d+)\.\.(\d+)\s+(\d+)\s+\((\d+)\.\.\d+\)/;
  return must('xfs_bmap', '-v', path)
    .split('\n')
    .flatMap((text) => {
      const [, first, last, ag, agFirst] = line.exec(text) ?? [];
      if (first === undefined) return [];
      return [{ first: Number(first), last: Number(last), agNumber: Number(ag), agFirst: Number(agFirst) }];
    });
}

/** Gives an unwritten file blocks, afresh. @returns false when there is no room for it */
function reserve(path: string, bytes: number): boolean {
  must('truncate', '--size=0', path);
  return tool('xfs_io', '-f', '-c', `falloc 0 ${bytes}`, path).status === 0;
}

/** Moves one file of a course to right behind a large free extent. @returns `undefined` where the layout does not allow it */
function holeBefore(root: string, courseId: string): Hole | undefined {
  const directory = join(root, 'courses', courseId);
  const names = readdirSync(directory).filter((name) => {
    const stat = statSync(join(directory, name));
    return stat.isFile() && stat.size > 0 && stat.size <= PIECE_BYTES;
  });
  const sized = names.map((name) => ({ name, stat: statSync(join(directory, name)) }));
  const largest = sized.sort((a, b) => b.stat.size - a.stat.size || (a.name < b.name ? -1 : 1))[0];
  if (!largest) return undefined;

  const original = join(directory, largest.name);
  const moved = join(directory, '.moved');
  const ballast = join(directory, '.ballast');
  try {
    // Both inodes first: a new chunk of inodes behind the hole would draw later uploads to its end.
    for (const path of [moved, ballast]) writeFileSync(path, '');
    must('sync', '--file-system', root);
    for (let bytes = HOLE_BYTES; bytes >= SMALLEST_HOLE_BYTES; bytes /= 2) {
      if (!reserve(ballast, bytes)) continue;
      const before = extentsOf(ballast);
      if (before.length === 1 && reserve(moved, PIECE_BYTES)) break;
    }
    writeFileSync(moved, readFileSync(original), { flag: 'r+' });
    must('truncate', `--size=${largest.stat.size}`, moved);
    must('sync', '--file-system', root);
    const [space] = extentsOf(ballast);
    const [piece] = extentsOf(moved);
    if (!space || !piece || piece.first !== space.last + 1 || piece.agNumber !== space.agNumber) return undefined;
    chmodSync(moved, largest.stat.mode);
    utimesSync(moved, largest.stat.atime, largest.stat.mtime);
    renameSync(moved, original);
    const agBlock = (piece.agFirst * SECTOR) / XFS_BLOCK;
    return { courseId, file: largest.name, agNumber: piece.agNumber, agBlock };
  } finally {
    for (const path of [moved, ballast]) tool('rm', '-f', path);
    must('sync', '--file-system', root);
  }
}

/**
 * Prepares the mounted file system: tries the courses in turn.
 * @throws Error when none of them lends itself to it
 */
export function prepareHole(root: string, courseIds: readonly string[]): Hole {
  for (const courseId of courseIds) {
    const hole = holeBefore(root, courseId);
    if (hole) return hole;
  }
  throw new Error(
    `plantInconsistency: none of ${courseIds.length} courses has a file that could be put behind a free extent of ` +
      `${SMALLEST_HOLE_BYTES / 2 ** 20} MiB or more: the volume is too full, or has no course`,
  );
}

export interface FreeRecord {
  readonly start: number;
  readonly count: number;
}

export interface Leaf {
  readonly fsBlock: string;
  readonly records: readonly FreeRecord[];
}

export function xfsDb(device: string, ...commands: string[]): string {
  return must('xfs_db', '-r', ...commands.flatMap((command) => ['-c', command]), device);
}

/** All leaves of a free-space B-tree of one allocation group, left to right. */
export function leavesOf(device: string, tree: 'bnobt' | 'cntbt', agNumber: number): Leaf[] {
  const root = tree === 'bnobt' ? 'bnoroot' : 'cntroot';
  const fsBlockOf = (agBlock: string): string =>
    /\((\d+)\)/.exec(xfsDb(device, `convert agno ${agNumber} agblock ${agBlock} fsblock`))?.[1] ?? '';
  let agBlock: string | undefined = /= (\d+)/.exec(xfsDb(device, `agf ${agNumber}`, `p ${root}`))?.[1];
  const leaves: Leaf[] = [];
  // Down the left edge to the first leaf, then along the siblings.
  while (agBlock !== undefined) {
    const fsBlock = fsBlockOf(agBlock);
    const text = xfsDb(device, `fsblock ${fsBlock}`, `type ${tree}`, 'p');
    const level = Number(/^level = (\d+)/m.exec(text)?.[1] ?? 'NaN');
    if (level > 0) {
      agBlock = /\bptrs\[[\d-]+\] =\s+1:(\d+)/.exec(text)?.[1];
      continue;
    }
    const list = text.slice(text.indexOf('\nrecs['));
    const records = [...list.matchAll(/\d+:\[(\d+),(\d+)\]/g)].map(([, start, count]) => ({
      start: Number(start),
      count: Number(count),
    }));
    leaves.push({ fsBlock, records });
    const right: string | undefined = /^rightsib = (\d+)/m.exec(text)?.[1];
    agBlock = right;
  }
  return leaves;
}

/** Where the record that ends at `end` stands. */
function find(leaves: readonly Leaf[], end: number): { fsBlock: string; index: number; record: FreeRecord } {
  for (const { fsBlock, records } of leaves) {
    const index = records.findIndex(({ start, count }) => start + count === end);
    const record = records[index];
    if (record) return { fsBlock, index, record };
  }
  throw new Error(`plantInconsistency: no free-space record ends at block ${end}`);
}

/**
 * Writes the damage to the unmounted device: the free record before the file grows by one block, in the tree by block
 * number and in the one by size.
 * @returns what was done, in words
 */
export function plantUnder(device: string, hole: Hole): string {
  const { agNumber, agBlock } = hole;
  const bySize = leavesOf(device, 'cntbt', agNumber);
  const inSize = find(bySize, agBlock);
  const inPlace = find(leavesOf(device, 'bnobt', agNumber), agBlock);
  const { start, count } = inSize.record;
  const sizes = bySize.flatMap(({ records }) => records);
  // One longer, it must still stand where it stands, or the tree itself would be out of order.
  if (sizes.some((other) => other.count === count + 1 && other.start < start)) {
    throw new Error(`plantInconsistency: a free extent of ${count + 1} blocks stands in the way`);
  }
  const write = (tree: string, at: { fsBlock: string; index: number }): string[] => [
    `fsblock ${at.fsBlock}`,
    `type ${tree}`,
    `write recs[${at.index + 1}].blockcount ${count + 1}`,
  ];
  const commands = [...write('bnobt', inPlace), ...write('cntbt', inSize)];
  must('xfs_db', '-x', ...commands.flatMap((command) => ['-c', command]), device);

  const after = find(leavesOf(device, 'bnobt', agNumber), agBlock + 1).record;
  if (after.start !== start) throw new Error(`plantInconsistency: the record at block ${start} was not written`);
  return (
    `in allocation group ${agNumber} the free-space record of ${count} blocks at block ${start} was made one block ` +
    `longer, in both B-trees; that block is the first of ${hole.file} in course ${hole.courseId}`
  );
}
