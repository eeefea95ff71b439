import { type Identity, type Key, ROOT } from '../../../journal/record.ts';
import type { DirtySet } from '../../../journal/write/dirty.ts';
import { differences, differs, type Listing, type Sign } from '../../../journal/write/index.ts';
import type { Clock } from '../../../journal/write/source.ts';
import { contentOf } from '../journal/adopt.ts';
import { isDirectory, type Own } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { Handle } from '../kernel/handle.ts';
import type { Inode } from '../kernel/places.ts';
import type { Resolver } from '../kernel/resolver.ts';

/** Nanoseconds within which a thing may change again without another time of change. */
const YOUNG = 1_000_000_000n;

export interface ScanWorld {
  readonly resolver: Resolver;
  readonly tree: Tree;
  readonly own: Own;
  readonly dirty: DirtySet;
  readonly clock: Clock;
  /** States what is dirty, until there is room for more. @returns `false` where there is none: nothing of it can be stated yet */
  readonly makeRoom: () => Promise<boolean>;
}

/**
 * Makes dirty what is not as the index has it. All inodes are swept, which finds what has changed; the names of a directory are read where it is not as it
 * was when they were found to be the index's. Whatever changes meanwhile is heard. Where it finds more than fits, that is stated before it goes on; where
 * that cannot be it wants another one, and ends.
 */
export async function scan(world: ScanWorld): Promise<void> {
  const { resolver, tree, own, dirty, clock, makeRoom } = world;
  dirty.scanBegins();
  const add = async (key: Key): Promise<boolean> => {
    dirty.add(key, clock.now(), { content: true });
    return dirty.size < dirty.enough || (await makeRoom());
  };
  const addAll = async (keys: readonly Key[] | AsyncIterable<Key>): Promise<boolean> => {
    for await (const key of keys) if (!(await add(key))) return false;
    return true;
  };
  await own.read();
  // Sizes are swept as the device has them.
  await resolver.sync();
  const all =
    (await add({ of: 'node', identity: ROOT })) &&
    (await addAll(changed(world))) &&
    (await addAll(Array.from(tree.index.unnamed(), (identity) => ({ of: 'node', identity }))));
  if (!all) dirty.wantScan('there is more than is kept in mind');
  dirty.scanEnds();
}

async function* changed(world: ScanWorld): AsyncGenerator<Key> {
  const { resolver, tree, own } = world;
  for await (const inode of inodesOf(resolver)) {
    if (inode.links === 0 || own.has(inode.handle)) continue;
    const identity = tree.identityOf(inode.handle);
    const known = tree.node(identity);
    const sign = { ctime: inode.changed, size: Number(inode.size) };
    // What the index does not know comes to light with its name.
    if (known && differs(sign, known)) yield { of: 'node', identity };
    // Where not all of them are taken the directory is not settled: the next scan reads it again.
    if (isDirectory(inode) && tree.settled(identity) !== inode.changed)
      yield* await ofDirectory(world, identity, inode);
  }
}

async function ofDirectory(
  { resolver, tree, clock }: ScanWorld,
  identity: Identity,
  { handle, changed }: Inode,
): Promise<Key[]> {
  const began = clock.wall();
  const listing = await listingOf(resolver, tree, handle);
  const found = [...differences(identity, listing, tree.index)];
  const names = found.some((key) => key.of === 'name');
  tree.settle(identity, names || began - changed < YOUNG ? undefined : changed);
  return found;
}

async function listingOf(resolver: Resolver, tree: Tree, directory: Handle): Promise<Listing> {
  const listing = new Map<string, Sign & { readonly identity: Identity }>();
  for await (const { name, handle, changed, size } of contentOf(resolver, tree, directory))
    listing.set(name, { identity: tree.identityOf(handle), ctime: changed, size: Number(size) });
  return listing;
}

async function* inodesOf(resolver: Resolver): AsyncGenerator<Inode> {
  for await (const inodes of resolver.sweep()) yield* inodes;
}
