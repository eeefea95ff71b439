import { beforeEach, describe, expect, test } from '@jest/globals';
import { MISHAP, type Mishap, type MishapOrder } from '../../../../simulator/aws/account/mishaps.ts';
import { OUTAGE } from '../../../../simulator/aws/account/outages.ts';
import { BUCKET, S3Lab } from './s3-lab.ts';

let lab: S3Lab;
beforeEach(() => {
  lab = new S3Lab();
});

const order = (how: Mishap, more: Partial<MishapOrder> = {}) =>
  lab.cloud.faults.mishaps.order({ service: 's3', operation: 'PutObject', how, times: 1, ...more });

/** One write. @returns what came of it, after how many seconds, and what is there then */
async function write(Key = 'a', Body = 'one', timeoutMs?: number) {
  const began = lab.clock.now();
  const end = await lab
    .within(() =>
      lab.cloud.call(
        { name: 'x', statements: () => [] },
        's3',
        'PutObject',
        { Bucket: BUCKET, Key, Body },
        { timeoutMs },
      ),
    )
    .then(
      () => 'ok',
      (error: { name: string; $metadata?: { httpStatusCode: number } }) =>
        [error.name, error.$metadata?.httpStatusCode].filter(Boolean).join(' '),
    );
  return { end, seconds: Math.floor((lab.clock.now() - began) / 1000), there: await lab.text(Key) };
}

describe('a write', () => {
  beforeEach(() => {
    // Who may do what is no matter here.
    lab.cloud.judge('s3', () => {});
  });

  test.each<[Mishap, string, string, number]>([
    [MISHAP.throttled, 'SlowDown 503', 'NoSuchKey', 0],
    [MISHAP.errorBefore, 'InternalError 500', 'NoSuchKey', 0],
    [MISHAP.errorAfter, 'InternalError 500', 'one', 0],
    [MISHAP.silence, 'RequestTimeout 400', 'NoSuchKey', 0],
    [MISHAP.slow, 'ok', 'one', 16],
    [MISHAP.answerLost, 'TimeoutError', 'one', 10],
    [MISHAP.requestLost, 'TimeoutError', 'NoSuchKey', 10],
  ])('that meets %s', async (how, end, there, seconds) => {
    order(how);
    expect(await write('a', 'one', 10_000)).toEqual({ end, there, seconds });
    // Once.
    expect(await write('b')).toMatchObject({ end: 'ok', there: 'one' });
    expect(lab.cloud.log.filter(({ who }) => who === 'fault').map(({ what }) => what)).toEqual([
      `s3 PutObject: ${how}`,
    ]);
  });

  test('that is overdue lands after those that were sent later, when its caller has long given up', async () => {
    order(MISHAP.overdue, { ms: 120_000 });
    expect(await write('a', 'first', 10_000)).toEqual({ end: 'TimeoutError', there: 'NoSuchKey', seconds: 10 });
    expect(await write('a', 'second')).toMatchObject({ end: 'ok', there: 'second' });
    await lab.pass(120);
    expect(await lab.text('a')).toBe('first');
    expect(lab.cloud.log.at(-1)).toMatchObject({ who: 's3', what: 'PutObject lands late' });
  });

  test('that is overdue and has a condition lands only where the condition holds then', async () => {
    order(MISHAP.overdue, { ms: 120_000 });
    const first = { Key: 'a', Body: 'first', IfNoneMatch: '*' };
    expect(await lab.outcome('PutObject', first)).toBe('TimeoutError');
    expect(await lab.outcome('PutObject', { ...first, Body: 'second' })).toBe('ok');
    await lab.pass(120);
    expect(await lab.text('a')).toBe('second');
    expect(lab.cloud.log.at(-1)?.what).toBe('PutObject lands late: PreconditionFailed');
  });

  test('that is overdue is under way all the while', async () => {
    lab.s3.conditions.races = 'conflict';
    order(MISHAP.overdue, { ms: 120_000 });
    const input = { Key: 'a', IfNoneMatch: '*' };
    expect(await lab.outcome('PutObject', input)).toBe('TimeoutError');
    expect(await lab.outcome('PutObject', input)).toBe('ConditionalRequestConflict');
    await lab.pass(120);
    expect(await lab.outcome('PutObject', input)).toBe('PreconditionFailed');
    await lab.send('DeleteObject', { Key: 'a' });
    expect(await lab.outcome('PutObject', input)).toBe('ok');
  });
});

test('orders mean the operation that they name, or any, so many times', async () => {
  order(MISHAP.throttled, { operation: 'GetObject', times: 2 });
  await lab.put('a');
  expect([await lab.text('a'), await lab.text('a'), await lab.text('a')]).toEqual(['SlowDown', 'SlowDown', 'x']);
  lab.cloud.faults.mishaps.order({ service: 's3', how: MISHAP.errorBefore, times: 3 });
  expect(await lab.outcome('ListObjectsV2')).toBe('InternalError');
  expect(await lab.outcome('DeleteObject', { Key: 'a' })).toBe('InternalError');
  lab.cloud.faults.mishaps.clear();
  expect(await lab.text('a')).toBe('x');
});

test('what no page says of another service is not made up', async () => {
  lab.cloud.faults.mishaps.order({ service: 'ec2', how: MISHAP.silence, times: 1 });
  await expect(lab.call('DescribeVolumes', {})).rejects.toThrow(/does not know how ec2 says/);
});

describe('an outage of an hour', () => {
  const out = (kind: (typeof OUTAGE)[keyof typeof OUTAGE]) =>
    lab.cloud.faults.outages.set('s3', kind, lab.clock.now(), lab.clock.now() + 3_600_000);

  test('refuses, and then it is as it was', async () => {
    await lab.put('a');
    out(OUTAGE.refuses);
    expect(await lab.text('a')).toBe('ServiceUnavailable');
    await lab.pass(3500);
    expect(await lab.outcome('PutObject', { Key: 'b' })).toBe('ServiceUnavailable');
    await lab.pass(100);
    expect(await lab.text('a')).toBe('x');
    expect(await lab.keys()).toEqual(['a']);
  });

  test('hangs, for as long as a caller waits', async () => {
    out(OUTAGE.hangs);
    expect(await lab.outcome('PutObject', { Key: 'a' })).toBe('TimeoutError');
  });

  test('is slow, and does it all the same', async () => {
    out(OUTAGE.slow);
    const began = lab.clock.now();
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'one' })).toBe('ok');
    expect(lab.clock.now() - began).toBeGreaterThan(8000);
    expect(await lab.text('a')).toBe('one');
  });

  test('keeps hosts from what is published as well', () => {
    out(OUTAGE.refuses);
    const anyone = { name: 'host', statements: () => [] };
    const read = () => lab.s3.published.read(anyone, 'i-1', 'Shop', 'assets', 'x');
    expect(read).toThrow(expect.objectContaining({ name: 'ServiceUnavailable' }));
  });
});
