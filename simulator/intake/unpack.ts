import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { filesPrefix } from '../../contract/intake.ts';
import { LIMITS, overLimit, Sizes } from '../../intake/limits.ts';
import { EMPTY, manifestOf, readList } from '../../intake/list.ts';
import { Names } from '../../intake/names.ts';
import { Refused } from '../../intake/refusal.ts';
import type { Upload } from '../../intake/upload.ts';
import { MANIFEST_FILE } from '../disks/disks.ts';
import type { CourseFiles } from '../disks/journaled.ts';
import type { Found, UploadBucket } from './bucket.ts';

/** In the place of the attribute of a course's directory: no upload may have this name. */
export const STAMP_FILE = '.upload.json';

type Files = Map<string, Uint8Array>;

/** The files of a course, judged by the rules of `intake/`. @throws Refused */
export async function unpack(volume: string, upload: Upload, found: Found, bucket: UploadBucket): Promise<Files> {
  switch (upload.form) {
    case 'zip':
      return ofZip(found.bytes);
    case 'file':
      return named([[upload.name, found.bytes]], found.bytes.length);
    case 'folder':
      return ofFolder(volume, upload.course, found, bucket);
  }
}

/** As they are on the volume: with their manifest, and the stamp. */
export function dressed(files: Files, stamp: string): CourseFiles {
  const all: Files = new Map([...files, [STAMP_FILE, Buffer.from(stamp)]]);
  const listed = [...all].map(([path, bytes]) => ({ path, sha256: sumOf(bytes) }));
  return new Map([...all, [MANIFEST_FILE, Buffer.from(manifestOf(listed))]]);
}

async function ofFolder(volume: string, course: string, found: Found, bucket: UploadBucket): Promise<Files> {
  const { files: listed, names } = readList(Buffer.from(found.bytes).toString(), { limits: LIMITS });
  if (names.refusals.length > 0) throw new Refused(...names.refusals);
  if (listed.length === 0) throw new Refused(EMPTY);
  const files: Files = new Map();
  for (const { path, name, sha256 } of listed) {
    const file = await bucket.read(`${filesPrefix(volume, course)}${name}`);
    if (!file) throw new Refused({ code: 'missing', path });
    if (sumOf(file.bytes) !== sha256) throw new Refused({ code: 'altered', path });
    files.set(path, file.bytes);
  }
  return files;
}

function named(members: readonly (readonly [string, Uint8Array])[], uploaded: number): Files {
  const [names, sizes, files] = [new Names({ limits: LIMITS }), new Sizes(), new Map<string, Uint8Array>()];
  for (const [name, bytes] of members) {
    const found = names.add(name);
    if (!found || found.directory) continue;
    sizes.add(found.path, bytes.length);
    files.set(found.path, bytes);
  }
  if (names.refusals.length > 0) throw new Refused(...names.refusals);
  if (files.size === 0) throw new Refused(EMPTY);
  const over = overLimit(sizes.bytes, uploaded, LIMITS);
  if (over) throw new Refused(over);
  return files;
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const ENCRYPTED = 1;
const DEFLATED = 8;

/** What the agent on hosts judges member by member; here a zip is as its directory says, or none. */
function ofZip(bytes: Uint8Array): Files {
  const zip = Buffer.from(bytes);
  const end = zip.length - END_BYTES;
  if (end < 0 || zip.readUInt32LE(end) !== END)
    throw new Refused({ code: zip.toString('latin1', 0, 4) === 'PK\x03\x04' ? 'truncated' : 'notZip' });
  const members: { readonly at: number; readonly path: string }[] = [];
  let total = 0;
  for (let at = zip.readUInt32LE(end + 16), n = 0; n < zip.readUInt16LE(end + 10); n++) {
    if (at + 46 > end || zip.readUInt32LE(at) !== CENTRAL) throw new Refused({ code: 'damaged', what: 'directory' });
    const [nameLength = 0, extra = 0, comment = 0] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const path = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (zip.readUInt16LE(at + 8) & ENCRYPTED) throw new Refused({ code: 'encrypted', path });
    const size = zip.readUInt32LE(at + 24);
    if (zip.readUInt16LE(at + 10) !== DEFLATED && zip.readUInt32LE(at + 20) !== size)
      throw new Refused({ code: 'size', path });
    total += size;
    // Before anything is unpacked, and at the first that is too much.
    const over = overLimit(total, bytes.length, LIMITS);
    if (over) throw new Refused(over);
    members.push({ at, path });
    at += 46 + nameLength + extra + comment;
  }
  return named(
    members.map(({ at, path }) => [path, dataOf(zip, at, path)]),
    bytes.length,
  );
}

function dataOf(zip: Buffer, at: number, path: string): Uint8Array {
  const [method, packed, size, header] = [
    ...[zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)],
    zip.readUInt32LE(at + 42),
  ] as [number, number, number, number];
  const from = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const data = zip.subarray(from, from + packed);
  const bytes = method === DEFLATED ? inflateRawSync(data, { maxOutputLength: size + 1 }) : data;
  if (bytes.length !== size) throw new Refused({ code: 'size', path });
  return Uint8Array.from(bytes);
}

function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
