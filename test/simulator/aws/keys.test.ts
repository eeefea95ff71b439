import { beforeEach, describe, expect, test } from '@jest/globals';
import { CloudWatch } from '../../../simulator/aws/cloudwatch/cloudwatch.ts';
import { Logs } from '../../../simulator/aws/cloudwatch/logs.ts';
import { DynamoDb } from '../../../simulator/aws/dynamodb/dynamodb.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { missingForAutoScaling } from '../../../simulator/aws/iam/key-uses.ts';
import { missingOfKey } from '../../../simulator/aws/iam/kms.ts';
import { ResourcePolicy } from '../../../simulator/aws/iam/resource-policies.ts';
import { Sns } from '../../../simulator/aws/lambda/sns.ts';
import { BLANK, Lab } from './lab.ts';

const ACCOUNT = 'arn:aws:iam::111122223333';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/k';
const ROOT = { Effect: 'Allow', Principal: { AWS: `${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
const FOR_EBS = ['CreateGrant', 'Decrypt', 'DescribeKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncrypt*'];

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});

/** Gives the key this policy. */
function policy(...Statement: object[]): void {
  lab.cloud.keys.define(KEY, 'k', { path: 'Key', values: { KeyPolicy: { Version: '2012-10-17', Statement } } });
}

const says = (Principal: object | string, actions: readonly string[], more: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action: actions.map((name) => `kms:${name}`),
  Resource: '*',
  ...more,
});

/** A role that may do everything in EC2, and this with keys. */
function role(actions: readonly string[], more: object = {}, name = 'role'): Principal {
  const own = [
    { Effect: 'Allow', Action: ['ec2:*', 'sns:*', 'dynamodb:*'], Resource: '*' },
    ...(actions.length > 0
      ? [{ Effect: 'Allow', Action: actions.map((each) => `kms:${each}`), Resource: KEY, ...more }]
      : []),
  ];
  const statements = readStatements({ Version: '2012-10-17', Statement: own }, name);
  return { name, arn: `${ACCOUNT}:role/${name}`, statements: () => statements };
}

describe('who may use a key', () => {
  const missing = (who: Principal | { readonly service: string }, context = {}) =>
    missingOfKey(lab.cloud, who, KEY, ['kms:Decrypt'], () => context);

  test.each<[string, object[], Principal, boolean]>([
    ['the policy leaves it to IAM, and IAM allows', [ROOT], role(['Decrypt']), true],
    ['the account is named by its number', [{ ...ROOT, Principal: { AWS: '111122223333' } }], role(['Decrypt']), true],
    ['the policy leaves it to IAM, and IAM does not', [ROOT], role([]), false],
    ['the policy does not leave it to IAM', [says({ Service: 'x.amazonaws.com' }, ['*'])], role(['Decrypt']), false],
    ['it leaves another action to IAM', [says(ROOT.Principal, ['Encrypt'])], role(['Decrypt']), false],
    ['it names the role', [says({ AWS: `${ACCOUNT}:role/role` }, ['Decrypt'])], role([]), true],
    ['it names another role', [says({ AWS: `${ACCOUNT}:role/other` }, ['Decrypt'])], role(['Decrypt']), false],
    ['it names everybody', [says('*', ['Decrypt'])], role([]), true],
    ['it denies the account', [ROOT, { ...ROOT, Effect: 'Deny' }], role(['Decrypt']), false],
    [
      'it denies the role, whatever else it says',
      [ROOT, says('*', ['*']), says({ AWS: `${ACCOUNT}:role/role` }, ['Decrypt'], { Effect: 'Deny' })],
      role(['Decrypt']),
      false,
    ],
    ['IAM denies', [says('*', ['Decrypt'])], role(['Decrypt'], { Effect: 'Deny' }), false],
  ])('%s', (_, statements, who, allowed) => {
    policy(...statements);
    expect(missing(who) === undefined).toBe(allowed);
  });

  test('a condition on the service that uses it holds on both sides', () => {
    const only = { Condition: { StringEquals: { 'kms:ViaService': 'sns.eu-west-1.amazonaws.com' } } };
    policy({ ...ROOT, ...only });
    expect(missing(role(['Decrypt']), { 'kms:ViaService': 'sns.eu-west-1.amazonaws.com' })).toBeUndefined();
    expect(missing(role(['Decrypt']))).toContain('kms:ViaService');
  });

  test('a role that the key names stays within its permissions boundary', () => {
    policy(says('*', ['Decrypt']));
    const { statements, ...bounded } = role([]);
    const limits = readStatements(
      { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' } },
      'Limit',
    ).map((statement) => ({ ...statement, boundary: true }));
    expect(missing({ ...bounded, statements: () => [...statements(), ...limits] })).toContain('kms:Decrypt');
  });

  test('the account names no service, and everybody is also every service', () => {
    policy(ROOT);
    expect(missing({ service: 'cloudwatch.amazonaws.com' })).toContain(
      `the policy of ${KEY} needs {"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"kms:Decrypt"`,
    );
    policy(says('*', ['Decrypt']));
    expect(missing({ service: 'cloudwatch.amazonaws.com' })).toBeUndefined();
  });

  test('what is missing names the statement, and the call counts as denied', () => {
    policy(says({ Service: 'x.amazonaws.com' }, ['*']));
    const needs = `{"Effect":"Allow","Principal":{"AWS":"${ACCOUNT}:root"},"Action":"kms:Decrypt"`;
    expect(missing(role(['Decrypt']))).toContain(`the policy of the key does not leave it to IAM: it needs ${needs}`);
    expect(lab.cloud.permissions.denials).toMatchObject([{ role: 'role', action: 'kms:Decrypt' }]);
  });

  test('a key that is not there allows nobody', () =>
    expect(missingOfKey(lab.cloud, role(['*']), 'k2', ['kms:Decrypt'], () => ({}))).toContain('no key k2'));

  test.each<[object, RegExp]>([
    [{ ...ROOT, Principal: { Federated: 'x' } }, /Key\.KeyPolicy\.Statement\[0\]\.Principal.*Federated/],
    [{ ...ROOT, Principal: { AWS: 'arn:aws:iam::*:root' } }, /Principal\.AWS/],
    [{ Effect: 'Allow', NotPrincipal: '*', Action: 'kms:*', Resource: '*' }, /Principal/],
  ])('%j is refused by name', (statement, message) => {
    expect(() => policy(statement)).toThrow(message);
  });
});

