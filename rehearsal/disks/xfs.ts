/** Real disks: XFS on loop devices; the host verbs really run, as root, each instance below a root of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { plantOrder } from './course.ts';
import {
  type Course,
  DISK_ERROR,
  DISK_KIND,
  DiskError,
  type Disks,
  type HostResult,
  type HostRun,
  type Inspection,
  KILLED,
  type PlantedDamage,
} from './disks.ts';
import type { LoopDevice } from './loop.ts';
import { baseDirectory, requireXfs, uptimeSeconds, xfsLog } from './machine.ts';
import { cutOff, isMounted, mountPoints, mountXfs, unmount } from './mounts.ts';
import { Stopwatch } from './stopwatch.ts';
import { StorageArea } from './xfs-area.ts';
import { courseIds, readContent, removeCourse, uploadCourse } from './xfs-content.ts';
import { plantUnder, prepareHole } from './xfs-plant.ts';

const BYTES_PER_GIB = 2 ** 30;
/** Images are sparse, but the log of a large XFS is not, and checking one takes memory. GiB. */
const IMAGE_CAP_GIB = 256;
/** Stands for nginx; every Linux has it. */
const WEB_USER = 'nobody';
/** Directories that stand on every real host. */
const HOST_DIRECTORIES = ['dev/disk/by-id', 'mnt', 'run', 'srv', 'var/lib'];

interface Stored {
  readonly sizeGiB: number;
  /** Ids of all courses ever uploaded, oldest first: the file system's own times are real ones, not the rehearsal's. */
  readonly uploads: string[];
}

interface XfsVolume extends Stored {
  attachment: { readonly instanceId: string; readonly device: LoopDevice } | undefined;
}

function known<T>(map: ReadonlyMap<string, T>, id: string, what: string): T {
  const found = map.get(id);
  if (found === undefined) throw new Error(`real disks: no ${what} ${id}`);
  return found;
}

function vacant(map: ReadonlyMap<string, unknown>, id: string, what: string): void {
  if (map.has(id)) throw new Error(`real disks: ${what} ${id} exists already`);
}

export class XfsDisks implements Disks {
  readonly kind = DISK_KIND.xfs;
  private readonly area: StorageArea;
  /** Instance id -> its root directory. */
  private readonly hosts = new Map<string, string>();
  private readonly volumes = new Map<string, XfsVolume>();
  private readonly snapshots = new Map<string, Stored>();
  private readonly stopwatch = new Stopwatch();
  private readonly openedAt = uptimeSeconds();
  private capped = false;
  private closed = false;

  /** @throws DisksUnavailable when this machine has no real disks to offer */
  constructor() {
    requireXfs();
    this.area = new StorageArea(baseDirectory());
  }

  get notes(): readonly string[] {
    const notes = [
      'Disks: real XFS file systems on loop devices, in a private mount namespace; the host verbs really run.',
      'Not real: EBS itself. Images are cloned by reflink in the place of snapshots, and nothing loads lazily.',
    ];
    if (this.capped) notes.push(`Volumes larger than ${IMAGE_CAP_GIB} GiB are stood for by images of that size.`);
    return notes;
  }
  get realMs(): Readonly<Record<string, number>> {
    return this.stopwatch.realMs;
  }
  get counts(): Readonly<Record<string, number>> {
    return this.stopwatch.counts;
  }

  addHost(instanceId: string): void {
    vacant(this.hosts, instanceId, 'host');
    const root = this.area.hostRoot(instanceId);
    for (const directory of HOST_DIRECTORIES) mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
    this.hosts.set(instanceId, root);
  }

  /** Root directory of a host, what `REMOUNT_ROOT` is for its verbs: for tests that do more to it than verbs do. */
  rootOf(instanceId: string): string {
    return known(this.hosts, instanceId, 'host');
  }

  removeHost(instanceId: string): void {
    const root = known(this.hosts, instanceId, 'host');
    // All cut off before any is unmounted: unmounting would write out what a power cut loses.
    const mounts = mountPoints().filter((directory) => directory.startsWith(`${root}/`));
    for (const directory of mounts) cutOff(directory);
    for (const directory of mounts.reverse()) unmount(directory);
    for (const volume of this.volumes.values()) {
      if (volume.attachment?.instanceId !== instanceId) continue;
      volume.attachment.device.release();
      volume.attachment = undefined;
    }
    rmSync(root, { recursive: true });
    this.hosts.delete(instanceId);
  }

