import { describe, expect, test } from '@jest/globals';
import { midnightAfter } from '../../../../simulator/aws/s3/lifecycle.ts';
import { S3Lab } from './s3-lab.ts';

const DAY = 24 * 3600;
const rules = (...Rules: object[]) => ({
  LifecycleConfiguration: { Rules: Rules.map((rule) => ({ Status: 'Enabled', ...rule })) },
});
const VERSIONED = { VersioningConfiguration: { Status: 'Enabled' } };

/** The clock of a lab begins at midnight: so many hours later. */
async function opened(properties: object, hours = 10): Promise<S3Lab> {
  const lab = new S3Lab({ ...properties });
  await lab.pass(hours * 3600);
  return lab;
}

test('days end at midnight UTC, as the documentation counts them', () => {
  expect(new Date(midnightAfter(Date.parse('2014-01-15T10:30:00Z'), 3))).toEqual(new Date('2014-01-19T00:00:00Z'));
});

describe('an object expires', () => {
  test('after its days, at midnight: to reads, lists and conditions alike', async () => {
    const lab = await opened(rules({ Id: 'keep 3', Prefix: 'journal/', ExpirationInDays: 3 }));
    expect(await lab.put('journal/1')).toMatchObject({
      Expiration: 'expiry-date="Sun, 11 Jan 2026 00:00:00 GMT", rule-id="keep%203"',
    });
    expect(await lab.put('other')).not.toHaveProperty('Expiration');
    await lab.pass(3 * DAY + 14 * 3600 - 60);
    expect(await lab.text('journal/1')).toBe('x');
    expect(await lab.outcome('PutObject', { Key: 'journal/1', IfNoneMatch: '*' })).toBe('PreconditionFailed');
    await lab.pass(120);
    expect(await lab.keys()).toEqual(['other']);
    expect(await lab.text('journal/1')).toBe('NoSuchKey');
    expect(await lab.outcome('PutObject', { Key: 'journal/1', IfNoneMatch: '*' })).toBe('ok');
  });

  test('by the first of its rules, and by none that is off', async () => {
    const lab = await opened(
      rules({ ExpirationInDays: 9 }, { Prefix: 'a', ExpirationInDays: 2 }, { ExpirationInDays: 1, Status: 'Disabled' }),
    );
    await lab.put('a');
    await lab.put('b');
    await lab.pass(3 * DAY);
    expect(await lab.keys()).toEqual(['b']);
    await lab.pass(7 * DAY);
    expect(lab.bucket.empty).toBe(true);
  });

  test('at a date, and what is written later at once', async () => {
    const lab = await opened(rules({ ExpirationDate: '2026-01-09T00:00:00Z' }));
    await lab.put('a');
    await lab.pass(DAY);
    expect(await lab.keys()).toEqual(['a']);
    await lab.pass(DAY);
    expect(await lab.keys()).toEqual([]);
    await lab.put('b');
    expect(await lab.text('b')).toBe('NoSuchKey');
  });

  test('later than that, where S3 is behind', async () => {
    const lab = await opened(rules({ ExpirationInDays: 1 }));
    lab.s3.lifecycleLagMs = 12 * 3_600_000;
    await lab.put('a');
    await lab.pass(2 * DAY);
    expect(await lab.keys()).toEqual(['a']);
    await lab.pass(12 * 3600);
    expect(await lab.keys()).toEqual([]);
  });

  test('and a write over it begins its days anew', async () => {
    const lab = await opened(rules({ ExpirationInDays: 2 }));
    await lab.put('a');
    await lab.pass(2 * DAY);
    await lab.put('a', 'two');
    await lab.pass(2 * DAY);
    expect(await lab.text('a')).toBe('two');
  });
});

describe('where versions are kept', () => {
  test('a marker takes the place of what expires, and its days go from there', async () => {
    const lab = await opened({
      ...VERSIONED,
      ...rules({ ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 2 } }),
    });
    const { VersionId } = await lab.put('a', 'one');
    // Nobody looks for days: it is as if somebody had.
    await lab.pass(2 * DAY);
    expect(await lab.text('a')).toBe('NoSuchKey');
    expect(await lab.text('a', { VersionId })).toBe('one');
    await lab.pass(DAY + 13 * 3600);
    expect(await lab.text('a', { VersionId })).toBe('one');
    await lab.pass(2 * 3600);
    expect(await lab.text('a', { VersionId })).toBe('NoSuchVersion');
    // And the marker that hides nothing goes too.
    expect(lab.bucket.empty).toBe(true);
  });

  test('older versions go, but for the newest of them that are to stay', async () => {
    const lab = await opened({
      ...VERSIONED,
      ...rules({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 1 } }),
    });
    const ids: unknown[] = [];
    for (const text of ['one', 'two', 'three']) ids.push((await lab.put('a', text)).VersionId);
    await lab.pass(3 * DAY);
    expect(
      await Promise.all(ids.map((VersionId) => lab.bucket.versions('a').some(({ id }) => id === VersionId))),
    ).toEqual([...[false, true, true]]);
    expect(await lab.text('a')).toBe('three');
  });

  test('a marker that hides nothing goes where a rule says so', async () => {
    const lab = await opened({
      ...VERSIONED,
      ...rules({ ExpiredObjectDeleteMarker: true, NoncurrentVersionExpirationInDays: 1 }),
    });
    await lab.put('a');
    await lab.send('DeleteObject', { Key: 'a' });
    expect(lab.bucket.empty).toBe(false);
    await lab.pass(2 * DAY);
    expect(lab.bucket.empty).toBe(true);
  });
});

test('an upload that nobody completes is aborted', async () => {
  const lab = await opened(rules({ Id: 'abort', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }));
  const begun = await lab.send('CreateMultipartUpload', { Key: 'a' });
  expect(begun).toMatchObject({ AbortDate: new Date('2026-01-09T00:00:00Z'), AbortRuleId: 'abort' });
  const part = { Key: 'a', UploadId: begun.UploadId, PartNumber: 1, Body: 'x' };
  await lab.pass(DAY);
  expect(await lab.outcome('UploadPart', part)).toBe('ok');
  await lab.pass(DAY);
  expect(await lab.outcome('UploadPart', part)).toBe('NoSuchUpload');
});
