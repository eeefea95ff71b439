import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type Bench, outcome, type Tried } from './bench.ts';

const GUIDE = 'docs.aws.amazon.com/AmazonS3/latest/userguide';
const API = 'docs.aws.amazon.com/AmazonS3/latest/API';
const WRITES_PAGE = `${GUIDE}/conditional-writes.html`;

const bytes = (text: string) => Buffer.from(text);
let made = 0;
/** A key that nobody has used before. */
const fresh = (name: string) => `${name}-${++made}`;

const put = ({ s3, bucket }: Bench, Key: string, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes('one'), ...more }));
const text = async ({ s3, bucket }: Bench, Key: string): Promise<string> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return (await Body?.transformToString()) ?? '';
};
const remove = ({ s3, bucket }: Bench, Key: string) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
const NEW = { IfNoneMatch: '*' };
const OTHER = bytes('two');

/** An upload in one part, ready to be completed. */
async function uploaded({ s3, bucket: Bucket }: Bench, Key: string) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const at = { Bucket, Key, UploadId };
  const { ETag } = await s3.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: OTHER }));
  return (more: object = {}) =>
    s3.send(
      new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] }, ...more }),
    );
}

/** What a journal in S3 leans on. */
export const WRITES: readonly Tried[] = [
  {
    behaviour: 'PutObject with If-None-Match: * of a key that is there',
    source: WRITES_PAGE,
    documented: ['PreconditionFailed, and it is as it was'],
    async attempt(bench) {
      const key = fresh('taken');
      await put(bench, key, NEW);
      const end = await outcome(put(bench, key, { ...NEW, Body: OTHER }));
      return `${end}, and it is ${(await text(bench, key)) === 'one' ? 'as it was' : 'written over'}`;
    },
  },
  {
    behaviour: 'two PutObject with If-None-Match: * of one key at once',
    source: `${WRITES_PAGE} (the first to finish succeeds; 412); ${API}/API_PutObject.html (409)`,
    documented: ['PreconditionFailed', 'ConditionalRequestConflict'].map((code) => `one accepted, the other ${code}`),
    async attempt(bench) {
      const key = fresh('race');
      const ends = await Promise.all([0, 1].map(() => outcome(put(bench, key, NEW))));
      const others = ends.filter((end) => end !== 'accepted');
      return others.length === 1 ? `one accepted, the other ${others[0]}` : ends.join(', ');
    },
  },
  {
    behaviour: 'PutObject with If-None-Match: * of a key that was deleted',
    source: WRITES_PAGE,
    documented: ['accepted'],
    async attempt(bench) {
      const key = fresh('deleted');
      await put(bench, key, NEW);
      await remove(bench, key);
      return outcome(put(bench, key, NEW));
    },
  },
  {
    behaviour: 'PutObject with If-None-Match of something else than *',
    source: `${API}/API_PutObject.html (expects *; NotImplemented of ErrorResponses.html)`,
    documented: ['NotImplemented'],
    attempt: (bench) => outcome(put(bench, fresh('etag'), { IfNoneMatch: '"0123456789abcdef0123456789abcdef"' })),
  },
  {
    behaviour: 'PutObject with If-Match of an ETag that has changed',
    source: WRITES_PAGE,
    documented: ['PreconditionFailed'],
    async attempt(bench) {
      const key = fresh('changed');
      const { ETag } = await put(bench, key);
      await put(bench, key, { Body: OTHER });
      return outcome(put(bench, key, { IfMatch: String(ETag) }));
    },
  },
  {
    behaviour: 'PutObject with If-Match of a key that is not there',
    source: WRITES_PAGE,
    documented: ['NoSuchKey'],
    attempt: (bench) => outcome(put(bench, fresh('none'), { IfMatch: '"0123456789abcdef0123456789abcdef"' })),
  },
  {
    behaviour: 'CompleteMultipartUpload with If-None-Match: * of a key that was written meanwhile',
    source: WRITES_PAGE,
    documented: ['PreconditionFailed, and it is as it was'],
    async attempt(bench) {
      const key = fresh('parts');
      const complete = await uploaded(bench, key);
      await put(bench, key, NEW);
      const end = await outcome(complete(NEW));
      return `${end}, and it is ${(await text(bench, key)) === 'one' ? 'as it was' : 'written over'}`;
    },
  },
  {
    behaviour: 'CompleteMultipartUpload a second time',
    source: `${API}/API_CompleteMultipartUpload.html (NoSuchUpload)`,
    documented: ['NoSuchUpload'],
    async attempt(bench) {
      const complete = await uploaded(bench, fresh('twice'));
      await complete();
      return outcome(complete());
    },
  },
  {
    behaviour: 'PutObject with a x-amz-checksum-sha256 of other bytes',
    source: `${API}/ErrorResponses.html (BadDigest)`,
    documented: ['BadDigest'],
    attempt: (bench) =>
      outcome(put(bench, fresh('sum'), { ChecksumSHA256: createHash('sha256').update(OTHER).digest('base64') })),
  },
  {
    behaviour: 'metadata whose names have capital letters',
    source: `${GUIDE}/UsingMetadata.html (stored in lowercase)`,
    documented: ['term'],
    async attempt(bench) {
      const key = fresh('metadata');
      await put(bench, key, { Metadata: { Term: '7' } });
      const { Metadata = {} } = await bench.s3.send(new HeadObjectCommand({ Bucket: bench.bucket, Key: key }));
      return Object.keys(Metadata).join(' ');
    },
  },
  {
    behaviour: 'a list, at once after a write and after a delete',
    source: `${GUIDE}/Welcome.html#ConsistencyModel`,
    documented: ['listed, then not'],
    async attempt(bench) {
      const key = fresh('listed');
      const listed = async () => {
        const input = { Bucket: bench.bucket, Prefix: key };
        return (await bench.s3.send(new ListObjectsV2Command(input))).KeyCount === 1;
      };
      await put(bench, key);
      const before = await listed();
      await remove(bench, key);
      return `${before ? 'listed' : 'not listed'}, then ${(await listed()) ? 'still' : 'not'}`;
    },
  },
  {
    behaviour: 'GetObject of a range that begins after the end',
    source: `${API}/ErrorResponses.html (InvalidRange)`,
    documented: ['InvalidRange'],
    async attempt(bench) {
      const key = fresh('range');
      await put(bench, key);
      return outcome(bench.s3.send(new GetObjectCommand({ Bucket: bench.bucket, Key: key, Range: 'bytes=9-' })));
    },
  },
];
