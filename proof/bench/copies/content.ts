import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../../simulator/disks/shell.ts';
import type { StorageArea } from '../../../simulator/disks/xfs/area.ts';
import { cutOff, mountXfs, unmount } from '../../../simulator/disks/xfs/mounts.ts';

/** Bytes. */
const SIZE = 20 * 2 ** 30;

/** A content volume: real XFS, mounted as an owner has it. */
export class Content {
  readonly mountPoint: string;
  readonly #area: StorageArea;
  readonly #name: string;
  readonly #mounted: { readonly at: string; readonly release: () => void }[] = [];

  constructor(area: StorageArea, name: string) {
    this.#area = area;
    this.#name = name;
    const image = area.volumeImage(name);
    area.createBlank(image, SIZE);
    this.mountPoint = this.#mount(image, name, true);
    mkdirSync(join(this.mountPoint, '.remount'));
  }

  /** A volume with what is there now, as of a snapshot. @returns where it is mounted */
  copy(): string {
    const image = this.#area.volumeImage(`${this.#name}-copy`);
    must('sync', '--file-system', this.mountPoint);
    this.#area.clone(this.#area.volumeImage(this.#name), image);
    return this.#mount(image, `${this.#name}-copy`, false);
  }

  close(): void {
    for (const { at, release } of this.#mounted) {
      cutOff(at);
      unmount(at);
      release();
    }
  }

  #mount(image: string, name: string, blank: boolean): string {
    const device = this.#area.loop(image);
    if (blank) must('mkfs.xfs', '-q', '-K', device.path);
    const at = this.#area.hostRoot(name);
    mkdirSync(at);
    const refused = mountXfs(device.path, at);
    if (refused !== undefined) throw new Error(refused);
    const release = () => {
      device.release();
      rmSync(image);
    };
    this.#mounted.push({ at, release });
    return at;
  }
}
