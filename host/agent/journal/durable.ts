import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file so that whoever reads it, after a crash too, finds the old content or the new: written aside, synced, renamed, and the
 * directory synced.
 *
 * @param device `major:minor` that the directory must be on: where nothing is mounted any more it is another one
 * @throws Error of Linux; Error where it is another device
 */
export async function replaceFile(path: string, content: string, device?: string): Promise<void> {
  const directory = await open(dirname(path));
  try {
    if (device !== undefined) await mustBeOn(directory, device);
    // By the descriptor: a path would lead elsewhere where something was mounted or unmounted meanwhile.
    const here = `/proc/self/fd/${directory.fd}`;
    const aside = join(here, `${basename(path)}.new`);
    const file = await open(aside, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, join(here, basename(path)));
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function mustBeOn(directory: FileHandle, device: string): Promise<void> {
  const { dev } = await directory.stat({ bigint: true });
  const found = deviceOf(dev);
  if (found !== device) throw new Error(`the volume is on ${device}, and the directory on ${found}`);
}

/** As the C library packs it: makedev(3). */
export function deviceOf(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
