/** One file of an archive. */
export interface ArchivedFile {
  /** Below where it is unpacked, in ASCII, at most 100 characters. */
  readonly path: string;
  readonly content: string;
}

const BLOCK = 512;

/**
 * An uncompressed tar archive in the format of POSIX (`ustar`): the same bytes for the same files wherever it is made, so that its
 * sha256 is known before anything is published. No `tar` of the machine is asked, for each puts in times, owners and order of its own.
 * Source: pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format"
 *
 * @throws Error for a path that does not fit
 */
export function archive(files: readonly ArchivedFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const blocks = sorted.flatMap(({ path, content }) => {
    const data = Buffer.from(content);
    return [header(path, data.length), data, Buffer.alloc(-data.length & (BLOCK - 1))];
  });
  // Two empty blocks are the end.
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, size: number): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(path)) throw new Error(`no path for an archive: ${path}`);
  const made = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  made.write(path, 0);
  made.write(octal(0o644, 7), 100);
  // Owner and group: root.
  made.write(octal(0, 7), 108);
  made.write(octal(0, 7), 116);
  made.write(octal(size, 11), 124);
  made.write(octal(0, 11), 136);
  // The sum is reckoned with blanks in its own place.
  made.write(' '.repeat(8), 148);
  made.write('0', 156);
  made.write('ustar\x0000', 257);
  const sum = made.reduce((total, byte) => total + byte, 0);
  made.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return made;
}
