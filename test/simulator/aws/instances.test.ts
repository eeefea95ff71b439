import { beforeEach, describe, expect, test } from '@jest/globals';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { documentScript } from '../disks/support.ts';
import { ANYONE, Lab } from './lab.ts';

const A = 'i-0aaaaaaaaaaaaaaaa';
const B = 'i-0bbbbbbbbbbbbbbbb';
const DEVICE = '/dev/sdf';

let lab: Lab;
let volumeId: string;

/** Attached to A, formatted and mounted there. */
beforeEach(async () => {
  lab = new Lab();
  lab.launch(A);
  lab.launch(B);
  volumeId = await lab.made();
  await lab.call('AttachVolume', { VolumeId: volumeId, InstanceId: A, Device: DEVICE });
  await lab.pass(10);
  for (const verb of ['format', 'mount', 'serve']) verbOn(A, verb);
});

function verbOn(instanceId: string, verb: string): number {
  const env = { SSM_Volume: 'alpha', SSM_VolumeId: volumeId, REMOUNT_NOW: '2026-01-07T00:00:00Z' };
  return lab.cloud.disks.run(instanceId, { verb, script: documentScript(verb), env, timeoutSeconds: 5 }).exitCode;
}

const refused = (operation: string, input: Record<string, unknown>, code: string) =>
  expect(lab.call(operation, input)).rejects.toMatchObject({ name: code });
const detach = () => lab.call('DetachVolume', { VolumeId: volumeId, InstanceId: A });

describe('DetachVolume', () => {
  test('of what is mounted stays busy until somebody unmounts it', async () => {
    expect(await detach()).toMatchObject({ State: 'detaching' });
    await lab.pass(120);
    expect(await lab.stateOf(volumeId)).toBe('in-use busy');
    expect(verbOn(A, 'release')).toBe(0);
    await lab.pass(3);
    expect(await lab.stateOf(volumeId)).toBe('available');
  });

  test('of what is mounted goes through once the instance is stopped, and not before', async () => {
    await detach();
    await lab.call('StopInstances', { InstanceIds: [A] });
    expect(await lab.stateOf(volumeId)).toMatch(/^in-use (busy|detaching)$/);
    await lab.pass(300);
    expect(await lab.stateOfInstance(A)).toBe('stopped');
    expect(await lab.stateOf(volumeId)).toBe('available');
    // It can be mounted elsewhere then.
    await lab.call('AttachVolume', { VolumeId: volumeId, InstanceId: B, Device: DEVICE });
    await lab.pass(10);
    expect(verbOn(B, 'mount')).toBe(0);
  });

  test('is refused where nothing is attached, at another instance, and twice', async () => {
    await refused('DetachVolume', { VolumeId: volumeId, InstanceId: B }, 'InvalidAttachment.NotFound');
    await detach();
    await refused('DetachVolume', { VolumeId: volumeId, InstanceId: A }, 'IncorrectState');
    await refused('DetachVolume', { VolumeId: await lab.made(), InstanceId: A }, 'IncorrectState');
  });

  test('knows no force', async () => {
    const forced = lab.call('DetachVolume', { VolumeId: volumeId, InstanceId: A, Force: true });
    await expect(forced).rejects.toThrow('does not know Force');
  });

  test('that is stuck never ends, and so does an attachment that is', async () => {
    verbOn(A, 'release');
    lab.cloud.faults.stuckDetaches = 1;
    await detach();
    await lab.pass(3600);
    expect(await lab.stateOf(volumeId)).toBe('in-use detaching');
    const other = await lab.made();
    lab.cloud.faults.stuckAttaches = 1;
    await lab.call('AttachVolume', { VolumeId: other, InstanceId: B, Device: DEVICE });
    await lab.pass(3600);
    expect(await lab.stateOf(other)).toBe('in-use attaching');
    await lab.call('DetachVolume', { VolumeId: other });
    await lab.pass(10);
    expect(await lab.stateOf(other)).toBe('available');
  });
});