describe('EBS uses a key in the name of its caller', () => {
  const encrypted = { ...BLANK, Encrypted: true, KmsKeyId: KEY };
  const made = async (who: Principal) => {
    const { VolumeId } = await lab.call('CreateVolume', encrypted, who);
    await lab.pass(4);
    return lab.ec2.volumes.get(String(VolumeId));
  };
  beforeEach(() => policy(ROOT));

  test('to make a volume; without a grant it is created, fails, and the log says why', async () => {
    expect((await made(role(FOR_EBS)))?.state).toBe('available');
    expect((await made(role(FOR_EBS.slice(1))))?.state).toBe('error');
    expect(lab.cloud.log.map((l) => l.what).join()).toContain('role may not kms:CreateGrant: needs');
  });

  test('and nothing that the key does not leave to IAM', async () => {
    policy(says({ Service: 'x.amazonaws.com' }, ['*']));
    expect((await made(role(FOR_EBS)))?.state).toBe('error');
  });

  test('to attach it: who may make no grant is refused at once', async () => {
    const volume = await made(role(FOR_EBS));
    lab.launch('i-1');
    const attach = { VolumeId: volume?.id, InstanceId: 'i-1', Device: '/dev/sdf' };
    const refused = (who: Principal) =>
      expect(lab.call('AttachVolume', attach, who)).rejects.toMatchObject({ name: 'CustomerKeyHasBeenRevoked' });
    await refused(role(['Decrypt']));
    await refused(role(['CreateGrant'], { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } } }));
    lab.cloud.faults.keyRevoked = true;
    await refused(role(['CreateGrant']));
    lab.cloud.faults.keyRevoked = false;
    const own = {
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
      StringEquals: {
        'kms:ViaService': 'ec2.eu-west-1.amazonaws.com',
        'kms:GrantConstraintType': 'EncryptionContextSubset',
      },
    };
    expect(await lab.call('AttachVolume', attach, role(['CreateGrant'], { Condition: own }))).toMatchObject({
      State: 'attaching',
    });
  });

  test('the host decrypts by that grant, but for what the key denies to all', async () => {
    const volume = await made(role(FOR_EBS));
    lab.launch('i-1');
    policy(ROOT, says('*', ['Decrypt'], { Effect: 'Deny' }));
    const attach = { VolumeId: volume?.id, InstanceId: 'i-1', Device: '/dev/sdf' };
    await expect(lab.call('AttachVolume', attach, role(FOR_EBS))).rejects.toMatchObject({
      name: 'CustomerKeyHasBeenRevoked',
    });
    expect(lab.cloud.permissions.denials.at(-1)?.role).toContain('aws:ec2-infrastructure/i-1');
  });

  test('to copy it', async () => {
    const volume = await made(role(FOR_EBS));
    await expect(lab.call('CreateSnapshot', { VolumeId: volume?.id }, role([]))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    });
    expect(await lab.call('CreateSnapshot', { VolumeId: volume?.id }, role(FOR_EBS))).toMatchObject({
      State: 'pending',
    });
  });
});

