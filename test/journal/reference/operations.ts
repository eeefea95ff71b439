import type { Attributes } from '../../../journal/record.ts';
import type { Random } from '../../../simulator/time/random.ts';
import type { Inode, MemoryFiles } from './files.ts';

/** An operation on a file system, as data: the same ones are done in memory and on real disks. Paths are without a leading slash. */
export type Operation =
  | { readonly op: 'mkdir' | 'mkfifo' | 'unlink'; readonly path: string }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string }
  | { readonly op: 'write'; readonly path: string; readonly content: Buffer }
  | { readonly op: 'patch'; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly op: 'open'; readonly handle: number; readonly path: string }
  | { readonly op: 'append'; readonly handle: number; readonly bytes: Buffer }
  | { readonly op: 'close'; readonly handle: number }
  | { readonly op: 'link' | 'rename' | 'exchange'; readonly from: string; readonly to: string }
  | { readonly op: 'attributes'; readonly path: string; readonly change: Partial<Attributes> };

/** Few names, so that they are used again and again; odd ones among them. */
const NAMES = ['a', 'b', 'c', 'd', 'new\nline', 'ü', 'b\udcff', '-rf'];
const MOST_PATHS = 40;

export class Generator {
  readonly #random: Random;
  readonly #open = new Set<number>();
  readonly #largest: number;
  #handles = 0;

  /** @param largest bytes of content written at once */
  constructor(random: Random, largest: number) {
    this.#random = random;
    this.#largest = largest;
  }

  /** One that is lawful there. */
  next(files: MemoryFiles): Operation {
    for (;;) {
      const operation = this.#try(files);
      if (operation) return operation;
    }
  }

  #try(files: MemoryFiles): Operation | undefined {
    const random = this.#random;
    const all = files.paths();
    const [path, inode] = this.#pick(all) ?? ['', files.root];
    const [directory] = this.#pick(all.filter(([, { kind }]) => kind === 'directory')) ?? [''];
    const name = this.#pick(NAMES) ?? 'a';
    const at = directory === '' ? name : `${directory}/${name}`;
    const there = files.find(at);
    const full = all.length > MOST_PATHS;
    switch (random.whole(0, 17)) {
      case 0:
      case 1:
        return there || full ? undefined : { op: 'mkdir', path: at };
      case 2:
      case 3:
      case 4:
        return (there ? there.kind !== 'file' : full) ? undefined : { op: 'write', path: at, content: this.#bytes() };
      case 5:
        return inode.kind === 'file' ? this.#patch(path, inode) : undefined;
      case 6:
        return there || full ? undefined : { op: 'symlink', path: at, target: `../${name}` };
      case 7:
        return there || full || random.next() < 0.7 ? undefined : { op: 'mkfifo', path: at };
      case 8:
        if (there ? there.kind !== 'file' : full) return undefined;
        this.#open.add(++this.#handles);
        return { op: 'open', handle: this.#handles, path: at };
      case 9: {
        const handle = this.#pick([...this.#open]);
        return handle === undefined ? undefined : { op: 'append', handle, bytes: this.#bytes() };
      }
      case 10: {
        const handle = this.#pick([...this.#open]);
        if (handle === undefined) return undefined;
        this.#open.delete(handle);
        return { op: 'close', handle };
      }
      case 11:
        return there || full || inode.kind === 'directory' ? undefined : { op: 'link', from: path, to: at };
      case 12:
        return path === '' || inode.entries.size > 0 ? undefined : { op: 'unlink', path };
      case 13:
      case 14:
        return mayReplace(path, inode, at, there) ? { op: 'rename', from: path, to: at } : undefined;
      case 15:
        return there && path !== '' && !isBelow(path, at) && !isBelow(at, path)
          ? { op: 'exchange', from: path, to: at }
          : undefined;
      default:
        return inode.kind === 'symlink' ? undefined : { op: 'attributes', path, change: this.#attributes() };
    }
  }

  /** What is still open is closed. */
  *close(): Generation {
    for (const handle of this.#open) yield { op: 'close', handle };
    this.#open.clear();
  }

  #patch(path: string, inode: Inode): Operation {
    const offset = this.#random.whole(0, inode.content.length + 3);
    return { op: 'patch', path, offset, bytes: this.#bytes() };
  }

  #attributes(): Partial<Attributes> {
    const random = this.#random;
    switch (random.whole(0, 3)) {
      case 0:
        return { mode: random.whole(0, 0o7777) };
      case 1:
        return { uid: random.whole(0, 3), gid: random.whole(0, 3) };
      case 2:
        // Within what XFS holds: 1901 to 2446 at the least.
        return { mtime: BigInt(random.whole(-1_000_000, 1_000_000)) * 1_000_000_001n };
      default:
        return {
          xattrs:
            random.next() < 0.3 ? {} : { 'user.a': Buffer.from(random.bytes(random.whole(0, 40))).toString('base64') },
        };
    }
  }

  #bytes(): Buffer {
    const length = this.#random.whole(1, this.#random.next() < 0.8 ? 20 : this.#largest);
    return Buffer.from(
      this.#random
        .hex(Math.ceil(length / 16))
        .repeat(16)
        .slice(0, length),
    );
  }

  #pick<T>(all: readonly T[]): T | undefined {
    return all[this.#random.whole(0, all.length - 1)];
  }
}

type Generation = globalThis.Generator<Operation>;

function isBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}/`) || other === '';
}

/** As rename(2) has it. */
function mayReplace(path: string, inode: Inode, to: string, there: Inode | undefined): boolean {
  if (path === '' || path === to || isBelow(to, path)) return false;
  if (!there) return true;
  if (inode.kind === 'directory') return there.kind === 'directory' && there.entries.size === 0;
  return there.kind !== 'directory';
}

type Doing = { readonly [O in Operation['op']]: (files: MemoryFiles, operation: Of<O>) => void };
type Of<O extends Operation['op']> = Extract<Operation, { op: O }>;

const IN_MEMORY: Doing = {
  mkdir: (files, { path }) => files.mkdir(path),
  mkfifo: (files, { path }) => files.mkfifo(path),
  unlink: (files, { path }) => files.unlink(path),
  symlink: (files, { path, target }) => files.symlink(path, target),
  write: (files, { path, content }) => files.write(path, content),
  patch: (files, { path, offset, bytes }) => files.patch(path, offset, bytes),
  open: (files, { handle, path }) => files.open(handle, path),
  append: (files, { handle, bytes }) => files.append(handle, bytes),
  close: (files, { handle }) => files.close(handle),
  link: (files, { from, to }) => files.link(from, to),
  rename: (files, { from, to }) => files.rename(from, to),
  exchange: (files, { from, to }) => files.exchange(from, to),
  attributes: (files, { path, change }) => files.attributes(path, change),
};

export function perform<O extends Operation['op']>(files: MemoryFiles, operation: Of<O>): void {
  const doing = IN_MEMORY[operation.op as O] as (files: MemoryFiles, operation: Of<O>) => void;
  doing(files, operation);
}
