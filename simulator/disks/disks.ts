/**
 * The port through which the simulated AWS reaches data: what a volume holds, what a host does with it. Two kinds
 * implement it: real XFS on loop devices (`xfs.ts`) and a model in memory (`memory.ts`). A conformance test holds both
 * to the same answers.
 *
 * Everything is synchronous: a rehearsal is deterministic only if nothing real can overtake anything else.
 *
 * Ids and names are the caller's; the port never invents any. Wrong use (an unknown volume, a second attach) is the
 * caller's defect and throws a plain `Error`; what a disk may do to a correct caller is a {@link DiskError}.
 */

import type { JournaledDisks } from './journaled.ts';
import type { DeviceReads, Written } from './reads.ts';

export const BYTES_PER_GIB = 2 ** 30;

/** `xfs`: real file systems on loop devices. `memory`: a model of them. */
export const DISK_KIND = { xfs: 'xfs', memory: 'memory' } as const;
export type DiskKind = (typeof DISK_KIND)[keyof typeof DISK_KIND];

/** Path of the canary below the root of a content volume; its content is an ISO time and a newline. */
export const CANARY_FILE = '.remount/canary';

/** Name of the checksum list in each course, in the format of sha256sum. */
export const MANIFEST_FILE = 'manifest.sha256';

/** One run of an SSM document on a host. */
export interface HostRun {
  /** For messages and timings; what runs is {@link HostRun.script}. */
  readonly verb: string;
  /** The whole script of the document. Memory disks recognise a verb by its line `# remount-verb: <name>`. */
  readonly script: string;
  /**
   * `SSM_<parameter>` values, and what the rehearsal adds (`REMOUNT_NOW`: the virtual time, ISO). `REMOUNT_ROOT` and
   * `REMOUNT_WEB_USER` are set by the disks themselves.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Real seconds after which the script is killed: exit code {@link KILLED}. */
  readonly timeoutSeconds: number;
}

/** Exit code of a script that was killed because its time was over (the convention of timeout(1)). */
export const KILLED = 124;
/** Exit code of a script that memory disks have no model for (the shell's "command not found"). */
export const UNKNOWN_VERB = 127;

export interface HostResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Real milliseconds that it took. Never let it into a log that must be the same for the same seed. */
  readonly realMs: number;
}

/** A course as uploaded: some files with their checksums. */
export interface Course {
  /** Directory name below `courses/`: lower-case letters, digits, `-`, `_` and `.`, not starting with a dot. */
  readonly id: string;
  /** Paths are relative to the course's directory, at most one file each; `sha256` is lower-case hex. */
  readonly files: ReadonlyArray<{ readonly path: string; readonly sha256: string; readonly bytes: Uint8Array }>;
}

/** What {@link Disks.plantInconsistency} did. */
export interface PlantedDamage {
  /** Deleting any of these makes the kernel shut the file system down. Never empty. */
  readonly courseIds: readonly string[];
  /** What was done, in words, for the rehearsal's output. */
  readonly description: string;
}

/** How {@link Disks.alter} damages a file: one bit of its middle byte, or all of its data. */
export const ALTERATION = { flip: 'flip', zero: 'zero' } as const;
export type Alteration = (typeof ALTERATION)[keyof typeof ALTERATION];

/** What {@link Disks.alter} damaged. */
export interface AlteredFile {
  readonly courseId: string;
  /** Relative to the course's directory. */
  readonly path: string;
  /** What was done, in words, for the rehearsal's output. */
  readonly description: string;
}

/** Result of {@link Disks.links}. */
export interface ServedLink {
  /** The content volume. */
  readonly volume: string;
  readonly volumeId: string;
  /** It is mounted there and takes writes (those to a stalled volume wait): its file system is not shut down. */
  readonly live: boolean;
}

/** A freeze (`host/freeze.sh`) that somebody is to end, and when its watchdog does (Unix milliseconds, virtual). */
export interface Watchdog {
  readonly volumeId: string;
  readonly at: number;
}

/** Result of {@link Disks.inspect}. */
export interface Inspection {
  readonly sound: boolean;
  /** What was found, one line each, empty when sound. Lines of tools, for people: do not parse them. */
  readonly findings: readonly string[];
}

