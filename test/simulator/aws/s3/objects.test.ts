import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { BUCKET, S3Lab } from './s3-lab.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
const md5 = (text: string, as: 'hex' | 'base64') => createHash('md5').update(text).digest(as);
const crc = (text: string) => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(text));
  return sum.toString('base64');
};

let lab: S3Lab;
beforeEach(() => {
  lab = new S3Lab();
});

describe('an object', () => {
  test('is there, and is listed, as soon as its write is answered', async () => {
    expect(await lab.text('a')).toBe('NoSuchKey');
    expect(await lab.keys()).toEqual([]);
    await lab.put('a', 'one');
    expect(await lab.text('a')).toBe('one');
    expect(await lab.keys()).toEqual(['a']);
    await lab.put('a', 'two');
    expect(await lab.text('a')).toBe('two');
    await lab.send('DeleteObject', { Key: 'a' });
    expect(await lab.text('a')).toBe('NoSuchKey');
    expect(await lab.keys()).toEqual([]);
  });

  test('has what was sent with it: names of metadata in small letters, a moment in whole seconds', async () => {
    await lab.pass(1.5);
    const put = await lab.put('a', 'one', {
      Metadata: { Term: '7', 'written-by': 'x' },
      ContentType: 'application/x-tar',
    });
    expect(put).toEqual({ ETag: `"${md5('one', 'hex')}"`, ServerSideEncryption: 'AES256' });
    const { Body, ...got } = await lab.send('GetObject', { Key: 'a' });
    expect(Buffer.from(Body as Uint8Array).toString()).toBe('one');
    expect(got).toEqual({
      AcceptRanges: 'bytes',
      LastModified: new Date('2026-01-07T00:00:01Z'),
      ContentLength: 3,
      ContentType: 'application/x-tar',
      ETag: `"${md5('one', 'hex')}"`,
      Metadata: { term: '7', 'written-by': 'x' },
      ServerSideEncryption: 'AES256',
    });
    expect(await lab.send('HeadObject', { Key: 'a' })).toEqual(got);
  });

  test('is what was sent, whatever becomes of the buffers of those who sent and got it', async () => {
    const bytes = Buffer.from('one');
    await lab.put('a', bytes);
    bytes.write('xxx');
    const { Body } = await lab.send('GetObject', { Key: 'a' });
    (Body as Uint8Array).fill(0);
    expect(await lab.text('a')).toBe('one');
  });

  test('that is not there is deleted all the same', async () => {
    expect(await lab.send('DeleteObject', { Key: 'a' })).toEqual({});
  });

  test.each([
    ['a bucket that is none', { Bucket: 'other', Key: 'a' }, 'NoSuchBucket'],
    ['a key of 1,025 bytes', { Key: `${'k'.repeat(1023)}é` }, 'KeyTooLongError'],
    ['metadata of more than 2 KB', { Key: 'a', Metadata: { m: 'x'.repeat(2048) } }, 'MetadataTooLarge'],
    ['a length of more than 5 GB', { Key: 'a', ContentLength: 5 * 1024 ** 3 + 1 }, 'EntityTooLarge'],
    ['fewer bytes than were announced', { Key: 'a', Body: 'x', ContentLength: 2 }, 'IncompleteBody'],
    ["another account's bucket", { Key: 'a', ExpectedBucketOwner: '999999999999' }, 'AccessDenied'],
  ])('is not written: %s', async (_, input, code) => {
    expect(await lab.outcome('PutObject', input)).toBe(code);
    expect(await lab.keys()).toEqual([]);
  });

  test.each([
    ['the longest key', { Key: `${'k'.repeat(1022)}é` }],
    ['metadata of 2 KB', { Key: 'a', Metadata: { m: 'x'.repeat(2047) } }],
    ['its own account', { Key: 'a', ExpectedBucketOwner: '111122223333' }],
  ])('is written: %s', async (_, input) => expect(await lab.outcome('PutObject', input)).toBe('ok'));

  test.each<[string, object]>([
    ['PutObject', { Key: 'a', Tagging: 'x=y' }],
    ['PutObject', { Key: 'a', ACL: 'private' }],
    ['PutObject', { Key: 'a', Metadata: { m: 'ü' } }],
    ['PutObject', { Key: 'a', ChecksumAlgorithm: 'CRC64NVME' }],
    ['GetObject', { Key: 'a', IfNoneMatch: '"x"' }],
    ['HeadObject', { Key: 'a', Range: 'bytes=0-1' }],
    ['CopyObject', { Key: 'a', CopySource: 'a' }],
    ['DeleteObjects', {}],
  ])('%s %j is not known, and ends the rehearsal', async (operation, input) => {
    await expect(lab.send(operation, { ...input })).rejects.toThrow(/know/);
  });
});

