import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBytes, isName } from '../../journal/name.ts';
import type { Attributes, Identity, NodeRecord, SpecialRecord } from '../../journal/record.ts';
import type { Entry } from './plan.ts';

/**
 * What `bundle` has packed (`host/bundle.sh`), as entries that are placed as those of the journal are. It came from whatever stands on a copy, so nothing of it is
 * believed: names are names, each thing is in a directory that came before it, and a hard link is one of a file that did.
 * Sources: pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html ("ustar Interchange Format", "pax Interchange Format"); for holes, the manual of GNU tar
 * ("Storing Sparse Files": PAX format, version 0.0)
 */

/** It is no archive of `bundle`: cut off, or of another form. */
export class BadArchive extends Error {}

export interface Unpacked {
  readonly entries: readonly Entry[];
  /** Where the content of each file lies. */
  readonly files: ReadonlyMap<Identity, string>;
}

const BLOCK = 512;
const CHUNK = 2 ** 20;
/** Of the headers of one member: a path, a target, and attributes, which Linux bounds at 64 KiB each. */
const MOST_EXTENDED = 64 * 2 ** 20;
const NANOSECONDS = 1_000_000_000n;
const MODE = 0o7777;
const XATTR = 'SCHILY.xattr.';
const SPARSE = { size: 'GNU.sparse.size', offset: 'GNU.sparse.offset', bytes: 'GNU.sparse.numbytes' } as const;
const SPECIAL: Readonly<Record<string, SpecialRecord['type']>> = { 3: 'character', 4: 'block', 6: 'fifo' };

type Stretch = readonly [offset: number, bytes: number];

interface Header {
  /** From the first member's directory on. */
  readonly names: readonly string[];
  readonly target: Buffer;
  readonly type: string;
  /** Bytes that follow it in the archive. */
  readonly size: number;
  readonly attributes: Attributes;
  /** How large a file is, and which of it is no hole. */
  readonly whole: number;
  readonly data: readonly Stretch[];
}

/**
 * @param directory the content of files goes into it, by numbers for names
 * @throws BadArchive
 */
export async function unpack(path: string, directory: string): Promise<Unpacked> {
  const archive = await open(path, 'r');
  try {
    return await new Reader(archive, directory).read();
  } finally {
    await archive.close();
  }
}

class Reader {
  readonly #archive: FileHandle;
  readonly #directory: string;
  readonly #entries: Entry[] = [];
  readonly #files = new Map<Identity, string>();
  readonly #byPath = new Map<string, Entry>();
  #top: readonly string[] | undefined;
  #at = 0;

  constructor(archive: FileHandle, directory: string) {
    this.#archive = archive;
    this.#directory = directory;
  }

  async read(): Promise<Unpacked> {
    let extended: Extended = [];
    for (;;) {
      const block = await this.#take(BLOCK);
      if (block.every((byte) => byte === 0)) break;
      checkSum(block);
      if (typeOf(block) === 'x') {
        extended = await this.#extended(octal(block, 124, 12));
        continue;
      }
      await this.#member(headerOf(block, extended));
      extended = [];
    }
    if (this.#entries.length === 0) throw new BadArchive('nothing is in it');
    return { entries: this.#entries, files: this.#files };
  }

  async #member(header: Header): Promise<void> {
    this.#top ??= header.names;
    const names = this.#below(header.names);
    const path = names.join('/');
    if (this.#byPath.has(path)) throw wrong(path, 'is in it twice');
    const above = this.#byPath.get(names.slice(0, -1).join('/'));
    if (this.#entries.length > 0 && above?.kind !== 'directory') throw wrong(path, 'is in no directory of it');
    const entry = header.type === '1' ? this.#linked(header, names) : await this.#entry(header, names);
    this.#entries.push(entry);
    this.#byPath.set(path, entry);
  }

  #linked({ target }: Header, names: readonly string[]): Entry {
    const first = this.#byPath.get(this.#below(namesOf(target)).join('/'));
    if (!first || first.kind === 'directory') throw wrong(names.join('/'), 'is a hard link to nothing of it');
    return { ...first, names };
  }

  /** Names below the first member; that is the thing itself, whatever it is called. */
  #below(names: readonly string[]): readonly string[] {
    const top = this.#top ?? [];
    if (top.some((name, i) => names[i] !== name)) throw wrong(names.join('/'), 'is not below what it begins with');
    return names.slice(top.length);
  }

  async #entry(header: Header, names: readonly string[]): Promise<Entry> {
    const { type, attributes, target, whole } = header;
    const identity = `${this.#entries.length}` as Identity;
    const stated = { identity, path: names.join('/'), ctime: 0n, ...attributes };
    const entry = (kind: Entry['kind'], record: NodeRecord): Entry => ({
      names,
      identity,
      kind,
      node: { record, number: 0 },
    });
    if (type === '0') {
      await this.#content(header, identity);
      // The sum of the archive was compared, and each file is in that.
      return entry('file', { record: 'file', ...stated, size: whole, sha256: '', content: 'here' });
    }
    if (type === '5') return entry('directory', { record: 'directory', ...stated });
    if (type === '2') return entry('symlink', { record: 'symlink', ...stated, target: fromBytes(target) });
    const special = SPECIAL[type];
    if (special) return { ...entry('special', { record: 'special', ...stated, type: special }), lack: 'special' };
    throw wrong(stated.path, `has the type ${JSON.stringify(type)}`);
  }

