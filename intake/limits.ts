import { INTAKE_LIMITS } from '../contract/intake.ts';
import type { Refusal } from './refusal.ts';

/** How much one upload may be. */
export interface Limits {
  /** Files and directories: all of them are in mind while it is unpacked, some 10 MB, and dirty at once for the journal, which has room for 30,000. */
  readonly names: number;
  /** Bytes, unpacked. */
  readonly bytes: number;
  /** How many times the size of the upload it may become, beyond `unsuspected` bytes. Text comes to 5, blank pictures to some 30; deflate's most is 1,032. */
  readonly ratio: number;
  /** Bytes up to which no ratio is looked at. */
  readonly unsuspected: number;
  /** Percent of a volume's bytes, and of its inodes, that an upload leaves. */
  readonly reserve: number;
  /** Bytes of the list of a folder. */
  readonly list: number;
}

const MIB = 2 ** 20;

export const LIMITS: Limits = { ...INTAKE_LIMITS, unsuspected: 64 * MIB, list: 8 * MIB };

/** A file takes whole blocks. Bytes: what mkfs.xfs makes unless it is told otherwise. */
const BLOCK = 4096;

/** What a course comes to. */
export interface Size {
  readonly files: number;
  readonly directories: number;
  /** Of all files. */
  readonly bytes: number;
  /** With what blocks leave empty, directories, and the manifest. */
  readonly stored: number;
}

/** Adds up what a course comes to, file by file. */
export class Sizes {
  #files = 0;
  #bytes = 0;
  #blocks = 0;
  #listed = 0;

  /** @param path of the file within its course */
  add(path: string, bytes: number): void {
    this.#files++;
    this.#bytes += bytes;
    this.#blocks += Math.ceil(bytes / BLOCK);
    // A sum, two blanks, a name of at most three bytes a character, and the end of the line.
    this.#listed += 67 + 3 * path.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param directories that it has, the course's own included */
  size(directories: number): Size {
    const stored = (this.#blocks + directories + Math.ceil(this.#listed / BLOCK)) * BLOCK;
    return { files: this.#files, directories, bytes: this.#bytes, stored };
  }
}

/** @param uploaded bytes of the upload as it is in S3 */
export function overLimit(bytes: number, uploaded: number, limits: Limits): Refusal | undefined {
  // A size that is none, of a field of 64 bits, is beyond it too.
  if (!(bytes <= limits.bytes)) return { code: 'tooLarge', bytes, most: limits.bytes };
  if (bytes > limits.unsuspected && bytes > uploaded * limits.ratio)
    return { code: 'bomb', bytes, uploaded, most: limits.ratio };
  return undefined;
}

/** What a volume has, as statfs(2) says. */
export interface Room {
  /** Bytes. */
  readonly size: number;
  readonly free: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

export function overRoom({ stored, files, directories }: Size, room: Room, { reserve }: Limits): Refusal | undefined {
  const allowed = Math.floor(room.free - (room.size * reserve) / 100);
  if (stored > allowed) return { code: 'noRoom', of: 'bytes', wanted: stored, allowed };
  // The manifest, and the note of the course.
  const wanted = files + directories + 2;
  const inodes = Math.floor(room.freeInodes - (room.inodes * reserve) / 100);
  return wanted > inodes ? { code: 'noRoom', of: 'inodes', wanted, allowed: inodes } : undefined;
}
