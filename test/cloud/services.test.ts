import { CreateVolumeCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../rehearsal/clock.ts';
import { Cloud, type Principal } from '../../rehearsal/cloud/cloud.ts';
import { Attachments } from '../../rehearsal/cloud/ec2-attachments.ts';
import { Instances } from '../../rehearsal/cloud/ec2-instances.ts';
import { ec2Snapshots, type Snapshots } from '../../rehearsal/cloud/ec2-snapshots.ts';
import { Ec2State, type SimInstance } from '../../rehearsal/cloud/ec2-state.ts';
import { StatusChecks } from '../../rehearsal/cloud/ec2-status.ts';
import { ec2Volumes } from '../../rehearsal/cloud/ec2-volumes.ts';
import { EventBus } from '../../rehearsal/cloud/event-bus.ts';
import { readStatements } from '../../rehearsal/cloud/iam.ts';
import { Lambda } from '../../rehearsal/cloud/lambda.ts';
import { simulatedAws } from '../../rehearsal/cloud/sdk.ts';
import { MemoryDisks } from '../../rehearsal/disks/memory.ts';
import { Random } from '../../rehearsal/random.ts';

const START = Date.parse('2026-01-07T00:00:00Z');
const policy = (Action: string, Resource: string) =>
  readStatements({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } }, 'test');
const ANYONE: Principal = { name: 'anyone', statements: () => policy('*', '*') };
const BLANK = { AvailabilityZone: 'eu-west-1a', Size: 10, VolumeType: 'gp3' };

let clock: VirtualClock;
let cloud: Cloud;
let ec2: Ec2State;
let snapshots: Snapshots;

beforeEach(() => {
  clock = new VirtualClock(START);
  cloud = new Cloud({ region: 'eu-west-1', clock, random: new Random(1), disks: new MemoryDisks() });
  ec2 = new Ec2State(cloud);
  const bus = new EventBus(cloud, new Lambda(cloud, '', () => {}));
  new Instances(cloud, ec2, bus, new Attachments(cloud, ec2, bus));
  new StatusChecks(cloud, ec2);
  ec2Volumes(cloud, ec2, bus);
  snapshots = ec2Snapshots(cloud, ec2, () => {});
});

/** Runs something in virtual time and gives what came of it. */
async function within<T>(run: () => Promise<T>, minutes = 10): Promise<T> {
  let result: { value: T } | { error: unknown } | undefined;
  clock.spawn('test', async () => {
    try {
      result = { value: await run() };
    } catch (error) {
      result = { error };
    }
  });
  await clock.run(clock.now() + minutes * 60_000, () => result !== undefined);
  if (!result) throw new Error('not done in time');
  if ('error' in result) throw result.error;
  return result.value;
}

const call = (operation: string, input: Record<string, unknown>, principal = ANYONE) =>
  within(() => cloud.call(principal, 'ec2', operation, input)) as Promise<Record<string, unknown>>;
const refused = (operation: string, input: Record<string, unknown>, code: string) =>
  expect(call(operation, input)).rejects.toMatchObject({ name: code });
const pass = (seconds: number) => clock.run(clock.now() + seconds * 1000);

function launch(id: string, zone = 'eu-west-1a'): SimInstance {
  const instance: SimInstance = {
    id,
    zone,
    state: 'running',
    launchedAt: START,
    agentOnline: true,
    tags: {},
    roleName: 'r',
    devices: new Set(['/dev/xvda']),
  };
  ec2.instances.set(id, instance);
  cloud.disks.addHost(id);
  return instance;
}

async function made(input: Record<string, unknown> = {}): Promise<string> {
  const { VolumeId } = await call('CreateVolume', { ...BLANK, ...input });
  await pass(10);
  return String(VolumeId);
}

