/** Archives of the host software, as the simulated S3 holds them and hosts unpack them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Where a host finds what S3 gives it: the path of a file; or, in the other, what S3 says instead. For scripts and the model alike. */
export const OBJECT_ENV = 'REHEARSAL_S3_OBJECT';
export const REFUSAL_ENV = 'REHEARSAL_S3_REFUSAL';
/** Path of the file that what a host sends to S3 goes into. */
export const SENT_ENV = 'REHEARSAL_S3_SENT';

/** What the ledger answers to a host: Region and table, and a line `<content volume>=<answer>` for each; after `!`, why none comes. */
export const LEDGER_ENV = 'REHEARSAL_LEDGER';

export interface Archive {
  readonly sha256: string;
  /** By path; none where it is no archive. */
  readonly files: ReadonlyMap<string, string>;
}

const BLOCK = 512;
/** By path: their names are their hashes, and thousands of worlds have the same. */
const read = new Map<string, Archive>();

export function readArchive(path: string): Archive {
  const before = read.get(path);
  if (before) return before;
  const bytes = readFileSync(path);
  const archive = { sha256: createHash('sha256').update(bytes).digest('hex'), files: unpacked(bytes) };
  read.set(path, archive);
  return archive;
}

/** Of a tar archive of plain files, as POSIX has it (`ustar`). None where it is not whole. */
function unpacked(bytes: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    if (bytes[at] === 0) return files;
    const path = bytes.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
    const begin = at + BLOCK;
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar' || begin + size > bytes.length) break;
    files.set(path, bytes.toString('utf8', begin, begin + size));
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
  return new Map();
}

/** Whether the stand-in of nginx takes a configuration: its braces close. Real disks and the model ask the same. */
export function configurationCloses(conf: string | undefined): boolean {
  return conf !== undefined && conf.split('{').length > 1 && conf.split('{').length === conf.split('}').length;
}
