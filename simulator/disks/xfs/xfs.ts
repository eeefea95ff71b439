/** Real disks: XFS on loop devices; the host verbs really run, as root, each instance below a root of its own. */
import { mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { UPDATE_VERB, VERB_PARAMETER } from '../../../contract/contract.ts';
import { plantOrder } from '../course.ts';
import {
  type Alteration,
  type AlteredFile,
  BYTES_PER_GIB,
  type Course,
  DISK_ERROR,
  DISK_KIND,
  DiskError,
  type Disks,
  type HostResult,
  type HostRun,
  type Inspection,
  type PlantedDamage,
  type Watchdog,
} from '../disks.ts';
import { withCourse } from '../first-touch.ts';
import { baseDirectory, requireXfs, uptimeSeconds, xfsLog } from '../machine.ts';
import type { DeviceReads, Written } from '../reads.ts';
import { Stopwatch } from '../stopwatch.ts';
import { StorageArea, type Work, workMounted } from './area.ts';
import {
  capacityGiB,
  courseIds,
  fillContent,
  isShutDown,
  leaveUnreadable,
  readContent,
  removeCourse,
  uploadCourse,
  writeSparse,
} from './content.ts';
import { ringWatchdog, watchdogsOf } from './freeze.ts';
import {
  answerOfStalled,
  cutPower,
  HOST_DIRECTORIES,
  leave,
  plugIn,
  runScript,
  servedRoot,
  softwareOf,
  stagingOf,
  sweepLeft,
  unplug,
} from './host.ts';
import { JournaledXfs } from './journaled.ts';
import { cutOff, isMounted, mountXfs, unmount } from './mounts.ts';
import { plantUnder, prepareHole } from './plant.ts';
import { rot } from './rot.ts';
import { StaleLinks } from './stale-links.ts';
import { holdOpen, IMAGE_CAP_GIB, known, newVolume, type Stored, vacant } from './stock.ts';
import { HostWebs, volumeOf } from './web.ts';

export class XfsDisks extends JournaledXfs implements Disks {
  readonly kind = DISK_KIND.xfs;
  private readonly area: StorageArea;
  private readonly snapshots = new Map<string, Stored>();
  private readonly webs = new HostWebs();
  private readonly stale = new StaleLinks();
  private readonly stopwatch = new Stopwatch();
  readonly realMs: Readonly<Record<string, number>> = this.stopwatch.realMs;
  readonly counts: Readonly<Record<string, number>> = this.stopwatch.counts;
  private readonly openedAt = uptimeSeconds();
  private capped = false;
  private closed = false;

  /** @throws DisksUnavailable when this machine has no real disks to offer */
  constructor() {
    super();
    requireXfs();
    this.area = new StorageArea(baseDirectory());
    this.bringAgents();
  }

  get notes(): readonly string[] {
    const notes = [
      'Disks: real XFS file systems on loop devices, in a private mount namespace; the host verbs really run.',
      'Not real: EBS itself. Images are cloned by reflink in the place of snapshots; what blocks that load late take is added in virtual time.',
      this.webs.note,
      this.agentsNote,
    ];
    if (this.capped) notes.push(`Volumes larger than ${IMAGE_CAP_GIB} GiB are stood for by images of that size.`);
    return notes;
  }

  addHost(instanceId: string): void {
    vacant(this.hosts, instanceId, 'host');
    const root = this.area.hostRoot(instanceId);
    for (const directory of HOST_DIRECTORIES) mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
    this.hosts.set(instanceId, root);
  }
  removeHost(instanceId: string): void {
    const root = known(this.hosts, instanceId, 'host');
    this.webs.end(root);
    this.agents?.end(root);
    cutPower(root);
    for (const volume of this.volumes.values()) {
      if (volume.attachment?.instanceId !== instanceId) continue;
      volume.attachment.device.release();
      volume.attachment = undefined;
    }
    rmSync(root, { recursive: true });
    this.hosts.delete(instanceId);
  }
  powerOff(instanceId: string, orderly = false): void {
    const root = known(this.hosts, instanceId, 'host');
    this.webs.end(root);
    this.agents?.end(root);
    cutPower(root, orderly);
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
    this.volumes.set(volumeId, newVolume(sizeGiB, snapshot));
  }
  resize(volumeId: string, sizeGiB: number): void {
    const volume = known(this.volumes, volumeId, 'volume');
    volume.sizeGiB = sizeGiB;
    this.capped ||= sizeGiB > IMAGE_CAP_GIB;
    truncateSync(this.area.volumeImage(volumeId), Math.min(sizeGiB, IMAGE_CAP_GIB) * BYTES_PER_GIB);
    volume.attachment?.device.resize();
  }
  deleteVolume(volumeId: string): void {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    if (attachment) throw new Error(`real disks: ${volumeId} is attached to ${attachment.instanceId}: not deleted`);
    rmSync(this.area.volumeImage(volumeId));
    this.volumes.delete(volumeId);
  }
  takeSnapshot(volumeId: string, snapshotId: string): void {
    vacant(this.snapshots, snapshotId, 'snapshot');
    const { sizeGiB, uploads, written } = known(this.volumes, volumeId, 'volume');
    this.stopwatch.time('takeSnapshot', () =>
      this.area.clone(this.area.volumeImage(volumeId), this.area.snapshotImage(snapshotId)),
    );
    this.snapshots.set(snapshotId, { sizeGiB, uploads: [...uploads], written });
  }
  deleteSnapshot(snapshotId: string): void {
    known(this.snapshots, snapshotId, 'snapshot');
    rmSync(this.area.snapshotImage(snapshotId));
    this.snapshots.delete(snapshotId);
  }
  written = (volumeId: string): Written => known(this.volumes, volumeId, 'volume').written;
  deviceReads(volumeId: string): DeviceReads | undefined {
    return known(this.volumes, volumeId, 'volume').attachment?.device.reads();
  }
  attach(volumeId: string, instanceId: string): void {
    const root = known(this.hosts, instanceId, 'host');
    const volume = known(this.volumes, volumeId, 'volume');
    if (volume.attachment) throw new Error(`real disks: ${volumeId} is attached to ${volume.attachment.instanceId}`);
    this.stopwatch.time('attach', () => {
      const device = this.area.loop(this.area.volumeImage(volumeId));
      plugIn(root, volumeId, device.path);
      volume.attachment = { instanceId, device };
    });
    this.stale.follow(instanceId, root, this.volumes);
  }
  staleLinks(instanceId: string): void {
    this.stale.begin(instanceId);
    this.stale.follow(instanceId, known(this.hosts, instanceId, 'host'), this.volumes);
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
      unplug(root, volumeId, attachment.device.path);
      attachment.device.release();
      volume.attachment = undefined;
    });
  }
  mounted(volumeId: string): boolean {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    return attachment !== undefined && isMounted(stagingOf(this.area.hostRoot(attachment.instanceId), volumeId));
  }
  writes(instanceId: string, volumeId: string): boolean {
    const staging = stagingOf(this.rootOf(instanceId), volumeId);
    return isMounted(staging) && !isShutDown(staging);
  }
  keepOpen(instanceId: string, volumeId: string, open: boolean): void {
    const staging = stagingOf(this.rootOf(instanceId), volumeId);
    holdOpen(known(this.volumes, volumeId, 'volume'), open ? staging : undefined);
  }
  web(instanceId: string, path: string): number | undefined {
    const root = this.rootOf(instanceId);
    if (softwareOf(root) === undefined) return undefined;
    const hangs = this.volumes.get(volumeOf(root, path) ?? '')?.stalled === true;
    return this.stopwatch.time('web', () => this.webs.status(root, path, hangs));
  }
  download(instanceId: string, path: string): void {
    const volumeId = this.webs.download(this.rootOf(instanceId), path);
    known(this.volumes, volumeId, 'volume').downloaded = true;
  }
  /** The network that the host's web servers are in: for tests that come by TCP. */
  webNamespace = (instanceId: string): string | undefined =>
    this.webs.of(this.rootOf(instanceId))?.environment.REHEARSAL_NET;
  downloads(instanceId: string): number {
    return this.webs.of(this.rootOf(instanceId))?.open() ?? 0;
  }
  sweepLeft = (instanceId: string): void => sweepLeft(this.rootOf(instanceId));
  run(instanceId: string, run: HostRun): HostResult {
    const root = known(this.hosts, instanceId, 'host');
    const web = this.webs.of(root, run.verb === UPDATE_VERB);
    const stalled = answerOfStalled(root, run, (id) => this.volumes.get(id));
    if (stalled && run.verb === 'release') web?.stop(run.env[`SSM_${VERB_PARAMETER.volume}`] ?? '');
    if (stalled) return stalled;
    const around = { ...web?.environment, ...this.agents?.environment(root, run) };
    return this.stopwatch.time(`run ${run.verb}`, () => runScript(root, run, around));
  }
  upload(instanceId: string, volume: string, course: Course, synced = true): void {
    this.stopwatch.time('upload', () => {
      const { root, volumeId } = this.served(instanceId, volume, true);
      uploadCourse(root, course, synced);
      const stored = known(this.volumes, volumeId, 'volume');
      stored.uploads.push(course.id);
      stored.written = withCourse(stored.written, course);
      this.changed(instanceId, volume, course.id, course.files.length);
    });
  }
  addSparse(instanceId: string, volume: string, path: string, bytes: number): void {
    writeSparse(this.served(instanceId, volume, true).root, path, bytes);
  }
  remove(instanceId: string, volume: string, courseId: string): void {
    this.stopwatch.time('remove', () => removeCourse(this.served(instanceId, volume, true).root, courseId));
    this.changed(instanceId, volume, courseId);
  }
  leaveUnreadable(instanceId: string, volume: string): void {
    leaveUnreadable(this.served(instanceId, volume, true).root);
  }
  list(instanceId: string, volume: string): string[] {
    return this.stopwatch.time('list', () => courseIds(this.served(instanceId, volume).root));
  }
  fill(instanceId: string, volume: string, percent: number): void {
    fillContent(this.served(instanceId, volume).root, percent);
  }
  capacity(instanceId: string, volume: string): number {
    return this.stopwatch.time('capacity', () => capacityGiB(this.served(instanceId, volume).root));
  }
  read(instanceId: string, volume: string, path: string): Uint8Array {
    return this.stopwatch.time('read', () => readContent(this.served(instanceId, volume).root, path));
  }
  watchdogs = (instanceId: string): Watchdog[] => watchdogsOf(this.rootOf(instanceId));
  ringWatchdog = (instanceId: string, volumeId: string): void => ringWatchdog(this.rootOf(instanceId), volumeId);
  unmount(volumeId: string): void {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    if (!attachment || !this.mounted(volumeId)) throw new Error(`real disks: ${volumeId} is not mounted`);
    unmount(stagingOf(this.area.hostRoot(attachment.instanceId), volumeId));
  }
  stall(volumeId: string, stalled: boolean): void {
    const volume = known(this.volumes, volumeId, 'volume');
    volume.stalled = stalled;
    const root = volume.attachment && this.rootOf(volume.attachment.instanceId);
    if (root) this.webs.of(root)?.stall(volumeId, stalled);
    if (stalled) return;
    volume.probed = false;
    volume.downloaded &&= !volume.left;
    if (!volume.left || !volume.attachment) return;
    volume.left = false;
    if (volume.descriptor === undefined && this.mounted(volumeId)) this.unmount(volumeId);
    else leave(this.rootOf(volume.attachment.instanceId), volumeId);
  }
  /** An image without blocks: every read of its device is beyond the end, and fails. */
  lose(volumeId: string): void {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    const staging = attachment && stagingOf(this.area.hostRoot(attachment.instanceId), volumeId);
    if (staging && isMounted(staging)) cutOff(staging);
    truncateSync(this.area.volumeImage(volumeId), 0);
  }
  spoil(snapshotId: string): void {
    known(this.snapshots, snapshotId, 'snapshot');
    this.area.spoil(this.area.snapshotImage(snapshotId));
  }
  plantInconsistency(volumeId: string): PlantedDamage {
    return this.withoutWriter(volumeId, () =>
      this.onFileSystem('plantInconsistency', volumeId, (directory, device, live) => {
        const hole = prepareHole(directory, this.plantable(volumeId, directory));
        unmount(directory);
        const description = plantUnder(device, hole);
        const refused = live ? mountXfs(device, directory) : undefined;
        if (refused !== undefined) throw new Error(`plantInconsistency: ${volumeId} does not mount again: ${refused}`);
        return { courseIds: [hole.courseId], description: `${volumeId}: ${description}` };
      }),
    );
  }
  alter(volumeId: string, how: Alteration): AlteredFile {
    return this.onFileSystem('alter', volumeId, (directory) =>
      rot(directory, this.area.volumeImage(volumeId), this.plantable(volumeId, directory), how),
    );
  }
  inspect({ volumeId, snapshotId = '' }: { readonly volumeId?: string; readonly snapshotId?: string }): Inspection {
    if (volumeId === undefined) known(this.snapshots, snapshotId, 'snapshot');
    else known(this.volumes, volumeId, 'volume');
    const image = volumeId === undefined ? this.area.snapshotImage(snapshotId) : this.area.volumeImage(volumeId);
    return this.stopwatch.time('inspect', () => this.area.inspect(image));
  }
  kernelLog = (): string[] => xfsLog(this.openedAt, this.area.deviceNames);
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.letGo();
    for (const instanceId of [...this.hosts.keys()]) this.removeHost(instanceId);
    this.agents?.close();
    this.area.close();
  }
  /** The courses to damage, the best first. */
  private plantable(volumeId: string, directory: string): string[] {
    const there = new Set(courseIds(directory));
    return plantOrder(known(this.volumes, volumeId, 'volume').uploads.filter((id) => there.has(id)));
  }
  /** Works on the mounted file system of a volume: where it is mounted, or else mounted for this. */
  private onFileSystem<T>(what: string, volumeId: string, work: Work<T>): T {
    const { attachment } = known(this.volumes, volumeId, 'volume');
    const staging = attachment && stagingOf(this.area.hostRoot(attachment.instanceId), volumeId);
    return this.stopwatch.time(what, () => workMounted(this.area, volumeId, attachment?.device, staging, work));
  }

  /** The mounted root behind `/srv/content/<volume>`. @param writes nobody does on what is frozen */
  private served(instanceId: string, volume: string, writes = false): { root: string; volumeId: string } {
    const found = servedRoot(known(this.hosts, instanceId, 'host'), instanceId, volume);
    const frozen = writes && this.watchdogs(instanceId).some((w) => w.volumeId === found.volumeId);
    if (frozen || this.volumes.get(found.volumeId)?.stalled)
      throw new DiskError(DISK_ERROR.stalled, `${found.volumeId} on ${instanceId}: I/O hangs`);
    return found;
  }
}
