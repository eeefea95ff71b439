import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { TAG } from '../../contract/contract.ts';
import { HostSoftware } from '../../lib/host-software.ts';
import { allowRollout, hostsBehindMetric } from '../../lib/software-rollout.ts';
import { allowing, mutating, onlyOne, statementsOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  const code = Code.fromInline('exports.handler = async () => undefined;');
  const guard = new LambdaFunction(stack, 'Guard', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code });
  const software = new HostSoftware(stack, 'Software', { stackName: 'Shop' });
  const behind = hostsBehindMetric({ stackName: 'Shop' }, { period: Duration.minutes(5) });
  allowRollout(guard, software, { stackName: 'Shop', behind });
});
const statements = statementsOf(template, /^Guard/);

describe('who brings host software to instances may', () => {
  test('send one document, and to instances of the stack alone', () => {
    const sends = allowing(statements, 'ssm:SendCommand').map(({ resources, conditions }) => [resources, conditions]);
    expect(sends).toEqual([
      [[expect.stringMatching(/:document\/\$\{Software\w+\}$/)], {}],
      [[expect.stringMatching(/:instance\/\*$/)], { StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: 'Shop' } }],
    ]);
  });

  test('note on them what they run, and no other tag', () => {
    expect(allowing(statements, 'ec2:CreateTags').map((s) => s.conditions)).toEqual([
      {
        StringEquals: { [`aws:ResourceTag/${TAG.stack}`]: 'Shop' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': [TAG.software] },
        Null: { 'aws:TagKeys': 'false' },
      },
    ]);
  });

  test('change nothing else', () => {
    const actions = mutating(statements).flatMap((s) => s.actions.filter((action) => !/:(Describe|Get)/.test(action)));
    expect([...new Set(actions)].sort()).toEqual(['ec2:CreateTags', 'ssm:SendCommand']);
  });
});

test('people are notified of an instance that stays behind for an hour, and of no silence', () => {
  expect(onlyOne(template, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
    // In each round at least one was behind.
    ...{ MetricName: 'HostsBehind', Statistic: 'Minimum', Threshold: 1, Period: 300, EvaluationPeriods: 12 },
    ...{ ComparisonOperator: 'GreaterThanOrEqualToThreshold', DatapointsToAlarm: 12, TreatMissingData: 'notBreaching' },
  });
});
