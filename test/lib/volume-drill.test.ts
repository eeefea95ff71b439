import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AGE_ALARM, ENV, TAG } from '../../contract/contract.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { Ledger } from '../../lib/ledger.ts';
import { RemountStack } from '../../lib/stack/remount-stack.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { VolumeDrill, type VolumeDrillProps } from '../../lib/volume-drill.ts';
import {
  allowing,
  CONTEXT,
  contentVolumes,
  mutating,
  onlyOne,
  REGION,
  resourcesOf,
  statementsOf,
  templateOf,
  text,
} from './support.ts';

const VOLUMES = ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7'];

const templateWith = (props: Pick<VolumeDrillProps, 'initializationMiBs' | 'fallPercent' | 'readAllEvery'>) =>
  templateOf((stack) => {
    const key = new Key(stack, 'Key');
    new VolumeDrill(stack, 'Drill', {
      stackName: 'Shop',
      volumes: contentVolumes(stack, VOLUMES),
      key,
      ledger: new Ledger(stack, 'Ledger', { key }),
      documents: new HostDocuments(stack, 'Host'),
      people: new Topic(stack, 'People', { masterKey: key }),
      ...props,
    });
  });
const template = templateWith({ initializationMiBs: 200, fallPercent: 30 });
const drill = onlyOne(template, 'AWS::Lambda::Function');
const live = { Ref: onlyOne(template, 'AWS::Lambda::Alias').id };
const statements = statementsOf(template, /^Drill/);

/** The last part of the alias's ARN: what is said of the function itself counts for $LATEST alone. */
const OF_ALIAS = { 'Fn::Select': [7, { 'Fn::Split': [':', { Ref: Match.stringLikeRegexp('Live') }] }] };

describe('the function', () => {
  test('is durable, may run as long as a drill, and is called by the alias live', () => {
    expect(drill.Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      DurableConfig: { ExecutionTimeout: 3600 },
    });
    // A durable function cannot be changed into one: a name of its own would stand in the way of its successor.
    expect(drill.Properties).not.toHaveProperty('FunctionName');
    expect(onlyOne(template, 'AWS::Lambda::Alias').Properties).toMatchObject({
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [onlyOne(template, 'AWS::Lambda::Version').id, 'Version'] },
    });
  });

  test('that fails is not run again: the next sweep comes', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0, Qualifier: OF_ALIAS });
  });

  test('knows the stack, the ledger, the topic, the rate and two verbs', () => {
    const { Variables } = drill.Properties.Environment as { Variables: Record<string, unknown> };
    expect(Variables[ENV.stack]).toBe('Shop');
    expect(Variables[ENV.ledger]).toEqual({ Ref: onlyOne(template, 'AWS::DynamoDB::GlobalTable').id });
    expect(Variables[ENV.topic]).toEqual({ Ref: onlyOne(template, 'AWS::SNS::Topic').id });
    expect(Variables[ENV.initializationRate]).toBe('200');
    expect(Variables[ENV.readAllEvery]).toBe('24');
    expect(Object.keys(JSON.parse(text(Variables[ENV.documents]))).sort()).toEqual(['check', 'release']);
  });
});

test('all content is read as often as is asked for', () => {
  const { Properties } = onlyOne(templateWith({ readAllEvery: 6 }), 'AWS::Lambda::Function');
  expect(Properties.Environment).toMatchObject({ Variables: { [ENV.readAllEvery]: '6' } });
});

