import { intakePrefix } from '../contract/intake.ts';
import { bytesOf, nameFault } from './path.ts';
import type { Refusal } from './refusal.ts';

/** Bytes of a course's name: it is also part of a key of S3, which has 1,024. */
export const LONGEST_COURSE = 200;

/** Characters of what stands for it where it is none. */
const LONGEST_NAMED = 300;

/** `file`: one file is the course; `folder`: its files are elsewhere in the bucket, and this is their list. */
export type Upload =
  | { readonly form: 'zip' | 'folder'; readonly course: string }
  | { readonly form: 'file'; readonly course: string; readonly name: string };

const ENDS = [
  ['.zip', 'zip'],
  ['.sha256', 'folder'],
] as const;

/** @param key of an object below the volume's prefix @throws RangeError where it is not */
export function uploadOf(volume: string, key: string): Upload | Refusal {
  const rest = restOf(volume, key);
  const slash = rest.indexOf('/');
  if (slash >= 0) return named({ form: 'file', course: rest.slice(0, slash), name: rest.slice(slash + 1) });
  for (const [end, form] of ENDS) if (rest.endsWith(end)) return named({ form, course: rest.slice(0, -end.length) });
  return { code: 'course', why: 'form' };
}

/** What stands in the place of a course in the key of an answer: of an upload that names none, too. */
export function answeredAs(volume: string, key: string): string {
  const upload = uploadOf(volume, key);
  return 'code' in upload
    ? encodeURIComponent(restOf(volume, key).toWellFormed()).slice(0, LONGEST_NAMED)
    : upload.course;
}

function restOf(volume: string, key: string): string {
  const prefix = intakePrefix(volume);
  if (!key.startsWith(prefix)) throw new RangeError(`${key} is not below ${prefix}`);
  return key.slice(prefix.length);
}

function named(upload: Upload): Upload | Refusal {
  const { course } = upload;
  if (course === '') return { code: 'course', why: 'empty' };
  if (course.startsWith('.')) return { code: 'course', why: 'hidden' };
  if (bytesOf(course) > LONGEST_COURSE) return { code: 'course', why: 'long' };
  if (nameFault(course) || course.includes('\\')) return { code: 'course', why: 'characters' };
  return upload;
}
