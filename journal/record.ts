/**
 * What a segment states: states by identity. A file has an identity that stays while it is renamed, so its content is stated once; names are stated by
 * directory: this name in that directory is this identity, or is free. Each statement stands for itself, and the last one about a thing is the truth:
 * so a directory that is renamed between two segments, a name that is deleted and made again, and hard links replay right, and any of it may be
 * applied twice.
 */

declare const brand: unique symbol;
/**
 * A file, directory or link over all its names and its whole life: made of the file handle (inode and generation) by whoever reads the file system.
 * Never used twice for two things in the journal of a volume.
 */
export type Identity = string & { readonly [brand]: 'identity' };

/** @throws RangeError: the spelling also serves as the name of a file on the spare */
export function identity(text: string): Identity {
  if (!isIdentity(text))
    throw new RangeError(`"${text}" is no identity: up to 100 of a-z, 0-9, ".", ":", "-", a letter or digit first`);
  return text as Identity;
}

export function isIdentity(text: unknown): text is Identity {
  return typeof text === 'string' && /^[a-z0-9][a-z0-9.:-]{0,99}$/.test(text);
}

/** The directory at the top, on each volume whatever its inode is. */
export const ROOT = 'root' as Identity;

export interface Attributes {
  /** Permission bits with set-user-ID, set-group-ID and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970; may lie before it. */
  readonly mtime: bigint;
  /** Values in base64, by name. */
  readonly xattrs: Readonly<Record<string, string>>;
}

/** A piece of a large file that stands in a segment before. What lies between pieces is a hole: it reads as zeros. */
export interface Piece {
  /** Number of the segment. */
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** `here`: in this segment. `kept`: what the journal has of this identity is still its content. Else the pieces that make it. */
export type Content = 'here' | 'kept' | readonly Piece[];

interface Stated {
  readonly identity: Identity;
  /** For people: where it was found, from the top, without a leading slash. Names decide, not this. */
  readonly path: string;
}

/** A file, directory or link as it was found. */
interface NodeStated extends Stated, Attributes {
  /** Time of its last change of any kind, on the owner, in nanoseconds: for whoever goes on writing where that volume is mounted next. */
  readonly ctime: bigint;
}

export interface FileRecord extends NodeStated {
  readonly record: 'file';
  readonly size: number;
  /** Of the whole content, holes as zeros; hexadecimal. */
  readonly sha256: string;
  readonly content: Content;
  /** It was written to while it was read: what stands here may never have been its content as a whole. It is stated again. */
  readonly changing?: true;
}

export interface DirectoryRecord extends NodeStated {
  readonly record: 'directory';
}

export interface SymlinkRecord extends NodeStated {
  readonly record: 'symlink';
  readonly target: string;
}

/** No content to keep: it is named, and never made on a spare. */
export interface SpecialRecord extends NodeStated {
  readonly record: 'special';
  readonly type: 'fifo' | 'socket' | 'character' | 'block';
}

/** It has no name any more, and its content is gone from the file system. */
export interface GoneRecord {
  readonly record: 'gone';
  readonly identity: Identity;
}

export interface NameRecord {
  readonly record: 'name';
  readonly directory: Identity;
  readonly name: string;
  /** `null`: there is nothing of this name. */
  readonly identity: Identity | null;
  readonly path: string;
}

/** Content of a large file, which counts once a later segment has the file's record. */
export interface PieceRecord extends Stated {
  readonly record: 'piece';
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
}

/**
 * Before this, changes may have happened that nobody heard of: what was made and deleted in such a time is in no segment, and stays on a copy of the
 * blocks that was taken within it.
 */
export interface DoubtRecord {
  readonly record: 'doubt';
  readonly why: string;
  /** What the journal had is not known any more either: what was deleted since is in no segment, and no spare of before is sound. */
  readonly all?: true;
}

export type NodeRecord = FileRecord | DirectoryRecord | SymlinkRecord | SpecialRecord;
/** In a segment, in the order in which they were read: of two that contradict each other, the later one is right. */
export type JournalRecord = NodeRecord | GoneRecord | NameRecord | PieceRecord | DoubtRecord;

/** What a record is about, and what can have changed. */
export type Key =
  | { readonly of: 'node'; readonly identity: Identity }
  | { readonly of: 'name'; readonly directory: Identity; readonly name: string };

/** The same text for the same key. */
export function keyText(key: Key): string {
  return key.of === 'node' ? `node ${key.identity}` : `name ${key.directory}/${key.name}`;
}

/** What a record states; `undefined` where it states nothing by itself. */
export function keyOf(record: JournalRecord): Key | undefined {
  switch (record.record) {
    case 'name':
      return { of: 'name', directory: record.directory, name: record.name };
    case 'piece':
    case 'doubt':
      return undefined;
    default:
      return { of: 'node', identity: record.identity };
  }
}

/** Whether bytes of content follow in the segment, and how many. */
export function contentOf(record: JournalRecord): { readonly length: number; readonly sha256: string } | undefined {
  if (record.record === 'piece') return record;
  if (record.record === 'file' && record.content === 'here') return { length: record.size, sha256: record.sha256 };
  return undefined;
}
