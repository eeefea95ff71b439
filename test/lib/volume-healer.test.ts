import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ENV, HEALER_ALARM, healerAlarmName, TAG } from '../../contract/contract.ts';
import { LONGEST_SECONDS } from '../../lambda/core/heal/heal.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { Ledger } from '../../lib/ledger.ts';
import { EXECUTION_TIMEOUT, VolumeHealer } from '../../lib/volume-healer.ts';
import {
  allowing,
  contentVolumes,
  importedTargetGroup,
  mutating,
  onlyOne,
  resourcesOf,
  statementsOf,
  templateOf,
  text,
} from './support.ts';

const VOLUMES = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7'];

const VERBS = ['format', 'mount', 'probe', 'release', 'serve', 'verify'];
const template = templateOf((stack) => {
  const key = new Key(stack, 'Key');
  const healer = new VolumeHealer(stack, 'Healer', {
    stackName: 'Shop',
    key,
    ledger: new Ledger(stack, 'Ledger', { key }),
    documents: new HostDocuments(stack, 'Host'),
    people: new Topic(stack, 'People', { masterKey: key }),
  });
  for (const volume of contentVolumes(stack, VOLUMES))
    healer.heals(volume, { targetGroup: importedTargetGroup(stack, `Targets-${volume.volumeName}`) });
});
const healer = onlyOne(template, 'AWS::Lambda::Function');
const statements = statementsOf(template, /^Healer/);

/** The last part of the alias's ARN: what is said of the function itself counts for $LATEST alone. */
const OF_ALIAS = { 'Fn::Select': [7, { 'Fn::Split': [':', { Ref: Match.stringLikeRegexp('Live') }] }] };

describe('the function', () => {
  test('is durable, and may run as long as the longest heal', () => {
    expect(EXECUTION_TIMEOUT.toSeconds()).toBe(LONGEST_SECONDS);
    expect(healer.Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      DurableConfig: { ExecutionTimeout: LONGEST_SECONDS },
    });
    // A durable function cannot be changed into one: a name of its own would stand in the way of its successor.
    expect(healer.Properties).not.toHaveProperty('FunctionName');
  });

  test('is invoked by the alias live, of a version', () => {
    expect(onlyOne(template, 'AWS::Lambda::Alias').Properties).toMatchObject({
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [onlyOne(template, 'AWS::Lambda::Version').id, 'Version'] },
    });
  });

  test('keeps what failed for good', () => {
    const queue = onlyOne(template, 'AWS::SQS::Queue');
    expect(healer.Properties.DeadLetterConfig).toEqual({ TargetArn: { 'Fn::GetAtt': [queue.id, 'Arn'] } });
    expect(queue.Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2, Qualifier: OF_ALIAS });
  });

  test('knows the stack, the ledger, the topic and every verb’s document', () => {
    const { Variables } = healer.Properties.Environment as { Variables: Record<string, unknown> };
    expect(Variables[ENV.stack]).toBe('Shop');
    expect(Variables[ENV.ledger]).toEqual({ Ref: onlyOne(template, 'AWS::DynamoDB::GlobalTable').id });
    expect(Variables[ENV.topic]).toEqual({ Ref: onlyOne(template, 'AWS::SNS::Topic').id });
    expect(Object.keys(JSON.parse(text(Variables[ENV.documents]))).sort()).toEqual(VERBS);
  });
});

describe('the sweep', () => {
  const rules = resourcesOf(template, 'AWS::Events::Rule').map(
    ({ Properties }) =>
      Properties as {
        ScheduleExpression?: string;
        EventPattern?: { detail: { state: string[] } };
        Targets: { Arn: unknown; Input: string }[];
      },
  );

  test.each([
    ['every five minutes', (rule: (typeof rules)[number]) => rule.ScheduleExpression === 'rate(5 minutes)'],
    [
      'when an instance stops or is gone',
      (rule: (typeof rules)[number]) => rule.EventPattern?.detail.state.includes('terminated') === true,
    ],
  ])('looks at each volume %s, five targets a rule at most', (_, meant) => {
    const chosen = rules.filter(meant);
    expect(chosen.map((rule) => rule.Targets.length)).toEqual([5, 2]);
    expect(chosen.flatMap((rule) => rule.Targets.map((t) => JSON.parse(t.Input)))).toEqual(
      VOLUMES.map((sweep) => ({ sweep })),
    );
  });

  test('is notified when an instance begins to stop or to go, and not when one starts', () => {
    const states = rules.flatMap((rule) => (rule.EventPattern ? [rule.EventPattern.detail.state] : []));
    expect(states).toHaveLength(2);
    for (const some of states) expect([...some].sort()).toEqual(['shutting-down', 'stopped', 'stopping', 'terminated']);
  });

  test('invokes the alias, and may', () => {
    const live = { Ref: onlyOne(template, 'AWS::Lambda::Alias').id };
    for (const target of rules.flatMap((rule) => rule.Targets)) expect(target.Arn).toEqual(live);
    const permitted = resourcesOf(template, 'AWS::Lambda::Permission')
      .map(({ Properties }) => Properties)
      .filter(({ Principal }) => Principal !== 'lambda.alarms.cloudwatch.amazonaws.com');
    expect(permitted).toHaveLength(rules.length);
    for (const permission of permitted)
      expect(permission).toMatchObject({ FunctionName: live, Principal: 'events.amazonaws.com' });
  });
});