describe('Auto Scaling launches encrypted volumes as its service-linked role', () => {
  const LINKED = `${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const USE = says({ AWS: LINKED }, ['Encrypt', 'Decrypt', 'ReEncrypt*', 'GenerateDataKey*', 'DescribeKey']);
  const GRANT = says({ AWS: LINKED }, ['CreateGrant'], { Condition: { Bool: { 'kms:GrantIsForAWSResource': true } } });

  test('which the documented key policy lets it do', () => {
    policy(ROOT, USE, GRANT);
    expect(missingForAutoScaling(lab.cloud, KEY)).toBeUndefined();
  });

  test.each([
    ['the account alone: the role has no permissions on keys', [ROOT], 'kms:CreateGrant'],
    ['no leave for grants', [ROOT, USE], 'kms:CreateGrant'],
    ['no leave for use', [ROOT, GRANT], 'kms:Decrypt'],
  ])('and not with %s', (_, statements, action) => {
    policy(...statements);
    expect(missingForAutoScaling(lab.cloud, KEY)).toContain(
      `${action}: the policy of ${KEY} needs {"Effect":"Allow","Principal":{"AWS":"${LINKED}"}`,
    );
  });
});

describe('a table', () => {
  const get = (who: Principal) =>
    lab.within(() =>
      lab.cloud.call(who, 'dynamodb', 'GetItem', {
        TableName: 't',
        Key: { pk: { S: 'a' }, sk: { S: 'b' } },
        ConsistentRead: true,
      }),
    );
  beforeEach(() => new DynamoDb(lab.cloud).createTable('t', 'pk', 'sk', KEY));

  test('is decrypted in the name of whoever reads it, for that table alone', async () => {
    policy(ROOT);
    const of = (table: string) => ({
      Condition: { StringEquals: { 'kms:EncryptionContext:aws:dynamodb:tableName': table } },
    });
    expect(await get(role(['Decrypt'], of('t')))).toBeTruthy();
    await expect(get(role(['Decrypt'], of('u'), 'other'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(get(role([], {}, 'nobody'))).rejects.toThrow('KMS key access denied error: kms:Decrypt');
  });

  test.each([
    ['plain HTTP', 'false', 'answered'],
    ['TLS', 'true', 'AccessDeniedException'],
  ])(
    'whose own policy denies %s to everybody: a call over TLS where it says %s is %s',
    async (_, transport, result) => {
      policy(ROOT);
      const Condition = { Bool: { 'aws:SecureTransport': transport } };
      const denied = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'dynamodb:*', Resource: '*', Condition };
      const own = new ResourcePolicy({ Version: '2012-10-17', Statement: [denied] }, 'T');
      new DynamoDb(lab.cloud).createTable('t', 'pk', 'sk', KEY, own);
      expect(
        await get(role(['Decrypt'])).then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      ).toBe(result);
    },
  );

  test('stays open for those who go on calling: what changes is noticed after five idle minutes', async () => {
    policy(ROOT);
    await get(role(['Decrypt']));
    policy(says({ Service: 'x.amazonaws.com' }, ['*']));
    expect(await get(role(['Decrypt']))).toBeTruthy();
    await lab.pass(301);
    await expect(get(role(['Decrypt']))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('an encrypted topic', () => {
  const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:people';
  const publishes = (service: string) => ({
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'sns:Publish',
    Resource: TOPIC,
  });
  let sns: Sns;
  beforeEach(() => {
    sns = new Sns(lab.cloud);
    sns.createTopic(TOPIC, KEY);
    sns.setPolicy(TOPIC, { Version: '2012-10-17', Statement: [publishes('cloudwatch.amazonaws.com')] }, 'P');
  });
  const alarm = async () => {
    const cloudwatch = new CloudWatch(lab.cloud, lab.lambda, sns);
    cloudwatch.define('a', {
      alarmName: 'a',
      namespace: 'N',
      metricName: 'M',
      dimensions: {},
      periodMs: 60_000,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      statistic: 'Maximum',
      threshold: 1,
      comparison: 'LessThanThreshold',
      treatMissingData: 'breaching',
      actionsEnabled: true,
      alarmActions: [TOPIC],
      okActions: [],
      insufficientDataActions: [],
    });
    await lab.pass(600);
  };

  test('takes what an alarm says where the key names CloudWatch', async () => {
    policy(ROOT, says({ Service: 'cloudwatch.amazonaws.com' }, ['Decrypt', 'GenerateDataKey*']));
    await alarm();
    expect(sns.messages.map((m) => m.subject)).toEqual(['ALARM: "a" in eu-west-1']);
  });

  test.each([
    ['nobody but the account', [ROOT]],
    [
      'CloudWatch, for another account',
      [
        ROOT,
        says({ Service: 'cloudwatch.amazonaws.com' }, ['*'], {
          Condition: { StringEquals: { 'aws:SourceAccount': '444455556666' } },
        }),
      ],
    ],
    ['another service', [ROOT, says({ Service: 'events.amazonaws.com' }, ['*'])]],
  ])('and nothing where it names %s: nobody hears of the alarm, and the log says why', async (_, statements) => {
    policy(...statements);
    await alarm();
    expect(sns.messages).toEqual([]);
    expect(lab.cloud.log.map((l) => l.what).join()).toMatch(
      /denied: cloudwatch\.amazonaws\.com may not kms:GenerateDataKey/,
    );
    expect(lab.cloud.permissions.denials[0]?.role).toBe('cloudwatch.amazonaws.com');
  });

  test('takes messages of a role that may use the key', async () => {
    policy(ROOT);
    const publish = (who: Principal) =>
      lab.within(() => lab.cloud.call(who, 'sns', 'Publish', { TopicArn: TOPIC, Subject: 's', Message: 'm' }));
    await expect(publish(role(['Decrypt']))).rejects.toMatchObject({ name: 'KMSAccessDeniedException' });
    expect(await publish(role(['Decrypt', 'GenerateDataKey*']))).toBeTruthy();
    sns.setPolicy(
      TOPIC,
      { Version: '2012-10-17', Statement: { ...publishes(''), Principal: '*', Effect: 'Deny' } },
      'P',
    );
    await expect(publish(role(['*']))).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
  });
});

test('an encrypted log group is made only where the key lets CloudWatch Logs use it, for that group', () => {
  const make = () => new Logs(lab.cloud).createGroup('Shop-Logs', { path: 'L', values: { KmsKeyId: KEY } });
  const logs = (group: string) =>
    says({ Service: 'logs.eu-west-1.amazonaws.com' }, ['Encrypt*', 'Decrypt*', 'ReEncrypt*', 'GenerateDataKey*'], {
      Condition: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:111122223333:log-group:${group}` },
      },
    });
  policy(ROOT, logs('Shop-*'));
  expect(make()).toBe('arn:aws:logs:eu-west-1:111122223333:log-group:Shop-Logs:*');
  policy(ROOT, logs('Other-*'));
  expect(make).toThrow(/L\.KmsKeyId: .*log-group:Shop-Logs.*wants .*Other-\*/);
});
