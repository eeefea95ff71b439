import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  AGE_ALARM,
  alarmName,
  type DeployedPolicy,
  ENV,
  guardAlarmName,
  METRIC,
  nobodyNotifiedAlarmName,
  type SnapshotLock,
  scheduleTagValue,
  TAG,
} from '../../contract/contract.ts';
import { LATE_MINUTES } from '../../lambda/core/guard/guard.ts';
import { policyFinding } from '../../lambda/core/guard/policy.ts';
import { Ledger } from '../../lib/ledger.ts';
import { SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { VolumeGuard } from '../../lib/volume-guard.ts';
import {
  allowing,
  contentVolumes,
  mutating,
  onlyOne,
  REGION,
  resourcesOf,
  statementsOf,
  templateOf,
  text,
} from './support.ts';

const VOLUMES = ['alpha', 'beta'];

function guardOf(verified: boolean | undefined, lock?: SnapshotLock) {
  return templateOf((stack) => {
    const key = new Key(stack, 'Key');
    new VolumeGuard(stack, 'Guard', {
      stackName: 'Shop',
      volumes: contentVolumes(stack, VOLUMES),
      schedule: new SnapshotSchedule(stack, 'Snapshots', {
        stackName: 'Shop',
        key,
        perHour: 2,
        keep: Duration.hours(24),
      }),
      ledger: new Ledger(stack, 'Ledger', { key }),
      people: new Topic(stack, 'People', { masterKey: key }),
      key,
      ...(verified !== undefined && { verified }),
      ...(lock && { lockFor: Duration.days(lock.days), lockMode: lock.mode }),
    });
  });
}

const template = guardOf(undefined);
const guard = onlyOne(template, 'AWS::Lambda::Function');
const policyId = onlyOne(template, 'AWS::DLM::LifecyclePolicy').id;
const alarms = (of = template) => resourcesOf(of, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const alarm = (name: string, of = template) => alarms(of).find((a) => a.AlarmName === name);

describe('the round', () => {
  test('is every five minutes, once, and reckoned with in the age that a snapshot is taken at', () => {
    const rule = onlyOne(template, 'AWS::Events::Rule').Properties;
    expect(rule).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [{ Arn: { 'Fn::GetAtt': [guard.id, 'Arn'] }, Input: '{}', RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
    expect(Number(guard.Properties.Timeout)).toBeLessThan(300);
    // A round, one that fails, and ten minutes to complete.
    expect(LATE_MINUTES + 5 + 5 + 10).toBeLessThanOrEqual(60);
  });

  test('knows the volumes, and the policy as it was deployed', () => {
    const { Variables } = guard.Properties.Environment as { Variables: Record<string, unknown> };
    expect(JSON.parse(text(Variables[ENV.volumes]))).toEqual(VOLUMES);
    expect(text(Variables[ENV.verified])).toBe('false');
    const deployed: DeployedPolicy = JSON.parse(text(Variables[ENV.policy]));
    expect(deployed).toEqual({
      id: `\${${policyId}}`,
      targetTag: { key: TAG.schedule, value: 'hourly/Shop' },
      keepHours: 24,
      schedules: [
        { name: 'hourly-at-00', time: '00:00' },
        { name: 'hourly-at-30', time: '00:30' },
      ],
    });
    // What the template makes is what the guard finds nothing wrong with.
    const { PolicyDetails } = onlyOne(template, 'AWS::DLM::LifecyclePolicy').Properties as {
      PolicyDetails: { Schedules: { Name: string; CreateRule: { Times: string[] }; RetainRule: { Count: number } }[] };
    };
    const found = {
      state: 'ENABLED',
      statusMessage: undefined,
      targetTags: [deployed.targetTag],
      copies: 'VOLUME',
      leftOut: [],
      rootLeftOut: false,
      schedules: PolicyDetails.Schedules.map((s) => ({
        name: s.Name,
        every: '1 HOURS',
        times: s.CreateRule.Times,
        keep: s.RetainRule.Count,
        copyTags: true,
        scripts: [],
      })),
      foreign: [],
    };
    expect(policyFinding(deployed, found)).toBeUndefined();
  });
});

describe('the alarms', () => {
  const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };

  test('each notify people of both ways and of silence, but not at their beginning, and say where to read on', () => {
    expect(alarms()).toHaveLength(VOLUMES.length + 2);
    for (const properties of [...alarms(), ...alarms(guardOf(true))]) {
      // Of the number of subscribers there is none at a first deployment; that the guard is silent is reported by its own alarm.
      const silent = properties.AlarmName === nobodyNotifiedAlarmName('Shop');
      expect(properties).toMatchObject({ TreatMissingData: silent ? 'notBreaching' : 'missing', Period: 300 });
      expect(properties.InsufficientDataActions).toEqual(silent ? undefined : properties.AlarmActions);
      expect(properties.AlarmActions).toHaveLength(1);
      expect(properties.OKActions).toHaveLength(1);
      expect(properties.AlarmDescription).toMatch(/docs\/runbook\.md#[a-z-]+$/);
    }
    expect(alarms().map((a) => a.AlarmActions)).toEqual(alarms().map(() => [topic]));
  });

  test.each(VOLUMES)('the age of the newest completed snapshot of %s: 60 minutes', (volume) => {
    expect(alarm(alarmName('Shop', volume, AGE_ALARM.recoveryPoint))).toMatchObject({
      Namespace: 'Remount/Shop',
      MetricName: METRIC.recoveryPointAge,
      Dimensions: [{ Name: METRIC.volumeDimension, Value: volume }],
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 60,
      EvaluationPeriods: 1,
    });
  });

  test('that nobody is notified, in each round of an hour', () => {
    expect(alarm(nobodyNotifiedAlarmName('Shop'))).toMatchObject({
      Namespace: 'Remount/Shop',
      MetricName: METRIC.subscribers,
      Statistic: 'Maximum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 12,
      DatapointsToAlarm: 12,
    });
  });

  test('the age of the newest verified one: 75 minutes, and only where there are drills', () => {
    const name = alarmName('Shop', 'alpha', AGE_ALARM.verifiedRecoveryPoint);
    expect(alarm(name)).toBeUndefined();
    expect(alarm(name, guardOf(true))).toMatchObject({ MetricName: METRIC.verifiedRecoveryPointAge, Threshold: 75 });
  });

  test('the guard itself: three rounds that failed, or were not', () => {
    expect(alarm(guardAlarmName('Shop'))).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: guard.id } }],
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
    });
  });
});

