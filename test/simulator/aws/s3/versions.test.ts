import { beforeEach, describe, expect, test } from '@jest/globals';
import { S3Lab } from './s3-lab.ts';

let lab: S3Lab;
const ids: Record<string, string[]> = {};
beforeEach(async () => {
  lab = new S3Lab({ VersioningConfiguration: { Status: 'Enabled' } });
  for (const key of ['in/a b', 'in/c', 'in/c', 'out/d']) {
    const { VersionId } = await lab.put(key);
    ids[key] = [...(key === 'in/c' ? (ids[key] ?? []).slice(-1) : []), String(VersionId)];
  }
});

interface Shown {
  readonly Key: string;
  readonly VersionId: string;
  readonly IsLatest: boolean;
}
async function all(input: object): Promise<Record<'versions' | 'markers', Shown[]>> {
  const found = { versions: [] as Shown[], markers: [] as Shown[] };
  for (let from: object | undefined = {}; from; ) {
    const page: Record<string, unknown> = await lab.send('ListObjectVersions', { ...input, ...from });
    found.versions.push(...((page.Versions ?? []) as Shown[]));
    found.markers.push(...((page.DeleteMarkers ?? []) as Shown[]));
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    from = page.IsTruncated === true ? { KeyMarker, VersionIdMarker } : undefined;
  }
  return found;
}

describe('a list of versions', () => {
  test('has each key’s newest first, in pages, and what hides them apart', async () => {
    const first = await lab.send('ListObjectVersions', { Prefix: 'in/' });
    expect(first.IsTruncated).toBe(true);
    await lab.send('DeleteObject', { Key: 'in/c' });
    const { versions, markers } = await all({ Prefix: 'in/' });
    const [older, newer] = ids['in/c'] ?? [];
    expect(versions.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual([
      ['in/a b', ids['in/a b']?.[0], true],
      ['in/c', newer, false],
      ['in/c', older, false],
    ]);
    expect(markers.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([['in/c', true]]);
  });

  test('has keys that XML may not have, where it is asked to', async () => {
    const { Versions } = await lab.send('ListObjectVersions', { Prefix: 'in/a', EncodingType: 'url' });
    expect((Versions as Shown[])[0]?.Key).toBe('in/a%20b');
    const { Contents } = await lab.send('ListObjectsV2', { Prefix: 'in/a', EncodingType: 'url' });
    expect((Contents as Shown[])[0]?.Key).toBe('in/a%20b');
  });
});

describe('a delete on a condition', () => {
  const hide = (key: string, IfMatch: unknown) => lab.outcome('DeleteObject', { Key: key, IfMatch });

  test('hides what was not changed since, and nothing else', async () => {
    const { ETag } = await lab.send('HeadObject', { Key: 'in/c' });
    await lab.put('in/c', 'newer');
    expect(await hide('in/c', ETag)).toBe('PreconditionFailed');
    expect(await lab.text('in/c')).toBe('newer');
    const { ETag: now } = await lab.send('HeadObject', { Key: 'in/c' });
    expect(await hide('in/c', now)).toBe('ok');
    expect(await lab.outcome('GetObject', { Key: 'in/c' })).toBe('NoSuchKey');
    expect(await hide('in/c', now)).toBe('NoSuchKey');
    expect((await all({ Prefix: 'in/c' })).versions).toHaveLength(3);
  });
});
