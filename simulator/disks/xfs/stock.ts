/** What real disks keep account of. */
import { closeSync, openSync } from 'node:fs';
import { NOTHING_WRITTEN } from '../first-touch.ts';
import type { Written } from '../reads.ts';
import type { LoopDevice } from './loop.ts';

/** Images are sparse, but the log of a large XFS is not, and checking one takes memory. GiB. */
export const IMAGE_CAP_GIB = 256;

export interface Stored {
  sizeGiB: number;
  /** Ids of all courses ever uploaded, oldest first: the file system's own times are real ones, not the rehearsal's. */
  readonly uploads: string[];
  /** Of them, with those of the volume that it was copied from. */
  written: Written;
}

export interface XfsVolume extends Stored {
  attachment: { readonly instanceId: string; readonly device: LoopDevice } | undefined;
  /** Its I/O hangs. A loop device cannot be made to. */
  stalled: boolean;
  /** A probe hangs on it. */
  probed: boolean;
  /** Somebody downloads from it. */
  downloaded: boolean;
  /** It was released while its I/O hung: it is unmounted when that goes on. */
  left: boolean;
  /** Opened by {@link XfsDisks.keepOpen}. */
  descriptor: number | undefined;
}

/** Has a directory open, in the place of the one before. */
export function holdOpen(volume: XfsVolume, directory: string | undefined): void {
  if (volume.descriptor !== undefined) closeSync(volume.descriptor);
  volume.descriptor = directory === undefined ? undefined : openSync(directory, 'r');
}

/** @param from a snapshot */
export function newVolume(sizeGiB: number, from?: Stored): XfsVolume {
  const idle = {
    attachment: undefined,
    stalled: false,
    probed: false,
    downloaded: false,
    left: false,
    descriptor: undefined,
  };
  return { sizeGiB, uploads: [...(from?.uploads ?? [])], written: from?.written ?? NOTHING_WRITTEN, ...idle };
}

export function known<T>(map: ReadonlyMap<string, T>, id: string, what: string): T {
  const found = map.get(id);
  if (found === undefined) throw new Error(`disks: no ${what} ${id}`);
  return found;
}

export function vacant(map: ReadonlyMap<string, unknown>, id: string, what: string): void {
  if (map.has(id)) throw new Error(`disks: ${what} ${id} exists already`);
}
