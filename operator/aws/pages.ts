import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { pageKey } from '../../contract/incident-pages.ts';
import { translated } from '../../lambda/aws/errors.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';

/** Pages of incidents, as a function of the stack has stored them. */
export interface StoredPages {
  /** @returns `undefined`: it is not there, or the stack stores none */
  read(volume: string, id: string): Promise<string | undefined>;
}

const MAX_ATTEMPTS = 6;

/** @param Bucket `undefined` for a stack of before there were any */
export function s3StoredPages(runtime: Pick<Runtime, 'clients' | 'prepare'>, Bucket: string | undefined): StoredPages {
  const requestHandler = { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true };
  const s3 = runtime.prepare(new S3Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
  return {
    async read(volume, id) {
      if (Bucket === undefined) return undefined;
      const Key = pageKey({ volume, id });
      return translated(`read ${Key}`, async () => {
        try {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
          return await Body?.transformToString();
        } catch (error) {
          // So it is called where whoever asks may list the bucket, and AccessDenied else: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
          if ((error as Error).name === 'NoSuchKey') return undefined;
          throw error;
        }
      });
    },
  };
}