  createVolume(volumeId: string, sizeGiB: number, snapshotId?: string): void {
    vacant(this.volumes, volumeId, 'volume');
    const snapshot = snapshotId === undefined ? undefined : known(this.snapshots, snapshotId, 'snapshot');
    if (snapshot && sizeGiB < snapshot.sizeGiB) {
      throw new Error(`real disks: ${volumeId} of ${sizeGiB} GiB is smaller than ${snapshotId}: ${snapshot.sizeGiB}`);
    }
    this.stopwatch.time('createVolume', () => {
      const image = this.area.volumeImage(volumeId);
      const bytes = Math.min(sizeGiB, IMAGE_CAP_GIB) * BYTES_PER_GIB;
      if (snapshotId === undefined) this.area.createBlank(image, bytes);
      else {
        this.area.clone(this.area.snapshotImage(snapshotId), image);
        truncateSync(image, bytes);
      }
    });
    this.capped ||= sizeGiB > IMAGE_CAP_GIB;
    this.volumes.set(volumeId, { sizeGiB, uploads: [...(snapshot?.uploads ?? [])], attachment: undefined });
  }

  deleteVolume(volumeId: string): void {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    if (attachment) throw new Error(`real disks: ${volumeId} is attached to ${attachment.instanceId}: not deleted`);
    rmSync(this.area.volumeImage(volumeId));
    this.volumes.delete(volumeId);
  }

  takeSnapshot(volumeId: string, snapshotId: string): void {
    vacant(this.snapshots, snapshotId, 'snapshot');
    const { sizeGiB, uploads } = known(this.volumes, volumeId, 'volume');
    this.stopwatch.time('takeSnapshot', () =>
      this.area.clone(this.area.volumeImage(volumeId), this.area.snapshotImage(snapshotId)),
    );
    this.snapshots.set(snapshotId, { sizeGiB, uploads: [...uploads] });
  }

  deleteSnapshot(snapshotId: string): void {
    known(this.snapshots, snapshotId, 'snapshot');
    rmSync(this.area.snapshotImage(snapshotId));
    this.snapshots.delete(snapshotId);
  }

  attach(volumeId: string, instanceId: string): void {
    const root = known(this.hosts, instanceId, 'host');
    const volume = known(this.volumes, volumeId, 'volume');
    if (volume.attachment) throw new Error(`real disks: ${volumeId} is attached to ${volume.attachment.instanceId}`);
    this.stopwatch.time('attach', () => {
      const device = this.area.loop(this.area.volumeImage(volumeId));
      symlinkSync(device.path, deviceLink(root, volumeId));
      volume.attachment = { instanceId, device };
    });
  }

  detach(volumeId: string, instanceId: string): void {
    const root = known(this.hosts, instanceId, 'host');
    const volume = known(this.volumes, volumeId, 'volume');
    const { attachment } = volume;
    if (attachment?.instanceId !== instanceId) {
      throw new Error(`real disks: ${volumeId} is not attached to ${instanceId}`);
    }
    this.stopwatch.time('detach', () => {
      const staging = stagingOf(root, volumeId);
      if (isMounted(staging)) cutOff(staging);
      rmSync(deviceLink(root, volumeId));
      attachment.device.release();
      volume.attachment = undefined;
    });
  }

  mounted(volumeId: string): boolean {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    return attachment !== undefined && isMounted(stagingOf(this.area.hostRoot(attachment.instanceId), volumeId));
  }

  markers(instanceId: string): string[] {
    const directory = join(known(this.hosts, instanceId, 'host'), 'var/lib/remount/serving');
    return existsSync(directory)
      ? readdirSync(directory)
          .filter((name) => !name.includes('.new.'))
          .sort()
      : [];
  }

