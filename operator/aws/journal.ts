import { S3Client } from '@aws-sdk/client-s3';
import { S3Journal } from '../../host/agent/journal/s3.ts';
import type { JournalStore } from '../../host/agent/journal/store.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';

/** Tries of one request. Reading changes nothing: the rule that a writer never tries twice by itself is not for this. */
const MAX_ATTEMPTS = 6;
/** With all of the tries. Milliseconds. */
const LOOK_MS = 60_000;
const SILENCE_MS = 30_000;

export interface Journals {
  /** The journal of a content volume, to read. */
  of(bucket: string, volume: string): JournalStore;
  /** Closes what is open. */
  close(): void;
}

export function s3Journals(runtime: Pick<Runtime, 'clients' | 'prepare'>): Journals {
  const requestHandler = { connectionTimeout: 3000, requestTimeout: SILENCE_MS, throwOnRequestTimeout: true };
  const s3 = runtime.prepare(new S3Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
  const deadlines = { lookMs: LOOK_MS, silenceMs: SILENCE_MS };
  return {
    of: (bucket, volume) => new S3Journal(s3, { bucket, volume, deadlines }),
    close: () => s3.destroy(),
  };
}
