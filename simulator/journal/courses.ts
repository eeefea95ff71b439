import { createHash } from 'node:crypto';
import {
  type Attributes,
  type FileRecord,
  type Identity,
  identity,
  type JournalRecord,
  type PieceRecord,
  ROOT,
} from '../../journal/record.ts';
import { decode } from '../../journal/segment/decode.ts';
import { encode } from '../../journal/segment/encode.ts';
import type { Header } from '../../journal/segment/layout.ts';
import type { CourseFiles } from '../disks/journaled.ts';

/** What a rehearsal's journal states, course by course: each as a whole, or that it is gone. */
export interface CourseState {
  readonly courseId: string;
  readonly files: CourseFiles | undefined;
}

const COURSES = 'courses';
const PLAIN: Omit<Attributes, 'mtime'> = { mode: 0o644, uid: 0, gid: 0, xattrs: {} };

/**
 * Simplified: by its path, and within a course by all that is in it: another content is another course, as the intake replaces it. On a host it is made of the
 * inode and its generation, and stays when the file is renamed.
 */
const identityAt = (path: string, course = ''): Identity =>
  path === '' ? ROOT : identity(`p-${createHash('sha256').update(`${course}${path}`).digest('hex').slice(0, 32)}`);

function digestOf(files: CourseFiles): string {
  const hash = createHash('sha256');
  for (const [path, bytes] of files) hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex');
}

const parentOf = (path: string): string => path.split('/').slice(0, -1).join('/');
const nameAt = (path: string): string => path.split('/').at(-1) ?? '';

/** @returns the segment's bytes, and their sum */
export async function segmentOf(
  header: Header,
  states: readonly CourseState[],
): Promise<{ readonly bytes: Uint8Array; readonly sum: string }> {
  const directories = new Set<string>();
  const records: JournalRecord[] = [];
  const staged: Uint8Array[] = [];
  let digest = '';
  /** Simplified: what is stated was written just now. */
  const mtime = BigInt(header.taken) * 1_000_000n;
  /** What is in no course is whatever is in them. */
  const at = (path: string) => identityAt(path, path.includes('/') ? digest : '');
  const name = (path: string, there: boolean): JournalRecord => ({
    ...{ record: 'name', directory: at(parentOf(path)), name: nameAt(path), path },
    identity: there ? at(path) : null,
  });
  const directory = (path: string) => {
    if (path === '' || directories.has(path)) return;
    directory(parentOf(path));
    directories.add(path);
    records.push({ ...PLAIN, mode: 0o755, mtime, record: 'directory', identity: at(path), path, ctime: 0n });
    records.push(name(path, true));
  };
  for (const { courseId, files } of states) {
    digest = files ? digestOf(files) : '';
    const course = `${COURSES}/${courseId}`;
    if (!files) records.push(name(course, false));
    for (const [below, bytes] of files ?? []) {
      const path = `${course}/${below}`;
      directory(parentOf(path));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const known = { record: 'file', identity: at(path), path, ctime: 0n } as const;
      records.push({ ...PLAIN, ...known, mtime, size: bytes.length, sha256, content: 'here' });
      records.push(name(path, true));
      staged.push(bytes);
    }
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of encode(header, records, each(staged))) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { bytes, sum: createHash('sha256').update(bytes).digest('hex') };
}

/** What a segment states. @throws Error where it is damaged: the simulated S3 damages nothing */
export async function coursesOf(
  bytes: Uint8Array,
  sum: string,
): Promise<{ readonly header: Header; readonly states: readonly CourseState[] }> {
  const contents = new Map<string, Uint8Array>();
  const content = async (record: FileRecord | PieceRecord, from: AsyncIterable<Uint8Array>) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of from) chunks.push(chunk);
    contents.set(record.path, Buffer.concat(chunks));
  };
  const decoded = await decode(each([bytes]), sum, { content });
  if (decoded.state === 'damaged') throw new Error(`a segment of the journal is damaged: ${decoded.damage.code}`);
  const states = new Map<string, Map<string, Uint8Array> | undefined>();
  for (const record of decoded.records) {
    if (record.record !== 'file' && record.record !== 'name') continue;
    const [top, courseId, ...below] = record.path.split('/');
    if (top !== COURSES || courseId === undefined) continue;
    if (record.record === 'name') {
      if (below.length === 0 && record.identity === null) states.set(courseId, undefined);
      continue;
    }
    const files = states.get(courseId) ?? new Map<string, Uint8Array>();
    states.set(courseId, files.set(below.join('/'), contents.get(record.path) ?? new Uint8Array()));
  }
  return { header: decoded.header, states: [...states].map(([courseId, files]) => ({ courseId, files })) };
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