describe('a drill is started', () => {
  const rules = resourcesOf(template, 'AWS::Events::Rule').map(
    ({ Properties }) =>
      Properties as {
        ScheduleExpression?: string;
        EventPattern?: Record<string, unknown>;
        Targets: { Arn: unknown; Input: string; RetryPolicy: Record<string, number> }[];
      },
  );

  test.each([
    ['when a snapshot is completed', (rule: (typeof rules)[number]) => rule.EventPattern !== undefined],
    ['every ten minutes', (rule: (typeof rules)[number]) => rule.ScheduleExpression === 'rate(10 minutes)'],
  ])('%s, for each volume, five targets a rule at most', (_, meant) => {
    const chosen = rules.filter(meant);
    expect(chosen.map((rule) => rule.Targets.length)).toEqual([5, 2]);
    expect(chosen.flatMap((rule) => rule.Targets.map((t) => JSON.parse(t.Input)))).toEqual(
      VOLUMES.map((name) => ({ drill: name })),
    );
  });

  test('by snapshots that are complete, and by no other event', () => {
    const patterns = rules.flatMap((rule) => (rule.EventPattern ? [rule.EventPattern] : []));
    expect(patterns.length).toBe(2);
    for (const pattern of patterns)
      expect(pattern).toEqual({
        source: ['aws.ec2'],
        'detail-type': ['EBS Snapshot Notification'],
        detail: { event: ['createSnapshot'], result: ['succeeded'] },
      });
  });

  test('through the alias, and may be; an event that cannot be delivered is tried no longer than until the next sweep', () => {
    for (const target of rules.flatMap((rule) => rule.Targets))
      expect(target).toMatchObject({
        Arn: live,
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 600 },
      });
    const permitted = resourcesOf(template, 'AWS::Lambda::Permission').map(({ Properties }) => Properties);
    expect(permitted.length).toBe(rules.length);
    for (const permission of permitted)
      expect(permission).toMatchObject({ FunctionName: live, Principal: 'events.amazonaws.com' });
  });
});

describe('a drill may', () => {
  const volumes = `arn:aws:ec2:${REGION}:\${AWS::AccountId}:volume/*`;
  const snapshots = `arn:aws:ec2:${REGION}::snapshot/*`;
  const instances = `arn:aws:ec2:${REGION}:\${AWS::AccountId}:instance/*`;
  const allowed = (action: string) =>
    allowing(statements, action).map(({ resources, conditions }) => ({ resources, conditions }));
  const stack = { [`aws:ResourceTag/${TAG.stack}`]: 'Shop' };
  const requested = { [`aws:RequestTag/${TAG.stack}`]: 'Shop', [`aws:RequestTag/${TAG.role}`]: 'scratch' };
  const sound = { StringEquals: stack, StringNotEquals: { [`aws:ResourceTag/${TAG.role}`]: 'quarantined' } };
  const named = { Null: { 'aws:TagKeys': 'false' } };
  const drilled = { ...stack, [`aws:ResourceTag/${TAG.role}`]: ['scratch', 'spare'] };

  test('delete nothing', () => {
    const actions = statements.flatMap((s) => s.actions);
    expect(actions.filter((action) => /:(Delete|Terminate|Stop|Modify)/.test(action))).toEqual([]);
  });

  test.each(['ec2:AttachVolume', 'ec2:DetachVolume'])('%s: the same volumes, at the stack’s instances', (action) => {
    expect(allowed(action)).toEqual([
      { resources: [volumes], conditions: { StringEquals: drilled } },
      { resources: [instances], conditions: { StringEquals: stack } },
    ]);
  });

  test('make encrypted volumes that carry the stack’s tag, of the stack’s snapshots and never blank', () => {
    expect(allowed('ec2:CreateVolume')).toEqual([
      {
        resources: [volumes],
        conditions: {
          StringEquals: requested,
          Bool: { 'ec2:Encrypted': 'true' },
          Null: { 'ec2:ParentSnapshot': 'false' },
        },
      },
      { resources: [snapshots], conditions: sound },
    ]);
  });

  test('change the role of its volumes, and the verdict on snapshots, and no other tag', () => {
    expect(allowed('ec2:CreateTags')).toEqual([
      {
        resources: [volumes],
        conditions: {
          StringEquals: { 'ec2:CreateAction': 'CreateVolume', ...requested },
          Null: Object.fromEntries(
            [TAG.schedule, TAG.held, TAG.blank, TAG.reap, TAG.verdict].map((key) => [`aws:RequestTag/${key}`, 'true']),
          ),
        },
      },
      {
        resources: [volumes],
        conditions: {
          ...named,
          StringEquals: { ...drilled, [`aws:RequestTag/${TAG.role}`]: 'spare' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': [TAG.role] },
        },
      },
      {
        resources: [volumes],
        conditions: {
          ...named,
          StringEquals: {
            ...stack,
            [`aws:ResourceTag/${TAG.role}`]: ['scratch', 'spare', 'discarded'],
            [`aws:RequestTag/${TAG.role}`]: 'discarded',
          },
          'ForAllValues:StringEquals': { 'aws:TagKeys': [TAG.role] },
        },
      },
      {
        resources: [snapshots],
        conditions: {
          ...named,
          ...sound,
          StringEquals: { ...stack, [`aws:RequestTag/${TAG.verdict}`]: ['verified', 'rejected'] },
          'ForAllValues:StringEquals': {
            'aws:TagKeys': [
              TAG.verdict,
              TAG.drilledAt,
              TAG.dataUntil,
              TAG.filesRead,
              TAG.content,
              TAG.keptUntil,
              TAG.finding,
            ],
          },
        },
      },
    ]);
    expect(allowed('ec2:DeleteTags')).toEqual([]);
  });

  test('send its two verbs to the stack’s instances', () => {
    const sends = allowing(statements, 'ssm:SendCommand');
    const [onInstances, ...others] = sends.filter((s) => s.resources.some((arn) => arn.includes(':instance/')));
    expect(others).toEqual([]);
    expect(onInstances?.conditions).toEqual({ StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: 'Shop' } });
    const documents = sends.flatMap((s) => s.resources).filter((arn) => arn.includes(':document/'));
    expect(documents.length).toBe(2);
    for (const arn of documents) expect(arn).toMatch(/:document\/\$\{Host(Check|Release)\w*\}$/i);
  });

  test('publish in the namespace of the stack', () => {
    expect(allowed('cloudwatch:PutMetricData')).toEqual([
      { resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': 'Remount/Shop' } } },
    ]);
  });

  test('use the ledger, and notify people', () => {
    for (const action of ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'sns:Publish', 'kms:Encrypt'])
      expect(allowing(statements, action)).not.toEqual([]);
  });

  test('change nothing that it does not name, and nothing of EC2 beyond this', () => {
    // PutMetricData has no resources.
    const changes = mutating(statements).filter((s) => !s.actions.includes('cloudwatch:PutMetricData'));
    for (const statement of changes) expect(statement.resources).not.toContain('*');
    const actions = statements.flatMap((s) => s.actions);
    expect(actions.filter((action) => action === '*' || /^[a-z0-9]+:\*$/.test(action))).toEqual([]);
    const ec2 = changes.filter((s) => s.actions.some((action) => action.startsWith('ec2:')));
    expect([...new Set(ec2.flatMap((s) => s.actions))].sort()).toEqual([
      'ec2:AttachVolume',
      'ec2:CreateTags',
      'ec2:CreateVolume',
      'ec2:DetachVolume',
    ]);
    for (const { conditions } of ec2)
      expect(
        [`aws:ResourceTag/${TAG.stack}`, `aws:RequestTag/${TAG.stack}`].map((key) => conditions.StringEquals?.[key]),
      ).toContain('Shop');
  });
});

