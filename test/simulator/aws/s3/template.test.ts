import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Created, principalOf } from '../../../../simulator/aws/account/created.ts';
import { disturb } from '../../../../simulator/aws/account/failures.ts';
import { openServices, type Services } from '../../../../simulator/aws/account/services.ts';
import { deleteStack } from '../../../../simulator/aws/cloudformation/delete.ts';
import { createStack } from '../../../../simulator/aws/cloudformation/stack.ts';
import { updateStack } from '../../../../simulator/aws/cloudformation/update.ts';
import type { Principal } from '../../../../simulator/aws/iam/account.ts';
import { callerOn } from '../../../../simulator/aws/s3/callers.ts';
import { MemoryDisks } from '../../../../simulator/disks/memory/memory.ts';
import { VirtualClock } from '../../../../simulator/time/clock.ts';
import { Random } from '../../../../simulator/time/random.ts';

const ROOT = { 'Fn::Sub': 'arn:aws:iam::$' + '{AWS::AccountId}:root' };
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const arn = { 'Fn::GetAtt': ['Journal', 'Arn'] };
const objects = { 'Fn::Join': ['', [arn, '/*']] };
const OPEN = { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { Ref: 'Journal' } } };

/** A bucket that a key encrypts, which takes conditional writes only; a role that may write to it; a network with an endpoint. */
const resources = (days = 30) => ({
  Key: {
    Type: 'AWS::KMS::Key',
    Properties: { KeyPolicy: document({ Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }) },
  },
  Journal: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] },
            },
          },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Prefix: 'journal/', ExpirationInDays: days }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    },
  },
  JournalPolicy: {
    ...OPEN,
    Properties: {
      ...OPEN.Properties,
      PolicyDocument: document(
        {
          ...{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Resource: [arn, objects] },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          ...{ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: objects },
          Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
        },
      ),
    },
  },
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: document({
        ...{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
      }),
      Policies: [
        {
          PolicyName: 'journal',
          PolicyDocument: document(
            { Effect: 'Allow', Action: ['s3:PutObject', 's3:GetObject'], Resource: objects },
            { Effect: 'Allow', Action: 's3:ListBucket', Resource: arn },
            {
              ...{ Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'] },
              Resource: { 'Fn::GetAtt': ['Key', 'Arn'] },
              Condition: { StringEquals: { 'kms:EncryptionContext:aws:s3:arn': arn } },
            },
          ),
        },
      ],
    },
  },
  Endpoint: {
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: {
      ServiceName: 'com.amazonaws.eu-west-1.s3',
      VpcEndpointType: 'Gateway',
      PolicyDocument: document({
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:PutObject', 's3:GetObject'],
        Resource: objects,
      }),
    },
  },
});

const assembly = mkdtempSync(join(tmpdir(), 's3-template-'));
const ZONES = ['eu-west-1a', 'eu-west-1b'];
let s: Services;
let created: Created;
let bucket: string;

function open(): void {
  const [clock, random] = [new VirtualClock(Date.parse('2026-01-07T00:00:00Z')), new Random(1)];
  s = openServices({ region: 'eu-west-1', clock, random, disks: new MemoryDisks() }, assembly);
}
const create = (template: object = resources()) => createStack(s, { Resources: template }, 'Shop', ZONES);

beforeEach(async () => {
  open();
  created = await create();
  bucket = created.references.get('Journal')?.ref ?? '';
});

async function within<T>(run: () => Promise<T>): Promise<T> {
  let done: { readonly value: T } | { readonly error: unknown } | undefined;
  s.cloud.clock.spawn('test', async () => {
    done = await run().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  });
  await s.cloud.clock.run(s.cloud.clock.now() + 3_600_000, () => done !== undefined);
  if (!done) throw new Error('not done in time');
  if ('error' in done) throw done.error;
  return done.value;
}

const outcome = (who: Principal, operation: string, input: object) =>
  within(() => s.cloud.call(who, 's3', operation, { Bucket: bucket, Key: 'journal/1', ...input })).then(
    () => 'ok',
    (error: Error) => error.name,
  );
const writer = () => principalOf('Role', created);
const NEW = { IfNoneMatch: '*', Body: 'x' };

