/** Disks as a model in memory: nothing is real, everything is instant, and it runs anywhere. */
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
  type ServedLink,
  type Watchdog,
} from '../disks.ts';
import { NOTHING_WRITTEN } from '../first-touch.ts';
import type { DeviceReads, Written } from '../reads.ts';
import { Stopwatch } from '../stopwatch.ts';
import { known, vacant } from '../xfs/stock.ts';
import type { MemoryFileSystem } from './file-system.ts';
import { NOTHING_FROZEN, ring } from './freeze.ts';
import type { MemoryHost, MemoryMount, MemoryVolume } from './host.ts';
import { JournaledMemory } from './journaled.ts';
import { newHost, playVerb } from './verbs.ts';
import { webAnswer } from './web-answer.ts';

interface MemorySnapshot {
  readonly sizeGiB: number;
  readonly fileSystem: MemoryFileSystem | undefined;
}

export class MemoryDisks extends JournaledMemory implements Disks {
  readonly kind = DISK_KIND.memory;
  readonly notes: readonly string[];
  private readonly snapshots = new Map<string, MemorySnapshot>();
  private readonly stopwatch = new Stopwatch();

  /** @param reason why not real disks, if they were wanted: becomes a note */
  constructor(reason?: string) {
    super();
    this.notes = [
      'Disks: a model in memory. No kernel, no file system and no host script runs; their results are modelled.',
      'Journals and uploads: where a stack has them, a model of the agent.',
      ...(reason === undefined ? [] : [`Real XFS is not used: ${reason}`]),
    ];
  }

  get realMs(): Readonly<Record<string, number>> {
    return this.stopwatch.realMs;
  }
  get counts(): Readonly<Record<string, number>> {
    return this.stopwatch.counts;
  }

  addHost(instanceId: string): void {
    vacant(this.hosts, instanceId, 'host');
    this.hosts.set(instanceId, newHost(instanceId));
  }

  removeHost(instanceId: string): void {
    this.powerOff(instanceId);
    for (const volume of this.volumes.values()) if (volume.attachedTo === instanceId) volume.attachedTo = undefined;
    this.hosts.delete(instanceId);
  }

  powerOff(instanceId: string, orderly = false): void {
    const host = known(this.hosts, instanceId, 'host');
    for (const { fileSystem, dead } of host.mounts.values())
      orderly && !dead ? fileSystem.unmount() : fileSystem.loseUnsynced();
    for (const lost of [host.mounts, host.open, host.hung, host.left, host.web, host.downloads]) lost.clear();
    Object.assign(host, NOTHING_FROZEN());
  }

  createVolume(volumeId: string, sizeGiB: number, snapshotId?: string): void {
    vacant(this.volumes, volumeId, 'volume');
    const snapshot = snapshotId === undefined ? undefined : known(this.snapshots, snapshotId, 'snapshot');
    if (snapshot && sizeGiB < snapshot.sizeGiB) {
      throw new Error(`memory disks: ${volumeId} of ${sizeGiB} GiB is smaller than ${snapshotId}: ${snapshot.sizeGiB}`);
    }
    const fileSystem = snapshot?.fileSystem?.copy();
    const state = { attachedTo: undefined, stalled: false, lost: false };
    this.volumes.set(volumeId, { id: volumeId, sizeGiB, fileSystem, ...state });
  }

  resize(volumeId: string, sizeGiB: number): void {
    known(this.volumes, volumeId, 'volume').sizeGiB = sizeGiB;
  }

  deleteVolume(volumeId: string): void {
    const volume = known(this.volumes, volumeId, 'volume');
    if (volume.attachedTo !== undefined) throw new Error(`memory disks: ${volumeId} is attached: not deleted`);
    this.volumes.delete(volumeId);
  }

  takeSnapshot(volumeId: string, snapshotId: string): void {
    vacant(this.snapshots, snapshotId, 'snapshot');
    const { sizeGiB, fileSystem } = known(this.volumes, volumeId, 'volume');
    this.stopwatch.time('takeSnapshot', () =>
      this.snapshots.set(snapshotId, { sizeGiB, fileSystem: fileSystem?.copy() }),
    );
  }

  deleteSnapshot(snapshotId: string): void {
    known(this.snapshots, snapshotId, 'snapshot');
    this.snapshots.delete(snapshotId);
  }

  attach(volumeId: string, instanceId: string): void {
    known(this.hosts, instanceId, 'host');
    const volume = known(this.volumes, volumeId, 'volume');
    if (volume.attachedTo !== undefined) throw new Error(`memory disks: ${volumeId} is attached already`);
    volume.attachedTo = instanceId;
  }
  written(volumeId: string): Written {
    return known(this.volumes, volumeId, 'volume').fileSystem?.written ?? NOTHING_WRITTEN;
  }
  deviceReads = (): DeviceReads | undefined => undefined;
  staleLinks = (instanceId: string): void => void known(this.hosts, instanceId, 'host');
  detach(volumeId: string, instanceId: string): void {
    const volume = known(this.volumes, volumeId, 'volume');
    if (volume.attachedTo !== instanceId) throw new Error(`memory disks: ${volumeId} is not attached to ${instanceId}`);
    const mount = known(this.hosts, instanceId, 'host').mounts.get(volumeId);
    if (mount) mount.dead = true;
    volume.attachedTo = undefined;
  }

