import { beforeEach, describe, expect, test } from '@jest/globals';
import { S3Lab } from './s3-lab.ts';

let lab: S3Lab;
beforeEach(async () => {
  lab = new S3Lab();
  for (const key of ['b/2', 'a', 'b/1', 'c', 'b/3/x', 'b/3/y']) await lab.put(key);
});

describe('a list of objects', () => {
  test('comes in pages, and the first is never all', async () => {
    const first = await lab.send('ListObjectsV2');
    expect(first).toMatchObject({ KeyCount: 2, IsTruncated: true, MaxKeys: 1000, Prefix: '', Name: 'bucket' });
    expect(first.Contents).toEqual([
      {
        ...{ Key: 'a', ETag: expect.any(String), Size: 1, StorageClass: 'STANDARD' },
        LastModified: expect.any(Date),
      },
      expect.objectContaining({ Key: 'b/1' }),
    ]);
    expect(await lab.keys()).toEqual(['a', 'b/1', 'b/2', 'b/3/x', 'b/3/y', 'c']);
    const last = await lab.send('ListObjectsV2', { StartAfter: 'b/3/y' });
    expect(last).toMatchObject({ IsTruncated: false, KeyCount: 1 });
    expect(last).not.toHaveProperty('NextContinuationToken');
  });

  test('has at most what was asked for', async () => {
    lab.cloud.faults.pageItems = 1000;
    expect(await lab.send('ListObjectsV2', { MaxKeys: 1 })).toMatchObject({
      KeyCount: 1,
      MaxKeys: 1,
      IsTruncated: true,
    });
    expect(await lab.send('ListObjectsV2', { MaxKeys: 6 })).toMatchObject({ KeyCount: 6, IsTruncated: false });
    expect(await lab.send('ListObjectsV2', { MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
    expect(await lab.send('ListObjectsV2', { MaxKeys: 5000 })).toMatchObject({ KeyCount: 6, MaxKeys: 1000 });
    expect(await lab.outcome('ListObjectsV2', { MaxKeys: -1 })).toBe('InvalidArgument');
  });

  test.each<[object, string[]]>([
    [{ Prefix: 'b/' }, ['b/1', 'b/2', 'b/3/x', 'b/3/y']],
    [{ Prefix: 'b/2' }, ['b/2']],
    [{ Prefix: 'd' }, []],
    [{ StartAfter: 'b/1' }, ['b/2', 'b/3/x', 'b/3/y', 'c']],
    [{ StartAfter: 'b/11' }, ['b/2', 'b/3/x', 'b/3/y', 'c']],
    [{ Prefix: 'b/', StartAfter: 'b/2' }, ['b/3/x', 'b/3/y']],
    [{ Prefix: 'b/', StartAfter: 'a' }, ['b/1', 'b/2', 'b/3/x', 'b/3/y']],
    [{ StartAfter: 'z' }, []],
  ])('%j', async (more, keys) => expect(await lab.keys({ ...more })).toEqual(keys));

  test('has what begins alike as one, where a delimiter says so', async () => {
    const pages: unknown[] = [];
    let ContinuationToken: unknown;
    do {
      const page = await lab.send('ListObjectsV2', {
        Prefix: '',
        Delimiter: '/',
        ...(ContinuationToken ? { ContinuationToken } : {}),
      });
      pages.push([((page.Contents ?? []) as { Key: string }[]).map(({ Key }) => Key), page.CommonPrefixes]);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(pages).toEqual([
      [['a'], [{ Prefix: 'b/' }]],
      [['c'], undefined],
    ]);
    const inner = await lab.send('ListObjectsV2', { Prefix: 'b/', Delimiter: '/', StartAfter: 'b/2' });
    expect(inner).toMatchObject({ KeyCount: 1, CommonPrefixes: [{ Prefix: 'b/3/' }] });
  });

  test('goes on from a token that it gave, and from no other', async () => {
    const { NextContinuationToken } = await lab.send('ListObjectsV2');
    expect(NextContinuationToken).not.toContain('b/1');
    expect(await lab.outcome('ListObjectsV2', { ContinuationToken: 'b/1' })).toBe('InvalidArgument');
    // What comes in between is seen.
    await lab.put('b/1/new');
    const next = await lab.send('ListObjectsV2', { ContinuationToken: NextContinuationToken });
    expect((next.Contents as { Key: string }[])[0]?.Key).toBe('b/1/new');
  });

  test('is in the order of UTF-8', async () => {
    lab = new S3Lab();
    for (const key of ['\u{1f600}', '\uffee', 'é', 'z', 'Z']) await lab.put(key);
    expect(await lab.keys()).toEqual(['Z', 'z', 'é', '\uffee', '\u{1f600}']);
  });

  test('of a bucket that is none', async () => {
    expect(await lab.outcome('ListObjectsV2', { Bucket: 'other' })).toBe('NoSuchBucket');
  });
});
