import { beforeEach, describe, expect, test } from '@jest/globals';
import { S3Lab } from './s3-lab.ts';

const DAY = 24 * 3600;
const rules = {
  Rules: [{ Id: 'abort', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
};

let lab: S3Lab;
beforeEach(() => {
  lab = new S3Lab({ LifecycleConfiguration: rules });
});

const begin = async (Key: string, more: object = {}) => {
  const { UploadId } = await lab.send('CreateMultipartUpload', { Key, ...more });
  await lab.pass(1);
  return String(UploadId);
};

interface Shown {
  readonly Key: string;
  readonly UploadId: string;
}
/** All pages, and how many they were. */
async function all(input: object): Promise<{ readonly found: string[]; readonly pages: number }> {
  const found: string[] = [];
  let pages = 0;
  for (let from: object | undefined = {}; from; pages++) {
    const page: Record<string, unknown> = await lab.send('ListMultipartUploads', { ...input, ...from });
    found.push(...((page.Uploads ?? []) as Shown[]).map(({ Key, UploadId }) => `${Key} ${UploadId}`));
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    from = page.IsTruncated === true ? { KeyMarker, UploadIdMarker } : undefined;
  }
  return { found, pages };
}

describe('a list of unfinished uploads', () => {
  test('has those of each key, the oldest first, in pages', async () => {
    const [b1, a1, b2, b3] = [await begin('p/b'), await begin('p/a'), await begin('p/b'), await begin('p/b')];
    await begin('q');
    const { found, pages } = await all({ Prefix: 'p/' });
    expect(found).toEqual([`p/a ${a1}`, `p/b ${b1}`, `p/b ${b2}`, `p/b ${b3}`]);
    expect(pages).toBe(2);
    expect((await all({ Prefix: 'p/b' })).found).toHaveLength(3);
    const { Uploads } = await lab.send('ListMultipartUploads', { KeyMarker: 'p/b' });
    expect((Uploads as Shown[]).map(({ Key }) => Key)).toEqual(['q']);
  });

  test('says of each when it was begun, and of which checksum it is', async () => {
    const UploadId = await begin('a', { ChecksumAlgorithm: 'SHA256' });
    const { Uploads } = await lab.send('ListMultipartUploads');
    expect(Uploads).toEqual([
      {
        ...{ Key: 'a', UploadId, Initiated: expect.any(Date), StorageClass: 'STANDARD' },
        ...{ ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' },
      },
    ]);
  });

  test('has none that is completed, aborted or dropped', async () => {
    const [aborted, done] = [await begin('a'), await begin('b')];
    await lab.send('AbortMultipartUpload', { Key: 'a', UploadId: aborted });
    const { ETag } = await lab.send('UploadPart', { Key: 'b', UploadId: done, PartNumber: 1, Body: 'x' });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await lab.send('CompleteMultipartUpload', { Key: 'b', UploadId: done, MultipartUpload });
    const left = await begin('c');
    expect((await all({})).found).toEqual([`c ${left}`]);
    expect(await lab.send('ListParts', { Key: 'c', UploadId: left })).toMatchObject({ AbortRuleId: 'abort' });
    await lab.pass(2 * DAY);
    expect((await all({})).found).toEqual([]);
  });
});
