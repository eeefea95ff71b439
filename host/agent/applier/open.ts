import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Base } from '../../../journal/apply/base.ts';
import type { Reading } from '../../../journal/protocol.ts';
import type { Clock } from '../../../journal/write/source.ts';
import { adopt } from '../journal/adopt.ts';
import { MARKER, readMarker } from '../journal/marker.ts';
import { Own } from '../journal/own.ts';
import { Tree } from '../journal/tree.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { Layout } from './layout.ts';

/** Why nothing can be applied onto a volume. `noCursor`: nothing on it says where the journal goes on. `otherVolume`: it is a copy of another content volume. */
export class NoBase extends Error {
  readonly code: 'noCursor' | 'otherVolume';
  constructor(code: NoBase['code'], message: string) {
    super(message);
    this.name = 'NoBase';
    this.code = code;
  }
}

/** What an applier notes with each segment, in the tree. */
export interface Noted {
  readonly reading: Reading;
  readonly base: Base;
  /** What was named up to this number may be missing here: it was deleted since. `undefined`: as long as the base has not passed. */
  readonly behind: number | undefined;
  /** Up to when all changes are here, as the newest segment says: milliseconds since 1970. */
  readonly complete: number | undefined;
  /** Why another base is needed. */
  readonly unfit: string | undefined;
}

const NOTED = 'noted';

export function note(tree: Tree, noted: Noted): void {
  tree.setMeta(NOTED, JSON.stringify(noted));
}
export function notedOf(tree: Tree): Noted | undefined {
  const text = tree.meta(NOTED);
  // Written by this very file, and whole: the tree is one transaction.
  return text === undefined ? undefined : (JSON.parse(text) as Noted);
}

export interface SpareWorld {
  readonly volume: string;
  readonly mountPoint: string;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** When the copy was taken from the owner's volume, milliseconds since 1970. @default now, which is later */
  readonly moment?: number;
  /** A volume that has no cursor is taken as well, and nothing is applied onto it: one that is new, or from before the journal. @default false */
  readonly anew?: boolean;
}

/**
 * The tree of a spare. A volume that has none is a base: a copy of the owner's blocks, whose marker says where the journal goes on. So is one whose
 * marker has gone on since its tree was left: it has been an owner's meanwhile.
 *
 * @throws NoBase
 */
export async function openSpare({ volume, mountPoint, resolver, clock, moment, anew }: SpareWorld): Promise<Tree> {
  const marker = await readMarker(join(mountPoint, MARKER));
  if (marker && marker.volume !== volume)
    throw new NoBase('otherVolume', `the volume is a copy of ${marker.volume}, and not of ${volume}`);
  const layout = new Layout(mountPoint);
  if (existsSync(layout.tree)) {
    const tree = new Tree(layout.tree, { durable: true });
    const noted = notedOf(tree);
    if (noted && noted.reading.cursor >= (marker?.acknowledged ?? 0)) return tree;
    tree.close();
  }
  const lost = marker ? undefined : `nothing on the volume says where the journal of ${volume} goes on`;
  if (lost !== undefined && !anew) throw new NoBase('noCursor', lost);
  for (const name of ['tree', 'tree-wal', 'tree-shm', 'tree-journal', 'fresh', 'limbo', 'pieces'])
    await rm(join(layout.top, name), { recursive: true, force: true });
  await layout.make();
  const tree = new Tree(layout.tree, { durable: true });
  await adopt({ resolver, tree, own: new Own(resolver), clock, specials: false });
  const { acknowledged, term } = marker ?? { acknowledged: 0, term: 0 };
  note(tree, {
    reading: { cursor: acknowledged, term },
    base: { moment: moment ?? Number(clock.wall() / 1_000_000n), passed: false },
    behind: undefined,
    complete: undefined,
    unfit: lost,
  });
  return tree;
}
