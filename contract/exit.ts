/**
 * Exit codes of the host verbs. 0 is success; the rest say why not, so that the healer decides on a number and not on a text. They
 * are written here; that `host/*.sh` and `host/README.md` have the same is held by `test/host/exit-codes.test.ts`.
 */
export const EXIT = {
  /** It is done, or was done before. */
  ok: 0,
  /** The verb was called wrongly: a parameter is missing or malformed. */
  usage: 64,
  /** The device of the volume is not on this instance. */
  noDevice: 20,
  /** The content volume is not mounted on this instance. */
  notMounted: 21,
  /** The file system is shut down: reads or writes return EIO. */
  shutdown: 22,
  /** The kernel refused to mount it: the file system is damaged. */
  unmountable: 23,
  /** Mounted, but there is no canary: the content is not (or not all) there. */
  noCanary: 24,
  /** Mounted, but the web server's user cannot read the content. */
  unreadable: 25,
  /** The device holds data already: it is not formatted. */
  notBlank: 26,
  /** A file system check or an I/O did not end within the verb's own deadline. */
  timeout: 27,
  /** Could not be unmounted: something still uses it. */
  busy: 28,
  /** `check`: `xfs_repair -n` finds damage in the metadata, or the kernel ran into some while reading. */
  corrupt: 29,
  /** `check`: content is not what its manifest says, and nobody changed it since. */
  altered: 30,
  /** `check`: stopped, because something is mounted or served on this host, or it is released, or its memory ran short. */
  interrupted: 31,
  /** `mount`: it takes longer, and goes on: the device's counters move. Asked again, `mount` waits on (`host/README.md`). */
  mounting: 32,
  /** The file system was made for another content volume, by the name that is written on it: nothing of it is served. */
  foreign: 33,
  /** `update`: the version could not be had, and what was there goes on. */
  unfetched: 40,
  /** `update`: the version does not run well here, and what was there before goes on. */
  unwell: 41,
  /** `thaw`: something else has thawed it before, the watchdog for one. DLM's number for it (decision 18). */
  overdue: 203,
} as const;
