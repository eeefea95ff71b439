/** What a device does that says "written": the write goes elsewhere, is lost, or half of it is. */
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountXfs, unmount } from '../../simulator/disks/xfs/mounts.ts';
import { writeManifest } from './content.ts';
import { flip, type Kind, offsetOf, patch, SECTOR, XFS_BLOCK } from './tools.ts';

function read(device: string, offset: number, length: number): Uint8Array {
  const fd = openSync(device, 'r');
  try {
    const bytes = new Uint8Array(length);
    readSync(fd, bytes, 0, length, offset);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** Bytes from one place of the device lie at another. */
function copyOver(device: string, from: number, to: number, length: number): void {
  const source = read(device, from, length);
  patch(device, to, length, (bytes) => bytes.set(source));
}

/** Lets something be done to the device while it is mounted. @param work takes the directory of the courses */
function mounted(device: string, work: (courses: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'damage-'));
  const refused = mountXfs(device, directory);
  if (refused !== undefined) throw new Error(refused);
  try {
    work(join(directory, 'courses'));
  } finally {
    unmount(directory);
    rmdirSync(directory);
  }
}

/** Where the first block of a file or directory lies. */
const block = (device: string, inode: number, index = 0): number =>
  offsetOf(device, `inode ${inode}`, `dblock ${index}`);

export const WRITES: readonly Kind[] = [
  {
    name: 'misdirected write, onto a directory block',
    how: "another block of the same directory written in its place, with that one's right checksum",
    apply: (device, { directory }) =>
      copyOver(device, block(device, directory, 1), block(device, directory), XFS_BLOCK),
  },
  {
    name: 'misdirected write, onto an inode',
    how: 'the inode of another file written in its place',
    apply: (device, { file, marked }) =>
      copyOver(device, offsetOf(device, `inode ${marked}`), offsetOf(device, `inode ${file}`), SECTOR),
  },
  {
    name: 'misdirected write, onto file data',
    how: "a block of another file's data in the place of the first",
    apply: (device, { file, marked }) => copyOver(device, block(device, marked), block(device, file), XFS_BLOCK),
  },
  {
    name: 'lost write of a directory block',
    how: 'what it was before a file was deleted, with its right checksum of then',
    apply: (device, inodes) => {
      const before = read(device, block(device, inodes.directory), XFS_BLOCK);
      const isFirst = (name: string) => name.startsWith('0-');
      mounted(device, (courses) => {
        for (const name of readdirSync(join(courses, 'large')).filter(isFirst)) rmSync(join(courses, 'large', name));
      });
      patch(device, block(device, inodes.directory), XFS_BLOCK, (bytes) => bytes.set(before));
    },
  },
  {
    name: 'lost write of file data',
    how: 'what it was before the file was written anew, with its manifest',
    apply: (device, inodes) => {
      const before = read(device, block(device, inodes.file), XFS_BLOCK);
      mounted(device, (courses) => {
        const fd = openSync(join(courses, 'course-1/file-4'), 'r+');
        writeSync(fd, 'written anew');
        fsyncSync(fd);
        closeSync(fd);
        writeManifest(join(courses, 'course-1'));
      });
      patch(device, block(device, inodes.file), XFS_BLOCK, (bytes) => bytes.set(before));
    },
  },
  {
    name: 'torn write of a directory block',
    how: 'its second half is of another block',
    apply: (device, { directory }) =>
      copyOver(
        device,
        block(device, directory, 1) + XFS_BLOCK / 2,
        block(device, directory) + XFS_BLOCK / 2,
        XFS_BLOCK / 2,
      ),
  },
  {
    name: 'torn write of file data',
    how: 'a sector of its first block is zeros',
    apply: (device, { file }) => patch(device, block(device, file) + SECTOR, SECTOR, (bytes) => bytes.fill(0)),
  },
  {
    name: 'one flipped bit in a manifest',
    how: 'in the checksum of its first line',
    apply: (device, { manifest }) => flip(device, 60, `inode ${manifest}`, 'dblock 0'),
  },
];
