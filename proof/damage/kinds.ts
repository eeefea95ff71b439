/** Each kind of damage. */
import { readFileSync, truncateSync } from 'node:fs';
import { must, tool } from '../../simulator/disks/shell.ts';
import { type FreeRecord, leavesOf, xfsDb } from '../../simulator/disks/xfs/plant.ts';
import { TREES } from './kinds-trees.ts';
import { WRITES } from './kinds-writes.ts';
import { flip, flipped, type Kind, offsetOf, patch, SECTOR, write, XFS_BLOCK } from './tools.ts';

interface Place extends FreeRecord {
  readonly fsBlock: string;
  readonly index: number;
}

function placesIn(device: string, tree: 'bnobt' | 'cntbt', group: number): Place[] {
  return leavesOf(device, tree, group).flatMap(({ fsBlock, records }) =>
    records.map((record, i) => ({ ...record, fsBlock, index: i + 1 })),
  );
}

/** Makes one free record a block longer, over a block that is in use, in one of the trees or in both. */
function extend(device: string, trees: readonly ('bnobt' | 'cntbt')[]): void {
  const groups = Number(/agcount = (\d+)/.exec(xfsDb(device, 'sb 0', 'p agcount'))?.[1]);
  for (let group = 0; group < groups; group++) {
    const bySize = placesIn(device, 'cntbt', group);
    const last = Math.max(...bySize.map(({ start }) => start));
    // Neither the one at the end of the group, nor one that would stand out of order in the tree by size.
    const chosen = bySize.find(
      ({ start, count }) => start !== last && !bySize.some((other) => other.count === count + 1 && other.start < start),
    );
    const inPlace = placesIn(device, 'bnobt', group).find(({ start }) => start === chosen?.start);
    if (!chosen || !inPlace) continue;
    for (const tree of trees) {
      const { fsBlock, index, count } = tree === 'bnobt' ? inPlace : chosen;
      write(device, `fsblock ${fsBlock}`, `type ${tree}`, `write recs[${index}].blockcount ${count + 1}`);
    }
    return;
  }
  throw new Error(`no free record on ${device} could be extended`);
}

/** A block in the middle of what the log would replay. */
function flipInLog(device: string): void {
  const said = tool('xfs_logprint', '-t', device).stdout;
  const [, tail, head] = /log tail: (\d+) head: (\d+) state: <DIRTY>/.exec(said) ?? [];
  if (tail === undefined) throw new Error(`the log of ${device} is clean: ${said}`);
  const start = /logstart = (\d+)/.exec(xfsDb(device, 'sb 0', 'p logstart'))?.[1];
  const first = offsetOf(device, `fsblock ${start}`);
  const middle = (Number(tail) + Number(head)) >> 1;
  patch(device, first + middle * SECTOR + 100, 1, (bytes) => {
    bytes[0] = (bytes[0] ?? 0) ^ 1;
  });
}

/** First block of a file's data. */
function dataOf(device: string, inode: number): number {
  return offsetOf(device, `inode ${inode}`, 'dblock 0');
}

function cutInHalf(device: string): void {
  const name = device.replace('/dev/', '');
  const image = readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim();
  truncateSync(image, Number(must('blockdev', '--getsize64', device)) / 2);
  must('losetup', '--set-capacity', device);
}

export const KINDS: readonly Kind[] = [
  {
    name: 'free-space B-tree by block',
    how: 'a record made one block longer, checksums right',
    apply: (device) => extend(device, ['bnobt']),
  },
  {
    name: 'free-space B-tree by size',
    how: 'a record made one block longer, checksums right',
    apply: (device) => extend(device, ['cntbt']),
  },
  {
    name: 'both free-space B-trees, as in 2010',
    how: 'the same record made one block longer in both, checksums right',
    apply: (device) => extend(device, ['bnobt', 'cntbt']),
  },
  {
    name: 'free-space B-tree block',
    how: 'one bit flipped',
    apply: flipped(XFS_BLOCK / 4, () => ['agf 0', 'addr bnoroot']),
  },
  {
    name: 'inode B-tree',
    how: 'a chunk in use called free, checksums right',
    apply: (device) => write(device, 'agi 1', 'addr root', 'write recs[1].free 0xffffffffffffffff'),
  },
  {
    name: 'inode B-tree block',
    how: 'one bit flipped',
    apply: flipped(XFS_BLOCK / 4, () => ['agi 1', 'addr root']),
  },
  {
    name: 'directory block',
    how: 'one bit flipped in a directory of 2,000 names',
    apply: flipped(XFS_BLOCK, ({ directory }) => [`inode ${directory}`, 'dblock 0']),
  },
  { name: 'inode core', how: 'one bit flipped', apply: flipped(SECTOR, ({ file }) => [`inode ${file}`]) },
  {
    name: 'inode core, block count',
    how: 'set too high, checksums right',
    apply: (device, { file }) => write(device, `inode ${file}`, 'write core.nblocks 4711'),
  },
  {
    name: 'extent map in the inode',
    how: 'led to a block of another file, checksums right',
    apply: (device, { file, marked }) => {
      const block = /\[startoff,startblock,blockcount,extentflag\]\s*0:\[0,(\d+),/.exec(
        xfsDb(device, `inode ${marked}`, 'p u3.bmx'),
      )?.[1];
      write(device, `inode ${file}`, `write u3.bmx[0].startblock ${block}`);
    },
  },
  {
    name: 'extent map in a B-tree',
    how: 'one bit flipped in a leaf of a file of 200 extents',
    apply: flipped(XFS_BLOCK, ({ fragmented }) => [`inode ${fragmented}`, 'addr u3.bmbt.ptrs[1]']),
  },
  { name: 'primary superblock', how: 'one bit flipped', apply: flipped(200, () => ['sb 0']) },
  { name: 'secondary superblock', how: 'one bit flipped', apply: flipped(200, () => ['sb 1']) },
  { name: 'AGF', how: 'one bit flipped', apply: flipped(200, () => ['agf 1']) },
  { name: 'AGI', how: 'one bit flipped', apply: flipped(200, () => ['agi 1']) },
  { name: 'AGFL', how: 'one bit flipped', apply: flipped(SECTOR, () => ['agfl 1']) },
  { name: 'log', how: 'one bit flipped in what is to be replayed', dirtyLog: true, apply: flipInLog },
  {
    name: 'symlink',
    how: 'one bit flipped in a target of 900 bytes',
    apply: flipped(SECTOR, ({ symlink }) => [`inode ${symlink}`, 'dblock 0']),
  },
  {
    name: 'attribute block',
    how: 'one bit flipped in the block of an attribute of 3,000 bytes',
    apply: flipped(XFS_BLOCK, ({ marked }) => [`inode ${marked}`, 'ablock 0']),
  },
  {
    name: 'attribute value block',
    how: 'one bit flipped in a value of 8,000 bytes',
    apply: flipped(XFS_BLOCK, ({ marked }) => [`inode ${marked}`, 'ablock 1']),
  },
  {
    name: 'zeroed file data',
    how: 'the first block of a file',
    apply: (device, { file }) => patch(device, dataOf(device, file), XFS_BLOCK, (bytes) => bytes.fill(0)),
  },
  {
    name: 'one flipped bit in file data',
    how: 'in the first block of a file',
    apply: (device, { file }) => flip(device, 200, `inode ${file}`, 'dblock 0'),
  },
  ...TREES,
  ...WRITES,
  { name: 'truncated device', how: 'its second half is gone', apply: cutInHalf },
];
