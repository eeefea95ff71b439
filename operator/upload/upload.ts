import { answerKey, intakePrefix } from '../../contract/intake.ts';
import { LONGEST_COURSE, uploadOf } from '../../intake/upload.ts';
import type { Sending, Source, Target } from '../aws/parts.ts';
import type { Uploads } from '../aws/uploads.ts';

/** What came of an upload. `schema` is raised where a member changes its meaning or goes. */
export interface Uploaded {
  readonly schema: 1;
  readonly volume: string;
  readonly course: string;
  readonly key: string;
  /** As S3 calls it. */
  readonly version: string;
  /** `waiting`: nobody has answered yet; S3 has it. */
  readonly state: 'done' | 'refused' | 'waiting';
  /** What is served, where that is known. */
  readonly files?: number;
  readonly bytes?: number;
  /** Why it was refused. */
  readonly refusals?: readonly { readonly code: string; readonly sentence: string; readonly path?: string }[];
}

/** Between two looks for the answer. Milliseconds. */
const LOOK_MS = 2000;

export interface Waiting {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface Task {
  readonly bucket: string;
  readonly volume: string;
  readonly course: string;
  readonly source: Source;
  /** For the answer, at most so long. Milliseconds; 0: not at all. */
  readonly waitMs: number;
}

export interface Listener extends Sending {
  /** S3 has it: it is never dropped from then on. */
  stored(version: string): void;
}

/** Uploads a zip, and waits for what comes of it. */
export async function uploadCourse(
  uploads: Uploads,
  { now, sleep }: Waiting,
  { bucket, volume, course, source, waitMs }: Task,
  listener: Listener,
): Promise<Uploaded> {
  const target = targetOf(bucket, volume, course);
  const version = await uploads.upload(target, source, listener);
  listener.stored(version);
  const stored = { schema: 1, volume, course, key: target.key, version } as const;
  for (const until = now() + waitMs; now() < until; await sleep(LOOK_MS)) {
    const text = await uploads.read(bucket, answerKey(volume, course, version));
    if (text !== undefined) return { ...stored, ...answerOf(text) };
  }
  return { ...stored, state: 'waiting' };
}

type Answer = Pick<Uploaded, 'state' | 'files' | 'bytes' | 'refusals'>;

/** @throws Error where it is none */
function answerOf(text: string): Answer {
  const { state, files, bytes, refusals } = JSON.parse(text) as Answer;
  if (state !== 'done' && state !== 'refused') throw new Error(`an answer of the state ${state}; known: done, refused`);
  const facts = { ...(files !== undefined && { files }), ...(bytes !== undefined && { bytes }) };
  return { state, ...facts, ...(refusals && { refusals }) };
}

/** What is wrong with the name of a course, by the intake's own rule, before S3 is asked. */
export function courseFault(volume: string, course: string): string | undefined {
  const upload = uploadOf(volume, keyOf(volume, course));
  if (!('code' in upload) && upload.form === 'zip') return undefined;
  const allowed = `1 to ${LONGEST_COURSE} bytes without /, \\ and control characters, not beginning with a dot`;
  return `--course: received "${course}"; allowed: ${allowed}`;
}

/** With its other forms: of one course the newest of them all counts. */
function targetOf(bucket: string, volume: string, course: string): Target {
  const is = (key: string) => {
    const upload = uploadOf(volume, key);
    return !('code' in upload) && upload.course === course;
  };
  return { bucket, key: keyOf(volume, course), rivals: { prefix: `${intakePrefix(volume)}${course}`, is } };
}

function keyOf(volume: string, course: string): string {
  return `${intakePrefix(volume)}${course}.zip`;
}
