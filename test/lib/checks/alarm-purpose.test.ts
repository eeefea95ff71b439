/** Alarms that others have for something else than waking somebody: nothing is said of what is right. */
import { describe, expect, test } from '@jest/globals';
import { Fn, type Stack } from 'aws-cdk-lib';
import { CfnEnvironment } from 'aws-cdk-lib/aws-appconfig';
import { CfnScalingPolicy } from 'aws-cdk-lib/aws-autoscaling';
import { type CfnAlarm, type CfnAlarmProps, CfnCompositeAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { CfnService } from 'aws-cdk-lib/aws-ecs';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnExperimentTemplate } from 'aws-cdk-lib/aws-fis';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnHealthCheck } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { alarmFindings as said } from './alarm-support.ts';
import { alarm } from './support.ts';

const silent = (stack: Stack, props: Partial<CfnAlarmProps> = {}) =>
  alarm(stack, { alarmName: 'Shop/errors', alarmActions: [], ...props });
const rules = (build: Parameters<typeof said>[0]) => said(build).map((line) => line.split(': ')[0]);

/** A composite alarm that one keeps quiet. */
const quiet = (stack: Stack, actionsSuppressor: string, actionsEnabled = true) =>
  new CfnCompositeAlarm(stack, 'Composite', {
    alarmRule: 'TRUE',
    alarmActions: [new Topic(stack, 'People').topicArn],
    actionsSuppressor,
    actionsEnabled,
  });

