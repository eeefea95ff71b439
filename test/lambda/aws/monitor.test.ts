import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { VolumeId } from '../../../contract/ids.ts';
import { awsMonitor } from '../../../lambda/aws/monitor.ts';
import type { Monitor } from '../../../lambda/core/world/ports.ts';
import { simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { ANYONE, Lab, policy } from '../../simulator/aws/lab.ts';

const A = 'i-0aaaaaaaaaaaaaaaa';

let lab: Lab;
let volumeId: VolumeId;
beforeEach(async () => {
  lab = new Lab();
  lab.launch(A);
  volumeId = await lab.made();
  await lab.call('AttachVolume', { VolumeId: volumeId, InstanceId: A, Device: '/dev/sdf' });
  await lab.pass(300);
});

function monitor(principal = ANYONE): Monitor {
  const clients = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const prepare = simulatedAws(lab.cloud, principal);
  return awsMonitor(prepare(new EC2Client(clients)), prepare(new CloudWatchClient(clients)), lab.clock, 'Shop');
}

const io = (of = monitor(), id = volumeId) => lab.within(() => of.io(id, A));

describe('what EBS says of a volume', () => {
  test('that is sound', async () => {
    expect(await io()).toEqual({ status: 'ok', stalled: false, why: [] });
  });

  test('whose I/O has hung for ten minutes', async () => {
    lab.cloud.faults.stalled.set(volumeId, lab.clock.now());
    lab.cloud.faults.stalls.push({ volumeId, from: lab.clock.now(), until: Number.POSITIVE_INFINITY });
    await lab.pass(600);
    expect(await io()).toEqual({ status: 'impaired', stalled: true, why: [] });
  });

  test('of which the one may be had without the other', async () => {
    const half = { name: 'half', statements: () => policy('cloudwatch:GetMetricData', '*') };
    expect(await io(monitor(half))).toMatchObject({
      status: undefined,
      stalled: false,
      why: [expect.stringContaining('could not ask for the status of vol-')],
    });
  });

  test('that is in state error, or that it does not know', async () => {
    lab.ec2.volume(volumeId).state = 'error';
    expect((await io()).status).toBeUndefined();
    expect(await io(monitor(), 'vol-0ffffffffffffffff')).toMatchObject({
      status: undefined,
      stalled: undefined,
      why: [expect.stringContaining('NotFound')],
    });
  });
});

test('of two minutes the newest counts', async () => {
  const now = lab.clock.now();
  lab.cloud.faults.stalls.push({ volumeId, from: now, until: now + 120_000 });
  await lab.pass(6 * 60);
  lab.cloud.faults.stalls.push({ volumeId, from: lab.clock.now(), until: Number.POSITIVE_INFINITY });
  expect((await io()).stalled).toBe(false);
  await lab.pass(4 * 60);
  expect((await io()).stalled).toBe(true);
});

describe('since when a content volume does not serve', () => {
  const since = (of = monitor()) => lab.within(() => of.failingSince('alpha'));
  /** One word of the probe every ten seconds. @returns when the first of them was given */
  const say = (value: number, minutes: number): number => {
    const from = lab.published.at(-1)?.at ?? start();
    for (let n = 1; n <= minutes * 6; n++) lab.published.push({ at: from + n * 10_000, value });
    return from + 10_000;
  };
  const start = () => Math.floor(lab.clock.now() / 60_000) * 60_000 - 10_000 - 3_600_000;

  test('is the first minute in which no probe said that it does, after the last in which one did', async () => {
    say(1, 10);
    say(0, 5);
    say(1, 10);
    const failed = say(0, 20);
    expect(await since()).toBe(failed);
  });

  test('is the first word of all where none was good: it has failed for longer than it was looked for', async () => {
    const failed = say(0, 20);
    expect(await since()).toBe(failed);
  });

  test('is unknown where it serves, where nothing was published, and where only silence came after', async () => {
    expect(await since()).toBeUndefined();
    say(1, 10);
    expect(await since()).toBeUndefined();
  });

  test('is unknown where CloudWatch cannot be asked: nothing fails by that', async () => {
    say(0, 10);
    expect(await since(monitor({ name: 'nobody', statements: () => [] }))).toBeUndefined();
  });
});
