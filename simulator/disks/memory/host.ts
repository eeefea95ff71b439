import type { Suspicion } from './check.ts';
import type { MemoryFileSystem } from './file-system.ts';
import type { Software } from './software.ts';

export interface MemoryVolume {
  readonly id: string;
  sizeGiB: number;
  /** None while the volume is blank. */
  fileSystem: MemoryFileSystem | undefined;
  attachedTo: string | undefined;
  /** Its I/O hangs. */
  stalled: boolean;
  /** Its data are gone for good. */
  lost: boolean;
}

/** A mounted volume. It outlives its attachment, dead, as on a real host. */
export interface MemoryMount {
  readonly fileSystem: MemoryFileSystem;
  /** Shut down, or its device is gone: every access is EIO. */
  dead: boolean;
}

/** What a host remembers: mounts by volume id; links and markers by content volume, each naming a volume id. */
export interface MemoryHost extends Frozen {
  readonly id: string;
  readonly software: Software;
  readonly mounts: Map<string, MemoryMount>;
  readonly links: Map<string, string>;
  readonly markers: Map<string, string>;
  /** Volumes that somebody on the host has a file open on, and writes to it: they are not unmounted. */
  readonly open: Set<string>;
  /** Content volumes whose web server runs. */
  readonly web: Set<string>;
  /** Volume -> downloads from it that are under way. */
  readonly downloads: Map<string, number>;
  /** Volumes that a probe hangs on. */
  readonly hung: Set<string>;
  /** Volumes that were released and could not be unmounted: they are once nothing holds them any more (`sweep_left` in host/leave.sh). */
  readonly left: Set<string>;
  /** Volumes that a takeover was begun on here; on the root disk. */
  readonly taken: Set<string>;
  /** What checks here remember, by content volume; on the root disk. */
  readonly suspicions: Map<string, Suspicion>;
}

/** What is frozen on a host, until when (Unix milliseconds) and for which snapshot. */
export interface Frozen {
  readonly frozen: Map<string, { readonly at: number; readonly execution: string }>;
  /** The snapshot that something was last frozen for, and what. */
  frozenFor: { readonly execution: string; readonly volumeIds: readonly string[] } | undefined;
}