describe('a part of an object', () => {
  test.each([
    ['bytes=0-2', 'bytes 0-2/10', '012'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=8-99', 'bytes 8-9/10', '89'],
    ['bytes=-3', 'bytes 7-9/10', '789'],
    ['bytes=-99', 'bytes 0-9/10', '0123456789'],
  ])('%s', async (Range, ContentRange, text) => {
    await lab.put('a', '0123456789', { ChecksumSHA256: sha256('0123456789') });
    const got = await lab.send('GetObject', { Key: 'a', Range, ChecksumMode: 'ENABLED' });
    expect(got).toMatchObject({ ContentRange, ContentLength: text.length });
    expect(Buffer.from(got.Body as Uint8Array).toString()).toBe(text);
    // The checksum is that of the whole.
    expect(got).not.toHaveProperty('ChecksumSHA256');
  });

  test.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('%s is not there', async (Range) => {
    await lab.put('a', '0123456789');
    expect(await lab.text('a', { Range })).toBe('InvalidRange');
  });

  test('of nothing is not there, and several at once are not known', async () => {
    await lab.put('a', '');
    expect(await lab.text('a', { Range: 'bytes=0-' })).toBe('InvalidRange');
    await expect(lab.send('GetObject', { Key: 'a', Range: 'bytes=0-1,3-4' })).rejects.toThrow(/range/);
  });
});

describe('a checksum', () => {
  test.each([
    ['ChecksumSHA256', sha256('one'), sha256('two')],
    ['ChecksumCRC32', crc('one'), crc('two')],
  ])('%s is looked at, kept and shown to who asks for it', async (member, right, wrong) => {
    expect(await lab.put('a', 'one', { [member]: right })).toMatchObject({
      [member]: right,
      ChecksumType: 'FULL_OBJECT',
    });
    expect(await lab.send('GetObject', { Key: 'a', ChecksumMode: 'ENABLED' })).toMatchObject({ [member]: right });
    expect(await lab.send('HeadObject', { Key: 'a', ChecksumMode: 'ENABLED' })).toMatchObject({ [member]: right });
    expect(await lab.send('GetObject', { Key: 'a' })).not.toHaveProperty(member);
    expect(await lab.outcome('PutObject', { Key: 'b', Body: 'one', [member]: wrong })).toBe('BadDigest');
    expect(await lab.outcome('PutObject', { Key: 'b', Body: 'one', [member]: 'AAA=' })).toBe('InvalidDigest');
    expect(await lab.keys()).toEqual(['a']);
  });

  test('that the SDK takes by itself is taken', async () => {
    expect(await lab.put('a', 'one', { ChecksumAlgorithm: 'CRC32' })).toMatchObject({ ChecksumCRC32: crc('one') });
  });

  test('of the content by MD5 is looked at', async () => {
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'one', ContentMD5: md5('one', 'base64') })).toBe('ok');
    expect(await lab.outcome('PutObject', { Key: 'b', Body: 'one', ContentMD5: md5('two', 'base64') })).toBe(
      'BadDigest',
    );
    expect(await lab.outcome('PutObject', { Key: 'b', Body: 'one', ContentMD5: 'x' })).toBe('InvalidDigest');
  });

  test('comes alone', async () => {
    const both = { ChecksumSHA256: sha256('one'), ChecksumCRC32: crc('one') };
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'one', ...both })).toBe('InvalidRequest');
  });
});

describe('where versions are kept', () => {
  beforeEach(() => {
    lab = new S3Lab({ VersioningConfiguration: { Status: 'Enabled' } });
  });

  test('what is written over and what is deleted stays, under its id', async () => {
    const { VersionId: first } = await lab.put('a', 'one');
    const { VersionId: second } = await lab.put('a', 'two');
    expect(first).not.toBe(second);
    const marker = await lab.send('DeleteObject', { Key: 'a' });
    expect(marker).toEqual({ DeleteMarker: true, VersionId: expect.any(String) });
    expect(await lab.text('a')).toBe('NoSuchKey');
    expect(await lab.keys()).toEqual([]);
    expect(await lab.text('a', { VersionId: first })).toBe('one');
    expect(await lab.text('a', { VersionId: second })).toBe('two');
    expect(await lab.text('a', { VersionId: marker.VersionId })).toBe('MethodNotAllowed');
    expect(await lab.text('a', { VersionId: 'f'.repeat(32) })).toBe('NoSuchVersion');
  });

  test('a version is deleted for good, and a marker too: then what it hid is there again', async () => {
    const { VersionId: first } = await lab.put('a', 'one');
    const { VersionId: marker } = await lab.send('DeleteObject', { Key: 'a' });
    expect(await lab.send('DeleteObject', { Key: 'a', VersionId: marker })).toEqual({
      VersionId: marker,
      DeleteMarker: true,
    });
    expect(await lab.text('a')).toBe('one');
    expect(await lab.send('DeleteObject', { Key: 'a', VersionId: first })).toEqual({ VersionId: first });
    expect(lab.bucket.empty).toBe(true);
  });

  test('a bucket with nothing but a delete marker is not empty', async () => {
    await lab.send('DeleteObject', { Key: 'a' });
    expect(() => lab.s3.delete(BUCKET)).toThrow('BucketNotEmpty');
  });
});

test('a bucket that is empty is deleted, and no other', async () => {
  await lab.put('a');
  expect(() => lab.s3.delete(BUCKET)).toThrow('BucketNotEmpty');
  await lab.send('DeleteObject', { Key: 'a' });
  lab.s3.delete(BUCKET);
  expect(await lab.text('a')).toBe('NoSuchBucket');
});