describe('the guard may', () => {
  const statements = statementsOf(template, /^Guard/);
  const volumes = `arn:aws:ec2:${REGION}:\${AWS::AccountId}:volume/*`;
  const snapshots = `arn:aws:ec2:${REGION}::snapshot/*`;
  const allowed = (action: string) =>
    allowing(statements, action).map(({ resources, conditions }) => ({ resources, conditions }));
  const tags = (over: Record<string, string>) =>
    Object.fromEntries(Object.entries(over).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
  const requested = { [`aws:RequestTag/${TAG.stack}`]: 'Shop', [`aws:RequestTag/${TAG.guard}`]: 'true' };

  test('copy the stack’s current volumes, into snapshots that say whose they are', () => {
    expect(allowed('ec2:CreateSnapshot')).toEqual([
      { resources: [volumes], conditions: { StringEquals: tags({ [TAG.stack]: 'Shop', [TAG.role]: 'current' }) } },
      { resources: [snapshots], conditions: { StringEquals: requested } },
    ]);
    expect(allowed('ec2:CreateTags')).toContainEqual({
      resources: [snapshots],
      conditions: {
        StringEquals: { ...requested, 'ec2:CreateAction': 'CreateSnapshot' },
        Null: Object.fromEntries([TAG.verdict, TAG.reap, TAG.held].map((key) => [`aws:RequestTag/${key}`, 'true'])),
      },
    });
  });

  const unused = tags({ [TAG.stack]: 'Shop' });
  const ofDrills = { ...unused, [`aws:ResourceTag/${TAG.role}`]: ['scratch', 'discarded'] };
  const sound = { StringNotEquals: tags({ [TAG.role]: 'quarantined' }) };
  const only = (...keys: string[]) => ({
    'ForAllValues:StringEquals': { 'aws:TagKeys': keys },
    Null: { 'aws:TagKeys': 'false' },
  });

  test('take current volumes out of the schedule and put them in again, and change no other tag', () => {
    const StringEquals = { ...unused, [`aws:ResourceTag/${TAG.role}`]: 'current' };
    const written = {
      [`aws:RequestTag/${TAG.schedule}`]: scheduleTagValue('Shop'),
      [`aws:RequestTag/${TAG.held}`]: 'true',
    };
    const conditions = { ...only(TAG.schedule, TAG.held), StringEquals };
    expect(allowed('ec2:CreateTags')).toContainEqual({
      resources: [volumes],
      conditions: { ...conditions, StringEqualsIfExists: written },
    });
    expect(allowed('ec2:DeleteTags')).toEqual([{ resources: [volumes], conditions }]);
  });

  test('mark the stack’s snapshots but those in quarantine, and the volumes of drills, and no other tag', () => {
    const mark = { [`aws:RequestTag/${TAG.reap}`]: 'true' };
    const alone = only(TAG.reap);
    expect(allowed('ec2:CreateTags').slice(2)).toEqual([
      { resources: [snapshots], conditions: { ...sound, ...alone, StringEquals: { ...unused, ...mark } } },
      { resources: [volumes], conditions: { ...alone, StringEquals: { ...ofDrills, ...mark } } },
    ]);
  });

  test('delete of them what it has marked', () => {
    const marked = tags({ [TAG.reap]: 'true' });
    expect(allowed('ec2:DeleteSnapshot')).toEqual([
      { resources: [snapshots], conditions: { ...sound, StringEquals: { ...unused, ...marked } } },
    ]);
    expect(allowed('ec2:DeleteVolume')).toEqual([
      { resources: [volumes], conditions: { StringEquals: { ...ofDrills, ...marked } } },
    ]);
  });

  test('lock nothing, where that is not asked for', () => {
    expect(allowed('ec2:LockSnapshot')).toEqual([]);
    const { Variables } = guard.Properties.Environment as { Variables: Record<string, unknown> };
    expect(Variables).not.toHaveProperty([ENV.lock]);
  });

  test('read one policy, publish into one namespace, and write its own notes', () => {
    expect(allowed('dlm:GetLifecyclePolicy')).toEqual([{ resources: [`\${${policyId}.Arn}`], conditions: {} }]);
    expect(allowed('cloudwatch:PutMetricData')).toEqual([
      { resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': 'Remount/Shop' } } },
    ]);
    expect(allowed('dynamodb:PutItem')).toEqual([
      {
        resources: [expect.stringMatching(/^\$\{Ledger.*\.Arn\}$/)],
        conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['GUARD'] } },
      },
    ]);
    expect(allowed('dynamodb:UpdateItem')).toEqual([]);
  });

  test('change nothing else', () => {
    const actions = mutating(statements).flatMap((s) => s.actions);
    const ec2 = actions.filter((a) => a.startsWith('ec2:')).sort();
    expect(ec2).toEqual([
      'ec2:CreateSnapshot',
      'ec2:CreateSnapshot',
      'ec2:CreateTags',
      'ec2:CreateTags',
      'ec2:CreateTags',
      'ec2:CreateTags',
      'ec2:DeleteSnapshot',
      'ec2:DeleteTags',
      'ec2:DeleteVolume',
    ]);
    const anywhere = mutating(statements).filter((s) => s.resources.includes('*'));
    expect(anywhere.flatMap((s) => s.actions)).toEqual(['cloudwatch:PutMetricData']);
  });
});

