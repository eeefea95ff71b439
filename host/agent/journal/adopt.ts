import { fromBytes } from '../../../journal/name.ts';
import { ROOT } from '../../../journal/record.ts';
import type { Clock } from '../../../journal/write/source.ts';
import type { Handle } from '../kernel/handle.ts';
import type { Entry } from '../kernel/places.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { kindOf } from './kinds.ts';
import { identityOf, LABEL } from './label.ts';
import { entriesOf, isDirectory, OWN, type Own, rootOf } from './own.ts';
import type { Tree } from './tree.ts';

/** Nanoseconds within which a thing may change again without another time of change. */
const YOUNG = 1_000_000_000n;

export interface AdoptWorld {
  readonly resolver: Resolver;
  readonly tree: Tree;
  readonly own: Own;
  readonly clock: Clock;
  /** Whether what is special has its name here: on a spare it is as if it were not there. */
  readonly specials: boolean;
}

/**
 * Notes a volume as it is, into an empty tree: what is there is as its labels and handles say. For an index that was lost, and for a base, which is a copy of
 * the owner's volume.
 */
export async function adopt(world: AdoptWorld): Promise<void> {
  const { resolver, tree, own } = world;
  await own.read();
  await resolver.sync();
  tree.setHandle(ROOT, await rootOf(resolver));
  const directories: Handle[] = [];
  for await (const inodes of resolver.sweep()) {
    const here = inodes.filter((inode) => inode.links > 0 && isDirectory(inode) && !own.has(inode.handle));
    const handles = here.map(({ handle }) => handle);
    await labels(world, handles);
    directories.push(...handles);
  }
  for (const directory of directories) await adoptNames(world, directory);
  const [root] = await resolver.look(['' as Handle]);
  if (!root || root instanceof Errno) throw new Error(`the top of the volume cannot be looked at: ${root?.code}`);
  tree.setNode(ROOT, { kind: 'directory', ctime: root.changed, size: Number(root.size), mtime: root.modified });
}

/** Notes who they are, where their labels say so. */
async function labels({ resolver, tree }: AdoptWorld, handles: readonly Handle[]): Promise<void> {
  const looks = await resolver.look(handles, { attributes: true });
  tree.transaction(() => {
    for (const look of looks)
      if (!(look instanceof Errno) && look.attributes?.has(LABEL) && tree.identityOf(look.handle) !== ROOT)
        tree.setHandle(identityOf(look.handle, look.attributes), look.handle);
  });
}

async function adoptNames(world: AdoptWorld, handle: Handle): Promise<void> {
  const { resolver, tree, clock } = world;
  const directory = tree.identityOf(handle);
  const entries: (Omit<Entry, 'name'> & { readonly name: string })[] = [];
  for await (const entry of contentOf(resolver, tree, handle)) entries.push(entry);
  const files = entries.filter((entry) => !isDirectory(entry));
  await labels(
    world,
    files.map((entry) => entry.handle),
  );
  const now = clock.wall();
  tree.transaction(() => {
    for (const { name, handle: of, mode, changed, size, modified } of entries) {
      const identity = tree.identityOf(of);
      const [kind] = kindOf({ mode });
      if (kind !== 'special' || world.specials) tree.setName(directory, name, identity);
      const young = now - changed < YOUNG ? { unsure: true as const } : {};
      tree.setNode(identity, { kind, ctime: changed, size: Number(size), mtime: modified, ...young });
    }
  });
}

/** Names in a directory, as texts; `.remount` is none of them. */
export async function* contentOf(
  resolver: Resolver,
  tree: Tree,
  directory: Handle,
): AsyncGenerator<Omit<Entry, 'name'> & { readonly name: string }> {
  const top = tree.identityOf(directory) === ROOT;
  for await (const entry of entriesOf(resolver, directory)) {
    const name = fromBytes(entry.name);
    if (!top || name !== OWN) yield { ...entry, name };
  }
}
