import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, fromFdPromise, getFileNameLowLevel, type LocalFileHeader, type ZipFile } from 'yauzl';
import { type Limits, overLimit, type Size, Sizes } from '../../../intake/limits.ts';
import { Names, type NamesOptions } from '../../../intake/names.ts';
import { type Refusal, Refused, type SpecialKind } from '../../../intake/refusal.ts';

/** A file in an archive, and where its bytes are. */
export interface Member {
  /** Within the course. */
  readonly path: string;
  /** Bytes, unpacked and packed. */
  readonly size: number;
  readonly packed: number;
  readonly deflated: boolean;
  readonly crc32: number;
  /** Of its bytes in the archive. */
  readonly start: number;
}

export interface Archive {
  readonly files: readonly Member[];
  readonly directories: readonly string[];
  readonly size: Size;
  /** Names that were nobody's content. */
  readonly leftOut: number;
}

/** A member, and the stretch of the archive that it takes with its own header. */
interface Located {
  readonly member: Member;
  readonly from: number;
  readonly to: number;
}

/** APPNOTE.TXT of PKWARE, 4.3.16 and 4.3.7: what an archive ends with, and what a member begins with. */
const END = Buffer.from([0x50, 0x4b, 5, 6]);
const BEGINNING = Buffer.from([0x50, 0x4b, 3, 4]);
/** Bytes from the end within which the end record begins: its own 22, and its comment. */
const WITHIN = 22 + 0xffff;
/** General purpose bits that say of some encryption: 0, 6 and 13 (APPNOTE.TXT, 4.4.4). */
const ENCRYPTED = 0x2041;
const UTF8 = 0x800;
const STORED = 0;
const DEFLATED = 8;
/** Bytes that are read at once. */
const CHUNK = 64 * 1024;

