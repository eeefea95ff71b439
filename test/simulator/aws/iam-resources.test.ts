import type { CreateVolumeCommandInput } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { evaluate, readStatements } from '../../../simulator/aws/iam/iam.ts';
import { authorization } from '../../../simulator/aws/iam/resources.ts';

const STACK = 'remount:stack';
const TAGS: Record<string, Record<string, string>> = {
  'vol-1': { [STACK]: 'R' },
  'snap-1': { [STACK]: 'R' },
  'i-1': { [STACK]: 'R' },
};
const WORLD = {
  account: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  tagsOf: (id: string) => TAGS[id] ?? {},
  partitionKeyOf: () => 'pk',
};
const EC2 = 'arn:aws:ec2:eu-west-1:111122223333';
const SNAPSHOT = 'arn:aws:ec2:eu-west-1::snapshot';

const requests = (service: string, operation: string, input: object) =>
  authorization(service, operation, { ...input }, WORLD);

const CREATE: CreateVolumeCommandInput = {
  AvailabilityZone: 'eu-west-1a',
  SnapshotId: 'snap-1',
  VolumeType: 'gp3',
  Encrypted: true,
  TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: STACK, Value: 'R' }] }],
};

describe('what each call is authorized on', () => {
  test.each<[string, string, object, [action: string, resource: string][]]>([
    ['ec2', 'DescribeVolumes', {}, [['ec2:DescribeVolumes', '*']]],
    [
      'cloudformation',
      'DescribeStacks',
      { StackName: 'R' },
      [['cloudformation:DescribeStacks', 'arn:aws:cloudformation:eu-west-1:111122223333:stack/R/*']],
    ],
    [
      'cloudwatch',
      'DescribeAlarms',
      { AlarmNamePrefix: 'R/' },
      [['cloudwatch:DescribeAlarms', 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*']],
    ],
    [
      'cloudwatch',
      'DescribeAlarmHistory',
      { AlarmName: 'R/alpha/full' },
      [['cloudwatch:DescribeAlarmHistory', 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:R/alpha/full']],
    ],
    [
      'ec2',
      'CreateVolume',
      CREATE,
      [
        ['ec2:CreateVolume', `${EC2}:volume/*`],
        ['ec2:CreateVolume', `${SNAPSHOT}/snap-1`],
        ['ec2:CreateTags', `${EC2}:volume/*`],
      ],
    ],
    ['ec2', 'CreateVolume', { AvailabilityZone: 'a', Size: 1 }, [['ec2:CreateVolume', `${EC2}:volume/*`]]],
    [
      'ec2',
      'CreateSnapshot',
      { VolumeId: 'vol-1' },
      [
        ['ec2:CreateSnapshot', `${SNAPSHOT}/*`],
        ['ec2:CreateSnapshot', `${EC2}:volume/vol-1`],
      ],
    ],
    [
      'ec2',
      'AttachVolume',
      { VolumeId: 'vol-1', InstanceId: 'i-1' },
      [
        ['ec2:AttachVolume', `${EC2}:volume/vol-1`],
        ['ec2:AttachVolume', `${EC2}:instance/i-1`],
      ],
    ],
    ['ec2', 'DeleteSnapshot', { SnapshotId: 'snap-1' }, [['ec2:DeleteSnapshot', `${SNAPSHOT}/snap-1`]]],
    [
      'ec2',
      'CreateTags',
      { Resources: ['vol-1', 'snap-1'], Tags: [{ Key: 'k', Value: 'v' }] },
      [
        ['ec2:CreateTags', `${EC2}:volume/vol-1`],
        ['ec2:CreateTags', `${SNAPSHOT}/snap-1`],
      ],
    ],
    [
      'ssm',
      'SendCommand',
      { DocumentName: 'Mount', InstanceIds: ['i-1'] },
      [
        ['ssm:SendCommand', 'arn:aws:ssm:eu-west-1:111122223333:document/Mount'],
        ['ssm:SendCommand', `${EC2}:instance/i-1`],
      ],
    ],
    [
      'dynamodb',
      'TransactWriteItems',
      { TransactItems: [{ Put: { TableName: 'T', Item: {} } }, { ConditionCheck: { TableName: 'T', Key: {} } }] },
      [
        ['dynamodb:PutItem', 'arn:aws:dynamodb:eu-west-1:111122223333:table/T'],
        ['dynamodb:ConditionCheckItem', 'arn:aws:dynamodb:eu-west-1:111122223333:table/T'],
      ],
    ],
    ['sns', 'Publish', { TopicArn: 'arn:topic' }, [['sns:Publish', 'arn:topic']]],
    [
      'lambda',
      'CheckpointDurableExecution',
      { DurableExecutionArn: 'arn:aws:lambda:r:a:function:f:1/durable-execution/n/i' },
      [['lambda:CheckpointDurableExecution', 'arn:aws:lambda:r:a:function:f:1/durable-execution/n/i']],
    ],
    ['dlm', 'GetLifecyclePolicies', {}, [['dlm:GetLifecyclePolicies', '*']]],
  ])('%s %s', (service, operation, input, expected) => {
    const found = requests(service, operation, input);
    expect(found.map(({ action, resources }) => [action, ...resources])).toEqual(expected);
  });

  test('a volume that is being made has request tags; the snapshot it is made from has resource tags', () => {
    const [volume, snapshot, tagging] = requests('ec2', 'CreateVolume', CREATE);
    expect(volume?.context).toMatchObject({
      [`aws:RequestTag/${STACK}`]: 'R',
      'aws:TagKeys': [STACK],
      'ec2:Encrypted': 'true',
      'ec2:VolumeType': 'gp3',
      'ec2:ParentSnapshot': `${SNAPSHOT}/snap-1`,
    });
    expect(volume?.context).not.toHaveProperty([`aws:ResourceTag/${STACK}`]);
    expect(snapshot?.context).toMatchObject({ [`aws:ResourceTag/${STACK}`]: 'R', [`ec2:ResourceTag/${STACK}`]: 'R' });
    expect(snapshot?.context).not.toHaveProperty([`aws:RequestTag/${STACK}`]);
    expect(tagging?.context).toMatchObject({ 'ec2:CreateAction': 'CreateVolume', [`aws:RequestTag/${STACK}`]: 'R' });
  });

  test('tagging by itself has both kinds of tags, and no CreateAction', () => {
    const [tagging] = requests('ec2', 'CreateTags', { Resources: ['vol-1'], Tags: [{ Key: 'k', Value: 'v' }] });
    expect(tagging?.context).toMatchObject({ [`aws:ResourceTag/${STACK}`]: 'R', 'aws:RequestTag/k': 'v' });
    expect(tagging?.context).not.toHaveProperty(['ec2:CreateAction']);
    const [untagging] = requests('ec2', 'DeleteTags', { Resources: ['vol-1'], Tags: [{ Key: 'k' }] });
    expect(untagging?.context).toMatchObject({ 'aws:TagKeys': ['k'] });
    expect(untagging?.context).not.toHaveProperty(['aws:RequestTag/k']);
  });

  test('other keys', () => {
    expect(requests('dynamodb', 'GetItem', { TableName: 'T', Key: { pk: { S: 'p' } } })[0]?.context).toMatchObject({
      'dynamodb:LeadingKeys': ['p'],
    });
    expect(requests('cloudwatch', 'PutMetricData', { Namespace: 'N' })[0]?.context).toMatchObject({
      'cloudwatch:namespace': 'N',
    });
    const [, instance] = requests('ssm', 'SendCommand', { DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-1'] });
    expect(instance?.context).toMatchObject({ [`ssm:resourceTag/${STACK}`]: 'R' });
    const [document] = requests('ssm', 'SendCommand', { DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-1'] });
    expect(document?.resources).toEqual(['arn:aws:ssm:eu-west-1::document/AWS-RunShellScript']);
  });

  test('DetachVolume without an instance is authorized on the one that has it', () => {
    const detach = (instanceOf: () => string | undefined) =>
      authorization('ec2', 'DetachVolume', { VolumeId: 'vol-1' }, { ...WORLD, instanceOf }).flatMap((r) => r.resources);
    expect(detach(() => 'i-1')).toEqual([`${EC2}:volume/vol-1`, `${EC2}:instance/i-1`]);
    expect(detach(() => undefined)).toEqual([`${EC2}:volume/vol-1`]);
  });
});

test('a policy on request tags alone denies a restore, because of the snapshot', () => {
  const statement = (Resource: string, key: string) => ({
    Effect: 'Allow',
    Action: 'ec2:CreateVolume',
    Resource,
    Condition: { StringEquals: { [`${key}/${STACK}`]: 'R' } },
  });
  const denied = (...statements: object[]) => {
    const read = readStatements({ Version: '2012-10-17', Statement: statements }, 'P');
    const calls = requests('ec2', 'CreateVolume', CREATE).filter(({ action }) => action === 'ec2:CreateVolume');
    return calls.filter((call) => !evaluate(call, read).allowed).flatMap(({ resources }) => resources);
  };
  expect(denied(statement('*', 'aws:RequestTag'))).toEqual([`${SNAPSHOT}/snap-1`]);
  expect(denied(statement('*', 'aws:RequestTag'), statement(`${SNAPSHOT}/*`, 'aws:ResourceTag'))).toEqual([]);
});

test.each<[string, string, object, RegExp]>([
  ['ec2', 'RunInstances', {}, /does not know how AWS authorizes ec2:RunInstances/],
  ['s3', 'CopyObject', {}, /s3:CopyObject/],
  ['ec2', 'constructor', {}, /ec2:constructor/],
  ['ec2', 'AttachVolume', { VolumeId: 'vol-1' }, /InstanceId must be a text/],
  ['ec2', 'CreateTags', { Resources: ['eni-1'], Tags: [] }, /what kind of resource eni-1 is/],
  ['ssm', 'SendCommand', { DocumentName: 'x', Targets: [] }, /Targets/],
])('%s %s %j is refused', (service, operation, input, message) => {
  expect(() => requests(service, operation, input)).toThrow(message);
});
