import { type Attributes, type Identity, identity, ROOT, type SpecialRecord } from '../../../journal/record.ts';
import type { Change } from '../../../journal/write/dirty.ts';

/**
 * A file system in memory that says what changes on it, as Linux does: inodes are used again with another generation, what is open outlives its last
 * name, and the clock of its times ticks every 4 ms. Wrong uses throw: the generator of operations makes none.
 */
export interface Inode {
  readonly identity: Identity;
  readonly number: number;
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  attributes: Attributes;
  ctime: bigint;
  links: number;
  open: number;
  content: Buffer;
  readonly target: string;
  readonly entries: Map<string, Inode>;
  /** Of a directory. */
  parent: Inode | undefined;
}

const TICK = 4_000_000n;
export const TYPE: SpecialRecord['type'] = 'fifo';

export class MemoryFiles {
  readonly root: Inode;
  readonly #generations = new Map<number, number>();
  readonly #free: number[] = [];
  readonly #inodes = new Map<Identity, Inode>();
  readonly #opened = new Map<number, Inode>();
  readonly #note: (change: Change) => void;
  readonly #wall: () => bigint;
  #next = 128;

  constructor(wall: () => bigint, note: (change: Change) => void) {
    this.#wall = wall;
    this.#note = note;
    this.root = this.#make('directory', ROOT);
    this.root.links = 1;
  }

  find(path: string): Inode | undefined {
    let at: Inode | undefined = this.root;
    for (const name of path === '' ? [] : path.split('/')) at = at?.entries.get(name);
    return at;
  }

  byIdentity(identity: Identity): Inode | undefined {
    const inode = this.#inodes.get(identity);
    return inode && inode.links > 0 ? inode : undefined;
  }

  /** One of its paths. */
  pathOf(inode: Inode): string {
    return this.paths().find(([, one]) => one === inode)?.[0] ?? `unnamed-${inode.identity}`;
  }

  paths(): [path: string, inode: Inode][] {
    const all: [string, Inode][] = [['', this.root]];
    for (const [path, { entries }] of all)
      for (const [name, child] of entries) all.push([path === '' ? name : `${path}/${name}`, child]);
    return all;
  }

  mkdir(path: string): void {
    const { directory, name } = this.#free1(path);
    this.#put(directory, name, this.#make('directory'));
  }

  symlink(path: string, target: string): void {
    const { directory, name } = this.#free1(path);
    this.#put(directory, name, this.#make('symlink', undefined, target));
  }

  mkfifo(path: string): void {
    const { directory, name } = this.#free1(path);
    this.#put(directory, name, this.#make('special'));
  }

  /** Made where it is not there; else the old content is cut off first. */
  write(path: string, content: Buffer): void {
    const inode = this.#opened1(path);
    this.#modify(inode, content);
    this.#note({ change: 'content', target: inode.identity, closed: true });
  }

  /** In place. */
  patch(path: string, offset: number, bytes: Buffer): void {
    const inode = this.#there(path);
    this.#modify(inode, patched(inode.content, offset, bytes));
    this.#note({ change: 'content', target: inode.identity, closed: true });
  }

  open(handle: number, path: string): void {
    const inode = this.#opened1(path);
    inode.open++;
    this.#opened.set(handle, inode);
  }

  append(handle: number, bytes: Buffer): void {
    const inode = this.#handle(handle);
    this.#modify(inode, Buffer.concat([inode.content, bytes]));
    this.#note({ change: 'content', target: inode.identity, closed: false });
  }

  close(handle: number): void {
    const inode = this.#handle(handle);
    this.#opened.delete(handle);
    inode.open--;
    this.#note({ change: 'content', target: inode.identity, closed: true });
    this.#reap(inode);
  }

  link(from: string, to: string): void {
    const { directory, name } = this.#free1(to);
    this.#put(directory, name, this.#there(from));
  }

  unlink(path: string): void {
    const { directory, name } = this.#in(path);
    this.#take(directory, name);
  }