/** What the upper half of the external attributes has where Unix made the archive: S_IFMT of stat(2). */
const TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const SPECIAL: ReadonlyMap<number, SpecialKind> = new Map([
  [0o120000, 'link'],
  [0o020000, 'character'],
  [0o060000, 'block'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
]);

/**
 * Reads what is in an archive, and judges all of it before a byte is unpacked: so what is refused has written nothing.
 *
 * @param uploaded bytes of the archive @throws Refused; Error of Linux where the file cannot be read
 */
export async function readArchive(
  file: FileHandle,
  uploaded: number,
  options: NamesOptions & { readonly limits: Limits },
): Promise<Archive> {
  await mustEnd(file, uploaded);
  const zip = await understood('directory', undefined, () =>
    fromFdPromise(file.fd, { decodeStrings: false, validateEntrySizes: false, autoClose: false }),
  );
  const { limits } = options;
  if (zip.entryCount > limits.names) throw new Refused({ code: 'tooMany', most: limits.names });
  const names = new Names(options);
  const sizes = new Sizes();
  const found: Located[] = [];
  const directories: string[] = [];
  await understood('directory', undefined, async () => {
    // Of an entry nothing is kept: its comment and extra fields may be 130 KB.
    for await (const entry of zip.eachEntry()) {
      if (names.isFull) break;
      const named = nameIn(entry, names);
      if (!named) continue;
      const refusal = refusalOf(entry, named);
      if (refusal) names.refuse(refusal);
      else if (named.directory) directories.push(named.path);
      else sizes.add(named.path, entry.uncompressedSize);
      const over = overLimit(sizes.bytes, uploaded, limits);
      if (over) throw new Refused(over);
      if (!named.directory && names.refusals.length === 0) found.push(await located(zip, entry, named.path));
    }
  });
  if (names.refusals.length > 0) throw new Refused(...names.refusals);
  if (found.length === 0) throw new Refused({ code: 'empty' });
  return {
    files: apart(found),
    directories,
    size: sizes.size(names.directories),
    leftOut: names.leftOut,
  };
}

/** Bytes of a file, as they come. @throws Refused where they are not what the archive says; Error of Linux */
export async function* contentOf(file: FileHandle, member: Member): AsyncGenerator<Uint8Array> {
  const { path, size, deflated } = member;
  let [come, sum] = [0, 0];
  const packed = stretch(file, member);
  for await (const chunk of deflated ? inflated(packed, path) : packed) {
    come += chunk.length;
    if (come > size) throw new Refused({ code: 'size', path });
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (come !== size) throw new Refused({ code: 'size', path });
  if (sum !== member.crc32) throw new Refused({ code: 'checksum', path });
}

/** Whoever takes what is stored has done with it before it takes more: so it is read into the same memory. */
async function* stretch(file: FileHandle, { path, start, packed, deflated }: Member): AsyncGenerator<Buffer> {
  const shared = deflated ? undefined : Buffer.allocUnsafe(Math.min(CHUNK, packed));
  for (let at = 0; at < packed; ) {
    const length = Math.min(CHUNK, packed - at);
    const { bytesRead, buffer } = await file.read(shared ?? Buffer.allocUnsafe(length), 0, length, start + at);
    if (bytesRead === 0) throw new Refused({ code: 'damaged', what: 'data', path });
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* inflated(packed: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  const source = Readable.from(packed);
  const inflate = createInflateRaw();
  source.on('error', (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    yield* inflate as AsyncIterable<Buffer>;
  } catch (error) {
    // Z_DATA_ERROR and its like: nodejs.org/api/zlib.html#constants
    if (error instanceof Refused || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new Refused({ code: 'damaged', what: 'data', path });
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

/** An archive ends with its end record: what has none is cut off, or is none. */
async function mustEnd(file: FileHandle, size: number): Promise<void> {
  const length = Math.min(size, WITHIN);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  if (buffer.lastIndexOf(END) >= 0) return;
  const { buffer: first } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
  throw new Refused({ code: first.equals(BEGINNING) ? 'truncated' : 'notZip' });
}

function nameIn(entry: Entry, names: Names) {
  const name = nameOf(entry);
  if (name !== undefined) return names.add(name);
  names.refuse({ code: 'name', path: entry.fileNameRaw.toString('latin1'), why: 'encoding' });
  return undefined;
}

/** `undefined`: its bytes are no text. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string | undefined {
  const plain = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, [], true);
  // A field beside it has the name in UTF-8, as Info-ZIP writes it.
  const fielded = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
  if (fielded !== plain) return fielded.includes('\ufffd') ? undefined : fielded;
  const utf8 = utf8Of(fileNameRaw);
  // Without the flag it may be UTF-8 all the same, as a Mac has it; code page 437, of which every byte is a letter, comes last.
  return generalPurposeBitFlag & UTF8 ? utf8 : (utf8 ?? plain);
}

function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function refusalOf(entry: Entry, { path, directory }: { path: string; directory: boolean }): Refusal | undefined {
  const { generalPurposeBitFlag, compressionMethod, compressedSize, uncompressedSize, externalFileAttributes } = entry;
  const type = (externalFileAttributes >>> 16) & TYPE;
  if (type !== 0 && type !== REGULAR && type !== DIRECTORY)
    return { code: 'special', path, kind: SPECIAL.get(type) ?? 'unknown' };
  if (generalPurposeBitFlag & ENCRYPTED) return { code: 'encrypted', path };
  // It is a file by its name, and a directory by its attributes; or a directory with content.
  if (directory ? uncompressedSize > 0 : type === DIRECTORY) return { code: 'ambiguous', path };
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED)
    return { code: 'method', path, method: compressionMethod };
  return compressionMethod === STORED && compressedSize !== uncompressedSize ? { code: 'size', path } : undefined;
}

/** Where the bytes of a member are, which is called in its own header as in the list. */
async function located(zip: ZipFile, entry: Entry, path: string): Promise<Located> {
  const header = await understood('header', path, () => headerOf(zip, entry));
  const { fileName, generalPurposeBitFlag, compressionMethod, fileDataStart: start } = header;
  const encrypted = (generalPurposeBitFlag & ENCRYPTED) !== 0;
  if (!fileName.equals(entry.fileNameRaw) || compressionMethod !== entry.compressionMethod || encrypted)
    throw new Refused({ code: 'ambiguous', path });
  const { uncompressedSize: size, compressedSize: packed, crc32: sum, relativeOffsetOfLocalHeader: from } = entry;
  const member = { path, size, packed, deflated: compressionMethod === DEFLATED, crc32: sum, start };
  return { member, from, to: start + packed };
}

/** In the order of the archive. @throws Refused where two share bytes */
function apart(found: Located[]): Member[] {
  found.sort((one, other) => one.from - other.from);
  for (const [at, { from, member }] of found.entries())
    if (from < (found[at - 1]?.to ?? 0)) throw new Refused({ code: 'overlap', path: member.path });
  return found.map(({ member }) => member);
}

/** The package's own promise is one of Node's callbacks that may throw instead. */
function headerOf(zip: ZipFile, entry: Entry): Promise<LocalFileHeader> {
  return new Promise((resolve, reject) => {
    zip.readLocalFileHeader(entry, { minimal: false }, (error, header) => (error ? reject(error) : resolve(header)));
  });
}

/** Errors of Linux go on; what the package says of an archive is a sentence, and means that it cannot be read. */
async function understood<T>(
  what: 'directory' | 'header' | 'data',
  path: string | undefined,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refused || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new Refused(path === undefined ? { code: 'damaged', what } : { code: 'damaged', what, path });
  }
}
