import { DISK_ERROR, DiskError, MANIFEST_FILE } from '../disks.ts';
import type { CourseFiles, Heard, JournaledDisks } from '../journaled.ts';
import { known } from '../xfs/stock.ts';
import type { MemoryFileSystem } from './file-system.ts';
import type { MemoryHost, MemoryMount, MemoryVolume } from './host.ts';

/** What the agent of the journal reaches of memory disks. */
export abstract class JournaledMemory implements JournaledDisks {
  protected readonly hosts = new Map<string, MemoryHost>();
  protected readonly volumes = new Map<string, MemoryVolume>();
  #heard: Heard | undefined;

  listen(heard: Heard): void {
    this.#heard = heard;
  }

  /** Somebody has changed a course through what the host serves. */
  protected changed(instanceId: string, volume: string, courseId: string, files = 1): void {
    const volumeId = this.hosts.get(instanceId)?.links.get(volume);
    if (volumeId !== undefined) this.#heard?.(instanceId, volumeId, courseId, files);
  }

  renameCourse(instanceId: string, volume: string, from: string, to: string): void {
    this.#serves(instanceId, volume).rename(from, to);
    for (const id of [from, to]) this.changed(instanceId, volume, id);
  }

  append(instanceId: string, volume: string, courseId: string, path: string, bytes: Uint8Array): void {
    this.#serves(instanceId, volume).append(courseId, path, bytes);
    this.changed(instanceId, volume, courseId);
  }

  letGo(): void {}

  coursesOn(instanceId: string, volumeId: string): string[] {
    return this.#mounted(instanceId, volumeId).courseIds().sort();
  }

  readCourse(instanceId: string, volumeId: string, courseId: string): CourseFiles | undefined {
    return this.#mounted(instanceId, volumeId).filesOf(courseId);
  }

  applyCourse(instanceId: string, volumeId: string, courseId: string, files: CourseFiles | undefined): void {
    const fileSystem = this.#mounted(instanceId, volumeId);
    if (!files) {
      fileSystem.trash(courseId);
      return;
    }
    const manifest = Buffer.from(files.get(MANIFEST_FILE) ?? []).toString();
    const listed = manifest.split('\n').filter((line) => line !== '');
    fileSystem.restore({
      id: courseId,
      files: listed.map((line) => {
        const [sha256 = '', path = ''] = line.split('  ');
        return { sha256, path, bytes: files.get(path) ?? new Uint8Array() };
      }),
    });
  }

  placeCourse(instanceId: string, volumeId: string, courseId: string, files: CourseFiles): void {
    this.applyCourse(instanceId, volumeId, courseId, files);
    this.#heard?.(instanceId, volumeId, courseId);
  }

  readMark(instanceId: string, volumeId: string): string | undefined {
    return this.#mounted(instanceId, volumeId).mark;
  }

  writeMark(instanceId: string, volumeId: string, mark: string): void {
    const fileSystem = this.#mounted(instanceId, volumeId);
    fileSystem.sync();
    fileSystem.mark = mark;
  }

  protected mountsOf(volumeId: string): Map<string, MemoryMount> | undefined {
    const { attachedTo } = known(this.volumes, volumeId, 'volume');
    return attachedTo === undefined ? undefined : known(this.hosts, attachedTo, 'host').mounts;
  }

  #serves(instanceId: string, volume: string): MemoryFileSystem {
    const volumeId = known(this.hosts, instanceId, 'host').links.get(volume);
    if (volumeId === undefined) throw new DiskError(DISK_ERROR.missing, `${volume} is not served by ${instanceId}`);
    return this.#mounted(instanceId, volumeId);
  }

  #mounted(instanceId: string, volumeId: string): MemoryFileSystem {
    const mount = known(this.hosts, instanceId, 'host').mounts.get(volumeId);
    if (!mount) throw new DiskError(DISK_ERROR.missing, `${volumeId} is not mounted on ${instanceId}`);
    if (this.volumes.get(volumeId)?.stalled)
      throw new DiskError(DISK_ERROR.stalled, `${volumeId} on ${instanceId}: I/O hangs`);
    if (mount.dead) throw new DiskError(DISK_ERROR.io, `${volumeId} on ${instanceId}: the file system is shut down`);
    return mount.fileSystem;
  }
}
