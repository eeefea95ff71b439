import { CreateVolumeCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CLIENT_SETTINGS, simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { ANYONE, BLANK, Lab, policy, START } from './lab.ts';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});

const call = (operation: string, input: Record<string, unknown>, principal = ANYONE) =>
  lab.call(operation, input, principal);
const refused = (operation: string, input: Record<string, unknown>, code: string) =>
  expect(call(operation, input)).rejects.toMatchObject({ name: code });
const pass = (seconds: number) => lab.pass(seconds);
const launch = (id: string, zone?: string) => lab.launch(id, zone);
const made = (input?: Record<string, unknown>) => lab.made(input);
const within = <T>(run: () => Promise<T>) => lab.within(run);

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
    expect(lab.ec2.volumes.size).toBe(1);
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
    const snapshot = lab.snapshots.take(VolumeId, { a: 'b' });
    expect(() => lab.snapshots.take(VolumeId, {})).toThrow(
      expect.objectContaining({ name: 'SnapshotCreationPerVolumeRateExceeded' }),
    );
    await refused('CreateVolume', { ...BLANK, SnapshotId: snapshot.id }, 'IncorrectState');
    await pass(1200);
    await refused('CreateVolume', { ...BLANK, Size: 9, SnapshotId: snapshot.id }, 'InvalidParameterValue');
    expect(await call('CreateVolume', { ...BLANK, SnapshotId: snapshot.id })).toMatchObject({ State: 'creating' });
  });

  test('answers come in pages', async () => {
    for (let n = 0; n < 3; n++) await made();
    const first = await call('DescribeVolumes', {});
    expect((first.Volumes as unknown[]).length).toBe(2);
    const second = await call('DescribeVolumes', { NextToken: first.NextToken });
    expect([(second.Volumes as unknown[]).length, second.NextToken]).toEqual([1, undefined]);
  });

  test('an operation that it does not know stops it by name', () =>
    expect(call('DetonateVolume', {})).rejects.toThrow('does not know ec2 DetonateVolume'));

  test('so does a member', () =>
    expect(call('CreateVolume', { ...BLANK, MultiAttachEnabled: true })).rejects.toThrow(
      'does not know MultiAttachEnabled',
    ));

  test('and a filter', async () => {
    await made();
    await expect(call('DescribeVolumes', { Filters: [{ Name: 'colour', Values: ['red'] }] })).rejects.toThrow(
      'filter colour',
    );
  });

  test('a call that the role does not allow is denied, and the log names what is missing', async () => {
    const reader: Principal = { name: 'reader', statements: () => policy('ec2:Describe*', '*') };
    await expect(call('CreateVolume', BLANK, reader)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    expect(lab.cloud.log.at(-1)).toMatchObject({ who: 'iam', what: expect.stringContaining('ec2:CreateVolume') });
    expect(lab.ec2.volumes.size).toBe(0);
  });
});

describe.each([
  ['and its serialization', true],
  ['without its serialization', false],
])("below the SDK's own retries, %s", (_, serializes) => {
  beforeEach(() => {
    lab = new Lab(serializes);
  });
  const client = () =>
    simulatedAws(
      lab.cloud,
      ANYONE,
    )(new EC2Client({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 6 }));

  test('a throttled call is tried again by the SDK, in virtual time', async () => {
    const sdk = client();
    // The bucket of CreateVolume holds 100 and gains 5 a second.
    const order = () => sdk.send(new CreateVolumeCommand({ AvailabilityZone: 'eu-west-1a', Size: 1 }));
    await within(() => Promise.all(Array.from({ length: 112 }, order)));
    expect(lab.ec2.volumes.size).toBe(112);
    expect(lab.cloud.calls.filter((c) => c.result === 'RequestLimitExceeded').length).toBeGreaterThan(0);
    expect(lab.clock.now() - START).toBeGreaterThan(500);
  });

  test('an operation is called by its own name, even where that ends like the name of every command', async () => {
    const ssm = simulatedAws(lab.cloud, ANYONE)(new SSMClient({ ...CLIENT_SETTINGS, region: 'eu-west-1' }));
    await expect(within(() => ssm.send(new SendCommandCommand({ DocumentName: 'Any' })))).rejects.toThrow(
      'does not know ssm SendCommand',
    );
  });

  test('a client error is not tried again', async () => {
    await expect(
      within(() => client().send(new DescribeVolumesCommand({ VolumeIds: ['vol-00000000'] }))),
    ).rejects.toMatchObject({ name: 'InvalidVolume.NotFound', $metadata: { attempts: 1 } });
    expect(lab.cloud.calls.length).toBe(1);
  });
});

describe('virtual time', () => {
  test('runs timers in the order of their time, then of their making', async () => {
    const seen: string[] = [];
    lab.clock.after(20, () => seen.push('c'));
    lab.clock.after(10, () => seen.push('a'));
    lab.clock.after(10, () => seen.push('b'));
    await lab.clock.run(START + 15);
    expect(seen).toEqual(['a', 'b']);
    expect(lab.clock.now()).toBe(START + 15);
  });

  test('stands still while an activity computes, and says what is stuck', async () => {
    const seen: number[] = [];
    lab.clock.after(5, () => seen.push(0));
    lab.clock.spawn('slow', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(1);
      await lab.clock.sleep(10);
      seen.push(2);
    });
    await lab.clock.run(START + 100);
    expect(seen).toEqual([1, 0, 2]);
  });

  test('a failure inside an activity ends the run', async () => {
    lab.clock.spawn('bad', async () => {
      throw new Error('simulation defect');
    });
    await expect(lab.clock.run(START + 1)).rejects.toThrow('simulation defect');
  });
});
