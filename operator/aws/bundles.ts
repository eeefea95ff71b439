import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { translated } from '../../lambda/aws/errors.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';

/** What was brought out of copies, as somebody who fetches it sees it. */
export interface Bundles {
  /** Into a file that is not there yet. @returns its sha256 */
  fetch(bucket: string, key: string, path: string): Promise<string>;
}

const MAX_ATTEMPTS = 6;
/** Without a byte. Milliseconds. */
const SILENCE_MS = 30_000;

export function s3Bundles(runtime: Pick<Runtime, 'clients' | 'prepare'>): Bundles {
  const requestHandler = { connectionTimeout: 3000, requestTimeout: SILENCE_MS, throwOnRequestTimeout: true };
  const s3 = runtime.prepare(new S3Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
  return {
    fetch: (Bucket, Key, path) =>
      translated(`fetch ${Key}`, async () => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        const hash = createHash('sha256');
        const file = await open(path, 'wx', 0o600);
        try {
          for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
            hash.update(chunk);
            await file.writeFile(chunk);
          }
        } finally {
          await file.close();
        }
        return hash.digest('hex');
      }),
  };
}
