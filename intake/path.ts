import type { NameFault, Refusal } from './refusal.ts';

/** Bytes of one name: NAME_MAX of Linux. */
export const LONGEST_NAME = 255;
/** Bytes within a course: PATH_MAX of Linux is 4,096, and a course's own place takes some. */
export const LONGEST_PATH = 3000;
/** Directories below each other: each is looked at for each name. */
export const DEEPEST = 64;

/** What a name of an upload comes to: the way within its course. `leftOut`: what other systems leave behind, which is nobody's content. */
export interface CoursePath {
  readonly parts: readonly string[];
  readonly directory: boolean;
  readonly leftOut: boolean;
}

/** @param name as the upload spells it, with `/` between its parts, and one at the end of a directory */
export function pathOf(name: string): CoursePath | Refusal {
  const outside = whyOutside(name);
  if (outside) return { code: 'outside', path: name, why: outside };
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const directory = name.endsWith('/');
  if (parts[0] === '__MACOSX' || parts.at(-1) === '.DS_Store' || parts.at(-1) === 'Thumbs.db')
    return { parts, directory, leftOut: true };
  // The course itself, of archives that list it.
  if (parts.length === 0 && directory) return { parts, directory, leftOut: true };
  const fault = faultOf(parts);
  return fault ? { code: 'name', path: name, why: fault } : { parts, directory, leftOut: false };
}

function whyOutside(name: string) {
  if (name.includes('\\')) return 'backslash';
  if (/^[A-Za-z]:/.test(name)) return 'drive';
  if (name.startsWith('/')) return 'absolute';
  return name.split('/').includes('..') ? 'parent' : undefined;
}

function faultOf(parts: readonly string[]): NameFault | undefined {
  if (parts.length === 0) return 'empty';
  if (parts.length > DEEPEST) return 'deep';
  for (const part of parts) {
    const fault = nameFault(part);
    if (fault) return fault;
  }
  return bytesOf(parts.join('/')) > LONGEST_PATH ? 'long' : undefined;
}

/** Of one name: also of the course's own. */
export function nameFault(name: string): NameFault | undefined {
  if (name === '') return 'empty';
  if (!name.isWellFormed()) return 'encoding';
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'control';
  if (bytesOf(name) > LONGEST_NAME) return 'long';
  if (name === '.remount') return 'own';
  // host/etc/web.conf: nobody is shown what begins so.
  if (name.startsWith('.')) return 'hidden';
  return name.startsWith('manifest.sha256') ? 'manifest' : undefined;
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
