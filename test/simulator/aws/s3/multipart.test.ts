import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { S3Lab } from './s3-lab.ts';

const MIB = 1024 ** 2;
const LARGE = Buffer.alloc(5 * MIB, 'x');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

let lab: S3Lab;
let UploadId: unknown;
beforeEach(async () => {
  lab = new S3Lab();
  ({ UploadId } = await lab.send('CreateMultipartUpload', { Key: 'a', Metadata: { Term: '7' } }));
});

const part = async (PartNumber: number, Body: string | Uint8Array, more: object = {}) => {
  const { ETag } = await lab.send('UploadPart', { Key: 'a', UploadId, PartNumber, Body, ...more });
  return { PartNumber, ETag };
};
const complete = (...Parts: object[]) =>
  lab.outcome('CompleteMultipartUpload', { Key: 'a', UploadId, MultipartUpload: { Parts } });

describe('a multipart upload', () => {
  test('is nothing before it is completed, and then all of it', async () => {
    const two = await part(2, 'end');
    const one = await part(1, LARGE);
    expect(await lab.keys()).toEqual([]);
    const done = await lab.send('CompleteMultipartUpload', {
      Key: 'a',
      UploadId,
      MultipartUpload: { Parts: [one, two] },
    });
    expect(done).toMatchObject({ Bucket: 'bucket', Key: 'a', ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/) });
    expect(await lab.text('a')).toBe(`${'x'.repeat(5 * MIB)}end`);
    expect(await lab.send('HeadObject', { Key: 'a' })).toMatchObject({ ETag: done.ETag, Metadata: { term: '7' } });
    expect(await complete(one, two)).toBe('NoSuchUpload');
  });

  test('takes a part that is sent again in the place of the one before', async () => {
    const before = await part(1, 'one');
    const after = await part(1, 'two');
    expect(await complete(before)).toBe('InvalidPart');
    expect(await complete(after)).toBe('ok');
    expect(await lab.text('a')).toBe('two');
  });

  test('has only those parts that it is completed with', async () => {
    const one = await part(1, 'one');
    await part(2, 'two');
    expect(await complete(one)).toBe('ok');
    expect(await lab.text('a')).toBe('one');
  });

  test('is completed with parts that are there, in their order, each large enough but the last', async () => {
    const [one, two] = [await part(1, 'one'), await part(2, 'two')];
    expect(await complete()).toBe('MalformedXML');
    expect(await complete(one, { PartNumber: 3, ETag: one.ETag })).toBe('InvalidPart');
    expect(await complete(two, one)).toBe('InvalidPartOrder');
    expect(await complete(one, one)).toBe('InvalidPartOrder');
    expect(await complete(one, two)).toBe('EntityTooSmall');
    await part(1, LARGE.subarray(1));
    expect(await complete({ PartNumber: 1, ETag: (await part(1, LARGE.subarray(1))).ETag }, two)).toBe(
      'EntityTooSmall',
    );
    expect(await complete(await part(1, LARGE), two)).toBe('ok');
  });

  test.each([0, 10_001, 1.5])('has no part %d', async (PartNumber) => {
    expect(await lab.outcome('UploadPart', { Key: 'a', UploadId, PartNumber, Body: 'x' })).toBe('InvalidArgument');
  });

  test('that is aborted is none any more', async () => {
    const one = await part(1, 'one');
    expect(await lab.outcome('AbortMultipartUpload', { Key: 'a', UploadId })).toBe('ok');
    expect(await lab.outcome('AbortMultipartUpload', { Key: 'a', UploadId })).toBe('NoSuchUpload');
    expect(await lab.outcome('UploadPart', { Key: 'a', UploadId, PartNumber: 1, Body: 'x' })).toBe('NoSuchUpload');
    expect(await complete(one)).toBe('NoSuchUpload');
  });

  test('is of one key', async () => {
    expect(await lab.outcome('ListParts', { Key: 'b', UploadId })).toBe('NoSuchUpload');
  });

  test('says which parts it has, in pages', async () => {
    for (const n of [3, 1, 2]) await part(n, 'x');
    const first = await lab.send('ListParts', { Key: 'a', UploadId });
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2', MaxParts: 1000 });
    const numbers = (page: object) => (page as { Parts?: { PartNumber: number }[] }).Parts?.map((p) => p.PartNumber);
    expect(numbers(first)).toEqual([1, 2]);
    const next = await lab.send('ListParts', { Key: 'a', UploadId, PartNumberMarker: first.NextPartNumberMarker });
    expect([numbers(next), next.IsTruncated]).toEqual([[3], false]);
    expect(next.Parts).toEqual([{ PartNumber: 3, Size: 1, ETag: expect.any(String), LastModified: expect.any(Date) }]);
  });
});

describe('checksums of parts', () => {
  beforeEach(async () => {
    ({ UploadId } = await lab.send('CreateMultipartUpload', { Key: 'a', ChecksumAlgorithm: 'SHA256' }));
  });
  const withSum = async (n: number, body: string | Uint8Array) => {
    const ChecksumSHA256 = sha256(body).toString('base64');
    return { ...(await part(n, body, { ChecksumSHA256 })), ChecksumSHA256 };
  };

  test('make that of the whole, which says of how many', async () => {
    const parts = [await withSum(1, LARGE), await withSum(2, 'end')];
    expect(await complete(...parts)).toBe('ok');
    const both = sha256(Buffer.concat([sha256(LARGE), sha256('end')])).toString('base64');
    expect(await lab.send('HeadObject', { Key: 'a', ChecksumMode: 'ENABLED' })).toMatchObject({
      ...{ ChecksumSHA256: `${both}-2`, ChecksumType: 'COMPOSITE' },
    });
  });

  test('are looked at, part by part and at the end', async () => {
    await expect(part(1, 'one', { ChecksumSHA256: sha256('two').toString('base64') })).rejects.toThrow(/did not match/);
    await expect(part(1, 'one', { ChecksumAlgorithm: 'CRC32' })).rejects.toMatchObject({ name: 'InvalidRequest' });
    const one = await withSum(1, 'one');
    expect(await complete({ PartNumber: 1, ETag: one.ETag })).toBe('InvalidRequest');
    expect(await complete({ ...one, ChecksumSHA256: sha256('two').toString('base64') })).toBe('InvalidPart');
    expect(await complete(one)).toBe('ok');
  });
});
