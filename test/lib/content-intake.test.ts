import { describe, expect, test } from '@jest/globals';
import { App, Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { LIMITS } from '../../intake/limits.ts';
import { ContentIntake, type ContentIntakeProps } from '../../lib/content-intake.ts';
import { HostSoftware, intakeFiles } from '../../lib/host-software.ts';
import { rulesOf } from '../../lib/props/intake-rules.ts';
import { onlyOne, REGION, someStack, statementsOf, templateOf } from './support.ts';

const role = (stack: Stack, id: string) =>
  new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });

const template = templateOf((stack) => {
  const intake = new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key') });
  intake.grantTake(role(stack, 'Taking'));
  intake.grantUpload(role(stack, 'Uploading'), 'summer-2010');
  intake.grantOperating(role(stack, 'Operating'));
});
const bucket = onlyOne(template, 'AWS::S3::Bucket');

function made(props: Omit<ContentIntakeProps, 'key'>): ContentIntake {
  const stack = someStack();
  return new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key'), ...props });
}

describe('the bucket', () => {
  test('outlives the stack, is private, has versions, and is encrypted with the key of the stack by bucket keys', () => {
    expect([bucket.DeletionPolicy, bucket.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(bucket.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(Object.values(bucket.Properties.PublicAccessBlockConfiguration as object)).toEqual([true, true, true, true]);
    expect(bucket.Properties.BucketEncryption).toMatchObject({
      ServerSideEncryptionConfiguration: [
        { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
      ],
    });
  });

  test('takes an answer only where there is none, from whoever it is, and speaks TLS only', () => {
    const policy = onlyOne(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument as { Statement: object[] };
    expect(policy.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Sid: 'AnsweredOnce',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:PutObject',
        Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket.id, 'Arn'] }, '/answers/*']] },
        Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    ]);
  });

  test('never drops what waits; what was answered goes after its time, and its answer a week later', () => {
    const { Rules } = bucket.Properties.LifecycleConfiguration as { Rules: Record<string, unknown>[] };
    const undeleted = { NoncurrentVersionExpiration: { NoncurrentDays: 1 } };
    expect(Rules).toEqual([
      {
        ...{ Status: 'Enabled', Prefix: 'intake/', ExpiredObjectDeleteMarker: true },
        NoncurrentVersionExpiration: { NoncurrentDays: 14 },
      },
      { Status: 'Enabled', Prefix: 'files/', ExpirationInDays: 21, ...undeleted },
      { Status: 'Enabled', Prefix: 'answers/', ExpirationInDays: 21, ...undeleted },
      { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
  });
});

test('pages of no origin may upload, but of those that are named', () => {
  expect(bucket.Properties.CorsConfiguration).toBeUndefined();
  const named = onlyOne(
    templateOf((stack) => {
      new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key'), origins: ['https://authors.example.com'] });
    }),
    'AWS::S3::Bucket',
  );
  expect(named.Properties.CorsConfiguration).toEqual({
    CorsRules: [
      {
        AllowedOrigins: ['https://authors.example.com'],
        AllowedMethods: ['PUT', 'POST', 'GET', 'HEAD'],
        AllowedHeaders: ['*'],
        ExposedHeaders: ['ETag', 'x-amz-version-id'],
        MaxAge: 3600,
      },
    ],
  });
});

describe('what may be said of it', () => {
  test.each<[number, Omit<ContentIntakeProps, 'key'>]>([
    [14, {}],
    [15, { copiesKept: Duration.hours(313) }],
    [2, { keep: Duration.days(2) }],
  ])('kept for %d days with %j', (days, props) => expect(made(props).keep.toDays()).toBe(days));

  test.each<[string, Omit<ContentIntakeProps, 'key'>, RegExp]>([
    ['less than copies', { keep: Duration.days(1) }, /keep: received "1 days"; allowed: at least 2 days/],
    [
      'an address of no origin',
      { origins: ['authors.example.com'] },
      /origins\[0\]: received "authors.example.com"; allowed: \* or/,
    ],
    ['all and one', { origins: ['*', 'https://a.example'] }, /origins: received .*; allowed: \* alone, or origins/],
    ['no names', { rules: { maxNames: 0 } }, /maxNames: received 0; allowed: a whole number from 1 to 30000 names/],
    ['half a GiB', { rules: { maxSize: Size.mebibytes(512) } }, /maxSize: received 0.5; allowed: a whole number/],
    ['a ratio that none reaches', { rules: { maxRatio: 1033 } }, /maxRatio: received 1033; allowed: .* from 2 to 1032/],
    ['more than half', { rules: { reservePercent: 51 } }, /reservePercent: received 51; allowed: .* from 0 to 50/],
  ])('refused: %s', (_, props, words) => expect(() => made(props)).toThrow(words));

  test('hosts take what the agent takes by itself, unless somebody says otherwise', () => {
    const rules = (given = {}) => {
      const text = intakeFiles(rulesOf(given)).find(({ path }) => path === 'etc/intake-rules')?.content ?? '';
      return JSON.parse(`{${text}}`) as { ignoreCase: boolean; limits: object };
    };
    const { names, bytes, ratio, reserve } = LIMITS;
    expect(rules()).toEqual({ ignoreCase: false, limits: { names, bytes, ratio, reserve } });
    expect(rules({ maxSize: Size.gibibytes(2), ignoreCase: true })).toMatchObject({
      ...{ ignoreCase: true, limits: { bytes: 2 ** 31 } },
    });
  });

  test('hosts without a journal take nothing in', () => {
    const stack = someStack();
    const intake = new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key') });
    expect(() => new HostSoftware(stack, 'Software', { intake })).toThrow(
      /^intake: received "a ContentIntake"; allowed: none without a journal/,
    );
  });
});

describe('what is granted', () => {
  const below = (prefix: string) => expect.stringMatching(new RegExp(`^\\$\\{IntakeBucket\\w+\\.Arn\\}/${prefix}\\*$`));
  const itself = expect.stringMatching(/^\$\{IntakeBucket\w+\.Arn\}$/);
  const key = expect.stringMatching(/^\$\{Key\w+\.Arn\}$/);
  const viaS3 = { StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } };
  const all = ['answers/', 'files/', 'intake/'].map(below);

  test('a host reads, answers what has no answer, hides what was not changed since, and deletes no version', () => {
    expect(statementsOf(template, /^Taking/)).toEqual(
      [
        { actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: [itself], conditions: {} },
        { actions: ['s3:GetObject'], resources: all, conditions: {} },
        { actions: ['s3:GetObjectVersion'], resources: [below('intake/')], conditions: {} },
        {
          ...{ actions: ['s3:PutObject'], resources: [below('answers/')] },
          conditions: { Null: { 's3:if-none-match': 'false' } },
        },
        {
          ...{ actions: ['s3:DeleteObject'], resources: [below('intake/')] },
          conditions: { Null: { 's3:if-match': 'false' } },
        },
        { actions: ['kms:Decrypt'], resources: [key], conditions: viaS3 },
        { actions: ['kms:GenerateDataKey'], resources: [key], conditions: viaS3 },
      ].map((each) => expect.objectContaining(each)),
    );
  });

  test('who uploads does so for one content volume, reads its answers, and no upload', () => {
    const answers = below('answers/summer-2010/');
    expect(statementsOf(template, /^Uploading/)).toEqual(
      [
        { actions: ['s3:PutObject'], resources: [below('files/summer-2010/'), below('intake/summer-2010/')] },
        { actions: ['s3:GetObject'], resources: [answers] },
        {
          ...{ actions: ['s3:ListBucket'], resources: [itself] },
          conditions: { StringLike: { 's3:prefix': 'answers/summer-2010/*' } },
        },
        { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key], conditions: viaS3 },
      ].map((each) => expect.objectContaining(each)),
    );
  });

  test('who operates uploads zips for each content volume, goes on with them, reads all answers, and no upload', () => {
    const zips = expect.stringMatching(/^\$\{IntakeBucket\w+\.Arn\}\/intake\/\*\.zip$/);
    expect(statementsOf(template, /^Operating/)).toEqual(
      [
        { actions: ['s3:ListMultipartUploadParts', 's3:PutObject'], resources: [zips], conditions: {} },
        { actions: ['s3:GetObject'], resources: [below('answers/')] },
        {
          ...{ actions: ['s3:ListBucket'], resources: [itself] },
          conditions: { StringLike: { 's3:prefix': 'answers/*' } },
        },
        { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key], conditions: viaS3 },
        { actions: ['s3:ListBucketMultipartUploads'], resources: [itself], conditions: {} },
        {
          ...{ actions: ['s3:ListBucketVersions'], resources: [itself] },
          conditions: { StringLike: { 's3:prefix': 'intake/*' } },
        },
      ].map((each) => expect.objectContaining(each)),
    );
  });

  test('nobody uploads for what is no content volume', () => {
    const stack = someStack();
    const intake = new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key') });
    expect(() => intake.grantUpload(role(stack, 'Uploading'), '*')).toThrow(/^volume: received "\*"; allowed: 2 to 32/);
  });

  test('an imported one grants the same', () => {
    const imported = templateOf((stack) => {
      const attributes = { bucketName: 'theirs', key: new Key(stack, 'Key') };
      ContentIntake.fromContentIntakeAttributes(stack, 'Intake', attributes).grantTake(role(stack, 'Taking'));
    });
    const actions = (of: Template) => statementsOf(of, /^Taking/).map((each) => each.actions);
    expect(actions(imported)).toEqual(actions(template));
    expect(statementsOf(imported, /^Taking/)[3]?.resources[0]).toMatch(/:s3:::theirs\/answers\/\*$/);
  });
});

test('a stack of another team that has it passes the checks', () => {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Other', { env: { region: REGION } });
  const intake = new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key', { enableKeyRotation: true }) });
  intake.grantTake(role(stack, 'Taking'));
  intake.grantUpload(role(stack, 'Uploading'), 'alpha');
  intake.grantOperating(role(stack, 'Operating'));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  let said = '';
  try {
    app.synth();
  } catch (error) {
    said = String(error);
  }
  expect(said.split('\n').filter((line) => /Intake|IAM5/.test(line))).toEqual([]);
});
