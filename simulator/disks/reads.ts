/** What was ever written to a volume: blocks of what was deleted are in its snapshots, too. */
export interface Written {
  readonly courses: number;
  /** Manifests included. */
  readonly files: number;
  readonly kib: number;
  /** Allocation groups of its file system. */
  readonly groups: number;
}

/** Counters of a device (`/sys/block/<device>/stat`): reads that were completed, and KiB. */
export interface DeviceReads {
  readonly reads: number;
  readonly kib: number;
}
