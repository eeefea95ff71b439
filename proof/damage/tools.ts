/** How a device that is not mounted is damaged: its bytes, or fields by xfs_db, which keeps the checksums right. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { must } from '../../simulator/disks/shell.ts';
import { xfsDb } from '../../simulator/disks/xfs/plant.ts';
import type { Inodes } from './content.ts';

export const SECTOR = 512;
export const XFS_BLOCK = 4096;

export interface Kind {
  readonly name: string;
  /** What is done, in words. */
  readonly how: string;
  /** Needs a log with transactions in it: a copy that was taken from a mounted volume. */
  readonly dirtyLog?: boolean;
  /** Needs the tree that says who has each block (`mkfs.xfs -m rmapbt=1`). */
  readonly rmap?: boolean;
  readonly apply: (device: string, inodes: Inodes) => void;
}

/** Changes bytes of the device in place. */
export function patch(device: string, offset: number, length: number, change: (bytes: Uint8Array) => void): void {
  const fd = openSync(device, 'r+');
  try {
    const bytes = new Uint8Array(length);
    readSync(fd, bytes, 0, length, offset);
    change(bytes);
    writeSync(fd, bytes, 0, length, offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Where xfs_db stands after these commands. Bytes from the start of the device. */
export function offsetOf(device: string, ...commands: readonly string[]): number {
  const sector = /current daddr is (\d+)/.exec(xfsDb(device, ...commands, 'daddr'))?.[1];
  if (sector === undefined) throw new Error(`xfs_db ${commands.join('; ')}: no place on ${device}`);
  return Number(sector) * SECTOR;
}

/** One bit, in the middle of the first `length` bytes of what the commands lead to. */
export function flip(device: string, length: number, ...commands: readonly string[]): void {
  patch(device, offsetOf(device, ...commands) + (length >> 1), 1, (bytes) => {
    bytes[0] = (bytes[0] ?? 0) ^ 1;
  });
}

export const flipped =
  (length: number, commands: (inodes: Inodes) => readonly string[]): Kind['apply'] =>
  (device, inodes) =>
    flip(device, length, ...commands(inodes));

/** A change that keeps the checksums right, as one by faulty software is. */
export function write(device: string, ...commands: readonly string[]): void {
  must('xfs_db', '-x', ...commands.flatMap((command) => ['-c', command]), device);
}
