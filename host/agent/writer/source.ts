import type { FileHandle } from 'node:fs/promises';
import { fromBytes, toBytes } from '../../../journal/name.ts';
import { type Identity, type Key, keyText, ROOT } from '../../../journal/record.ts';
import type { Sign } from '../../../journal/write/index.ts';
import { type Found, type Source, type Stretch, Unreadable } from '../../../journal/write/source.ts';
import { kindOf } from '../journal/kinds.ts';
import { DISCARDED, identityOf, LABEL } from '../journal/label.ts';
import { entriesOf, OWN } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { Below, Look } from '../kernel/places.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';

const CHUNK = 1024 * 1024;
/** Paths that are remembered until their things are stated. */
const MOST_PATHS = 20_000;
/** A mounted content volume, as the gatherer reads it. */
export class VolumeSource implements Source {
  readonly #resolver: Resolver;
  readonly #tree: Tree;
  /** Answers that were fetched together, for one use each. */
  readonly #names = new Map<string, Look | Errno>();
  readonly #nodes = new Map<Identity, Look | Errno>();
  /** Where directories were when names in them were fetched; of one that went since, the name is not found. */
  readonly #directories = new Map<Identity, string | undefined>();
  /** Where something was last found. */
  readonly #paths = new Map<Identity, string>();

  constructor(resolver: Resolver, tree: Tree) {
    this.#resolver = resolver;
    this.#tree = tree;
  }

  async expect(keys: readonly Key[]): Promise<void> {
    this.#names.clear();
    this.#nodes.clear();
    this.#directories.clear();
    const names = keys.filter((key) => key.of === 'name');
    const nodes = keys.filter((key) => key.of === 'node');
    const found = await this.#resolver.look(names.map(({ directory, name }) => this.#below(directory, name)));
    for (const [i, key] of names.entries()) this.#names.set(keyText(key), found[i] ?? new Errno('EIO'));
    const directories = [...new Set(names.map(({ directory }) => directory))];
    const paths = await this.#resolver.paths(directories.map((one) => this.#tree.handleOf(one)));
    for (const [i, one] of directories.entries()) this.#directories.set(one, textOf(paths[i]));
    const looks = await this.#resolver.look(
      nodes.map(({ identity }) => this.#tree.handleOf(identity)),
      { attributes: true },
    );
    for (const [i, { identity }] of nodes.entries()) this.#nodes.set(identity, looks[i] ?? new Errno('EIO'));
  }

  async lookup(directory: Identity, name: string) {
    const above = this.#directories.get(directory) ?? (await this.#pathOf(directory));
    if (above === undefined || isOwn(above)) return undefined;
    const path = above === '' ? name : `${above}/${name}`;
    if (isOwn(path)) return undefined;
    const found = await this.#at(directory, name);
    if (!(found instanceof Errno)) {
      const identity = this.#tree.identityOf(found.handle);
      this.#remember(identity, path);
      return { path, identity };
    }
    // ESTALE: the directory went in between.
    if (found.code === 'ESTALE') return undefined;
    if (found.code === 'ENOENT') return { path };
    throw new Error(`${path} cannot be looked at: ${found.code}`);
  }

