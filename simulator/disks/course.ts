/** What both kinds of disk do alike with courses. */
import { ALTERATION, type Alteration, type Course } from './disks.ts';

/**
 * Where among the courses, oldest first, the planted inconsistency lies: far enough for a clean-up to have deleted some
 * before it trips, as in 2010.
 */
const LATENT_POSITION = 0.25;

/** The list of checksums of a course, as sha256sum writes and `sha256sum -c` reads it. */
export function manifestOf(course: Course): string {
  return course.files.map((file) => `${file.sha256}  ${file.path}\n`).join('');
}

/** The courses to plant an inconsistency under, the best first. Both kinds of disk choose the same course. */
export function plantOrder(oldestFirst: readonly string[]): string[] {
  const shown = oldestFirst.filter((id) => !id.startsWith('.'));
  const first = Math.floor(shown.length * LATENT_POSITION);
  return [...shown.slice(first), ...shown.slice(0, first)];
}

/** The file of a course that rots: the largest, the first by name of equals. Both kinds of disk choose the same. */
export function fileToAlter<File extends { readonly path: string; readonly size: number }>(
  files: readonly File[],
): File | undefined {
  return files.toSorted((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1))[0];
}

/** What rot leaves of a file's content. */
export function altered(bytes: Uint8Array, how: Alteration): Uint8Array {
  if (how === ALTERATION.zero) return new Uint8Array(bytes.length);
  const middle = bytes.length >> 1;
  return bytes.map((byte, i) => (i === middle ? byte ^ 1 : byte));
}
