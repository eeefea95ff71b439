import { isName, standsForBytes } from '../name.ts';
import {
  type Attributes,
  type Content,
  type FileRecord,
  isIdentity,
  type JournalRecord,
  type Piece,
} from '../record.ts';

/**
 * A record as a line of JSON. There is one spelling of each record: a line that is read is written again and compared, so an unknown field, a missing one
 * or a number spelt otherwise is no record.
 */

export function toLine(record: JournalRecord): string {
  switch (record.record) {
    case 'file': {
      const { record: kind, identity, path, size, sha256, content, changing } = record;
      const pieces = typeof content === 'string' ? content : content.map((p) => [p.segment, p.offset, p.length]);
      const more = changing ? { changing } : {};
      return JSON.stringify({
        record: kind,
        identity,
        path,
        ...toPlain(record),
        size,
        sha256,
        content: pieces,
        ...more,
      });
    }
    case 'directory': {
      const { record: kind, identity, path } = record;
      return JSON.stringify({ record: kind, identity, path, ...toPlain(record) });
    }
    case 'symlink': {
      const { record: kind, identity, path, target } = record;
      return JSON.stringify({ record: kind, identity, path, ...toPlain(record), target });
    }
    case 'special': {
      const { record: kind, identity, path, type } = record;
      return JSON.stringify({ record: kind, identity, path, ...toPlain(record), type });
    }
    case 'gone': {
      const { record: kind, identity } = record;
      return JSON.stringify({ record: kind, identity });
    }
    case 'name': {
      const { record: kind, directory, name, identity, path } = record;
      return JSON.stringify({ record: kind, directory, name, identity, path });
    }
    case 'piece': {
      const { record: kind, identity, path, offset, length, sha256 } = record;
      return JSON.stringify({ record: kind, identity, path, offset, length, sha256 });
    }
    case 'doubt': {
      const { record: kind, why, all } = record;
      return JSON.stringify(all ? { record: kind, why, all } : { record: kind, why });
    }
  }
}

type State = Attributes & Pick<FileRecord, 'ctime'>;

function toPlain({ mode, uid, gid, mtime, ctime, xattrs }: State) {
  const sorted = Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1));
  // Octal and a decimal text: as people read them, and no number of JavaScript holds nanoseconds.
  return {
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    mtime: `${mtime}`,
    ctime: `${ctime}`,
    xattrs: Object.fromEntries(sorted),
  };
}

/** @returns `undefined` where the line is no record in its one spelling */
export function fromLine(line: string): JournalRecord | undefined {
  let plain: unknown;
  try {
    plain = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(plain)) return undefined;
  const record = fromPlain(plain);
  return record && toLine(record) === line ? record : undefined;
}

export type Plain = Readonly<Record<string, unknown>>;
export function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function doubtOf({ why, all }: Plain): JournalRecord | undefined {
  if (typeof why !== 'string' || !(all === undefined || all === true)) return undefined;
  return all ? { record: 'doubt', why, all } : { record: 'doubt', why };
}

/** Field by field what its type says; what is there beyond is found by writing it again. */
function fromPlain(p: Plain): JournalRecord | undefined {
  if (p.record === 'doubt') return doubtOf(p);
  const { identity, path } = p;
  if (p.record === 'gone') return isIdentity(identity) ? { record: 'gone', identity } : undefined;
  if (!isPath(path)) return undefined;
  if (p.record === 'name') {
    const { directory, name } = p;
    if (!isIdentity(directory) || typeof name !== 'string' || !isName(name)) return undefined;
    if (identity !== null && !isIdentity(identity)) return undefined;
    return { record: 'name', directory, name, identity, path };
  }
  if (!isIdentity(identity)) return undefined;
  if (p.record === 'piece') {
    const { offset, length, sha256 } = p;
    if (!isCount(offset) || !isCount(length) || length === 0 || !isSha256(sha256)) return undefined;
    return { record: 'piece', identity, path, offset, length, sha256 };
  }
  const attributes = stateOf(p);
  if (!attributes) return undefined;
  if (p.record === 'directory') return { record: 'directory', identity, path, ...attributes };
  if (p.record === 'symlink')
    return isTarget(p.target) ? { record: 'symlink', identity, path, ...attributes, target: p.target } : undefined;
  if (p.record === 'special')
    return isType(p.type) ? { record: 'special', identity, path, ...attributes, type: p.type } : undefined;
  if (p.record !== 'file') return undefined;
  const { size, sha256, changing } = p;
  const content = isCount(size) ? contentOf(p.content, size) : undefined;
  if (!isCount(size) || !isSha256(sha256) || content === undefined) return undefined;
  if (changing !== undefined && changing !== true) return undefined;
  const file = { record: 'file', identity, path, ...attributes, size, sha256, content } as const;
  return changing ? { ...file, changing } : file;
}

function stateOf({ mode, uid, gid, mtime, ctime, xattrs }: Plain): State | undefined {
  if (typeof mode !== 'string' || !/^[0-7]{4}$/.test(mode)) return undefined;
  if (!isOwner(uid) || !isOwner(gid)) return undefined;
  if (!isTime(mtime) || !isTime(ctime)) return undefined;
  if (!isObject(xattrs)) return undefined;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(xattrs)) {
    if (!isName(name) || typeof value !== 'string') return undefined;
    if (Buffer.from(value, 'base64').toString('base64') !== value) return undefined;
    values[name] = value;
  }
  return { mode: Number.parseInt(mode, 8), uid, gid, mtime: BigInt(mtime), ctime: BigInt(ctime), xattrs: values };
}

/** Pieces come in order, lie within the file and on nothing else. */
function contentOf(content: unknown, size: number): Content | undefined {
  if (content === 'here' || content === 'kept') return content;
  if (!Array.isArray(content)) return undefined;
  const pieces: Piece[] = [];
  let end = 0;
  for (const piece of content) {
    if (!Array.isArray(piece) || piece.length !== 3) return undefined;
    const [segment, offset, length] = piece;
    if (!isCount(segment) || segment === 0 || !isCount(offset) || !isCount(length) || length === 0) return undefined;
    if (offset < end || offset + length > size) return undefined;
    end = offset + length;
    pieces.push({ segment, offset, length });
  }
  return pieces;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
/** The highest says "no change" to chown(2). */
function isOwner(value: unknown): value is number {
  return isCount(value) && value < 2 ** 32 - 1;
}
export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
function isTarget(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0') && standsForBytes(value);
}
function isType(value: unknown): value is 'fifo' | 'socket' | 'character' | 'block' {
  return value === 'fifo' || value === 'socket' || value === 'character' || value === 'block';
}
function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d{1,30}$/.test(value);
}
/** It becomes the path of a member: of names alone, so that unpacking stays where it is. */
function isPath(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || value.split('/').every(isName));
}
