import { toBytes } from '../name.ts';

/**
 * Headers of a pax tar, the format of POSIX.1 that GNU tar reads (pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html). What does not fit into the
 * 512 bytes of a header (long paths, nanoseconds, large owners, attributes) stands in a pax header before it. The same member always gives the same bytes.
 */

const BLOCK = 512;
/** Two blocks of zeros. */
export const END = Buffer.alloc(2 * BLOCK);

export interface Member {
  readonly path: string;
  readonly type: 'file' | 'link' | 'symlink' | 'directory';
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Path of the member that a hard link is one of, or a symlink's target. */
  readonly target?: string;
  /** In base64, by name. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

const TYPES = { file: '0', link: '1', symlink: '2', directory: '5' } as const;
const SECOND = 1_000_000_000n;
/** What the octal fields of a header hold. */
const MOST_OWNER = 0o7777777;
const MOST_TIME = 0o77777777777n;

/** What stands before the content of a member. */
export function header(member: Member): Buffer {
  const extended = extensions(member);
  if (extended.length === 0) return block(member, TYPES[member.type]);
  const body = Buffer.concat(extended);
  // Its own name is for tars that know no pax headers, which unpack it as a file.
  const own: Member = { path: 'pax-header', type: 'file', size: body.length, mode: 0o644, uid: 0, gid: 0, mtime: 0n };
  return Buffer.concat([block(own, 'x'), body, padding(body.length), block(member, TYPES[member.type])]);
}

/** What follows content of so many bytes. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function extensions({ path, target, uid, gid, mtime, xattrs = {} }: Member): Buffer[] {
  const all: Buffer[] = [];
  if (toBytes(path).length > 100) all.push(extension('path', toBytes(path)));
  if (target !== undefined && toBytes(target).length > 100) all.push(extension('linkpath', toBytes(target)));
  if (uid > MOST_OWNER) all.push(extension('uid', `${uid}`));
  if (gid > MOST_OWNER) all.push(extension('gid', `${gid}`));
  if (mtime % SECOND !== 0n || mtime < 0n || mtime / SECOND > MOST_TIME) all.push(extension('mtime', decimal(mtime)));
  // GNU tar's and star's own keyword; tar --xattrs sets them.
  for (const name of Object.keys(xattrs).sort())
    all.push(extension(`SCHILY.xattr.${name}`, Buffer.from(xattrs[name] ?? '', 'base64')));
  return all;
}

function decimal(nanoseconds: bigint): string {
  const [sign, size] = nanoseconds < 0n ? ['-', -nanoseconds] : ['', nanoseconds];
  return `${sign}${size / SECOND}.${`${size % SECOND}`.padStart(9, '0')}`;
}

const LINE_BREAK = Buffer.of(10);

/** "30 keyword=value\n", where 30 is the length of all of it, of the figure too. */
function extension(keyword: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([toBytes(` ${keyword}=`), typeof value === 'string' ? toBytes(value) : value, LINE_BREAK]);
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return Buffer.concat([Buffer.from(`${length}`), rest]);
}

function block(member: Member, type: string): Buffer {
  const { path, target = '', size, mode, uid, gid, mtime } = member;
  const bytes = Buffer.alloc(BLOCK);
  toBytes(path).subarray(0, 100).copy(bytes, 0);
  octal(bytes, mode, 100, 8);
  octal(bytes, uid > MOST_OWNER ? 0 : uid, 108, 8);
  octal(bytes, gid > MOST_OWNER ? 0 : gid, 116, 8);
  octal(bytes, size, 124, 12);
  const seconds = mtime / SECOND;
  octal(bytes, mtime < 0n || seconds > MOST_TIME ? 0 : Number(seconds), 136, 12);
  bytes.write('        ', 148, 'latin1');
  bytes.write(type, 156, 'latin1');
  toBytes(target).subarray(0, 100).copy(bytes, 157);
  bytes.write('ustar\x0000', 257, 'latin1');
  // The sum is worked out with its own field full of spaces, which it has just been.
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** @throws RangeError where it does not fit */
function octal(bytes: Buffer, value: number, at: number, width: number): void {
  const text = value.toString(8).padStart(width - 1, '0');
  if (text.length >= width) throw new RangeError(`${value} does not fit into ${width} bytes of a tar header`);
  bytes.write(`${text}\0`, at, 'latin1');
}

/** Size in the header of the first member, from which all else follows; `undefined` where there is no such figure. */
export function firstSize(bytes: Buffer): number | undefined {
  const text = bytes.toString('latin1', 124, 135);
  return /^[0-7]{11}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