  async look(identity: Identity): Promise<Found | undefined> {
    const known = this.#nodes.get(identity);
    this.#nodes.delete(identity);
    const found = known ?? (await this.#look(identity));
    if (found instanceof Errno) {
      if (found.code === 'ESTALE' || found.code === 'ENOENT') return undefined;
      throw new Error(`${identity} cannot be looked at: ${found.code}`);
    }
    // Somebody has it open; nobody finds it any more. Nor what waits in the trash.
    if (found.links === 0 || identityOf(found.handle, found.attributes) === DISCARDED) return undefined;
    const [kind, type] = kindOf(found);
    const path = kind === 'directory' ? await this.#pathOf(identity) : await this.#anyPath(identity);
    if (path === undefined) return undefined;
    const { mode, uid, gid, modified, changed, target } = found;
    const attributes = { mode: mode & 0o7777, uid, gid, mtime: modified, xattrs: xattrsOf(found) };
    const more = { ...(type ? { type } : {}), ...(target ? { target: fromBytes(target) } : {}) };
    return { kind, path, attributes, ctime: changed, size: Number(found.size), ...more };
  }

  async read(
    identity: Identity,
    { offset, length }: Stretch,
    sink: (bytes: Uint8Array) => Promise<void>,
  ): Promise<Sign | undefined> {
    return this.#resolver.reading([this.#tree.handleOf(identity)], async ([file]) => {
      if (!file || file instanceof Errno) return unopened(file?.code);
      try {
        await readAll(file, { offset, length }, sink);
        const { ctimeNs, size, nlink } = await file.stat({ bigint: true });
        return nlink === 0n ? undefined : { ctime: ctimeNs, size: Number(size) };
      } catch (error) {
        // The stage is on the root disk, and fails otherwise.
        if ((error as NodeJS.ErrnoException).syscall !== 'read') throw error;
        throw new Unreadable(`${identity} cannot be read`, { cause: error });
      }
    });
  }

  async data(identity: Identity, offset: number): Promise<Stretch | undefined> {
    const [found] = await this.#resolver.data([{ file: this.#tree.handleOf(identity), offset: BigInt(offset) }]);
    if (!found || found instanceof Errno) return undefined;
    return { offset: Number(found.offset), length: Number(found.length) };
  }

  async *names(directory: Identity): AsyncGenerator<string> {
    for await (const { name } of entriesOf(this.#resolver, this.#tree.handleOf(directory))) {
      const text = fromBytes(name);
      if (directory !== ROOT || text !== OWN) yield text;
    }
  }

  async #at(directory: Identity, name: string): Promise<Look | Errno> {
    const text = keyText({ of: 'name', directory, name });
    const known = this.#names.get(text);
    this.#names.delete(text);
    if (known) return known;
    const [found] = await this.#resolver.look([this.#below(directory, name)]);
    return found ?? new Errno('EIO');
  }

  async #look(identity: Identity): Promise<Look | Errno> {
    const [found] = await this.#resolver.look([this.#tree.handleOf(identity)], { attributes: true });
    return found ?? new Errno('EIO');
  }

  #below(directory: Identity, name: string): Below {
    return { directory: this.#tree.handleOf(directory), path: toBytes(name) };
  }

  /** Of a directory, from the top; `undefined` where it is gone. */
  async #pathOf(directory: Identity): Promise<string | undefined> {
    const [path] = await this.#resolver.paths([this.#tree.handleOf(directory)]);
    return textOf(path);
  }

  /** For people: where it was found last, or where the journal has it. */
  async #anyPath(identity: Identity): Promise<string> {
    const known = this.#paths.get(identity);
    if (known !== undefined) return known;
    for (const { directory, name } of this.#tree.names(identity)) {
      const above = await this.#pathOf(directory);
      if (above !== undefined) return above === '' ? name : `${above}/${name}`;
    }
    return identity;
  }

  #remember(identity: Identity, path: string): void {
    if (this.#paths.size >= MOST_PATHS) this.#paths.clear();
    this.#paths.set(identity, path);
  }
}

function textOf(path: Buffer | Errno | undefined): string | undefined {
  return path instanceof Buffer ? fromBytes(path) : undefined;
}

function isOwn(path: string): boolean {
  return path === OWN || path.startsWith(`${OWN}/`);
}

function xattrsOf({ attributes }: Look): Record<string, string> {
  const all = [...(attributes ?? [])].filter(([name]) => name !== LABEL);
  // Names are bytes too: what stands for them in a record is what stands for those of files.
  return Object.fromEntries(
    all.map(([name, value]) => [fromBytes(Buffer.from(name, 'latin1')), value.toString('base64')]),
  );
}

function unopened(code: string | undefined): undefined {
  if (code === 'ESTALE' || code === 'ENOENT') return undefined;
  throw new Unreadable(`it cannot be opened: ${code}`);
}

async function readAll(
  file: FileHandle,
  { offset, length }: Stretch,
  sink: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(CHUNK, Math.max(1, length)));
  for (let at = offset; at < offset + length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, offset + length - at), at);
    if (bytesRead === 0) return;
    await sink(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