  mounted(volumeId: string): boolean {
    const { attachedTo } = known(this.volumes, volumeId, 'volume');
    return attachedTo !== undefined && known(this.hosts, attachedTo, 'host').mounts.has(volumeId);
  }

  software(instanceId: string): string | undefined {
    return known(this.hosts, instanceId, 'host').software.applied;
  }

  markers(instanceId: string): string[] {
    return [...known(this.hosts, instanceId, 'host').markers.keys()].sort();
  }

  links(instanceId: string): ServedLink[] {
    const host = known(this.hosts, instanceId, 'host');
    return [...host.links].map(([volume, volumeId]) => {
      const mount = host.mounts.get(volumeId);
      return { volume, volumeId, live: mount !== undefined && !mount.dead };
    });
  }
  writes(instanceId: string, volumeId: string): boolean {
    const mount = known(this.hosts, instanceId, 'host').mounts.get(volumeId);
    return mount !== undefined && !mount.dead;
  }

  keepOpen(instanceId: string, volumeId: string, open: boolean): void {
    const host = known(this.hosts, instanceId, 'host');
    if (open) host.open.add(volumeId);
    else host.open.delete(volumeId);
  }

  web(instanceId: string, path: string): number | undefined {
    const host = known(this.hosts, instanceId, 'host');
    if (host.software.applied === undefined) return undefined;
    return webAnswer(path, (volume) => {
      if (!host.web.has(volume)) return undefined;
      return this.served(instanceId, volume).mount.fileSystem;
    });
  }

  download(instanceId: string, path: string): void {
    const { downloads } = known(this.hosts, instanceId, 'host');
    if (this.web(instanceId, path) !== 200) throw new Error(`memory disks: nobody can download ${path}`);
    const { volumeId } = this.served(instanceId, path.split('/')[1] ?? '');
    downloads.set(volumeId, (downloads.get(volumeId) ?? 0) + 1);
  }

  downloads(instanceId: string): number {
    return [...known(this.hosts, instanceId, 'host').downloads.values()].reduce((sum, n) => sum + n, 0);
  }

  sweepLeft(instanceId: string): void {
    const host = known(this.hosts, instanceId, 'host');
    for (const volumeId of host.left) if (!this.volumes.get(volumeId)?.stalled) this.sweep(host, volumeId);
  }

  unmount(volumeId: string): void {
    if (!this.mounted(volumeId)) throw new Error(`memory disks: ${volumeId} is not mounted`);
    this.mountsOf(volumeId)?.get(volumeId)?.fileSystem.unmount();
    this.mountsOf(volumeId)?.delete(volumeId);
  }

  stall(volumeId: string, stalled: boolean): void {
    known(this.volumes, volumeId, 'volume').stalled = stalled;
    if (stalled) return;
    for (const host of this.hosts.values()) {
      host.hung.delete(volumeId);
      if (host.left.has(volumeId)) host.downloads.delete(volumeId);
      this.sweep(host, volumeId);
    }
  }

  lose(volumeId: string): void {
    known(this.volumes, volumeId, 'volume').lost = true;
    const mount = this.mountsOf(volumeId)?.get(volumeId);
    if (mount) mount.dead = true;
  }

  spoil(snapshotId: string): void {
    const { sizeGiB, fileSystem } = known(this.snapshots, snapshotId, 'snapshot');
    const spoilt = fileSystem?.copy();
    if (spoilt) spoilt.damaged = true;
    this.snapshots.set(snapshotId, { sizeGiB, fileSystem: spoilt });
  }

  run(instanceId: string, run: HostRun): HostResult {
    const host = known(this.hosts, instanceId, 'host');
    const deviceOf = (volumeId: string): MemoryVolume | undefined => {
      const volume = this.volumes.get(volumeId);
      return volume?.attachedTo === instanceId ? volume : undefined;
    };
    const result = this.stopwatch.time(`run ${run.verb}`, () => playVerb(run.script, run.env, host, deviceOf));
    return { ...result, realMs: 0 };
  }

  upload(instanceId: string, volume: string, course: Course, synced = true): void {
    this.stopwatch.time('upload', () => {
      const { fileSystem } = this.writable(instanceId, volume);
      fileSystem.add(course, fileSystem.sizeGiB * BYTES_PER_GIB, synced);
      this.changed(instanceId, volume, course.id, course.files.length);
    });
  }

  addSparse(instanceId: string, volume: string, path: string, bytes: number): void {
    this.writable(instanceId, volume).fileSystem.addSparse(path, bytes);
  }

  watchdogs(instanceId: string): Watchdog[] {
    const { frozen } = known(this.hosts, instanceId, 'host');
    return [...frozen].map(([volumeId, { at }]) => ({ volumeId, at }));
  }

  ringWatchdog(instanceId: string, volumeId: string): void {
    ring(known(this.hosts, instanceId, 'host'), volumeId);
  }