export const DISK_ERROR = {
  /** The file system is shut down, or its device is gone. */
  io: 'EIO',
  /** No such file, course or served volume on this host. */
  missing: 'ENOENT',
  /** The volume is full. */
  full: 'ENOSPC',
  /** The file system refuses: it found itself damaged ("Structure needs cleaning"). */
  damaged: 'EUCLEAN',
  /** A course of that id is there already. */
  exists: 'EEXIST',
  /** The volume's I/O is stalled, or it is frozen and written to: on a real host, the call would not come back. */
  stalled: 'ETIMEDOUT',
} as const;
export type DiskErrorCode = (typeof DISK_ERROR)[keyof typeof DISK_ERROR];

/** An error that a correct caller meets when a disk fails; {@link DiskError.code} is an errno name. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  constructor(code: DiskErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}

/** Real disks cannot be had on this machine: one plain line says why, and what would help. */
export class DisksUnavailable extends Error {
  override readonly name = 'DisksUnavailable';
}

/** The disks of one rehearsal. */
export interface Disks extends JournaledDisks {
  readonly kind: DiskKind;
  /** First lines of a rehearsal's output: what is real here and what is not. */
  readonly notes: readonly string[];

  /** A new instance, with an empty root of its own. */
  addHost(instanceId: string): void;
  /** The instance is gone, as by a power cut: what it had not synced is lost. Its volumes are detached. */
  removeHost(instanceId: string): void;
  /**
   * The host is off, as by a power cut: its mounts are gone, and all of /run; its root disk and what is attached to it stay.
   * @param orderly it was shut down by its own system, which has unmounted everything before. @default false
   */
  powerOff(instanceId: string, orderly?: boolean): void;

  /** A new volume, blank, or holding what `snapshotId` holds. Size in GiB; not smaller than the snapshot's volume. */
  createVolume(volumeId: string, sizeGiB: number, snapshotId?: string): void;
  /** The volume, attached or not, is made larger (GiB); its file system is not. */
  resize(volumeId: string, sizeGiB: number): void;
  /** What was ever written to the volume, and to what it was copied from. */
  written(volumeId: string): Written;
  /** Counters of the volume's device: two of them show what was read between. `undefined`: it has none just now, or none at all. */
  deviceReads(volumeId: string): DeviceReads | undefined;
  /** The volume must be detached. */
  deleteVolume(volumeId: string): void;
  /** Instant and crash-consistent, also while the volume is mounted and written to: synced data are in it. */
  takeSnapshot(volumeId: string, snapshotId: string): void;
  deleteSnapshot(snapshotId: string): void;

  /**
   * From now on the links of udev on the host are stale: those of its volumes lead to other volumes, also
   * those of volumes that are attached later. Memory disks have no links: their verbs find a volume by its id, as the verbs of hosts
   * do by its serial number.
   */
  staleLinks(instanceId: string): void;
  /** The device link appears on the host. A volume is attached to at most one host. */
  attach(volumeId: string, instanceId: string): void;
  /**
   * The device link vanishes. A volume that is still mounted keeps its mount, which is then dead (EIO): that is what a
   * forced detach does. Ask {@link Disks.mounted} first where AWS would hang in `busy`.
   */
  detach(volumeId: string, instanceId: string): void;
  /** Whether the volume, attached to some host, is mounted there. */
  mounted(volumeId: string): boolean;
  /** Version of the host software that this host runs; `undefined`: none yet. */
  software(instanceId: string): string | undefined;
  /** Content volumes that the host was asked to serve (its markers), sorted: those that its timer probes. */
  markers(instanceId: string): string[];
  /** Where the host's links of served content lead: what its web server, and whoever uploads to it, would reach. */
  links(instanceId: string): ServedLink[];

  /** Whether the volume is mounted on the host and takes writes (those to a stalled volume wait), linked or not. */
  writes(instanceId: string, volumeId: string): boolean;

  /**
   * What the host's web servers answer to GET, where its software has set them up: the status. `undefined`: nobody answers, or nothing
   * comes, for the volume's I/O hangs. On real disks, where this machine has nginx, it is asked.
   */
  web(instanceId: string, path: string): number | undefined;
  /** A client downloads a file, so slowly that it goes on until somebody ends it. It must be large: 4 MiB at least. */
  download(instanceId: string, path: string): void;
  /** How many files the host's web servers are sending. */
  downloads(instanceId: string): number;

  /** Somebody on the host has a file open on the volume, which is mounted there; or lets go of it. */
  keepOpen(instanceId: string, volumeId: string, open: boolean): void;

  /** What the timer of the probe does beside probing: volumes that were released, and busy then, are unmounted once nothing holds them. */
  sweepLeft(instanceId: string): void;

