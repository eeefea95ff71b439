/** Damage to what XFS keeps of its own blocks, with the checksums right: each block is well, and what they say together is not. */
import { leavesOf, xfsDb } from '../../simulator/disks/xfs/plant.ts';
import { type Kind, offsetOf, patch, SECTOR, write, XFS_BLOCK } from './tools.ts';

interface Block {
  readonly group: number;
  readonly block: number;
}

function number(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing like ${pattern} in ${text.slice(0, 500)}`);
  return Number(found);
}

/** Which block of which allocation group these commands of xfs_db lead to. */
function placeOf(device: string, ...commands: readonly string[]): Block {
  const sector = offsetOf(device, ...commands) / SECTOR;
  const part = (name: string) => number(xfsDb(device, `convert daddr ${sector} ${name}`), /\((\d+)\)/);
  return { group: part('agno'), block: part('agblock') };
}

/** Adds a free record of one block to both trees of free space, and to each count of free blocks: all agree that it is free. */
function callFree(device: string, { group, block }: Block): void {
  for (const tree of ['bnobt', 'cntbt'] as const) {
    const [leaf, ...others] = leavesOf(device, tree, group);
    if (!leaf || others.length > 0) throw new Error(`the ${tree} of group ${group} is not one leaf`);
    const records = [...leaf.records, { start: block, count: 1 }].sort((a, b) =>
      tree === 'bnobt' ? a.start - b.start : a.count - b.count || a.start - b.start,
    );
    const fields = records.flatMap(({ start, count }, i) => [
      `write recs[${i + 1}].startblock ${start}`,
      `write recs[${i + 1}].blockcount ${count}`,
    ]);
    write(device, `fsblock ${leaf.fsBlock}`, `type ${tree}`, `write numrecs ${records.length}`, ...fields);
  }
  const free = number(xfsDb(device, `agf ${group}`, 'p freeblks'), /= (\d+)/);
  write(device, `agf ${group}`, `write freeblks ${free + 1}`);
  const all = number(xfsDb(device, 'sb 0', 'p fdblocks'), /= (\d+)/);
  write(device, 'sb 0', `write fdblocks ${all + 1}`);
}

/** CRC-32C (Castagnoli), as XFS stores it: little-endian. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** `xfs_attr3_rmt_hdr`: magic, offset and bytes before the checksum, 4 bytes each; the uuid of 16; linux/fs/xfs/libxfs/xfs_da_format.h. */
const VALUE = { crc: 12, owner: 32 } as const;

const groupOf = (device: string, inode: number): number =>
  number(xfsDb(device, `convert ino ${inode} agno`), /\((\d+)\)/);

export const TREES: readonly Kind[] = [
  {
    name: 'AGFL, a block twice',
    how: 'one of the blocks kept for the trees listed a second time, checksums right',
    apply: (device) => {
      const list = xfsDb(device, 'agfl 1', 'p bno');
      const first = number(xfsDb(device, 'agf 1', 'p flfirst'), /= (\d+)/);
      write(device, 'agfl 1', `write bno[${first + 1}] ${number(list, new RegExp(`\\b${first}:(\\d+)`))}`);
    },
  },
  {
    name: 'inode B-tree called free',
    how: 'its root in both trees and all counts of free space, checksums right',
    apply: (device) => callFree(device, { group: 1, block: number(xfsDb(device, 'agi 1', 'p root'), /root = (\d+)/) }),
  },
  {
    name: 'leaf of an extent map called free',
    how: 'in both trees and all counts of free space, checksums right',
    apply: (device, { fragmented }) => callFree(device, placeOf(device, `inode ${fragmented}`, 'addr u3.bmbt.ptrs[1]')),
  },
  {
    name: 'attribute block of another file',
    how: 'its owner changed, checksums right',
    apply: (device, { marked }) => write(device, `inode ${marked}`, 'ablock 0', `write hdr.info.owner ${marked + 1}`),
  },
  {
    name: 'attribute value of another file',
    how: 'the owner of a block of a value of 8,000 bytes changed, checksums right',
    apply: (device, { marked }) =>
      patch(device, offsetOf(device, `inode ${marked}`, 'ablock 1'), XFS_BLOCK, (bytes) => {
        const block = Buffer.from(bytes.buffer);
        block.writeBigUInt64BE(BigInt(marked + 1), VALUE.owner);
        block.writeUInt32LE(0, VALUE.crc);
        block.writeUInt32LE(crc32c(block), VALUE.crc);
      }),
  },
  {
    name: 'refcount B-tree',
    how: 'a block that two files share counted as of seven, checksums right',
    apply: (device, { shared }) => {
      const { group } = placeOf(device, `inode ${shared}`, 'dblock 0');
      write(device, `agf ${group}`, 'addr refcntroot', 'write recs[1].refcount 7');
    },
  },
  {
    name: 'reverse map',
    how: 'the blocks of the trees of inodes noted as of a file, checksums right',
    rmap: true,
    apply: (device) => {
      // Of the trees of inodes: XFS_RMAP_OWN_INOBT is -6.
      const root = ['agf 1', 'addr rmaproot'];
      const leaf = /^level = 0$/m.test(xfsDb(device, ...root, 'p')) ? root : [...root, 'addr ptrs[1]'];
      const index = number(xfsDb(device, ...leaf, 'p recs'), /(\d+):\[\d+,\d+,-6,/);
      write(device, ...leaf, `write recs[${index}].owner 4711`);
    },
  },
  {
    name: 'sibling of a B-tree block',
    how: 'the leaf of an extent map has another to its right that is none, checksums right',
    apply: (device, { fragmented }) =>
      write(device, `inode ${fragmented}`, 'addr u3.bmbt.ptrs[1]', 'write rightsib 77'),
  },
  {
    name: 'sibling of a directory block',
    how: 'a leaf of the index of 2,000 names leads to another than the next, checksums right',
    apply: (device, { directory }) => {
      // Where the index of a directory begins: 32 GiB into it (XFS_DIR2_LEAF_OFFSET).
      const index = 2 ** 35 / XFS_BLOCK;
      write(device, `inode ${directory}`, `dblock ${index + 1}`, 'type dir3', 'write lhdr.info.hdr.forw 4711');
    },
  },
  {
    name: 'list of unlinked inodes',
    how: 'a file in use put into it, checksums right',
    apply: (device, { file }) => {
      const group = groupOf(device, file);
      const inode = number(xfsDb(device, `convert ino ${file} agino`), /\((\d+)\)/);
      write(device, `agi ${group}`, `write unlinked[${inode % 64}] ${inode}`);
    },
  },
];
