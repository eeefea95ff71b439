import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { allowing, mutating, REGION, resourcesOf, statementsOf, templateOf } from './support.ts';

const MINUTES = { 1: ['00'], 2: ['00', '30'], 3: ['00', '20', '40'], 4: ['00', '15', '30', '45'] } as const;
const PER_HOUR = [1, 2, 3, 4] as const;

/** One template with a policy for each number of schedules an hour. */
const template = templateOf((stack) => {
  const key = new Key(stack, 'Key');
  for (const perHour of PER_HOUR)
    new SnapshotSchedule(stack, `Snapshots${perHour}`, { stackName: 'Shop', key, perHour, keep: Duration.hours(24) });
});
/** The same, with what is served frozen first. */
const frozen = templateOf((stack) => {
  const key = new Key(stack, 'Key');
  const props = { stackName: 'Shop', key, perHour: 2, keep: Duration.hours(24), consistency: 'application' } as const;
  new SnapshotSchedule(stack, 'Frozen', props);
});
const policy = (perHour: number) =>
  resourcesOf(template, 'AWS::DLM::LifecyclePolicy').find(({ id }) => id.startsWith(`Snapshots${perHour}`))?.Properties;

describe.each(PER_HOUR)('with %d schedules an hour', (perHour) => {
  const details = policy(perHour)?.PolicyDetails as Record<string, unknown>;

  test('the policy is enabled, and copies the volumes of this stack alone', () => {
    expect(policy(perHour)).toMatchObject({
      State: 'ENABLED',
      ExecutionRoleArn: { 'Fn::GetAtt': [expect.stringMatching(`^Snapshots${perHour}Role`), 'Arn'] },
    });
    expect(details).toMatchObject({
      PolicyType: 'EBS_SNAPSHOT_MANAGEMENT',
      ResourceTypes: ['VOLUME'],
      TargetTags: [{ Key: TAG.schedule, Value: scheduleTagValue('Shop') }],
    });
  });

  test('each runs hourly, at its own minute, keeps a day, and copies the tags that recovery points are known by', () => {
    expect(details.Schedules).toEqual(
      MINUTES[perHour].map((minute) => ({
        Name: expect.any(String),
        CreateRule: { Interval: 1, IntervalUnit: 'HOURS', Times: [`00:${minute}`] },
        RetainRule: { Count: 24 },
        CopyTags: true,
      })),
    );
    expect(new Set((details.Schedules as { Name: string }[]).map((s) => s.Name)).size).toBe(perHour);
  });
});

describe('the role of DLM', () => {
  const statements = statementsOf(template, /^Snapshots1Role/);

  test('can be assumed by DLM alone, for this account', () => {
    const role = resourcesOf(template, 'AWS::IAM::Role').find(({ id }) => id.startsWith('Snapshots1Role'));
    expect(role?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'dlm.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnLike: {
              'aws:SourceArn': {
                'Fn::Join': ['', [`arn:aws:dlm:${REGION}:`, { Ref: 'AWS::AccountId' }, ':policy/*']],
              },
            },
          },
        },
      ],
    });
  });

  const snapshots = `arn:aws:ec2:${REGION}::snapshot/*`;
  const volumes = `arn:aws:ec2:${REGION}:\${AWS::AccountId}:volume/*`;
  test.each([
    ['ec2:CreateSnapshot', [snapshots, volumes]],
    ['ec2:DeleteSnapshot', [snapshots]],
    ['ec2:CreateTags', [snapshots]],
  ])('allows %s on no more than it needs', (action, resources) => {
    expect(new Set(allowing(statements, action).flatMap((s) => s.resources))).toEqual(new Set(resources));
  });

  test('copies and deletes only what carries the stack’s tag, and deletes no copy of a volume in quarantine', () => {
    const stack = { StringEquals: { [`aws:ResourceTag/${TAG.stack}`]: 'Shop' } };
    expect(allowing(statements, 'ec2:CreateSnapshot')).toContainEqual(
      expect.objectContaining({ resources: [volumes], conditions: stack }),
    );
    expect(allowing(statements, 'ec2:DeleteSnapshot').map((s) => s.conditions)).toEqual([
      { ...stack, StringNotEquals: { [`aws:ResourceTag/${TAG.role}`]: 'quarantined' } },
    ]);
  });

  test('allows the key: without it DLM cannot copy an encrypted volume', () => {
    for (const action of ['kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:CreateGrant']) {
      expect(allowing(statements, action).flatMap((s) => s.resources)).toEqual([
        expect.stringMatching(/^\$\{Key\w+\.Arn\}$/),
      ]);
    }
  });

  test('changes nothing else', () => {
    const actions = mutating(statements).flatMap((s) => s.actions.filter((a) => a.startsWith('ec2:')));
    expect(new Set(actions)).toEqual(new Set(['ec2:CreateSnapshot', 'ec2:CreateTags', 'ec2:DeleteSnapshot']));
    expect(mutating(statements).flatMap((s) => s.resources)).not.toContain('*');
  });
});

