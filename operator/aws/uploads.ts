import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { translated } from '../../lambda/aws/errors.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';

/** Where something is uploaded to. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
}

/** What is uploaded: bytes that can be had from any place on, once more too. */
export interface Source {
  readonly size: number;
  /** So many of them, from there on. */
  read(from: number, bytes: number): Promise<Uint8Array>;
}

/** Is told how an upload goes. */
export interface Sending {
  /** S3 has so many bytes by then. */
  sent(bytes: number): void;
  /** The next call makes all of it an object: from then on nobody knows, until it is answered, whether S3 has it. */
  completes(): void;
}

/** The intake's bucket, as somebody who uploads sees it. */
export interface Uploads {
  /** @returns the version that S3 made of it */
  upload(target: Target, source: Source, sending: Sending): Promise<string>;
  /** Text of an object; `undefined`: it is not there. */
  read(bucket: string, key: string): Promise<string | undefined>;
}

/** Bytes. From 5 MiB on a part is allowed, and 10,000 of them: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART = 8 * 2 ** 20;
const MOST_PARTS = 10_000;
/** Tries of one part. */
const MAX_ATTEMPTS = 6;
/** A part of the largest kind on a slow line. Milliseconds. */
const REQUEST_MS = 300_000;

export function s3Uploads(runtime: Pick<Runtime, 'clients' | 'prepare'>): Uploads {
  const requestHandler = { connectionTimeout: 3000, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true };
  const s3 = runtime.prepare(new S3Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));

  const inParts = async (target: { Bucket: string; Key: string }, source: Source, sending: Sending) => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
    try {
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      const size = partSize(source.size);
      for (let from = 0; from < source.size; from += size) {
        const PartNumber = Parts.length + 1;
        const Body = await source.read(from, Math.min(size, source.size - from));
        const { ETag } = await s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
        Parts.push({ PartNumber, ETag });
        sending.sent(from + Body.length);
      }
      sending.completes();
      return await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    } catch (error) {
      // Whoever may not do this leaves it to the bucket, which drops what is unfinished after a day.
      await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
      throw error;
    }
  };

  return {
    upload: ({ bucket, key }, source, sending) =>
      translated(`upload ${key}`, async () => {
        const target = { Bucket: bucket, Key: key };
        const whole = async () => {
          const Body = await source.read(0, source.size);
          sending.completes();
          return s3.send(new PutObjectCommand({ ...target, Body }));
        };
        const { VersionId } = await (source.size > PART ? inParts(target, source, sending) : whole());
        sending.sent(source.size);
        if (VersionId === undefined) throw new Error(`${bucket} keeps no versions: it is no bucket of an intake`);
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

/** Whole MiB, and so many that they are not too many. */
export function partSize(size: number): number {
  return Math.max(PART, Math.ceil(size / MOST_PARTS / 2 ** 20) * 2 ** 20);
}