describe('with a lock, the guard', () => {
  const lock: SnapshotLock = { mode: 'governance', days: 7 };
  const locking = guardOf(true, lock);
  const statements = statementsOf(locking, /^Guard/);

  test('knows how', () => {
    const { Variables } = onlyOne(locking, 'AWS::Lambda::Function').Properties.Environment as {
      Variables: Record<string, unknown>;
    };
    expect(JSON.parse(text(Variables[ENV.lock]))).toEqual(lock);
  });

  test('may lock the stack’s verified copies that it took itself, for these days and no others', () => {
    const of = { stack: 'Shop', role: 'current', guard: 'true', verdict: 'verified' };
    const tags = Object.entries(of).map(([key, value]) => [`aws:ResourceTag/remount:${key}`, value]);
    expect(
      allowing(statements, 'ec2:LockSnapshot').map(({ resources, conditions }) => ({ resources, conditions })),
    ).toEqual([
      {
        resources: [`arn:aws:ec2:${REGION}::snapshot/*`],
        conditions: {
          StringEquals: Object.fromEntries(tags),
          NumericEquals: { 'ec2:SnapshotLockDuration': '7' },
        },
      },
    ]);
  });

  test('may not unlock, and may nothing else that it may not without', () => {
    const of = (template: typeof locking) =>
      mutating(statementsOf(template, /^Guard/))
        .flatMap((s) => s.actions)
        .sort();
    expect(of(locking).filter((action) => action !== 'ec2:LockSnapshot')).toEqual(of(guardOf(true)));
  });

  test('needs drills', () => {
    expect(() => guardOf(false, lock)).toThrow('lockFor: received without verified');
  });
});
