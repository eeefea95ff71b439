/**
 * The storage area of real disks: a reflink XFS of its own that holds the image files of volumes and snapshots. Cloning
 * an image there takes milliseconds and is crash-consistent, also while the image is mounted and written to.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inspection } from '../disks.ts';
import { must, tool } from '../shell.ts';
import { LoopDevice } from './loop.ts';
import { isMounted, mountXfs, unmount } from './mounts.ts';

/** Virtual size; the file is sparse and takes what is written. Volumes may be larger: their images are sparse, too. */
const AREA_BYTES = 256 * 2 ** 30;

/** The superblock is in the first sector of the first allocation group. */
const SUPERBLOCK_BYTES = 512;

/** Lines of xfs_repair that only say how far it is. */
const PROGRESS = /^(Phase \d|\s*- |No modify flag set|Using internal log|$)/;

export class StorageArea {
  /** A tmpfs: the storage area, the roots of the hosts, scratch mount points. */
  private readonly base: string;
  private readonly device: LoopDevice;
  /** Names of all loop devices ever used here: the kernel's log names file systems by them. */
  readonly deviceNames = new Set<string>();

  /** @param base a standing directory in a private mount namespace; it disappears behind a tmpfs */
  constructor(base: string) {
    this.base = base;
    must('mount', '-t', 'tmpfs', '-o', 'mode=755', 'remount', base);
    for (const name of ['area', 'hosts', 'scratch']) mkdirSync(join(base, name));

    // Without a name from the first moment on: however this process ends, the file ends with it.
    const image = join(tmpdir(), `remount-${process.pid}.img`);
    const fd = openSync(image, 'wx+', 0o600);
    try {
      unlinkSync(image);
      ftruncateSync(fd, AREA_BYTES);
      this.device = this.loop(`/proc/${process.pid}/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
    must('mkfs.xfs', '-q', '-K', '-m', 'reflink=1', this.device.path);
    const refused = mountXfs(this.device.path, this.area);
    if (refused !== undefined) throw new Error(`the storage area does not mount: ${refused}`);
    for (const name of ['volumes', 'snapshots']) mkdirSync(join(this.area, name));
  }

  private get area(): string {
    return join(this.base, 'area');
  }
  /** Mount point for a moment's use. */
  get scratch(): string {
    return join(this.base, 'scratch');
  }
  hostRoot(instanceId: string): string {
    return join(this.base, 'hosts', instanceId);
  }
  volumeImage(volumeId: string): string {
    return join(this.area, 'volumes', volumeId);
  }
  snapshotImage(snapshotId: string): string {
    return join(this.area, 'snapshots', snapshotId);
  }

  loop(image: string): LoopDevice {
    const device = new LoopDevice(image);
    this.deviceNames.add(device.name);
    return device;
  }

  createBlank(image: string, bytes: number): void {
    writeFileSync(image, '', { flag: 'wx' });
    truncateSync(image, bytes);
  }

  /** An instant copy that shares all blocks. */
  clone(from: string, to: string): void {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  }

  /** Overwrites the first superblock: the kernel no longer takes the image for a file system. */
  spoil(image: string): void {
    const fd = openSync(image, 'r+');
    try {
      writeSync(fd, new Uint8Array(SUPERBLOCK_BYTES), 0, SUPERBLOCK_BYTES, 0);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Mounted read-write once, so that the log replays, unmounted, then `xfs_repair -n`: before the replay it calls every
   * crash-consistent copy corrupt (FACTS, XFS). On a clone.
   */
  inspect(image: string): Inspection {
    const clone = join(this.area, 'inspected');
    this.clone(image, clone);
    const device = this.loop(clone);
    try {
      const refused = mountXfs(device.path, this.scratch);
      if (refused !== undefined) return { sound: false, findings: [refused] };
      unmount(this.scratch);
      const { status, stdout, stderr } = tool('xfs_repair', '-n', device.path);
      if (status === 0) return { sound: true, findings: [] };
      const findings = `${stdout}\n${stderr}`.split('\n').filter((line) => !PROGRESS.test(line));
      return { sound: false, findings: [`xfs_repair -n: exit ${status}`, ...findings] };
    } finally {
      if (isMounted(this.scratch)) unmount(this.scratch);
      device.release();
      rmSync(clone);
    }
  }

  /** Everything mounted below must be unmounted before. */
  close(): void {
    if (isMounted(this.area)) unmount(this.area);
    this.device.release();
    if (isMounted(this.base)) unmount(this.base);
  }
}

export type Work<T> = (directory: string, device: string, live: boolean) => T;

/** Works on the file system of a volume on its staging directory, where it is mounted there, or else mounted for this. */
export function workMounted<T>(
  area: StorageArea,
  volumeId: string,
  attached: LoopDevice | undefined,
  staging: string | undefined,
  work: Work<T>,
): T {
  const live = staging !== undefined && isMounted(staging);
  const device = attached ?? area.loop(area.volumeImage(volumeId));
  const directory = live ? staging : area.scratch;
  try {
    const refused = live ? undefined : mountXfs(device.path, directory);
    if (refused !== undefined) throw new Error(`${volumeId} does not mount: ${refused}`);
    return work(directory, device.path, live);
  } finally {
    if (!live && isMounted(directory)) unmount(directory);
    if (!attached) device.release();
  }
}
