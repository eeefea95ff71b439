/** Chooses the kind of disks for a rehearsal. */
import { DISK_KIND, type DiskKind, type Disks, DisksUnavailable } from './disks.ts';
import { MemoryDisks } from './memory/memory.ts';
import { XfsDisks } from './xfs/xfs.ts';

export interface OpenDisksOptions {
  /**
   * The kind asked for.
   * @default real XFS where this machine can, else memory, with a note that says why
   */
  readonly kind?: DiskKind;
}

/**
 * Opens disks. For real ones the script must have called `enterPrivateNamespace()` before anything else.
 * @throws DisksUnavailable when `xfs` was asked for and cannot be had
 */
export function openDisks(options: OpenDisksOptions = {}): Disks {
  if (options.kind === DISK_KIND.memory) return new MemoryDisks();
  try {
    return new XfsDisks();
  } catch (error) {
    if (!(error instanceof DisksUnavailable) || options.kind === DISK_KIND.xfs) throw error;
    return new MemoryDisks(error.message);
  }
}