describe('AL1: something else acts on its state', () => {
  const rule = (stack: Stack, eventPattern: object, props: object = {}) =>
    new CfnRule(stack, 'Rule', { eventPattern, targets: [{ arn: 'arn:x', id: 't' }], ...props });
  const change = { source: ['aws.cloudwatch'], 'detail-type': ['CloudWatch Alarm State Change'] };
  const pipeline = (stack: Stack, provider: string, AlarmName: string) =>
    new CfnPipeline(stack, 'P', {
      roleArn: 'r',
      stages: [
        { name: 'Source', actions: [] },
        {
          name: 'Deploy',
          actions: [],
          onSuccess: {
            conditions: [
              { rules: [{ name: 'n', ruleTypeId: { category: 'Rule', provider }, configuration: { AlarmName } }] },
            ],
          },
        },
      ],
    });

  test.each<[string, (stack: Stack, of: CfnAlarm) => unknown]>([
    [
      'a deployment group, by reference',
      (stack, of) =>
        new CfnDeploymentGroup(stack, 'G', {
          applicationName: 'a',
          serviceRoleArn: 'r',
          alarmConfiguration: { enabled: true, alarms: [{ name: of.ref }] },
        }),
    ],
    [
      'a deployment group, by name',
      (stack) =>
        new CfnDeploymentGroup(stack, 'G', {
          applicationName: 'a',
          serviceRoleArn: 'r',
          alarmConfiguration: { alarms: [{ name: 'Shop/errors' }] },
        }),
    ],
    [
      'a service of ECS',
      (stack) =>
        new CfnService(stack, 'S', {
          deploymentConfiguration: { alarms: { alarmNames: ['Shop/errors'], enable: true, rollback: true } },
        }),
    ],
    [
      'a health check',
      (stack) =>
        new CfnHealthCheck(stack, 'H', {
          healthCheckConfig: {
            type: 'CLOUDWATCH_METRIC',
            alarmIdentifier: { name: 'Shop/errors', region: 'eu-west-1' },
          },
        }),
    ],
    [
      'an environment of AppConfig',
      (stack, of) =>
        new CfnEnvironment(stack, 'E', { applicationId: 'a', name: 'n', monitors: [{ alarmArn: of.attrArn }] }),
    ],
    [
      'an experiment that it stops',
      (stack) =>
        new CfnExperimentTemplate(stack, 'X', {
          description: 'd',
          roleArn: 'r',
          targets: {},
          stopConditions: [
            { source: 'aws:cloudwatch:alarm', value: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Shop/errors' },
          ],
        }),
    ],
    ['a stage of a pipeline, by reference', (stack, of) => pipeline(stack, 'CloudWatchAlarm', of.ref)],
    ['a stage of a pipeline, by name', (stack) => pipeline(stack, 'CloudWatchAlarm', 'Shop/errors')],
    ['a composite alarm that it keeps quiet', (stack, of) => quiet(stack, of.attrArn)],
    ['an event rule for it', (stack, of) => rule(stack, { ...change, resources: [of.attrArn] })],
    ['an event rule for its name', (stack) => rule(stack, { ...change, detail: { alarmName: [{ prefix: 'Shop/' }] } })],
    ['an event rule for every alarm', (stack) => rule(stack, change)],
    ['an event rule without a source', (stack) => rule(stack, { 'detail-type': change['detail-type'] })],
    [
      'an event rule by filters',
      (stack) => rule(stack, { source: [{ prefix: 'aws.cloud' }], 'detail-type': [{ suffix: 'Change' }] }),
    ],
    [
      'an event rule for what is not OK',
      (stack) => rule(stack, { ...change, detail: { state: { value: [{ 'anything-but': ['OK'] }] } } }),
    ],
    [
      'an event rule for all but others',
      (stack) => rule(stack, { ...change, detail: { alarmName: [{ 'anything-but': { prefix: 'Lab/' } }] } }),
    ],
    [
      'an event rule, whatever the case',
      (stack) => rule(stack, { ...change, detail: { alarmName: [{ 'equals-ignore-case': 'shop/ERRORS' }] } }),
    ],
    [
      'an event rule by wildcard',
      (stack) => rule(stack, { ...change, detail: { alarmName: [{ wildcard: 'Shop/*' }] } }),
    ],
  ])('good: %s', (_, use) => expect(said((stack) => use(stack, silent(stack)))).toEqual([]));

  test.each<[string, (stack: Stack, of: CfnAlarm) => unknown]>([
    [
      'a dashboard shows it',
      (stack, of) => new CfnDashboard(stack, 'D', { dashboardBody: Fn.join('', ['{', of.attrArn]) }),
    ],
    [
      'a function permits it, and it calls none',
      (stack, of) =>
        new CfnPermission(stack, 'P', {
          action: 'lambda:InvokeFunction',
          functionName: 'f',
          principal: 'lambda.alarms.cloudwatch.amazonaws.com',
          sourceArn: of.attrArn,
        }),
    ],
    ['an event rule for another', (stack) => rule(stack, { ...change, detail: { alarmName: ['Shop/other'] } })],
    ['an event rule for its end', (stack) => rule(stack, { ...change, detail: { state: { value: ['OK'] } } })],
    [
      'an event rule for all but it',
      (stack) => rule(stack, { ...change, detail: { alarmName: [{ 'anything-but': ['Shop/errors'] }] } }),
    ],
    [
      'an event rule for everything but an alarm',
      (stack) => rule(stack, { ...change, detail: { state: { value: [{ 'anything-but': 'ALARM' }] } } }),
    ],
    ['an event rule for everything of everybody', (stack) => rule(stack, { account: ['111122223333'] })],
    [
      'a deployment group that is set to pass over it',
      (stack, of) =>
        new CfnDeploymentGroup(stack, 'G', {
          applicationName: 'a',
          serviceRoleArn: 'r',
          alarmConfiguration: { enabled: false, alarms: [{ name: of.ref }] },
        }),
    ],
    [
      'a service of ECS that is set to',
      (stack) =>
        new CfnService(stack, 'S', {
          deploymentConfiguration: { alarms: { alarmNames: ['Shop/errors'], enable: false, rollback: true } },
        }),
    ],
    ['a stage of a pipeline by another rule', (stack) => pipeline(stack, 'DeploymentWindow', 'Shop/errors')],
    ['a stage of a pipeline with another alarm', (stack) => pipeline(stack, 'CloudWatchAlarm', 'Shop/other')],
    ['an event rule that is disabled', (stack) => rule(stack, change, { state: 'DISABLED' })],
    ['an event rule of another service', (stack) => rule(stack, { source: ['aws.ec2'] })],
    [
      'a deployment group with another',
      (stack) =>
        new CfnDeploymentGroup(stack, 'G', {
          applicationName: 'a',
          serviceRoleArn: 'r',
          alarmConfiguration: { alarms: [{ name: 'Shop/other' }] },
        }),
    ],
  ])('bad: %s', (_, use) =>
    expect(rules((stack) => use(stack, silent(stack)))).toEqual(['Resilience-AL1 at Other/Alarm']),
  );
});

describe('an alarm that keeps others quiet', () => {
  test('good: its own silence keeps nobody quiet', () =>
    expect(said((stack) => quiet(stack, silent(stack, { treatMissingData: 'notBreaching' }).attrArn))).toEqual([]));

  test('bad: of one that does nothing anyway', () =>
    expect(rules((stack) => quiet(stack, silent(stack).attrArn, false))).toContain('Resilience-AL1 at Other/Alarm'));

  test('bad: it notifies people as well', () =>
    expect(
      rules((stack) => {
        const { attrArn } = alarm(stack, { alarmName: 'Shop/errors', treatMissingData: 'notBreaching' });
        quiet(stack, attrArn);
      }),
    ).toEqual(['Resilience-AL2 at Other/Alarm']));
});

describe('an alarm that acts on its instance is keyed by it', () => {
  const recover = (action: string, props: Partial<CfnAlarmProps> = {}) => {
    return (stack: Stack) =>
      alarm(stack, {
        namespace: 'AWS/EC2',
        metricName: 'StatusCheckFailed_System',
        dimensions: [{ name: 'InstanceId', value: new CfnInstance(stack, 'I', {}).ref }],
        alarmActions: [action],
        treatMissingData: 'missing',
        ...props,
      });
  };

  test.each(['arn:aws:automate:eu-west-1:ec2:recover', 'arn:aws:automate:eu-west-1:ec2:reboot'])('good: %s', (action) =>
    expect(said(recover(action))).toEqual([]),
  );

  test('good: it stops an instance that is idle', () => {
    const idle = { metricName: 'CPUUtilization', comparisonOperator: 'LessThanThreshold' };
    expect(said(recover('arn:aws:automate:eu-west-1:ec2:stop', idle))).toEqual([]);
  });

  test('bad: it only notifies', () => {
    expect(rules(recover('arn:aws:ssm:eu-west-1:111122223333:opsitem:1'))).toEqual([
      'Resilience-AL2 at Other/Alarm',
      'Resilience-AL3 at Other/Alarm',
    ]);
  });

  test('bad: it is keyed by a volume all the same', () => {
    const dimensions = [{ name: 'VolumeId', value: 'vol-1' }];
    expect(rules(recover('arn:aws:automate:eu-west-1:ec2:recover', { dimensions }))).toEqual([
      'Resilience-AL3 at Other/Alarm',
    ]);
  });

  test('bad: it terminates what has failed, and nobody is notified', () => {
    expect(rules(recover('arn:aws:automate:eu-west-1:ec2:terminate'))).toEqual(['Resilience-AL4 at Other/Alarm']);
  });
});

describe('an alarm that scales is about load', () => {
  const scaling = (props: Partial<CfnAlarmProps>) => (stack: Stack) => {
    const up = new CfnScalingPolicy(stack, 'Up', { autoScalingGroupName: 'g', policyType: 'StepScaling' });
    return alarm(stack, {
      metricName: 'CPUUtilization',
      alarmActions: [up.ref],
      treatMissingData: 'missing',
      ...props,
    });
  };

  test('good: out or in, by a scaling policy', () => expect(said(scaling({}))).toEqual([]));

  test.each([{ treatMissingData: 'breaching' }, { metricName: 'HealthyHostCount', treatMissingData: 'breaching' }])(
    'bad: %j is about health, and leads nowhere',
    (props) => expect(rules(scaling(props))).toEqual(['Resilience-AL4 at Other/Alarm']),
  );
});
