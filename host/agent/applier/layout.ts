import { link, mkdir, readdir, rename, rm, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../../../journal/record.ts';

/** Below the volume's root: what an applier keeps on its spare beside what is served. */
export const SPARE = '.remount/spare';
/** Share of a volume that stays free; the oldest trash goes for it. */
const FREE = 0.1;

/** Where things wait by their identities; their names are ASCII, so these paths are texts. */
export class Layout {
  readonly top: string;

  constructor(mountPoint: string) {
    this.top = join(mountPoint, SPARE);
  }

  async make(): Promise<void> {
    for (const name of ['fresh', 'limbo', 'trash', 'pieces'])
      await mkdir(join(this.top, name), { recursive: true, mode: 0o700 });
  }

  get tree(): string {
    return join(this.top, 'tree');
  }
  /** @param number of the segment, as long as it may not be the last that has it */
  fresh(identity: Identity, number?: number): string {
    return join(this.top, 'fresh', number === undefined ? identity : `${identity}+${number}`);
  }
  async inLimbo(): Promise<Identity[]> {
    return (await readdir(join(this.top, 'limbo'))) as Identity[];
  }
  /** Of a name for a moment. */
  get aside(): string {
    return join(this.top, 'fresh', '+aside');
  }
  limbo(identity: Identity): string {
    return join(this.top, 'limbo', identity);
  }
  trash(number: number, identity: Identity): string {
    return join(this.#trashOf(number), identity);
  }
  piece(segment: number, identity: Identity, offset: number): string {
    return join(this.top, 'pieces', `${identity}+${segment}+${offset}`);
  }

  async makeTrash(number: number): Promise<void> {
    await mkdir(this.#trashOf(number), { recursive: true, mode: 0o700 });
  }
  #trashOf(number: number): string {
    return join(this.top, trashOf(number));
  }

  /** What a segment left in `fresh` counts no more: after it, and where it was left off. */
  async clearFresh(): Promise<void> {
    const fresh = join(this.top, 'fresh');
    for (const name of await readdir(fresh)) await rm(join(fresh, name), { recursive: true, force: true });
  }

  /** Pieces of a file are of no use once it is whole, or gone. */
  async dropPieces(identities: ReadonlySet<Identity>): Promise<void> {
    if (identities.size === 0) return;
    const pieces = join(this.top, 'pieces');
    for (const name of await readdir(pieces))
      if (identities.has((name.split('+')[0] ?? '') as Identity)) await rm(join(pieces, name), { force: true });
  }

  /** The oldest goes first, as long as there is too little room. */
  async makeRoom(): Promise<void> {
    const trash = join(this.top, 'trash');
    const all = (await readdir(trash)).sort();
    for (const oldest of all) {
      const { bavail, blocks } = await statfs(this.top);
      if (bavail >= blocks * FREE) return;
      await rm(join(trash, oldest), { recursive: true, force: true });
    }
  }
}

/** Of what a segment replaced or took away, below {@link SPARE}. */
export function trashOf(number: number): string {
  return `trash/${String(number).padStart(20, '0')}`;
}

/** @returns whether it was there */
export async function remove(path: string): Promise<boolean> {
  return unless('ENOENT', unlink(path));
}
/** @returns whether there was none yet */
export async function linkTo(from: string, to: string): Promise<boolean> {
  return unless('EEXIST', link(from, to));
}
/** @returns whether it was there */
export async function move(from: string, to: string): Promise<boolean> {
  return unless('ENOENT', rename(from, to));
}

async function unless(code: string, done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}