  /** Runs an SSM document's script as root on the host. */
  run(instanceId: string, run: HostRun): HostResult;

  /**
   * Uploads a course through `/srv/content/<volume>/courses/<id>/`, with its manifest, all of it synced.
   * @param synced `false`: nothing is, as from an uploader that leaves that to the kernel
   * @throws DiskError EIO, ENOSPC, EUCLEAN, EEXIST; ENOENT when the host does not serve the volume
   */
  upload(instanceId: string, volume: string, course: Course, synced?: boolean): void;
  /**
   * Puts a sparse file on the served volume, synced: a mebibyte of data somewhere, and a hole. In no manifest.
   * @param path below the root of the volume, outside of `courses`
   * @throws DiskError EIO, ENOENT
   */
  addSparse(instanceId: string, volume: string, path: string, bytes: number): void;
  /**
   * Deletes a course (rm -r). When it throws, part of it may be gone.
   * @throws DiskError EIO when the file system is, or by this became, shut down; ENOENT
   */
  remove(instanceId: string, volume: string, courseId: string): void;
  /**
   * Somebody leaves a file of mode 0600 behind, and a directory of mode 0700 with another in it, as rsync does: the web server may read
   * neither. @throws DiskError ENOENT
   */
  leaveUnreadable(instanceId: string, volume: string): void;
  /** Course ids, sorted. @throws DiskError EIO, ENOENT */
  list(instanceId: string, volume: string): string[];
  /** Size of the served file system, whole GiB. @throws DiskError ENOENT */
  capacity(instanceId: string, volume: string): number;
  /** Content of a file, by its path below the root of the served volume. @throws DiskError EIO, ENOENT */
  read(instanceId: string, volume: string, path: string): Uint8Array;

  /** Watchdogs of the freezes on the host. Their timers are rung by whoever keeps virtual time. */
  watchdogs(instanceId: string): Watchdog[];
  /** The time of the watchdog of this volume is over: it does its work. None there: nothing happens. */
  ringWatchdog(instanceId: string, volumeId: string): void;

  /** Somebody uploads a file that fills the volume up to that percent of its space; 100: nothing more can be written. */
  fill(instanceId: string, volume: string, percent: number): void;

  /** Somebody unmounts the volume by hand; links and markers stay. The volume must be mounted. */
  unmount(volumeId: string): void;
  /**
   * From now on the volume's I/O hangs, until it is let go again. Modelled on both kinds of disk: verbs that touch it end
   * with the exit code of their own deadline (`EXIT.timeout`), and `release` removes link and marker before it hangs in umount(2), or
   * finds the volume busy where a probe hangs on it already. When the I/O goes on, what was released is unmounted.
   */
  stall(volumeId: string, stalled: boolean): void;
  /** The volume's data are lost for good: I/O fails, a mount of it is dead, and it cannot be mounted again. */
  lose(volumeId: string): void;
  /** Damages a snapshot so that no volume made from it can be mounted. */
  spoil(snapshotId: string): void;
  /**
   * Damages the volume's free-space records so that nothing shows until one of the returned courses is deleted: the
   * latent inconsistency of the bad Wednesday (docs/rehearsal.md). It stands for damage done long ago, so a mounted
   * volume goes on as if nothing had happened.
   * @throws Error when the volume has no file system, or no course on it lends itself to it
   */
  plantInconsistency(volumeId: string): PlantedDamage;
  /**
   * Bit rot: damages the data of a file below the file system, which notices nothing; the times of the file stay. Whoever
   * reads it from now on reads the damage.
   * @throws Error when the volume has no file system, or no file on it
   */
  alter(volumeId: string, how: Alteration): AlteredFile;
  /**
   * Judges the metadata of a volume or snapshot on a clone of it: mounted read-write once (the log replays), unmounted,
   * `xfs_repair -n`. Touches nothing else.
   */
  inspect(source: { readonly volumeId?: string; readonly snapshotId?: string }): Inspection;
  /** XFS lines that the kernel printed since these disks were opened; none in memory. */
  kernelLog(): string[];

  /** Real milliseconds spent, by kind of work (`run probe`, `upload`, `takeSnapshot`, ...). */
  readonly realMs: Readonly<Record<string, number>>;
  /** How often each kind of work was done. */
  readonly counts: Readonly<Record<string, number>>;
  /** Gives everything back. May be called twice. */
  close(): void;
}
