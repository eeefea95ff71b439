import { once } from 'node:events';
import { constants, createReadStream, createWriteStream, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Zip, ZipDeflate } from 'fflate';

/** A zip of the kind that is written here says sizes and places in 32 bits; some room is left for its own headers. */
export const MOST_BYTES = 4 * 2 ** 30 - 64 * 2 ** 20;
/** And counts its members in 16 bits. */
export const MOST_FILES = 65_535;
/** The same directory is the same bytes, so that a second try is seen to be the same upload. */
const MTIME = new Date(1980, 0, 2);

export interface Found {
  /** From the directory on, with `/` between the parts. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files below a directory, in an order that is always the same.
 * @throws Error where there are none, too many or too much, or something is neither a file nor a directory
 */
export function filesBelow(directory: string): Found[] {
  const found: Found[] = [];
  const walk = (prefix: string) => {
    for (const name of readdirSync(join(directory, prefix)).sort()) {
      const path = prefix === '' ? name : `${prefix}/${name}`;
      const stat = lstatSync(join(directory, path));
      if (stat.isDirectory()) walk(path);
      else if (stat.isFile()) found.push({ path, bytes: stat.size });
      else throw new Error(`${path} is neither a file nor a directory: a course has nothing else in it`);
    }
  };
  walk('');
  const bytes = sizeOf(found);
  if (found.length === 0) throw new Error('no file is in it');
  if (found.length > MOST_FILES) throw new Error(`${found.length} files; at most ${MOST_FILES} are zipped here`);
  if (bytes > MOST_BYTES) throw new Error(`${bytes} bytes; at most ${MOST_BYTES} are zipped here: give it as a zip`);
  return found;
}

export const sizeOf = (files: readonly Found[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Zips what was found below a directory. @param file written; it must not be there yet */
export async function pack(directory: string, files: readonly Found[], file: string): Promise<void> {
  const out = createWriteStream(file, { flags: 'wx', mode: constants.S_IRUSR | constants.S_IWUSR });
  const written = finished(out);
  // What goes wrong with it is thrown below, once it is awaited.
  written.catch(() => {});
  let failed: Error | undefined;
  const zip = new Zip((error, chunk, final) => {
    if (error) failed = error;
    else out.write(chunk);
    if (final) out.end();
  });
  for (const { path } of files) {
    const member = Object.assign(new ZipDeflate(path), { mtime: MTIME });
    zip.add(member);
    for await (const chunk of createReadStream(join(directory, path))) {
      member.push(chunk as Buffer);
      if (out.writableNeedDrain) await once(out, 'drain');
    }
    member.push(new Uint8Array(), true);
    if (failed) throw failed;
  }
  zip.end();
  await written;
}
