import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Base } from '../../../journal/apply/base.ts';
import type { Reading } from '../../../journal/protocol.ts';
import type { Clock } from '../../../journal/write/source.ts';
import { adopt } from '../journal/adopt.ts';
import { MARKER, readMarker } from '../journal/marker.ts';
import { Own } from '../journal/own.ts';
import { LATE, Tree } from '../journal/tree.ts';
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
  /** It is unfit because changes went unheard, and for nothing else. @default false */
  readonly unheard?: boolean;
  /** The base is a copy of a volume that was served in this term, and had not been brought up to the journal. @default none */
  readonly unsealed?: number;
  /** First number of an earlier term that was passed over for that: its owner has not stated it anew by the number that was read last. @default none */
  readonly owed?: number;
  /** Up to this number all is one step, of which a part may be here. @default the next one */
  readonly until?: number;
}

const NOTED = 'noted';

export function note(tree: Tree, noted: Noted): void {
  tree.setMeta(NOTED, JSON.stringify(noted));
}
/**
 * A volume that was taken over and not brought up to the journal is taken over once more here: how it was then is known, and what was touched since is seen
 * by that. The tree goes back to where a spare has it.
 *
 * @param index of the writer that was to go on
 */
export async function takeBack(mountPoint: string, index: string, markerCopy: string): Promise<void> {
  const { tree: path } = new Layout(mountPoint);
  if (existsSync(path) || !existsSync(index)) return;
  const [here, copy] = [await readMarker(join(mountPoint, MARKER)), await readMarker(markerCopy)];
  if (!here || here.sealed || here.volume !== copy?.volume || here.term !== copy.term || here.writer !== copy.writer)
    return;
  const tree = new Tree(index, { durable: false });
  try {
    if (tree.meta(LATE) === undefined) return;
    await new Layout(mountPoint).make();
    await rm(`${path}.new`, { force: true });
    tree.copyTo(`${path}.new`);
    await rename(`${path}.new`, path);
  } finally {
    tree.close();
  }
}

/** Nothing is applied any more: the tree is an owner's index. */
export function forget(tree: Tree): void {
  tree.setMeta(NOTED, undefined);
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
  const { acknowledged, term, sealed } = marker ?? { acknowledged: 0, term: 0, sealed: true };
  note(tree, {
    ...(sealed ? {} : { unsealed: term }),
    reading: { cursor: acknowledged, term },
    base: { moment: moment ?? Number(clock.wall() / 1_000_000n), passed: false },
    behind: undefined,
    complete: undefined,
    unfit: lost,
  });
  return tree;
}
