/** The mounts of this namespace. */
import { readFileSync } from 'node:fs';
import { tool } from '../shell.ts';
import { waitFor } from './processes.ts';

/** Directories that something is mounted on, in the order of mounting. No path of ours has a blank in it. */
export function mountPoints(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((directory) => directory !== '');
}

export function isMounted(directory: string): boolean {
  return mountPoints().includes(directory);
}

/**
 * Mounts XFS with the options of `host/mount.sh`.
 * @returns what the kernel said when it refused; `undefined` when it is mounted
 */
export function mountXfs(device: string, directory: string): string | undefined {
  const { status, stderr } = tool('mount', '-t', 'xfs', '-o', 'nouuid,noatime,nodev,nosuid', device, directory);
  return status === 0 ? undefined : stderr;
}

/**
 * Unmounts; `-c`, because looking for the true path would ask a file system that may be shut down. Whatever was killed there ends first: in
 * the midst of a long read it takes a while.
 */
export function unmount(directory: string): void {
  waitFor(`the end of what uses ${directory}`, () => {
    const { status, stderr } = tool('umount', '-c', directory);
    if (status !== 0 && !/target is busy/.test(stderr)) throw new Error(`umount ${directory}: ${stderr}`);
    return status === 0;
  });
}

/** Cuts a mounted XFS off from its device without flushing its log, as a power cut or a forced detach does. */
export function cutOff(directory: string): void {
  // A file system that is shut down already answers EIO, which is what is wanted. One that is frozen would outlive its mount, and hold its
  // device; it is thawed by whoever has it open from before, for then nobody can open it. Of one that is not, xfs_io says so.
  tool('xfs_io', '-x', '-c', 'shutdown', '-c', 'thaw', directory);
}
