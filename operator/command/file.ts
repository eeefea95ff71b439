import { linkSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Writes a file whole or not at all: aside, and then under its name. What is no file, such as /dev/stdout, is written to as it is.
 * @throws Error where nobody can write there; where it may not replace, also where one is there
 */
export function writeWhole(
  file: string,
  content: string,
  { replace, mode = 0o666 }: { readonly replace: boolean; readonly mode?: number },
): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there && replace && !there.isFile()) {
    writeFileSync(file, content);
    return;
  }
  // A link stays one.
  const target = there && replace ? realpathSync(file) : file;
  const aside = `${target}.${process.pid}.part`;
  try {
    writeFileSync(aside, content, { flag: 'wx', mode });
    if (replace) renameSync(aside, target);
    // Unlike a rename, a link replaces nothing: man7.org/linux/man-pages/man2/link.2.html (EEXIST)
    else linkSync(aside, target);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Why it could not be written, in words: whoever reads it knows nothing of the file aside. */
const WORDS: Readonly<Record<string, string>> = {
  EEXIST: 'it is there already',
  ENOENT: 'its directory is not there',
  ENOTDIR: 'what it should lie in is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
};

export function unwritten(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return WORDS[code] ?? message;
}