  run(instanceId: string, run: HostRun): HostResult {
    const root = known(this.hosts, instanceId, 'host');
    return this.stopwatch.time(`run ${run.verb}`, () => {
      const start = performance.now();
      const result = spawnSync('sh', ['-c', run.script], {
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          ...run.env,
          REMOUNT_ROOT: root,
          REMOUNT_WEB_USER: WEB_USER,
          // A device link appears here at once or not at all.
          REMOUNT_DEVICE_WAIT: '0',
        },
        timeout: run.timeoutSeconds * 1000,
        killSignal: 'SIGKILL',
      });
      if (result.error && result.status !== null) throw result.error;
      const { stdout, stderr } = result;
      return { exitCode: result.status ?? KILLED, stdout, stderr, realMs: performance.now() - start };
    });
  }

  upload(instanceId: string, volume: string, course: Course): void {
    this.stopwatch.time('upload', () => {
      const { root, volumeId } = this.served(instanceId, volume);
      uploadCourse(root, course);
      this.volumes.get(volumeId)?.uploads.push(course.id);
    });
  }
  remove(instanceId: string, volume: string, courseId: string): void {
    this.stopwatch.time('remove', () => removeCourse(this.served(instanceId, volume).root, courseId));
  }
  list(instanceId: string, volume: string): string[] {
    return this.stopwatch.time('list', () => courseIds(this.served(instanceId, volume).root));
  }
  read(instanceId: string, volume: string, path: string): Uint8Array {
    return this.stopwatch.time('read', () => readContent(this.served(instanceId, volume).root, path));
  }

  plantInconsistency(volumeId: string): PlantedDamage {
    const { uploads, attachment } = known(this.volumes, volumeId, 'volume');
    return this.stopwatch.time('plantInconsistency', () => {
      const staging = attachment && stagingOf(this.area.hostRoot(attachment.instanceId), volumeId);
      const live = staging !== undefined && isMounted(staging);
      const device = attachment?.device ?? this.area.loop(this.area.volumeImage(volumeId));
      const directory = live ? staging : this.area.scratch;
      try {
        const refused = live ? undefined : mountXfs(device.path, directory);
        if (refused !== undefined) throw new Error(`plantInconsistency: ${volumeId} does not mount: ${refused}`);
        const there = new Set(courseIds(directory));
        const hole = prepareHole(directory, plantOrder(uploads.filter((id) => there.has(id))));
        unmount(directory);
        const description = plantUnder(device.path, hole);
        if (live) {
          const again = mountXfs(device.path, directory);
          if (again !== undefined) throw new Error(`plantInconsistency: ${volumeId} does not mount again: ${again}`);
        }
        return { courseIds: [hole.courseId], description: `${volumeId}: ${description}` };
      } finally {
        if (!live && isMounted(directory)) unmount(directory);
        if (!attachment) device.release();
      }
    });
  }

  inspect(source: { readonly volumeId?: string; readonly snapshotId?: string }): Inspection {
    const { volumeId, snapshotId = '' } = source;
    if (volumeId === undefined) known(this.snapshots, snapshotId, 'snapshot');
    else known(this.volumes, volumeId, 'volume');
    const image = volumeId === undefined ? this.area.snapshotImage(snapshotId) : this.area.volumeImage(volumeId);
    return this.stopwatch.time('inspect', () => this.area.inspect(image));
  }

  kernelLog(): string[] {
    return xfsLog(this.openedAt, this.area.deviceNames);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const instanceId of [...this.hosts.keys()]) this.removeHost(instanceId);
    this.area.close();
  }

  /** The mounted root behind `/srv/content/<volume>`. */
  private served(instanceId: string, volume: string): { root: string; volumeId: string } {
    const link = join(known(this.hosts, instanceId, 'host'), 'srv/content', volume);
    let root: string;
    try {
      root = readlinkSync(link);
    } catch (cause) {
      throw new DiskError(DISK_ERROR.missing, `${instanceId} does not serve ${volume}`, { cause });
    }
    if (!isMounted(root))
      throw new DiskError(DISK_ERROR.missing, `${instanceId} does not serve ${volume}: not mounted`);
    return { root, volumeId: root.slice(root.lastIndexOf('/') + 1) };
  }
}

function deviceLink(root: string, volumeId: string): string {
  return join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`);
}

function stagingOf(root: string, volumeId: string): string {
  return join(root, 'mnt/remount', volumeId);
}