describe('the alarms', () => {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm')
    .filter(({ id }) => id.startsWith('Healer'))
    .map(({ Properties }) => Properties);
  const alarm = (kind: (typeof HEALER_ALARM)[keyof typeof HEALER_ALARM]) =>
    alarms.find((a) => a.AlarmName === healerAlarmName('Shop', kind));

  test('notify people of both ways, at the first that is too many, and say where to read on', () => {
    const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    expect(alarms).toHaveLength(Object.keys(HEALER_ALARM).length);
    for (const properties of alarms) {
      expect(properties).toMatchObject({
        AlarmActions: [topic],
        OKActions: [topic],
        Statistic: 'Sum',
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      });
      const [, anchor] = /docs\/runbook\.md#([a-z-]+)$/.exec(String(properties.AlarmDescription)) ?? [];
      expect(runbook.split('\n')).toContain(`## ${anchor}`);
    }
  });

  test('the healer fails in three sweeps in a row, or is not run', () => {
    expect(alarm(HEALER_ALARM.failed)).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: healer.id } }],
      Period: 300,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      // A new healer begins there, and notifies nobody.
      TreatMissingData: 'missing',
      InsufficientDataActions: [{ Ref: onlyOne(template, 'AWS::SNS::Topic').id }],
    });
  });

  test('an event has failed for good', () => {
    const queue = onlyOne(template, 'AWS::SQS::Queue').id;
    expect(alarm(HEALER_ALARM.deadLetters)).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
      Period: 60,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });
});

describe('what the healer may do', () => {
  const TAGGED = [`aws:ResourceTag/${TAG.stack}`, `aws:RequestTag/${TAG.stack}`, `ssm:resourceTag/${TAG.stack}`];
  const inService = (service: string) =>
    mutating(statements).filter((s) => s.actions.some((action) => action.startsWith(`${service}:`)));

  test('to volumes, snapshots and instances: only to the stack’s own', () => {
    expect(inService('ec2').length).toBeGreaterThan(3);
    for (const statement of inService('ec2')) {
      const { StringEquals = {} } = statement.conditions;
      expect(TAGGED.filter((key) => StringEquals[key] === 'Shop')).not.toEqual([]);
      expect(statement.resources).not.toContain('*');
    }
  });

  test('to hosts: its own documents, on the stack’s instances', () => {
    const sends = allowing(statements, 'ssm:SendCommand');
    const [onInstances, ...others] = sends.filter((s) => s.resources.some((arn) => arn.includes(':instance/')));
    expect(others).toEqual([]);
    expect(onInstances?.conditions).toEqual({ StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: 'Shop' } });
    const documents = sends.flatMap((s) => s.resources).filter((arn) => arn.includes(':document/'));
    expect(documents).toHaveLength(VERBS.length);
    for (const arn of documents) expect(arn).toMatch(/:document\/\$\{Host\w+\}$/);
    expect(inService('ssm')).toEqual(sends);
  });

  test('deletes no volume, snapshot, instance or entry, and takes neither stack nor name from a volume', () => {
    const actions = statements.flatMap((s) => s.actions);
    expect(actions.filter((action) => /:(Delete(?!Tags)|Terminate)/.test(action))).toEqual([]);
    expect(allowing(statements, 'ec2:DeleteTags').map(({ conditions }) => conditions)).toEqual([
      {
        StringEquals: { [`aws:ResourceTag/${TAG.stack}`]: 'Shop' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': [TAG.schedule] },
        Null: { 'aws:TagKeys': 'false' },
      },
    ]);
    expect(actions).not.toContain('*');
    expect(actions.filter((action) => /^[a-z0-9]+:\*$/.test(action))).toEqual([]);
  });

  test('changes nothing that it does not name', () => {
    for (const statement of mutating(statements)) expect(statement.resources).not.toContain('*');
  });

  test('asks EBS what it says of a volume', () => {
    for (const action of ['ec2:DescribeVolumeStatus', 'cloudwatch:GetMetricData'])
      expect(allowing(statements, action)).not.toEqual([]);
  });

  test('uses the ledger and notifies people', () => {
    for (const action of ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'sns:Publish', 'kms:Encrypt'])
      expect(allowing(statements, action)).not.toEqual([]);
  });
});