describe('an instance', () => {
  test('stops in its time; what is attached stays, and what was mounted is not any more', async () => {
    const answer = await lab.call('StopInstances', { InstanceIds: [A] });
    expect(answer).toMatchObject({ StoppingInstances: [{ CurrentState: { Name: 'stopping' } }] });
    expect(await lab.stateOfInstance(A)).toBe('stopping');
    await lab.pass(120);
    expect(await lab.stateOfInstance(A)).toBe('stopped');
    expect(await lab.stateOf(volumeId)).toBe('in-use attached');
    expect(lab.cloud.disks.mounted(volumeId)).toBe(false);
    // Once more is no error.
    expect(await lab.call('StopInstances', { InstanceIds: [A] })).toBeTruthy();
  });

  test('that hangs takes minutes to stop', async () => {
    lab.cloud.faults.hung.set(A, lab.clock.now());
    await lab.call('StopInstances', { InstanceIds: [A] });
    await lab.pass(20);
    expect(await lab.stateOfInstance(A)).toBe('stopping');
    expect(lab.cloud.disks.mounted(volumeId)).toBe(true);
    await lab.pass(900);
    expect(await lab.stateOfInstance(A)).toBe('stopped');
  });

  test('that is terminated gives up its volumes; it cannot be stopped any more', async () => {
    lab.instances.terminate(lab.ec2.instance(A));
    expect(await lab.stateOfInstance(A)).toBe('shutting-down');
    expect(await lab.stateOf(volumeId)).toBe('in-use attached');
    await refused('StopInstances', { InstanceIds: [A] }, 'IncorrectInstanceState');
    await lab.pass(600);
    expect(await lab.stateOfInstance(A)).toBe('terminated');
    expect(await lab.stateOf(volumeId)).toBe('available');
  });

  // What a host did every minute, as a probe, is only assumed to have run until somebody looks: whoever ends it looks first.
  test.each([
    ['stopped', async () => void (await lab.call('StopInstances', { InstanceIds: [A] }))],
    ['terminated', async () => lab.instances.terminate(lab.ec2.instance(A))],
    ['rebooted', async () => lab.instances.reboot(lab.ec2.instance(A), { orderly: false, ms: 1, up: () => {} })],
  ])('that is %s has done until then what it did, with its volumes mounted', async (_, end) => {
    const seen: unknown[] = [];
    lab.instances.ending = (id) => seen.push([id, lab.ec2.instance(id).state, lab.cloud.disks.mounted(volumeId)]);
    await end();
    expect(seen).toEqual([[A, 'running', true]]);
  });

  test('may be stopped by those only who are allowed to, by its tags', async () => {
    const statement = {
      Effect: 'Allow',
      Action: 'ec2:StopInstances',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/remount:stack': 'Remount' } },
    };
    const principal = {
      name: 'healer',
      statements: () => readStatements({ Version: '2012-10-17', Statement: statement }, 'test'),
    };
    const stop = () => lab.call('StopInstances', { InstanceIds: [A] }, principal);
    await expect(stop()).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    lab.ec2.instance(A).tags['remount:stack'] = 'Remount';
    expect(await stop()).toBeTruthy();
  });
});

describe('status checks are late', () => {
  const ofInstance = async (input: Record<string, unknown> = { InstanceIds: [A] }) => {
    const seen = await lab.call('DescribeInstanceStatus', input);
    return (seen.InstanceStatuses as { InstanceStatus: { Status: string } }[]).map((s) => s.InstanceStatus.Status);
  };
  const ofVolume = async () => {
    const seen = await lab.call('DescribeVolumeStatus', { VolumeIds: [volumeId] });
    return (seen.VolumeStatuses as { VolumeStatus: { Status: string } }[]).map((s) => s.VolumeStatus.Status);
  };

  test('of an instance: impaired after minutes, and not among the answers when it is off', async () => {
    await lab.pass(180);
    expect(await ofInstance()).toEqual(['ok']);
    lab.cloud.faults.hung.set(A, lab.clock.now());
    await lab.pass(50);
    expect(await ofInstance()).toEqual(['ok']);
    await lab.pass(90);
    expect(await ofInstance()).toEqual(['impaired']);
    await lab.call('StopInstances', { InstanceIds: [A] });
    expect(await ofInstance()).toEqual([]);
    expect(await ofInstance({ InstanceIds: [A], IncludeAllInstances: true })).toEqual(['not-applicable']);
  });

  test('of a volume: impaired at the next check; one in state error is not in the answer', async () => {
    lab.cloud.faults.stalled.set(volumeId, lab.clock.now());
    await lab.pass(30);
    expect(await ofVolume()).toEqual(['ok']);
    await lab.pass(300);
    expect(await ofVolume()).toEqual(['impaired']);
    lab.ec2.volume(volumeId).state = 'error';
    expect(await ofVolume()).toEqual([]);
  });
});