describe('the simulated EC2 is strict', () => {
  test('a volume takes its time to be there', async () => {
    const { VolumeId, State } = await call('CreateVolume', BLANK);
    expect(State).toBe('creating');
    launch('i-1');
    await refused('AttachVolume', { VolumeId, InstanceId: 'i-1', Device: '/dev/sdf' }, 'IncorrectState');
    await pass(10);
    const seen = await call('DescribeVolumes', { VolumeIds: [VolumeId] });
    expect(seen.Volumes).toMatchObject([{ State: 'available' }]);
  });

  test('the same client token gives the same volume; with other parameters it is a mismatch', async () => {
    const first = await call('CreateVolume', { ...BLANK, ClientToken: 't' });
    const second = await call('CreateVolume', { ...BLANK, ClientToken: 't' });
    expect(second.VolumeId).toBe(first.VolumeId);
    expect(ec2.volumes.size).toBe(1);
    await refused('CreateVolume', { ...BLANK, Size: 11, ClientToken: 't' }, 'IdempotentParameterMismatch');
  });

  test('attach: once only, in the zone, on a free device, of a right name', async () => {
    const VolumeId = await made();
    launch('i-1').devices.add('/dev/sdf');
    launch('i-2');
    launch('i-far', 'eu-west-1b');
    await refused('AttachVolume', { VolumeId, InstanceId: 'i-far', Device: '/dev/sdf' }, 'InvalidVolume.ZoneMismatch');
    await refused('AttachVolume', { VolumeId, InstanceId: 'i-1', Device: '/dev/sdf' }, 'InvalidParameterValue');
    await refused('AttachVolume', { VolumeId, InstanceId: 'i-1', Device: '/dev/nvme1' }, 'InvalidParameterValue');
    await refused(
      'AttachVolume',
      { VolumeId, InstanceId: 'i-nobody', Device: '/dev/sdf' },
      'InvalidInstanceID.NotFound',
    );
    expect(await call('AttachVolume', { VolumeId, InstanceId: 'i-1', Device: '/dev/sdg' })).toMatchObject({
      State: 'attaching',
    });
    await refused('AttachVolume', { VolumeId, InstanceId: 'i-2', Device: '/dev/sdg' }, 'VolumeInUse');
    await pass(10);
    expect((await call('DescribeVolumes', { VolumeIds: [VolumeId] })).Volumes).toMatchObject([
      { State: 'in-use', Attachments: [{ InstanceId: 'i-1', State: 'attached' }] },
    ]);
  });

  test('snapshots: completed later, not too close, restored only when completed and not smaller', async () => {
    const VolumeId = await made();
    const snapshot = snapshots.take(VolumeId, { a: 'b' });
    expect(() => snapshots.take(VolumeId, {})).toThrow(
      expect.objectContaining({ name: 'SnapshotCreationPerVolumeRateExceeded' }),
    );
    await refused('CreateVolume', { ...BLANK, SnapshotId: snapshot.id }, 'IncorrectState');
    await pass(1200);
    await refused('CreateVolume', { ...BLANK, Size: 9, SnapshotId: snapshot.id }, 'InvalidParameterValue');
    expect(await call('CreateVolume', { ...BLANK, SnapshotId: snapshot.id })).toMatchObject({ State: 'creating' });
  });

  test('answers come in pages', async () => {
    for (let n = 0; n < 25; n++) await made();
    const first = await call('DescribeVolumes', {});
    expect((first.Volumes as unknown[]).length).toBe(20);
    const second = await call('DescribeVolumes', { NextToken: first.NextToken });
    expect([(second.Volumes as unknown[]).length, second.NextToken]).toEqual([5, undefined]);
  });

  test('what it does not know stops it by name: an operation, a member, a filter', async () => {
    await expect(call('DetonateVolume', {})).rejects.toThrow('does not know ec2 DetonateVolume');
    await expect(call('CreateVolume', { ...BLANK, MultiAttachEnabled: true })).rejects.toThrow(
      'does not know MultiAttachEnabled',
    );
    await made();
    await expect(call('DescribeVolumes', { Filters: [{ Name: 'colour', Values: ['red'] }] })).rejects.toThrow(
      'filter colour',
    );
  });

  test('a call that the role does not allow is denied, and the log names what is missing', async () => {
    const reader: Principal = { name: 'reader', statements: () => policy('ec2:Describe*', '*') };
    await expect(call('CreateVolume', BLANK, reader)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    expect(cloud.log.at(-1)).toMatchObject({ who: 'iam', what: expect.stringContaining('ec2:CreateVolume') });
    expect(ec2.volumes.size).toBe(0);
  });
});

describe("below the SDK's own retries", () => {
  const client = () =>
    simulatedAws(
      cloud,
      ANYONE,
    )(new EC2Client({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 6 }));

  test('a throttled call is tried again by the SDK, in virtual time', async () => {
    const sdk = client();
    // The bucket of CreateVolume holds 100 and gains 5 a second.
    const order = () => sdk.send(new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 1 }));
    await within(() => Promise.all(Array.from({ length: 112 }, order)));
    expect(ec2.volumes.size).toBe(112);
    expect(cloud.calls.filter((c) => c.result === 'RequestLimitExceeded').length).toBeGreaterThan(0);
    expect(clock.now() - START).toBeGreaterThan(500);
  });

  test('a client error is not tried again', async () => {
    await expect(
      within(() => client().send(new DescribeVolumesCommand({ VolumeIds: ['vol-00000000'] }))),
    ).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' });
    expect(cloud.calls.length).toBe(1);
  });
});

describe('virtual time', () => {
  test('runs timers in the order of their time, then of their making', async () => {
    const seen: string[] = [];
    clock.after(20, () => seen.push('c'));
    clock.after(10, () => seen.push('a'));
    clock.after(10, () => seen.push('b'));
    await clock.run(START + 15);
    expect(seen).toEqual(['a', 'b']);
    expect(clock.now()).toBe(START + 15);
  });

  test('stands still while an activity computes, and says what is stuck', async () => {
    const seen: number[] = [];
    clock.after(5, () => seen.push(0));
    clock.spawn('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(1);
      await clock.sleep(10);
      seen.push(2);
    });
    await clock.run(START + 100);
    expect(seen).toEqual([1, 0, 2]);
  });

  test('a failure inside an activity ends the run', async () => {
    clock.spawn('bad', async () => {
      throw new Error('simulation defect');
    });
    await expect(clock.run(START + 1)).rejects.toThrow('simulation defect');
  });
});
