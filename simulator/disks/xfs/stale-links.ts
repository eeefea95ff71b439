/** Hosts on which udev's links of volumes are stale: each leads to the device of another volume. Hosts share this machine's devices. */
import { mislead } from './host.ts';
import type { XfsVolume } from './stock.ts';

export class StaleLinks {
  readonly #hosts = new Set<string>();

  begin(instanceId: string): void {
    this.#hosts.add(instanceId);
  }

  /** Nothing happens on other hosts. @param root of the host */
  follow(instanceId: string, root: string, volumes: ReadonlyMap<string, XfsVolume>): void {
    if (!this.#hosts.has(instanceId)) return;
    const attached = [...volumes].filter(([, { attachment }]) => attachment);
    for (const [i, [id, { attachment }]] of attached.entries()) {
      const other = attached.at(i - 1)?.[1].attachment?.device.path;
      if (attachment?.instanceId === instanceId && other !== undefined) mislead(root, id, other);
    }
  }
}
