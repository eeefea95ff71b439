/** What a deployment makes of the story's content volume: larger, and with more IOPS, from whatever its settings say. */
import type { Settings } from '../../../lib/stack/settings.ts';

/** Of gp3. Source: EBS User Guide, "General Purpose SSD volumes". */
const MAX_GIB = 65_536;
const MAX_IOPS = 80_000;
const MIN_IOPS = 3000;
const IOPS_PER_GIB = 500;
/** So much is asked for beyond what there is, at each deployment that grows it. */
const MORE_GIB = [0, 60, 100];
const MORE_IOPS = 1000;

export interface Size {
  readonly SizeGiB: number;
  readonly Iops: number;
}

/** A volume of before after so many deployments that made it larger: 0, 1 or 2. */
export function grown({ SizeGiB, Iops }: Size, times: number): Size {
  return { SizeGiB: SizeGiB + (MORE_GIB[times] ?? 0), Iops: Iops + times * MORE_IOPS };
}

/** Why the first content volume cannot be made larger so many times, if it cannot. */
export function cannotGrow(times: number): (settings: Settings) => string | undefined {
  return ({ volumes: [first] }) => {
    if (!first) return undefined;
    const { SizeGiB, Iops } = grown({ SizeGiB: first.sizeGiB, Iops: first.iops }, times);
    const allowed = Math.min(MAX_IOPS, Math.max(MIN_IOPS, SizeGiB * IOPS_PER_GIB));
    if (SizeGiB > MAX_GIB) return `it grows ${first.name} to ${SizeGiB} GiB, and gp3 has ${MAX_GIB} at most`;
    if (Iops > allowed)
      return `it raises ${first.name} to ${Iops} IOPS, and gp3 has ${allowed} at most for ${SizeGiB} GiB`;
    return undefined;
  };
}
