/** A volume of real XFS on a loop device, in a mount namespace of its own from this import on: for scripts of tests. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelEvent } from '../../../../host/agent/kernel/events.ts';
import type { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { baseDirectory, requireXfs } from '../../../../simulator/disks/machine.ts';
import { must } from '../../../../simulator/disks/shell.ts';
import { StorageArea } from '../../../../simulator/disks/xfs/area.ts';
import { cutOff, isMounted, mountXfs, unmount } from '../../../../simulator/disks/xfs/mounts.ts';
import { enterPrivateNamespace } from '../../../../simulator/disks/xfs/namespace.ts';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
requireXfs();
const area = new StorageArea(baseDirectory());

/** Something that is waited for may never come: then this process ends, and with it all that it has started. Milliseconds. */
const WATCHDOG_MS = 300_000;
setTimeout(() => {
  console.error(`the script has not ended within ${WATCHDOG_MS} ms`);
  process.exit(1);
}, WATCHDOG_MS).unref();

/** Bytes. */
const SIZE = 2 ** 30;

/** A file system of its own, mounted as content is. */
export class Volume {
  readonly mountPoint: string;
  readonly device: string;
  readonly #image: string;
  readonly #loop: ReturnType<StorageArea['loop']>;

  /** @param copied blank, or a copy of this one's blocks at this moment, as a snapshot is: it may be mounted and written to */
  constructor(name: string, copied?: Volume) {
    this.#image = area.volumeImage(name);
    if (copied) area.clone(copied.#image, this.#image);
    else area.createBlank(this.#image, SIZE);
    this.#loop = area.loop(this.#image);
    if (!copied) must('mkfs.xfs', '-q', '-K', this.#loop.path);
    this.device = must('lsblk', '-dno', 'MAJ:MIN', this.#loop.path).trim();
    this.mountPoint = area.hostRoot(name);
    mkdirSync(this.mountPoint);
    this.mount();
    if (!copied) mkdirSync(join(this.mountPoint, '.remount'));
  }

  mount(mountPoint = this.mountPoint): void {
    const refused = mountXfs(this.#loop.path, mountPoint);
    if (refused !== undefined) throw new Error(refused);
  }

  unmount(mountPoint = this.mountPoint): void {
    unmount(mountPoint);
  }

  /** Runs a script at the root of the volume, and waits for it. */
  sh(script: string): string {
    return must('bash', '--norc', '-c', `cd "$1" && { ${script}; }`, 'bash', this.mountPoint);
  }

  /** The same in Python, with what scripts want of it. */
  py(script: string): string {
    const before = 'import ctypes, mmap, os, sys\nos.chdir(sys.argv[1])\nlibc = ctypes.CDLL(None)\n';
    return must('/usr/bin/python3', '-c', before + script, this.mountPoint);
  }

  close(): void {
    if (isMounted(this.mountPoint)) {
      cutOff(this.mountPoint);
      unmount(this.mountPoint);
    }
    this.#loop.release();
    rmSync(this.#image);
  }
}

/** Where sentinels are touched. */
export const OWN = { path: Buffer.from('.remount') };

/** What is said of everything that was done up to now. A sentinel that was touched before a doubt may be what is missing: then another. */
export async function until(events: AsyncIterator<KernelEvent>, resolver: Resolver): Promise<KernelEvent[]> {
  let sentinel = await resolver.sentinel(OWN);
  const said: KernelEvent[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error(`the events ended before the sentinel: ${JSON.stringify(said).slice(0, 300)}`);
    if (value.kind === 'reached' && value.sentinel === sentinel) return said;
    if (value.kind === 'doubt') sentinel = await resolver.sentinel(OWN);
    said.push(value);
  }
}

export function end(answers: object, ...volumes: readonly Volume[]): never {
  for (const volume of volumes) volume.close();
  area.close();
  console.log(JSON.stringify(answers));
  process.exit(0);
}
