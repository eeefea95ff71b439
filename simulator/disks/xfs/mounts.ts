/** The mounts of this namespace. */
import { readFileSync } from 'node:fs';
import { must, tool } from '../shell.ts';

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

/** Unmounts; `-c`, because looking for the true path would ask a file system that may be shut down. */
export function unmount(directory: string): void {
  must('umount', '-c', directory);
}

/** Cuts a mounted XFS off from its device without flushing its log, as a power cut or a forced detach does. */
export function cutOff(directory: string): void {
  // A file system that is shut down already answers EIO, which is what is wanted. One that is frozen would outlive its mount, and hold its
  // device; it is thawed by whoever has it open from before, for then nobody can open it. Of one that is not, xfs_io says so.
  tool('xfs_io', '-x', '-c', 'shutdown', '-c', 'thaw', directory);
}
