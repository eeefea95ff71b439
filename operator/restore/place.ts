import {
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { toBytes } from '../../journal/name.ts';
import type { Attributes, Identity } from '../../journal/record.ts';
import type { Entry } from './plan.ts';
import { setXattrs, type Xattrs } from './xattrs.ts';

/** Something of that name is there already. */
export class Occupied extends Error {}

/** Whether something of that name is in a directory, a link that leads nowhere too. */
export function occupied(directory: string, name: string): boolean {
  try {
    return lstatSync(below(directory, name), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // It is no directory: making it says so.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

const SLASH = Buffer.of(0x2f);
const OWN_MODE = 0o700;
/** Without set-user-ID, set-group-ID and sticky: they go with the owner, whom root alone can set. */
const PLAIN_BITS = 0o777;
const NANOSECONDS = 1e9;
/** Seconds that XFS can have as a time: 13 December 1901 to 2 July 2486 (kernel.org, "xfs: enable big timestamps"). */
const TIMES = [-(2 ** 31), 16_299_260_424] as const;
/** A file system has no hard links, or no more of this one. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EMLINK'];

/**
 * A directory beside what is restored, in which all of it is made. Its names are ours, and no link is in it before all files are: so whatever names the
 * journal has, nothing is written anywhere else.
 */
export class Aside {
  readonly #directory: string;
  /** `DIR` was made for this, down from there. */
  readonly #made: string | undefined;
  readonly #path: string;
  readonly #tree: Buffer;
  #placed = false;
  #cleared = false;

  /** @param directory what is restored goes into it; it is made where it is not there */
  constructor(directory: string) {
    this.#directory = resolve(directory);
    this.#made = mkdirSync(this.#directory, { recursive: true });
    this.#path = mkdtempSync(join(directory, '.remount-restore-'));
    mkdirSync(this.files, { mode: OWN_MODE });
    this.#tree = Buffer.from(join(this.#path, 'tree'));
  }

  /** Where what is replaced stands meanwhile. */
  get #before(): string {
    return join(this.#path, 'before');
  }

  /** For content, by numbers. */
  get files(): string {
    return join(this.#path, 'files');
  }

  /**
   * Makes what was there, out of what was fetched.
   * @returns of how many something could not be set: extended attributes, by why
   */
  make(entries: readonly Entry[], files: ReadonlyMap<Identity, string>): Map<string, number> {
    const made = new Map<Identity, Buffer>();
    const links: [Entry, Buffer][] = [];
    const done: [Entry, Buffer][] = [];
    for (const entry of entries) {
      const path = this.#at(entry);
      const file = files.get(entry.identity);
      const first = made.get(entry.identity);
      if (entry.kind === 'directory') mkdirSync(path, { mode: OWN_MODE });
      else if (entry.node?.record.record === 'symlink') links.push([entry, path]);
      else if (file === undefined || entry.lack) continue;
      else putAt(first ?? file, path);
      if (!first) done.push([entry, path]);
      made.set(entry.identity, path);
    }
    const symlinks = new Map<Identity, Buffer>();
    for (const [{ identity, node }, path] of links) {
      const first = symlinks.get(identity);
      if (first) linkSync(first, path);
      else if (node?.record.record === 'symlink') symlinkSync(toBytes(node.record.target), path);
      symlinks.set(identity, first ?? path);
    }
    const failed = setXattrs(done.flatMap(xattrsOf));
    // All is made by now, which changed times. From below: one that may not be entered any more comes after all that is in it.
    for (const [{ node, names }, path] of done.reverse()) if (node && names.length > 0) dress(path, node.record);
    return failed;
  }

  /**
   * Puts it where it belongs, in one step.
   * @param replace what is there goes
   * @throws Occupied where something is, and is not to be replaced: nothing has changed
   */
  place([top]: readonly Entry[], name: string, replace: boolean): void {
    if (!top) return;
    const to = below(this.#directory, name);
    const isThere = occupied(this.#directory, name);
    if (isThere && !replace) throw new Occupied('something is there already');
    if (isThere) renameSync(to, this.#before);
    try {
      if (top.kind === 'directory') renameSync(this.#tree, to);
      // A link fails where something has come to be there meanwhile; a rename would take its place.
      else putAt(this.#tree, to);
    } catch (error) {
      if (isThere) renameSync(this.#before, to);
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new Occupied('something is there already');
      throw error;
    }
    this.#placed = true;
    // One that may not be written to could not have been renamed.
    if (top.node) dress(to, top.node.record);
  }

  get isPlaced(): boolean {
    return this.#placed;
  }

  /** Nothing of it stays. What was replaced is gone; what was to be, and could not be put back, stays here. */
  clear(): void {
    if (this.#cleared) return;
    this.#cleared = true;
    if (!this.#placed && lstatSync(this.#before, { throwIfNoEntry: false })) return;
    wipe(Buffer.from(this.#path));
    if (this.#placed || this.#made === undefined) return;
    for (let one = this.#directory; ; one = dirname(one)) {
      // Somebody else has put something there meanwhile: it stays.
      if (readdirSync(one).length > 0) return;
      rmdirSync(one);
      if (one === this.#made) return;
    }
  }

  #at({ names }: Entry): Buffer {
    return names.reduce((path, name) => below(path, name), this.#tree);
  }
}

/** Bytes of a path: names need not be UTF-8. */
function below(directory: string | Buffer, name: string): Buffer {
  return Buffer.concat([Buffer.from(directory), SLASH, toBytes(name)]);
}

/** Another name of what is there, or a copy of it. @throws Error with EEXIST where something has that name */
function putAt(from: string | Buffer, to: Buffer): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!NO_LINKS.includes(code)) throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** Also directories that may not be written to. */
function wipe(path: Buffer): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    chmodSync(path, OWN_MODE);
    for (const name of readdirSync(path, { encoding: 'buffer' })) wipe(Buffer.concat([path, SLASH, name]));
  }
  rmSync(path, { recursive: true, force: true });
}

function xattrsOf([{ node }, path]: readonly [Entry, Buffer]): Xattrs[] {
  const values = Object.entries(node?.record.xattrs ?? {});
  return values.length === 0 ? [] : [{ path, values }];
}

function dress(path: Buffer, { mode, uid, gid, mtime, record }: Attributes & { readonly record: string }): void {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) lchownSync(path, uid, gid);
  // After the owner: changing that takes set-user-ID away (chown(2)).
  if (record !== 'symlink') chmodSync(path, isRoot ? mode : mode & PLAIN_BITS);
  const [first, last] = TIMES;
  const seconds = Math.min(last, Math.max(first, Number(mtime) / NANOSECONDS));
  lutimesSync(path, seconds, seconds);
}
