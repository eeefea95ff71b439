import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Marker } from '../../../journal/protocol.ts';
import { replaceFile } from './durable.ts';

/** Where it stands, from the volume's root: each copy of the volume says by it where the journal goes on. */
export const MARKER = '.remount/journal';

/** A marker, and the content volume that it is of. */
export interface VolumeMarker extends Marker {
  readonly volume: string;
  /** The seal of this term is in the journal. */
  readonly sealed: boolean;
}

const count = z.int().check(z.nonnegative());
const MARKED = z.object({
  volume: z.string(),
  term: count,
  writer: z.string(),
  run: count,
  acknowledged: count,
  fenced: z.boolean(),
  sealed: z.boolean(),
});

/** There is one, and it cannot be read as one: people have to look. */
export class MarkerError extends Error {}

/** @returns `undefined` where there is none @throws MarkerError */
export async function readMarker(path: string): Promise<VolumeMarker | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return z.parse(MARKED, JSON.parse(text));
  } catch (error) {
    throw new MarkerError(`${path} is no marker`, { cause: error });
  }
}

export async function writeMarker(path: string, marker: VolumeMarker, device?: string): Promise<void> {
  await replaceFile(path, `${JSON.stringify(marker)}\n`, device);
}

export interface Markers {
  readonly mountPoint: string;
  readonly device: string;
  /** The copy on the root disk, of which `run` and `fenced` count: a volume may be gone, or an older copy of itself. */
  readonly copy: string;
}

/** Raises the run of this writer before it writes anything: the copy first, so that no run is ever used twice. @throws MarkerError */
export async function raiseRun(
  { mountPoint, device, copy }: Markers,
  mine: { readonly volume: string; readonly term: number; readonly writer: string },
): Promise<VolumeMarker> {
  const path = join(mountPoint, MARKER);
  const [here, there] = [await readMarker(path), await readMarker(copy)];
  if (here && here.volume !== mine.volume)
    throw new MarkerError(`the volume is ${here.volume}'s, and not ${mine.volume}'s`);
  const refused = refusal(here, mine) ?? refusal(there, mine);
  if (refused) throw new MarkerError(refused);
  const same = [here, there].filter((one) => one?.volume === mine.volume && one.term === mine.term);
  const marker = {
    ...mine,
    run: Math.max(0, ...same.map((one) => one?.run ?? 0)) + 1,
    acknowledged: here?.acknowledged ?? 0,
    fenced: same.some((one) => one?.fenced),
    sealed: here !== undefined && same.includes(here) && here.sealed,
  };
  await writeMarker(copy, marker);
  await writeMarker(path, marker, device);
  return marker;
}

/** Why one who says to be `mine` may not go on from there. The root disk may have been the owner of another volume before. */
function refusal(
  found: VolumeMarker | undefined,
  { volume, term, writer }: { readonly volume: string; readonly term: number; readonly writer: string },
): string | undefined {
  if (!found || found.volume !== volume) return undefined;
  if (found.term > term) return `term ${term} has ended: the marker is of term ${found.term}`;
  if (found.term === term && found.writer !== writer) return `term ${term} is ${found.writer}'s, and not ${writer}'s`;
  return undefined;
}