  /** Over what is there, as rename(2). */
  rename(from: string, to: string): void {
    const [a, b] = [this.#in(from), this.#in(to)];
    const moved = this.#there(from);
    if (this.find(to) === moved) return;
    if (this.find(to)) this.#take(b.directory, b.name, false);
    a.directory.entries.delete(a.name);
    b.directory.entries.set(b.name, moved);
    if (moved.kind === 'directory') moved.parent = b.directory;
    this.#moved(a.directory, a.name, moved);
    this.#moved(b.directory, b.name, moved);
  }

  exchange(from: string, to: string): void {
    const [a, b] = [this.#in(from), this.#in(to)];
    const [one, other] = [this.#there(from), this.#there(to)];
    a.directory.entries.set(a.name, other);
    b.directory.entries.set(b.name, one);
    if (one.kind === 'directory') one.parent = b.directory;
    if (other.kind === 'directory') other.parent = a.directory;
    this.#moved(a.directory, a.name, other);
    this.#moved(b.directory, b.name, one);
  }

  attributes(path: string, change: Partial<Attributes>): void {
    const inode = this.#there(path);
    inode.attributes = { ...inode.attributes, ...change };
    this.#touch(inode);
    this.#note({ change: 'attributes', target: inode.identity });
  }

  #opened1(path: string): Inode {
    const there = this.find(path);
    if (there) {
      this.#modify(there, Buffer.alloc(0));
      return there;
    }
    const { directory, name } = this.#free1(path);
    const inode = this.#make('file');
    this.#put(directory, name, inode);
    return inode;
  }

  #modify(inode: Inode, content: Buffer): void {
    inode.content = content;
    inode.attributes = { ...inode.attributes, mtime: this.#now() };
    this.#touch(inode);
  }

  #make(kind: Inode['kind'], fixed?: Identity, target = ''): Inode {
    const number = this.#free.pop() ?? this.#next++;
    const generation = (this.#generations.get(number) ?? 0) + 1;
    this.#generations.set(number, generation);
    const now = this.#now();
    const attributes = { mode: kind === 'directory' ? 0o755 : 0o644, uid: 0, gid: 0, mtime: now, xattrs: {} };
    const of = fixed ?? identity(`${number}.${generation}`);
    const rest = { ctime: now, links: 0, open: 0, content: Buffer.alloc(0), parent: undefined };
    const inode: Inode = { identity: of, number, kind, attributes, target, entries: new Map(), ...rest };
    this.#inodes.set(of, inode);
    return inode;
  }

  #put(directory: Inode, name: string, inode: Inode): void {
    directory.entries.set(name, inode);
    if (inode.kind === 'directory') inode.parent = directory;
    inode.links++;
    this.#moved(directory, name, inode);
  }

  #take(directory: Inode, name: string, announce = true): void {
    const inode = directory.entries.get(name);
    if (!inode || inode.entries.size > 0) throw new Error(`nothing to take away: ${name}`);
    directory.entries.delete(name);
    inode.links--;
    if (announce) this.#moved(directory, name, inode);
    else this.#note({ change: 'attributes', target: inode.identity });
    this.#reap(inode);
  }

  #moved(directory: Inode, name: string, inode: Inode): void {
    this.#touch(inode);
    this.#touch(directory);
    directory.attributes = { ...directory.attributes, mtime: this.#now() };
    this.#note({ change: 'named', directory: directory.identity, name, target: inode.identity });
  }

  #reap(inode: Inode): void {
    if (inode.links > 0 || inode.open > 0) return;
    this.#inodes.delete(inode.identity);
    this.#free.push(inode.number);
  }

  #touch(inode: Inode): void {
    inode.ctime = this.#now();
  }

  #now(): bigint {
    const now = this.#wall();
    return now - (now % TICK);
  }

  #there(path: string): Inode {
    const inode = this.find(path);
    if (!inode) throw new Error(`nothing at ${path}`);
    return inode;
  }

  #handle(handle: number): Inode {
    const inode = this.#opened.get(handle);
    if (!inode) throw new Error(`${handle} is not open`);
    return inode;
  }

  #in(path: string): { directory: Inode; name: string } {
    const names = path.split('/');
    const name = names.pop() ?? '';
    const directory = this.#there(names.join('/'));
    if (directory.kind !== 'directory') throw new Error(`no directory: ${path}`);
    return { directory, name };
  }

  #free1(path: string): { directory: Inode; name: string } {
    if (this.find(path)) throw new Error(`taken: ${path}`);
    return this.#in(path);
  }
}

export function patched(content: Buffer, offset: number, bytes: Buffer): Buffer {
  const all = Buffer.alloc(Math.max(content.length, offset + bytes.length));
  content.copy(all);
  bytes.copy(all, offset);
  return all;
}