describe('GetMetricData', () => {
  const asked = async (...Dimensions: readonly { Name: string; Value: string }[]) => {
    const Metric = { Namespace: 'AWS/EBS', MetricName: 'VolumeStalledIOCheck', Dimensions };
    const now = lab.clock.now();
    const input = {
      MetricDataQueries: [{ Id: 'stalled', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
      StartTime: new Date(now - 300_000),
      EndTime: new Date(now),
      ScanBy: 'TimestampDescending',
    };
    const seen = await lab.within(() => lab.cloud.call(ANYONE, 'cloudwatch', 'GetMetricData', input));
    return (seen as { MetricDataResults: { Values: number[] }[] }).MetricDataResults[0]?.Values;
  };
  const both = () => [
    { Name: 'VolumeId', Value: volumeId },
    { Name: 'InstanceId', Value: A },
  ];

  test('a volume is stalled in whole minutes, which are reported a minute late; by one dimension there is nothing', async () => {
    await lab.pass(300);
    expect(await asked(...both())).toEqual([0, 0, 0]);
    const stall = { volumeId, from: lab.clock.now(), until: Number.POSITIVE_INFINITY };
    lab.cloud.faults.stalls.push(stall);
    await lab.pass(100);
    expect((await asked(...both()))?.[0]).toBe(0);
    await lab.pass(80);
    expect((await asked(...both()))?.[0]).toBe(1);
    stall.until = lab.clock.now();
    await lab.pass(180);
    expect((await asked(...both()))?.[0]).toBe(0);
    expect(await asked({ Name: 'VolumeId', Value: volumeId })).toEqual([]);
  });
});

describe('what CreateVolume runs into', () => {
  test('no capacity, for a while', async () => {
    lab.cloud.faults.noCapacity.set('eu-west-1a', lab.clock.now() + 60_000);
    await refused('CreateVolume', { AvailabilityZone: 'eu-west-1a', Size: 1 }, 'InsufficientVolumeCapacity');
    await lab.pass(60);
    expect(await lab.made()).toMatch(/^vol-/);
  });

  test('a key that cannot be used: it is created, fails, and vanishes', async () => {
    lab.cloud.faults.keyRevoked = true;
    const { VolumeId } = await lab.call('CreateVolume', { AvailabilityZone: 'eu-west-1a', Size: 1, Encrypted: true });
    await lab.clock.run(lab.clock.now() + 60_000, () => lab.ec2.volumes.get(String(VolumeId))?.state === 'error');
    expect(await lab.stateOf(String(VolumeId))).toBe('error');
    await lab.pass(10);
    await refused('DescribeVolumes', { VolumeIds: [VolumeId] }, 'InvalidVolume.NotFound');
  });

  test('EC2 that refuses everything for a while', async () => {
    lab.cloud.faults.throttledUntil = lab.clock.now() + 30_000;
    await refused('DescribeVolumes', {}, 'RequestLimitExceeded');
    await lab.pass(30);
    expect(await lab.call('DescribeVolumes', {})).toBeTruthy();
  });
});

test('CreateSnapshot takes the tags given, and refuses a volume in state error', async () => {
  const tags = [{ ResourceType: 'snapshot', Tags: [{ Key: 'remount:heal', Value: 'h' }] }];
  const made = await lab.call('CreateSnapshot', { VolumeId: volumeId, Description: 'd', TagSpecifications: tags });
  expect(made).toMatchObject({ State: 'pending', VolumeId: volumeId });
  expect(lab.ec2.snapshot(String(made.SnapshotId)).tags).toEqual({ 'remount:heal': 'h' });
  lab.ec2.volume(volumeId).state = 'error';
  await refused('CreateSnapshot', { VolumeId: volumeId }, 'IncorrectState');
});
