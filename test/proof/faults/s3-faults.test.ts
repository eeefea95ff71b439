import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { Injector } from '../../../proof/faults/injector.ts';
import { kindsAt, readSchedule } from '../../../proof/faults/schedule.ts';
import { openServices, type Services } from '../../../simulator/aws/account/services.ts';
import { MemoryDisks } from '../../../simulator/disks/memory/memory.ts';
import { VirtualClock } from '../../../simulator/time/clock.ts';
import { Random } from '../../../simulator/time/random.ts';
import { ANYONE } from '../../simulator/aws/lab.ts';

const assembly = mkdtempSync(join(tmpdir(), 's3-faults-'));
const MINUTES_MS = 10 * 60_000;

let s: Services;
beforeEach(() => {
  const [clock, random] = [new VirtualClock(0), new Random(1)];
  s = openServices({ region: 'eu-west-1', clock, random, disks: new MemoryDisks() }, assembly);
  s.s3.create('bucket');
});

/** Two writes, one a minute after the other, with the schedule in between. @returns their ends, and what is there a while later */
async function played(schedule: string): Promise<string[]> {
  const injector = new Injector(s, readSchedule(schedule));
  injector.arm();
  s.cloud.intercept = (call, perform) => injector.call(call, perform);
  const ends: string[] = [];
  s.cloud.clock.spawn('test', async () => {
    for (const Body of ['first', 'second']) {
      const input = { Bucket: 'bucket', Key: 'a', Body };
      const end = s.cloud.call(ANYONE, 's3', 'PutObject', input);
      ends.push(
        await end.then(
          () => 'ok',
          (error: Error) => error.name,
        ),
      );
      await s.cloud.clock.sleep(60_000);
    }
  });
  await s.cloud.clock.run(MINUTES_MS);
  const there = s.s3.bucket('bucket').current('a');
  return [...ends, there ? Buffer.from(there.object.bytes).toString() : 'nothing'];
}

test.each([
  ['throttle', 'SlowDown', 'second'],
  ['errorBefore', 'InternalError', 'second'],
  ['errorAfter', 'InternalError', 'second'],
  ['denied', 'AccessDenied', 'second'],
  ['silence', 'RequestTimeout', 'second'],
  ['slow', 'ok', 'second'],
  ['lost', 'TimeoutError', 'second'],
  ['unsent', 'TimeoutError', 'second'],
  ['overdue', 'TimeoutError', 'first'],
])('%s of a write of S3', async (kind, end, there) => {
  expect(await played(`${kind}@s3:PutObject#1`)).toEqual([end, 'ok', there]);
});

test.each([
  ['errorAfter', 'second'],
  ['lost', 'second'],
  ['errorBefore', 'first'],
  ['silence', 'first'],
  ['unsent', 'first'],
])('after %s the write before or this one is there', async (kind, there) => {
  expect((await played(`${kind}@s3:PutObject#2`)).at(-1)).toBe(there);
});

test('reads of S3 are never stale, and change nothing', () => {
  for (const point of ['s3:GetObject', 's3:HeadObject', 's3:ListObjectsV2']) {
    expect(kindsAt(point)).toEqual(expect.arrayContaining(['throttle', 'silence', 'unsent', 'lost']));
    for (const kind of ['stale', 'missing', 'overdue', 'errorAfter'] as const)
      expect(kindsAt(point)).not.toContain(kind);
  }
});