  async #content({ size, whole, data }: Header, identity: Identity): Promise<void> {
    if (data.reduce((sum, [, bytes]) => sum + bytes, 0) !== size || data.some(([at, bytes]) => at + bytes > whole))
      throw new BadArchive('a file has other holes than it says');
    const path = join(this.#directory, identity);
    const file = await open(path, 'wx', 0o600);
    try {
      for (const [offset, bytes] of data)
        for (let done = 0; done < bytes; ) {
          const chunk = await this.#take(Math.min(CHUNK, bytes - done));
          await writeAll(file, chunk, offset + done);
          done += chunk.length;
        }
      await file.truncate(whole);
    } finally {
      await file.close();
    }
    this.#pad(size);
    this.#files.set(identity, path);
  }

  async #extended(size: number): Promise<Extended> {
    if (size > MOST_EXTENDED) throw new BadArchive(`a header has ${size} bytes`);
    const bytes = await this.#take(size);
    this.#pad(size);
    return extensionsOf(bytes);
  }

  async #take(size: number): Promise<Buffer> {
    const bytes = Buffer.alloc(size);
    for (let done = 0; done < size; ) {
      const { bytesRead } = await this.#archive.read(bytes, done, size - done, this.#at + done);
      if (bytesRead === 0) throw new BadArchive('it is cut off');
      done += bytesRead;
    }
    this.#at += size;
    return bytes;
  }

  #pad(size: number): void {
    this.#at += (BLOCK - (size % BLOCK)) % BLOCK;
  }
}

type Extended = readonly (readonly [keyword: string, value: Buffer])[];

const wrong = (path: string, what: string) => new BadArchive(`${JSON.stringify(path)} ${what}`);
const typeOf = (block: Buffer) => block.toString('latin1', 156, 157);

/** "30 keyword=value\n", where 30 is the length of all of it. */
function extensionsOf(bytes: Buffer): Extended {
  const found: [string, Buffer][] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = at + Number(bytes.toString('latin1', at, Math.max(at, space)));
    const equals = bytes.indexOf(0x3d, space);
    if (!(space > at && equals > space && end > equals && end <= bytes.length) || bytes[end - 1] !== 0x0a)
      throw new BadArchive('a header is none of pax');
    found.push([bytes.toString('utf8', space + 1, equals), bytes.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return found;
}

function headerOf(block: Buffer, extended: Extended): Header {
  // Of two of one keyword the later one counts; of holes each does.
  const last = new Map(extended);
  const prefix = text(block, 345, 155);
  const name = prefix.length > 0 ? Buffer.concat([prefix, Buffer.of(0x2f), text(block, 0, 100)]) : text(block, 0, 100);
  const figure = (keyword: string, at: number, width: number) => {
    const given = last.get(keyword);
    return given ? whole(given) : octal(block, at, width);
  };
  const type = typeOf(block) === '\0' ? '0' : typeOf(block);
  const size = type === '0' ? figure('size', 124, 12) : 0;
  const sparse = last.get(SPARSE.size);
  const mtime = last.get('mtime');
  return {
    names: namesOf(last.get('path') ?? name),
    target: last.get('linkpath') ?? text(block, 157, 100),
    type,
    size,
    whole: sparse ? whole(sparse) : size,
    data: sparse ? stretchesOf(extended) : [[0, size]],
    attributes: {
      mode: octal(block, 100, 8) & MODE,
      uid: figure('uid', 108, 8),
      gid: figure('gid', 116, 8),
      mtime: mtime ? nanoseconds(mtime) : BigInt(octal(block, 136, 12)) * NANOSECONDS,
      xattrs: Object.fromEntries(
        extended
          .filter(([keyword]) => keyword.startsWith(XATTR))
          .map(([keyword, value]) => [keyword.slice(XATTR.length), value.toString('base64')]),
      ),
    },
  };
}

function stretchesOf(extended: Extended): Stretch[] {
  const of = (wanted: string) => extended.filter(([keyword]) => keyword === wanted).map(([, value]) => whole(value));
  const bytes = of(SPARSE.bytes);
  const offsets = of(SPARSE.offset);
  if (bytes.length !== offsets.length) throw new BadArchive('a file has holes without an end');
  return offsets.map((offset, i) => [offset, bytes[i] ?? 0]);
}

/** @throws BadArchive for what is no name, or leads out of where it is put */
function namesOf(path: Buffer): string[] {
  const names = fromBytes(path)
    .replace(/^\.\/?/, '')
    .replace(/\/$/, '')
    .split('/');
  if (names.length === 1 && names[0] === '') return [];
  const bad = names.find((name) => !isName(name));
  if (bad !== undefined) throw wrong(names.join('/'), 'is no path');
  return names;
}

function text(block: Buffer, at: number, width: number): Buffer {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

function octal(block: Buffer, at: number, width: number): number {
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', at, at + width)) ?? [];
  if (digits === undefined) throw new BadArchive('a header has no figure where one belongs');
  return Number.parseInt(digits, 8);
}

function whole(value: Buffer): number {
  const digits = value.toString('latin1');
  if (!/^\d{1,16}$/.test(digits)) throw new BadArchive('a header of pax has no figure where one belongs');
  return Number(digits);
}

/** "-1.25": seconds. */
function nanoseconds(value: Buffer): bigint {
  const [, sign, seconds = '', fraction = ''] =
    /^(-?)(\d{1,12})(?:\.(\d{1,9}))?\d*$/.exec(value.toString('latin1')) ?? [];
  if (sign === undefined) throw new BadArchive('a time is none');
  const all = BigInt(seconds) * NANOSECONDS + BigInt(fraction.padEnd(9, '0'));
  return sign === '-' ? -all : all;
}

/** With its own field full of spaces. */
function checkSum(block: Buffer): void {
  const total = block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (octal(block, 148, 8) !== total) throw new BadArchive('a header is not what was written');
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}
