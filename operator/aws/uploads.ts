import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { translated } from '../../lambda/aws/errors.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import { PART, Parts, type Sending, type Source, type Target } from './parts.ts';

/** The intake's bucket, as somebody who uploads sees it. */
export interface Uploads {
  /** @returns the version that S3 made of it */
  upload(target: Target, source: Source, sending: Sending): Promise<string>;
  /** Text of an object; `undefined`: it is not there. */
  read(bucket: string, key: string): Promise<string | undefined>;
}

/** Tries of one part. */
const MAX_ATTEMPTS = 6;
/** A part of the largest kind on a slow line. Milliseconds. */
const REQUEST_MS = 300_000;

export function s3Uploads(runtime: Pick<Runtime, 'clients' | 'prepare'>): Uploads {
  const requestHandler = { connectionTimeout: 3000, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true };
  const s3 = runtime.prepare(new S3Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));

  return {
    upload: (target, source, sending) =>
      translated(`upload ${target.key}`, async () => {
        const whole = async () => {
          const Body = await source.read(0, source.size);
          sending.completes();
          return s3.send(new PutObjectCommand({ Bucket: target.bucket, Key: target.key, Body }));
        };
        const { VersionId } = await (source.size > PART ? new Parts(s3, target, source, sending).send() : whole());
        sending.sent(source.size);
        if (VersionId === undefined)
          throw new Error(`${target.bucket} keeps no versions: it is no bucket of an intake`);
        return VersionId;
      }),
    read: (Bucket, Key) =>
      translated(`read ${Key}`, async () => {
        // To whoever may list what is below a prefix alone, S3 need not say of an object that it is not there.
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 }));
        if (Contents[0]?.Key !== Key) return undefined;
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        return (await Body?.transformToString()) ?? '';
      }),
  };
}
