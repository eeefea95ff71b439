import type { Limits } from './limits.ts';
import { Names, type NamesOptions } from './names.ts';
import type { Refusal } from './refusal.ts';

/** A file of a course, and the sha256 of its content, in hexadecimal digits. */
export interface Listed {
  readonly path: string;
  readonly sha256: string;
  /** As the list spells it: where it is in the bucket. */
  readonly name: string;
}

export interface FolderList {
  readonly files: readonly Listed[];
  readonly names: Names;
}

/** Reads the list of a folder, as sha256sum(1) writes it, also with a carriage return at the end of lines. Names it escapes are none that are taken. */
export function readList(text: string, options: NamesOptions & { readonly limits: Limits }): FolderList {
  const names = new Names(options);
  const files: Listed[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line === '' || names.isFull) continue;
    const [, sha256 = '', name] = /^([0-9a-fA-F]{64}) [ *](.+?)\r?$/.exec(line) ?? [];
    if (name === undefined || name.endsWith('/')) {
      names.refuse({ code: 'list', line: at + 1 });
      continue;
    }
    // What the list itself is called where it is made beside the files.
    const found = names.add(name);
    if (found) files.push({ path: found.path, sha256: sha256.toLowerCase(), name: plain(name) });
  }
  return { files, names };
}

/** As `find .` spells it, and as a tool puts it into the bucket. */
function plain(name: string): string {
  return name.startsWith('./') ? name.slice(2) : name;
}

/** The manifest of a course (docs/decisions/0012-manifests.md): its names have nothing that sha256sum would escape. */
export function manifestOf(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  const sorted = [...files].sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
  return sorted.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('');
}

/** Of a course without a file. */
export const EMPTY: Refusal = { code: 'empty' };
