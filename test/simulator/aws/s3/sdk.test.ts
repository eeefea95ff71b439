import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Services } from '../../../../simulator/aws/account/services.ts';
import type { Principal } from '../../../../simulator/aws/iam/account.ts';
import { clientFor } from '../../../../simulator/aws/s3/callers.ts';
import { ANYONE } from '../lab.ts';
import { BUCKET, role, S3Lab } from './s3-lab.ts';

/** The SDK warns of what these tests do on purpose. */
const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const HERE = { Bucket: BUCKET, Key: 'a' };

let lab: S3Lab;
beforeEach(() => {
  lab = new S3Lab();
});

/** A client as code under test makes it: without retries of its own, as the journal's writer has to be. */
const client = (principal: Principal = ANYONE, more: object = {}) =>
  clientFor(
    lab as unknown as Services,
    principal,
    (settings) => new S3Client({ ...settings, maxAttempts: 1, logger, ...more }),
  );

const failure = (run: () => Promise<unknown>) =>
  lab.within(run).then(
    () => 'ok',
    (error: { name: string; $metadata?: { httpStatusCode?: number } }) =>
      [error.name, error.$metadata?.httpStatusCode].filter(Boolean).join(' '),
  );

describe('the SDK', () => {
  test('writes, and reads as a stream with its methods, once', async () => {
    const s3 = client();
    const Body = Buffer.from('one');
    await lab.within(() => s3.send(new PutObjectCommand({ ...HERE, Body, Metadata: { Term: '7' } })));
    const got = await lab.within(() => s3.send(new GetObjectCommand(HERE)));
    expect(await got.Body?.transformToString()).toBe('one');
    await expect(got.Body?.transformToString()).rejects.toThrow('already been transformed');
    expect(got).toMatchObject({ Metadata: { term: '7' }, ContentLength: 3 });
    const bytes = async () => (await s3.send(new GetObjectCommand(HERE))).Body?.transformToByteArray();
    expect(Buffer.from((await lab.within(bytes)) ?? '').toString()).toBe('one');
    const streamed = async () => {
      const chunks: Uint8Array[] = [];
      const { Body: stream } = await s3.send(new GetObjectCommand(HERE));
      for await (const chunk of stream as Readable) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    expect(await lab.within(streamed)).toBe('one');
  });

  test('has its own checksum looked at and kept', async () => {
    const s3 = client();
    const put = await lab.within(() => s3.send(new PutObjectCommand({ ...HERE, Body: 'one' })));
    expect(put).toMatchObject({ ChecksumCRC32: expect.any(String), ChecksumType: 'FULL_OBJECT' });
    const ChecksumSHA256 = createHash('sha256').update('two').digest('base64');
    const wrong = () => s3.send(new PutObjectCommand({ ...HERE, Body: 'one', ChecksumSHA256 }));
    expect(await failure(wrong)).toBe('BadDigest 400');
  });

  test('sends streams, whose length it has to know', async () => {
    const s3 = client(ANYONE, { requestChecksumCalculation: 'WHEN_REQUIRED' });
    const stream = () => Readable.from([Buffer.from('o'), Buffer.from('ne')]);
    await lab.within(() => s3.send(new PutObjectCommand({ ...HERE, Body: stream(), ContentLength: 3 })));
    expect(await lab.text('a')).toBe('one');
    const unknown = () => s3.send(new PutObjectCommand({ ...HERE, Body: stream() }));
    expect(await failure(unknown)).toBe('MissingContentLength 411');
    const fewer = () => s3.send(new PutObjectCommand({ ...HERE, Body: stream(), ContentLength: 4 }));
    expect(await failure(fewer)).toBe('IncompleteBody 400');
  });

  test('sees conditions that fail as AWS names them', async () => {
    const s3 = client();
    const put = () => s3.send(new PutObjectCommand({ ...HERE, Body: 'one', IfNoneMatch: '*' }));
    expect(await failure(put)).toBe('ok');
    expect(await failure(put)).toBe('PreconditionFailed 412');
    expect(await failure(() => s3.send(new GetObjectCommand({ ...HERE, Key: 'b' })))).toBe('NoSuchKey 404');
    const reader = client(role({ Action: 's3:GetObject' }));
    expect(await failure(() => reader.send(new GetObjectCommand({ ...HERE, Key: 'b' })))).toBe('AccessDenied 403');
  });

  test('gets no code with an error of HEAD, for that has no body', async () => {
    const s3 = client();
    expect(await failure(() => s3.send(new HeadObjectCommand(HERE)))).toBe('NotFound 404');
    const reader = client(role({ Action: 's3:GetObject' }));
    expect(await failure(() => reader.send(new HeadObjectCommand(HERE)))).toBe('Unknown 403');
    await lab.put('a');
    expect(await failure(() => s3.send(new HeadObjectCommand({ ...HERE, IfMatch: '"x"' })))).toBe('Unknown 412');
  });

  test('reads all pages', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) await lab.put(key);
    const s3 = client();
    const keys = await lab.within(async () => {
      const found: (string | undefined)[] = [];
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: BUCKET }))
        found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      return found;
    });
    expect(keys).toEqual(['a', 'b', 'c', 'd', 'e']);
    const first = await lab.within(() => s3.send(new ListObjectsV2Command({ Bucket: BUCKET })));
    expect(first.KeyCount).toBe(2);
  });

  test('uploads in parts', async () => {
    const s3 = client();
    await lab.within(async () => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(HERE));
      const part = { ...HERE, UploadId, PartNumber: 1, Body: 'one' };
      const { ETag } = await s3.send(new UploadPartCommand(part));
      expect((await s3.send(new ListPartsCommand({ ...HERE, UploadId }))).Parts).toHaveLength(1);
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await s3.send(new CompleteMultipartUploadCommand({ ...HERE, UploadId, MultipartUpload, IfNoneMatch: '*' }));
    });
    expect(await lab.text('a')).toBe('one');
    await lab.within(() => s3.send(new DeleteObjectCommand(HERE)));
    expect(await lab.text('a')).toBe('NoSuchKey');
  });

  test('retries by itself where it may, and then finds its own write: the journal has to turn that off', async () => {
    lab.cloud.faults.mishaps.order({ service: 's3', operation: 'PutObject', how: 'errorAfter', times: 1 });
    const s3 = client(ANYONE, { maxAttempts: 3 });
    const put = () => s3.send(new PutObjectCommand({ ...HERE, Body: 'one', IfNoneMatch: '*' }));
    expect(await failure(put)).toBe('PreconditionFailed 412');
    lab.cloud.faults.mishaps.order({ service: 's3', operation: 'PutObject', how: 'throttled', times: 1 });
    const once = () => client().send(new PutObjectCommand({ ...HERE, Body: 'one' }));
    expect(await failure(once)).toBe('SlowDown 503');
  });

  test('waits for an answer as long as its client says', async () => {
    lab.cloud.faults.mishaps.order({ service: 's3', how: 'answerLost', times: 1 });
    const requestHandler = { requestTimeout: 5000, throwOnRequestTimeout: true };
    const began = lab.clock.now();
    const put = () => client(ANYONE, { requestHandler }).send(new PutObjectCommand({ ...HERE, Body: 'one' }));
    expect(await failure(put)).toBe('TimeoutError');
    expect(lab.clock.now() - began).toBeLessThan(6000);
    expect(await lab.text('a')).toBe('one');
  });

  test('that goes without TLS is seen to', async () => {
    const Deny = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${BUCKET}/*` };
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    lab.s3.setPolicy(BUCKET, { Version: '2012-10-17', Statement: [{ ...Deny, Condition }] }, 'Policy');
    const put = (more: object) => () => client(ANYONE, more).send(new PutObjectCommand({ ...HERE, Body: 'x' }));
    expect(await failure(put({}))).toBe('ok');
    expect(await failure(put({ endpoint: 'http://s3.eu-west-1.amazonaws.com' }))).toBe('AccessDenied 403');
  });
});

test('the same goes without serialization, for speed', async () => {
  lab = new S3Lab({}, false);
  const s3 = client();
  const put = () => s3.send(new PutObjectCommand({ ...HERE, Body: Buffer.from('one'), IfNoneMatch: '*' }));
  expect(await failure(put)).toBe('ok');
  expect(await failure(put)).toBe('PreconditionFailed 412');
  const got = await lab.within(async () => (await s3.send(new GetObjectCommand(HERE))).Body?.transformToString());
  expect(got).toBe('one');
  expect(await failure(() => s3.send(new HeadObjectCommand({ ...HERE, Key: 'b' })))).toBe('NotFound 404');
});
