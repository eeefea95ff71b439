import { beforeEach, describe, expect, test } from '@jest/globals';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import { readAlarm } from '../../../simulator/aws/cloudwatch/alarm.ts';
import { GuardLab, policyDetails } from './guard-lab.ts';
import { ANYONE, START } from './lab.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let lab: GuardLab;
beforeEach(() => {
  lab = new GuardLab();
});
const call = (service: string, operation: string, input: Record<string, unknown>) =>
  lab.within(() => lab.cloud.call(ANYONE, service, operation, input)) as Promise<Record<string, unknown>>;
const starts = () => [...lab.ec2.snapshots.values()].map((s) => s.startedAt);
const hours = (n: number) => lab.pass(n * 3600);

describe('the simulated snapshots', () => {
  test('complete in the order of their start, and say how far they are', async () => {
    const volumeId = await lab.content('alpha');
    lab.cloud.faults.runs = RUNS.never;
    lab.cloud.faults.snapshotMs = 3 * HOUR;
    const slow = lab.snapshots.take(volumeId, {});
    lab.cloud.faults.snapshotMs = undefined;
    await lab.pass(60);
    const quick = lab.snapshots.take(volumeId, {});
    await lab.pass(3600);
    const progress = async () => {
      const { Snapshots } = await call('ec2', 'DescribeSnapshots', { SnapshotIds: [slow.id] });
      return (Snapshots as { Progress: string }[])[0]?.Progress;
    };
    expect([slow.state, quick.state]).toEqual(['pending', 'pending']);
    expect(Number.parseInt((await progress()) ?? '', 10)).toBeGreaterThan(30);
    expect(Number.parseInt((await progress()) ?? '', 10)).toBeLessThan(50);
    await hours(2);
    expect([slow.state, quick.state, await progress()]).toEqual(['completed', 'completed', '100%']);
    expect(quick.completedAt).toBeGreaterThanOrEqual(slow.completedAt ?? Number.POSITIVE_INFINITY);
  });

  test('and volumes are deleted when nothing stands against it', async () => {
    const volumeId = await lab.content('alpha');
    const { id } = lab.snapshots.take(volumeId, {});
    await call('ec2', 'DeleteSnapshot', { SnapshotId: id });
    await expect(call('ec2', 'DeleteSnapshot', { SnapshotId: id })).rejects.toMatchObject({
      name: 'InvalidSnapshot.NotFound',
    });
    lab.launch('i-1');
    await call('ec2', 'AttachVolume', { VolumeId: volumeId, InstanceId: 'i-1', Device: '/dev/sdf' });
    await expect(call('ec2', 'DeleteVolume', { VolumeId: volumeId })).rejects.toMatchObject({ name: 'VolumeInUse' });
    const other = await lab.made();
    await call('ec2', 'DeleteVolume', { VolumeId: other });
    expect(await lab.stateOf(other)).toBe('deleting');
    await lab.pass(600);
    expect(lab.ec2.volumes.has(other)).toBe(false);
  });
});

describe('the simulated DLM', () => {
  const policy = async () =>
    (await call('dlm', 'GetLifecyclePolicy', { PolicyId: lab.policyId })).Policy as Record<string, unknown>;

  test('starts each run within the hour after its time', async () => {
    await lab.content('alpha');
    await hours(12);
    expect(starts().length).toBeGreaterThanOrEqual(11);
    for (const [n, at] of starts().entries()) {
      // The run of midnight is late enough to find the volume.
      const late = at - START - n * HOUR;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(HOUR);
    }
  });

  test('as late as it may: gaps of almost two hours, with one schedule', async () => {
    await lab.content('alpha');
    lab.cloud.faults.runs = RUNS.latest;
    await hours(12);
    const gaps = starts().map((at, n) => at - (starts()[n - 1] ?? at));
    expect(Math.max(...gaps)).toBe(119 * MINUTE);
  });

  test('in state ERROR says why, and neither makes nor deletes, until it is enabled', async () => {
    await lab.content('alpha');
    await hours(3);
    const before = starts().length;
    expect(await policy()).toMatchObject({ State: 'ENABLED', PolicyDetails: policyDetailsSeen() });
    lab.dlm.fail(lab.policyId, 'no permission');
    await hours(5);
    expect(starts()).toHaveLength(before);
    expect(await policy()).toMatchObject({ State: 'ERROR', StatusMessage: 'no permission' });
    lab.dlm.enable(lab.policyId);
    await hours(3);
    expect(starts().length).toBeGreaterThan(before);
  });

  test('that was changed by hand does as it says now, and no longer as it said before', async () => {
    await lab.content('alpha');
    const [schedule] = (policyDetails() as { Schedules: object[] }).Schedules;
    const Schedules = [{ ...schedule, Name: 'few', RetainRule: { Count: 2 } }];
    lab.dlm.change(lab.policyId, { PolicyDetails: policyDetails({ Schedules }) });
    await hours(8);
    expect(starts()).toHaveLength(2);
    expect(() => lab.dlm.change(lab.policyId, { PolicyDetails: policyDetails({ Exclusions: {} }) })).toThrow(
      /unknown Exclusions/,
    );
  });

  test('knows no other policy', async () => {
    await expect(call('dlm', 'GetLifecyclePolicy', { PolicyId: 'policy-0' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  function policyDetailsSeen() {
    return { TargetTags: [{ Key: 'remount:schedule', Value: 'hourly/Shop' }], ResourceLocations: ['CLOUD'] };
  }
});

describe('the simulated CloudWatch', () => {
  const put = (Namespace: string, MetricData: object[]) =>
    call('cloudwatch', 'PutMetricData', { Namespace, MetricData });
  const datum = (Value: number, over = {}) => ({
    MetricName: 'Age',
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
    Timestamp: new Date(lab.clock.now()),
    Value,
    ...over,
  });

  test('an alarm on five minutes follows what is put, and goes off when nothing is', async () => {
    const properties = {
      Namespace: 'N',
      MetricName: 'Age',
      Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
      Period: 300,
      Statistic: 'Maximum',
      Threshold: 60,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'breaching',
    };
    lab.cloudwatch.define('age', readAlarm({ logicalId: 'A', properties }));
    const state = () => lab.cloudwatch.alarms[0]?.state;
    const rounds = async (n: number, value: number) => {
      for (let i = 0; i < n; i++) {
        await put('N', [datum(value)]);
        await lab.pass(300);
      }
    };
    await rounds(3, 20);
    expect(state()).toBe('OK');
    await rounds(1, 61);
    await lab.pass(60);
    expect(state()).toBe('ALARM');
    await rounds(3, 20);
    expect(state()).toBe('OK');
    await lab.pass(20 * 60);
    expect(state()).toBe('ALARM');
  });

  test.each([
    ['a namespace of AWS', 'AWS/EBS', [{ MetricName: 'Age', Value: 1 }]],
    ['no data', 'N', []],
    ['no number', 'N', [{ MetricName: 'Age', Value: Number.NaN }]],
    ['a time long past', 'N', [{ MetricName: 'Age', Value: 1, Timestamp: new Date(START - 15 * 24 * HOUR) }]],
  ])('refuses %s', async (_, namespace, data) => {
    await expect(put(namespace, data)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  test('says what it does not know', async () => {
    await expect(put('N', [datum(1, { StatisticValues: {} })])).rejects.toThrow('does not know StatisticValues');
  });
});