describe('a bucket of a template', () => {
  test('has a name that buckets may have, and what the template says of it', async () => {
    expect(bucket).toMatch(/^[a-z0-9-]{3,63}$/);
    expect(created.references.get('Journal')?.attributes.Arn).toBe(`arn:aws:s3:::${bucket}`);
    expect(await outcome(writer(), 'PutObject', NEW)).toBe('ok');
    const got = await within(() => s.cloud.call(writer(), 's3', 'HeadObject', { Bucket: bucket, Key: 'journal/1' }));
    expect(got).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: created.references.get('Key')?.attributes.Arn,
      BucketKeyEnabled: true,
      VersionId: expect.any(String),
      Expiration: expect.stringContaining('expiry-date="Sat, 07 Feb 2026'),
    });
  });

  test('takes what its policy, the role and the key allow', async () => {
    expect(await outcome(writer(), 'PutObject', { Body: 'x' })).toBe('AccessDenied');
    expect(await outcome(writer(), 'PutObject', NEW)).toBe('ok');
    expect(await outcome(writer(), 'PutObject', NEW)).toBe('PreconditionFailed');
    expect(await outcome(writer(), 'DeleteObject', {})).toBe('AccessDenied');
    expect(await outcome(writer(), 'GetObject', { Key: 'journal/2' })).toBe('NoSuchKey');
  });

  test('is updated in place', async () => {
    await outcome(writer(), 'PutObject', NEW);
    const { JournalPolicy, ...rest } = resources(1);
    const policy = { ...JournalPolicy, Properties: { ...JournalPolicy.Properties, PolicyDocument: document() } };
    const { status } = await within(() =>
      updateStack(s, created, { Resources: { ...rest, JournalPolicy: policy } }, { zones: ZONES }),
    );
    expect(status).toBe('UPDATE_COMPLETE');
    expect(await outcome(writer(), 'PutObject', { Body: 'y' })).toBe('ok');
    await s.cloud.clock.run(s.cloud.clock.now() + 3 * 24 * 3_600_000);
    expect(await outcome(writer(), 'GetObject', {})).toBe('NoSuchKey');
  });

  test('is deleted where it is empty, and else is what keeps its stack', async () => {
    await outcome(writer(), 'PutObject', NEW);
    expect(await within(() => deleteStack(s, created))).toEqual([
      expect.stringContaining('BucketNotEmpty'),
      expect.stringContaining('Key: '),
    ]);
    open();
    created = await create();
    expect(await within(() => deleteStack(s, created))).toEqual([expect.stringContaining('Key: ')]);
    expect(() => s.s3.bucket(bucket)).toThrow('does not exist');
  });

  test.each<[string, object, RegExp]>([
    ['a property', { IntelligentTieringConfigurations: [] }, /unknown IntelligentTieringConfigurations/],
    [
      'an action of a rule',
      { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Transitions: [] }] } },
      /unknown Transitions/,
    ],
    ['a name', { BucketName: 'Journal' }, /is no name of a bucket: Journal/],
    ['versions that are suspended', { VersioningConfiguration: { Status: 'Suspended' } }, /knows Enabled only/],
  ])('with %s that is not known stops the deployment', async (_, Properties, message) => {
    open();
    await expect(create({ Journal: { Type: 'AWS::S3::Bucket', Properties } })).rejects.toThrow(message);
  });

  test('with a public policy stops the deployment', async () => {
    open();
    const PolicyDocument = document({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: objects });
    const policy = { ...OPEN, Properties: { ...OPEN.Properties, PolicyDocument } };
    await expect(create({ Journal: { Type: 'AWS::S3::Bucket' }, Policy: policy })).rejects.toThrow(
      /public policies are blocked/,
    );
  });
});

describe('an instance of the stack', () => {
  /** As the fleet says who it is, once its user data has begun. */
  const caller = () => {
    const identity = (id: string) => (id === 'i-1' ? { principal: writer(), stackName: 'Shop' } : undefined);
    return callerOn({ ...s, fleet: { identity } as unknown as Services['fleet'] }, 'i-1');
  };

  test('calls S3 with its role, through the endpoint of its network', async () => {
    expect(await outcome(caller(), 'PutObject', NEW)).toBe('ok');
    // The endpoint lets through nothing that shows what is not there.
    expect(await outcome(caller(), 'GetObject', { Key: 'journal/2' })).toBe('AccessDenied');
    expect(s.cloud.permissions.denials).toMatchObject([{ missing: expect.stringContaining('the endpoint of s3') }]);
    expect(await outcome(writer(), 'GetObject', { Key: 'journal/2' })).toBe('NoSuchKey');
  });

  test('is nobody before its user data has begun', () => {
    expect(() => callerOn(s, 'i-1')).toThrow('i-1 has no role yet');
  });
});

test('what goes wrong with single calls is reported', async () => {
  disturb(s, { service: 's3', operation: 'PutObject', how: 'throttled', times: 1 });
  expect(await outcome(writer(), 'PutObject', NEW)).toBe('SlowDown');
  expect(s.cloud.log.map(({ what }) => what)).toContain('the next 1 calls of s3 PutObject: throttled');
});
