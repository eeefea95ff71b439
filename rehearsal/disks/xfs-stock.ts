/** What real disks keep account of. */
import type { LoopDevice } from './loop.ts';

export interface Stored {
  sizeGiB: number;
  /** Ids of all courses ever uploaded, oldest first: the file system's own times are real ones, not the rehearsal's. */
  readonly uploads: string[];
}

export interface XfsVolume extends Stored {
  attachment: { readonly instanceId: string; readonly device: LoopDevice } | undefined;
  stalled: boolean;
}

export function known<T>(map: ReadonlyMap<string, T>, id: string, what: string): T {
  const found = map.get(id);
  if (found === undefined) throw new Error(`real disks: no ${what} ${id}`);
  return found;
}

export function vacant(map: ReadonlyMap<string, unknown>, id: string, what: string): void {
  if (map.has(id)) throw new Error(`real disks: ${what} ${id} exists already`);
}