describe('with consistency "application"', () => {
  const [only] = resourcesOf(frozen, 'AWS::DLM::LifecyclePolicy');
  const [document] = resourcesOf(frozen, 'AWS::SSM::Document');
  const details = only?.Properties.PolicyDetails as Record<string, unknown>;
  const statements = statementsOf(frozen, /^FrozenRole/);

  test("the policy copies the volumes of the stack's instances, but for what is no content in service", () => {
    expect(only?.id).not.toMatch(/^FrozenPolicy/);
    expect(details).toMatchObject({
      ResourceTypes: ['INSTANCE'],
      TargetTags: [{ Key: TAG.stack, Value: 'Shop' }],
      Parameters: {
        ExcludeBootVolume: true,
        ExcludeDataVolumeTags: Object.values(VOLUME_ROLE)
          .filter((role) => role !== VOLUME_ROLE.current)
          .map((role) => ({ Key: TAG.role, Value: role })),
      },
    });
  });

  test('each schedule has its snapshots frozen, and takes them where that fails', () => {
    for (const { CreateRule, CopyTags } of details.Schedules as { CreateRule: object; CopyTags: boolean }[]) {
      expect(CopyTags).toBe(true);
      expect(CreateRule).toMatchObject({
        Scripts: [
          {
            Stages: ['PRE', 'POST'],
            ExecutionHandlerService: 'AWS_SYSTEMS_MANAGER',
            ExecutionHandler: { Ref: document?.id },
            ExecuteOperationOnScriptFailure: true,
            ExecutionTimeout: 30,
            MaximumRetryCount: 0,
          },
        ],
      });
    }
  });

  test('the document is one that DLM takes', () => {
    const { Content, Tags } = (document?.Properties ?? {}) as {
      Content: { parameters: Record<string, object> };
      Tags: unknown;
    };
    expect(Tags).toEqual([{ Key: 'DLMScriptsAccess', Value: 'true' }]);
    expect(Content.parameters.command).toMatchObject({ allowedValues: ['pre-script', 'post-script', 'dry-run'] });
    // It is pasted once, and SSM takes 64 KB.
    const text = JSON.stringify(Content);
    expect(text.split('write_canary()').length).toBe(2);
    expect(text.length).toBeLessThan(64 * 1024);
  });

  test('its role may run that document alone, on instances of this stack', () => {
    const resources = (action: string) => allowing(statements, action).flatMap((s) => s.resources);
    const instances = `arn:aws:ec2:${REGION}:\${AWS::AccountId}:instance/*`;
    expect(resources('ssm:SendCommand')).toEqual([expect.stringContaining(`document/\${${document?.id}}`), instances]);
    expect(resources('ec2:CreateSnapshots')).toEqual(expect.arrayContaining([instances]));
    for (const action of ['ssm:SendCommand', 'ec2:CreateSnapshots'])
      for (const statement of allowing(statements, action).filter((s) => s.resources.includes(instances)))
        expect(JSON.stringify(statement)).toContain('remount:stack');
  });
});
