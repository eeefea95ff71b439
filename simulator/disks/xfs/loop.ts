/** Loop devices that vanish by themselves. */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { DeviceReads } from '../reads.ts';
import { must, tool } from '../shell.ts';

/** Several rehearsals on one machine race for the same free device; the loser tries again. */
const ATTEMPTS = 30;

/** By a node of its own: scripts on hosts look who has the device open, by its name. */
function openAside(path: string, number: string | undefined): number {
  const node = `${path}.${process.pid}`;
  if (number === undefined) return openSync(path, 'r');
  must('mknod', node, 'b', '7', number);
  try {
    return openSync(node, 'r');
  } finally {
    rmSync(node);
  }
}

/**
 * A loop device set to clear itself when its last user is gone: the file descriptor here, or a mount. A killed process
 * holds neither, so it leaves no device behind.
 */
export class LoopDevice {
  /** For example `/dev/loop3`. */
  readonly path: string;
  private fd: number | undefined;

  /** @param image path of the image file; it need not keep that name */
  constructor(image: string) {
    let last = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const path = must('losetup', '--find');
      const number = /^\/dev\/loop(\d+)$/.exec(path)?.[1];
      // In a container the kernel makes the device but nobody makes its node.
      if (number !== undefined && !existsSync(path)) tool('mknod', path, 'b', '7', number);
      // Opened while still free: from then on the deferred detach below waits for this descriptor.
      const fd = openAside(path, number);
      const bound = tool('sh', '-c', 'losetup "$1" "$2" && losetup --detach "$1"', 'sh', path, image);
      if (bound.status === 0) {
        this.path = path;
        this.fd = fd;
        return;
      }
      closeSync(fd);
      last = bound.stderr;
    }
    throw new Error(`no loop device for ${image} after ${ATTEMPTS} attempts: ${last}`);
  }

  /** Name as the kernel's messages have it, for example `loop3`. */
  get name(): string {
    return this.path.replace('/dev/', '');
  }

  /** Its own counters of reads, of whatever it was bound to: two of them show what was read between. Fields: Documentation/block/stat.rst; a sector is 512 bytes. */
  reads(): DeviceReads {
    const [reads = 0, , sectors = 0] = readFileSync(`/sys/block/${this.name}/stat`, 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return { reads, kib: sectors / 2 };
  }

  /** Takes over the size of the image, which has changed. */
  resize(): void {
    must('losetup', '--set-capacity', this.path);
  }

  /** Lets go of the device: gone at once, or with the mount that still holds it. May be called twice. */
  release(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
