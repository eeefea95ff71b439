import { describe, expect, test } from '@jest/globals';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationTargetGroup,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Alias, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ALARM, METRIC, metricNamespace, volumeOfAlarm } from '../../contract/contract.ts';
import { VolumeAlarms } from '../../lib/volume-alarms.ts';
import { contentVolume, onlyOne, resourcesOf, templateOf } from './support.ts';

/** On another team's healer, topic and load balancer. */
const template = templateOf((stack) => {
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
  const targetGroup = new ApplicationTargetGroup(stack, 'Targets', { vpc, port: 80, targetType: TargetType.INSTANCE });
  const loadBalancer = new ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc, internetFacing: true });
  new ApplicationListener(stack, 'Listener', { loadBalancer, port: 80, defaultTargetGroups: [targetGroup] });
  const code = Code.fromInline('exports.handler = async () => undefined;');
  const healer = new LambdaFunction(stack, 'Function', {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code,
  });
  new VolumeAlarms(stack, 'Alarms', {
    volume: contentVolume(stack),
    targetGroup,
    healer: new Alias(stack, 'Live', { aliasName: 'live', version: healer.currentVersion }),
    people: new Topic(stack, 'People'),
  });
});
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
const alarm = (kind: string) => alarms.find(({ id }) => id.startsWith(`Alarms${kind}`));
const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };
const live = { Ref: onlyOne(template, 'AWS::Lambda::Alias').id };

test('there are three alarms a volume', () => {
  expect(alarms).toHaveLength(3);
});

describe.each(Object.values(ALARM))('the alarm %s', (kind) => {
  const properties = alarm(kind)?.Properties;

  test('is named so that the healer reads the volume from it', () => {
    expect(properties?.AlarmName).toBe(`Shop/alpha/${kind}`);
    expect(volumeOfAlarm('Shop', String(properties?.AlarmName))).toBe('alpha');
  });

  test('goes off when the best value falls below 1, or when there is none', () => {
    expect(properties).toMatchObject({
      Statistic: 'Maximum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
    expect(properties?.DatapointsToAlarm).toBe(properties?.EvaluationPeriods);
  });

  test('starts the healer by its alias, and notifies nobody: the healer does', () => {
    expect(properties?.AlarmActions).toEqual([live]);
    expect(properties).not.toHaveProperty('OKActions');
    expect(properties).not.toHaveProperty('InsufficientDataActions');
    expect(properties?.ActionsEnabled).not.toBe(false);
  });

  test('says what it means and where to read on', () => {
    expect(properties?.AlarmDescription).toMatch(new RegExp(`^alpha: .*docs/runbook\\.md#${kind}$`));
  });

  test('may invoke the alias, from this account', () => {
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: live,
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: { 'Fn::GetAtt': [alarm(kind)?.id, 'Arn'] },
    });
  });
});

test('serving watches the probe, by the logical volume alone, and one period of 10 s decides', () => {
  expect(alarm('serving')?.Properties).toMatchObject({
    Namespace: metricNamespace('Shop'),
    MetricName: METRIC.serving,
    Dimensions: [{ Name: METRIC.volumeDimension, Value: 'alpha' }],
    Period: 10,
    EvaluationPeriods: 1,
  });
});

test('reachable watches the load balancer, by the minute', () => {
  expect(alarm('reachable')?.Properties).toMatchObject({
    Namespace: 'AWS/ApplicationELB',
    MetricName: 'HealthyHostCount',
    Period: 60,
    EvaluationPeriods: 2,
  });
});

test('unserved notifies people of content that is not back after ten minutes, and of silence, but not at its beginning', () => {
  expect(alarm('unserved')?.Properties).toMatchObject({
    AlarmName: 'Shop/alpha/unserved',
    AlarmDescription: expect.stringMatching(/^alpha: .*docs\/runbook\.md#unserved$/),
    MetricName: 'HealthyHostCount',
    Statistic: 'Maximum',
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    Period: 60,
    EvaluationPeriods: 10,
    DatapointsToAlarm: 10,
    // Begins in INSUFFICIENT_DATA, and that is no change; from OK or ALARM it is one.
    TreatMissingData: 'missing',
    AlarmActions: [topic],
    InsufficientDataActions: [topic],
  });
});
