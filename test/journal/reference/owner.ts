import type { Identity } from '../../../journal/record.ts';
import type { Change } from '../../../journal/write/dirty.ts';
import type { Listing, Sign } from '../../../journal/write/index.ts';
import type { Found, Source, Stage, Stretch } from '../../../journal/write/source.ts';
import { type Inode, MemoryFiles, TYPE } from './files.ts';

/** Milliseconds, and the wall clock that goes with them: now and then it is set. */
export class Time {
  ms = 0;
  offset = 1_790_000_000_000_000_000n;
  now = (): number => this.ms;
  wall = (): bigint => this.offset + BigInt(this.ms) * 1_000_000n;
}

export class MemoryStage implements Stage {
  bytes = Buffer.alloc(0);
  get size(): number {
    return this.bytes.length;
  }
  async write(bytes: Uint8Array): Promise<void> {
    this.bytes = Buffer.concat([this.bytes, bytes]);
  }
  async truncate(size: number): Promise<void> {
    this.bytes = this.bytes.subarray(0, size);
  }
}

/** The owner's file system, as a writer reads it: between any two looks something may happen. */
export class Owner implements Source {
  readonly files: MemoryFiles;
  readonly #between: () => void;

  constructor(time: Time, note: (change: Change) => void, between: () => void) {
    this.files = new MemoryFiles(time.wall, note);
    this.#between = between;
  }

  async lookup(directory: Identity, name: string) {
    this.#between();
    const inode = this.files.byIdentity(directory);
    if (!inode) return undefined;
    const above = this.files.pathOf(inode);
    const identity = inode.entries.get(name)?.identity;
    const path = above === '' ? name : `${above}/${name}`;
    return identity ? { path, identity } : { path };
  }

  async look(identity: Identity): Promise<Found | undefined> {
    this.#between();
    const inode = this.files.byIdentity(identity);
    if (!inode) return undefined;
    const { kind, attributes, ctime, target } = inode;
    const found = { kind, path: this.files.pathOf(inode), attributes, ctime, size: sizeOf(inode) };
    if (kind === 'symlink') return { ...found, target };
    return kind === 'special' ? { ...found, type: TYPE } : found;
  }

  async read(
    identity: Identity,
    { offset, length }: Stretch,
    sink: (bytes: Uint8Array) => Promise<void>,
  ): Promise<Sign | undefined> {
    // In two, for what happens in the midst of it.
    const half = Math.ceil(length / 2);
    for (const [from, size] of [
      [offset, half],
      [offset + half, length - half],
    ] as const) {
      this.#between();
      const content = this.files.byIdentity(identity)?.content ?? Buffer.alloc(0);
      const bytes = Buffer.from(content.subarray(from, from + size));
      if (bytes.length > 0) await sink(bytes);
      if (bytes.length < size) break;
    }
    this.#between();
    const inode = this.files.byIdentity(identity);
    return inode && { ctime: inode.ctime, size: sizeOf(inode) };
  }

  async *names(directory: Identity): AsyncGenerator<string> {
    this.#between();
    yield* [...(this.files.byIdentity(directory)?.entries.keys() ?? [])];
  }

  /** Sixteen bytes of zeros at a multiple of sixteen are a hole. */
  async data(identity: Identity, offset: number) {
    const content = this.files.byIdentity(identity)?.content ?? Buffer.alloc(0);
    const isHole = (at: number) => content.subarray(at, at + 16).every((byte) => byte === 0);
    let at = offset;
    while (at < content.length && isHole(at - (at % 16))) at += 16 - (at % 16);
    if (at >= content.length) return undefined;
    let end = at - (at % 16) + 16;
    while (end < content.length && !isHole(end)) end += 16;
    return { offset: at, length: end - at };
  }

  /** Each directory, as a scan comes by it. */
  *listings(): Generator<[Identity, Listing]> {
    for (const [, inode] of this.files.paths()) {
      if (inode.kind !== 'directory') continue;
      const entries = [...inode.entries].map(
        ([name, child]) => [name, { identity: child.identity, ctime: child.ctime, size: sizeOf(child) }] as const,
      );
      yield [inode.identity, new Map(entries)];
    }
  }
}

function sizeOf({ kind, content, entries }: Inode): number {
  return kind === 'directory' ? entries.size : content.length;
}