  remove(instanceId: string, volume: string, courseId: string): void {
    this.stopwatch.time('remove', () => {
      const mount = this.writable(instanceId, volume);
      if (mount.fileSystem.remove(courseId) === 'removed') return this.changed(instanceId, volume, courseId);
      mount.dead = true;
      throw new DiskError(DISK_ERROR.io, `deleting course ${courseId}: the file system has shut down`);
    });
  }

  leaveUnreadable(instanceId: string, volume: string): void {
    this.writable(instanceId, volume).fileSystem.hidden += 2;
  }

  list(instanceId: string, volume: string): string[] {
    return this.served(instanceId, volume).mount.fileSystem.courseIds().sort();
  }

  fill(instanceId: string, volume: string, percent: number): void {
    this.served(instanceId, volume).mount.fileSystem.filled = percent;
  }
  capacity(instanceId: string, volume: string): number {
    return this.served(instanceId, volume).mount.fileSystem.sizeGiB;
  }

  read(instanceId: string, volume: string, path: string): Uint8Array {
    return this.served(instanceId, volume).mount.fileSystem.read(path);
  }

  plantInconsistency(volumeId: string): PlantedDamage {
    const { fileSystem } = known(this.volumes, volumeId, 'volume');
    const [tripping] = plantOrder(fileSystem?.courseIds() ?? []);
    if (!fileSystem || tripping === undefined) {
      throw new Error(`plantInconsistency: ${volumeId} has no course to plant an inconsistency under`);
    }
    // It is unmounted for that, and mounted again.
    fileSystem.sync();
    fileSystem.latent = new Set([...fileSystem.latent, tripping]);
    return {
      courseIds: [tripping],
      description: `modelled: deleting course ${tripping} will shut the file system of ${volumeId} down`,
    };
  }

  alter(volumeId: string, how: Alteration): AlteredFile {
    const altered = known(this.volumes, volumeId, 'volume').fileSystem?.alter(how);
    if (!altered) throw new Error(`alter: ${volumeId} has no file to damage`);
    return { ...altered, description: `modelled: ${altered.path} of course ${altered.courseId}: ${how}` };
  }
  inspect(source: { readonly volumeId?: string; readonly snapshotId?: string }): Inspection {
    const { fileSystem } =
      source.volumeId === undefined
        ? known(this.snapshots, source.snapshotId ?? '', 'snapshot')
        : known(this.volumes, source.volumeId, 'volume');
    const findings: string[] = [];
    if (this.volumes.get(source.volumeId ?? '')?.lost) findings.push('its data are lost');
    if (!fileSystem) findings.push('no file system');
    if (fileSystem?.damaged) findings.push('cannot be mounted: Structure needs cleaning');
    if (fileSystem && fileSystem.latent.size > 0) findings.push('free space records overlap blocks in use');
    return { sound: findings.length === 0, findings };
  }

  /** It would mount, it holds content, and there is nothing wrong with it: more than the metadata, which is all that `inspect` judges. */
  sound({ volumeId, snapshotId }: { readonly volumeId?: string; readonly snapshotId?: string }): boolean {
    const volume = this.volumes.get(volumeId ?? '');
    const fileSystem = (volume ?? this.snapshots.get(snapshotId ?? ''))?.fileSystem;
    if (!fileSystem || fileSystem.damaged || volume?.lost) return false;
    return fileSystem.canary !== undefined && fileSystem.latent.size === 0 && fileSystem.alteredFiles().length === 0;
  }
  kernelLog = (): string[] => [];
  close(): void {
    this.hosts.clear();
    this.volumes.clear();
    this.snapshots.clear();
  }

  /** What was released and left mounted is unmounted once nothing holds it. */
  private sweep(host: MemoryHost, volumeId: string): void {
    if (!host.open.has(volumeId) && host.left.delete(volumeId)) host.mounts.delete(volumeId);
  }

  /** The mount behind `/srv/content/<volume>`, if it can be used. */
  private served(instanceId: string, volume: string): { volumeId: string; mount: MemoryMount } {
    const host = known(this.hosts, instanceId, 'host');
    const volumeId = host.links.get(volume);
    const mount = volumeId === undefined ? undefined : host.mounts.get(volumeId);
    if (volumeId === undefined || !mount) {
      throw new DiskError(DISK_ERROR.missing, `${instanceId} does not serve ${volume}`);
    }
    if (this.volumes.get(volumeId)?.stalled)
      throw new DiskError(DISK_ERROR.stalled, `${volumeId} on ${instanceId}: I/O hangs`);
    if (mount.dead) throw new DiskError(DISK_ERROR.io, `${volumeId} on ${instanceId}: the file system is shut down`);
    return { volumeId, mount };
  }

  /** As {@link served}, where somebody may write. */
  private writable(instanceId: string, volume: string): MemoryMount {
    const { volumeId, mount } = this.served(instanceId, volume);
    if (known(this.hosts, instanceId, 'host').frozen.has(volumeId))
      throw new DiskError(DISK_ERROR.stalled, `${volumeId} on ${instanceId} is frozen`);
    return mount;
  }
}