describe('a stack', () => {
  const stackOf = (drills: unknown) => {
    const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
    const settings = readSettings({ drills, volumes: [{ name: 'alpha' }], alertEmail: 'people@example.com' });
    const built = new RemountStack(app, settings.stackName, { settings, env: { region: settings.region } });
    return Template.fromStack(built);
  };
  const idsOf = (of: Template) => Object.keys(of.toJSON().Resources);
  const guardOf = (of: Template) => {
    const guards = resourcesOf(of, 'AWS::Lambda::Function').filter(({ id }) => id.startsWith('Guard'));
    expect(guards.length).toBe(1);
    return guards.map(({ Properties }) => Properties.Environment as { Variables: Record<string, string> })[0]
      ?.Variables;
  };
  const ageAlarms = (of: Template) =>
    resourcesOf(of, 'AWS::CloudWatch::Alarm').flatMap(({ Properties }) =>
      String(Properties.AlarmName).endsWith(`/${AGE_ALARM.verifiedRecoveryPoint}`) ? [Properties.AlarmName] : [],
    );

  test('with drills: the guard publishes how old the newest verified point is, and there is an alarm on it', () => {
    const of = stackOf({});
    expect(idsOf(of).filter((id) => id.startsWith('Drill'))).not.toEqual([]);
    expect(guardOf(of)?.[ENV.verified]).toBe('true');
    expect(ageAlarms(of)).toEqual(['Remount/alpha/verified-recovery-point']);
  });

  test('without drills: no function, no rule, no permission, and no age of what nobody verifies', () => {
    const of = stackOf({ enabled: false });
    expect(idsOf(of).filter((id) => id.startsWith('Drill'))).toEqual([]);
    expect(guardOf(of)?.[ENV.verified]).toBe('false');
    expect(ageAlarms(of)).toEqual([]);
  });
});
