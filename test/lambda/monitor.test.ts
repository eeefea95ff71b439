import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { awsMonitor } from '../../lambda/aws/monitor.ts';
import type { Monitor } from '../../lambda/core/ports.ts';
import { simulatedAws } from '../../rehearsal/cloud/sdk.ts';
import { ANYONE, Lab, policy } from '../cloud/lab.ts';

const A = 'i-0aaaaaaaaaaaaaaaa';

let lab: Lab;
let volumeId: string;
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
  return awsMonitor(prepare(new EC2Client(clients)), prepare(new CloudWatchClient(clients)), lab.clock);
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
