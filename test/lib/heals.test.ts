import { describe, expect, test } from '@jest/globals';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, MachineImage, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ALARM, alarmName, ENV, TAG, UNSERVED_ALARM } from '../../contract/contract.ts';
import { ContentVolume } from '../../lib/content-volume.ts';
import { ConditionAlarms } from '../../lib/internal/condition-alarms.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { Ledger } from '../../lib/ledger.ts';
import { SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { VolumeGuard } from '../../lib/volume-guard.ts';
import { VolumeHealer } from '../../lib/volume-healer.ts';
import { VolumeKeeper } from '../../lib/volume-keeper.ts';
import { CONTEXT, importedTargetGroup, onlyOne, REGION, resourcesOf, someStack, text } from './support.ts';

/** What a healer learns from each of its neighbours, and nothing besides: no name, no order. */
function made(stack = someStack()) {
  const key = new Key(stack, 'Key');
  const people = new Topic(stack, 'People', { masterKey: key });
  const common = {
    key,
    people,
    ledger: new Ledger(stack, 'Ledger', { key }),
    documents: new HostDocuments(stack, 'Host'),
  };
  const healer = new VolumeHealer(stack, 'Healer', common);
  const keeper = new VolumeKeeper(stack, 'Keeper', common);
  const volume = new ContentVolume(stack, 'Pages', { keeper, volumeName: 'pages', availabilityZone: 'eu-west-1a' });
  return { stack, common, healer, volume };
}

describe('a healer that heals a volume', () => {
  const { stack, common, healer, volume } = made();
  healer.heals(volume, { targetGroup: importedTargetGroup(stack, 'elsewhere') });
  new ConditionAlarms(stack, 'Conditions', { volume, people: common.people });
  const schedule = new SnapshotSchedule(stack, 'Snapshots', { key: common.key });
  new VolumeGuard(stack, 'Guard', { ...common, volumes: [volume], schedule });
  const template = Template.fromStack(stack);
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  const named = (name: string) => alarms.find(({ Properties }) => Properties.AlarmName === name);

  test('looks at it by its target group, also by one of another stack', () => {
    const { id } = onlyOne(template, 'AWS::SQS::Queue');
    const functions = resourcesOf(template, 'AWS::Lambda::Function');
    const found = functions.find(({ Properties }) => JSON.stringify(Properties.DeadLetterConfig ?? {}).includes(id));
    const environment = found?.Properties.Environment as { Variables: Record<string, unknown> } | undefined;
    const pages = importedTargetGroup(someStack(), 'elsewhere').targetGroupArn;
    expect(JSON.parse(text(environment?.Variables[ENV.targetGroups]))).toEqual({ pages });
    expect(environment?.Variables[ENV.stack]).toBe('Other');
  });

  test.each([ALARM.serving, ALARM.reachable, UNSERVED_ALARM] as const)('has it watched: %s', (kind) => {
    expect(named(alarmName('Other', 'pages', kind))).toBeDefined();
  });

  test('is started by no alarm before there is the volume, whatever a team orders', () => {
    const volumeId = onlyOne(template, 'Custom::RemountContentVolume').id;
    const ofVolume = alarms.filter(({ Properties }) => String(Properties.AlarmName).startsWith('Other/pages/'));
    expect(ofVolume.length).toBeGreaterThanOrEqual(8);
    for (const alarm of ofVolume) expect(alarm).toHaveProperty('DependsOn', expect.arrayContaining([volumeId]));
  });
});

test('a healer that heals nothing does not synthesize', () => {
  expect(() => Template.fromStack(made().stack)).toThrow('Nothing is healed: name the content volumes with heals');
});

test('a target group of another stack without its load balancer is refused, and not watched in vain', () => {
  const { stack, healer, volume } = made();
  const bare = importedTargetGroup(stack, 'elsewhere', { loadBalancerArns: undefined });
  expect(() => healer.heals(volume, { targetGroup: bare })).toThrow('needs the associated ApplicationBalancer');
});

test('instances that it works on have the tag of its Remount', () => {
  const { stack, healer, volume } = made();
  healer.heals(volume, { targetGroup: importedTargetGroup(stack, 'elsewhere') });
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
  const group = new AutoScalingGroup(stack, 'Group', {
    vpc,
    vpcSubnets: { subnets: vpc.isolatedSubnets },
    instanceType: new InstanceType('m7g.large'),
    machineImage: MachineImage.genericLinux({ [REGION]: 'ami-0123456789abcdef0' }),
  });
  healer.worksOn(group);
  expect(onlyOne(Template.fromStack(stack), 'AWS::AutoScaling::AutoScalingGroup').Properties.Tags).toContainEqual({
    Key: TAG.stack,
    Value: 'Other',
    PropagateAtLaunch: true,
  });
});

describe('what is imported', () => {
  const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Dashboards', { env: { region: REGION } });

  test('a healer has its metrics, and alarms may start it', () => {
    const liveArn = `arn:aws:lambda:${REGION}:111122223333:function:healer:live`;
    const healer = VolumeHealer.fromVolumeHealerAttributes(stack, 'Healer', { liveArn, stackName: 'Shop' });
    expect(healer.stackName).toBe('Shop');
    expect(healer.live.functionArn).toBe(liveArn);
    expect(healer.metricErrors({ period: Duration.minutes(1) }).toMetricConfig().metricStat).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      period: Duration.minutes(1),
      statistic: 'Sum',
    });
  });

  test('a volume has its metrics', () => {
    const volume = ContentVolume.fromContentVolumeAttributes(stack, 'Pages', {
      volumeName: 'pages',
      stackName: 'Shop',
    });
    const metrics = [
      volume.metricServing(),
      volume.metricProbeMilliseconds(),
      volume.metricUsedPercent(),
      volume.metricRecoveryPointAge(),
      volume.metricVerifiedRecoveryPointAge(),
    ];
    for (const metric of metrics)
      expect([metric.namespace, metric.dimensions]).toEqual(['Remount/Shop', { Volume: 'pages' }]);
    expect(metrics.map(({ metricName, statistic }) => `${metricName} ${statistic}`)).toEqual([
      'Serving Maximum',
      'ProbeMilliseconds Minimum',
      'UsedPercent Minimum',
      'RecoveryPointAge Maximum',
      'VerifiedRecoveryPointAge Maximum',
    ]);
  });
});
