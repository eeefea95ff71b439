import { describe, expect, test } from '@jest/globals';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { ContentJournal, type ContentJournalProps } from '../../lib/content-journal.ts';
import { onlyOne, REGION, someStack, statementsOf, templateOf } from './support.ts';

function role(stack: Stack, id: string): Role {
  return new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
}

const template = templateOf((stack) => {
  const journal = new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key') });
  journal.grantWrite(role(stack, 'Writing'));
  journal.grantRead(role(stack, 'Reading'));
});
const bucket = onlyOne(template, 'AWS::S3::Bucket');

function keptFor(props: Omit<ContentJournalProps, 'key'>): unknown {
  const stack = someStack();
  new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key'), ...props });
  const { Rules } = onlyOne(Template.fromStack(stack), 'AWS::S3::Bucket').Properties.LifecycleConfiguration as {
    readonly Rules: readonly { readonly ExpirationInDays: number }[];
  };
  return Rules[0]?.ExpirationInDays;
}

describe('the bucket', () => {
  test('outlives the stack, is private, and encrypted with the key of the stack by bucket keys', () => {
    expect(bucket.DeletionPolicy).toBe('Retain');
    expect(bucket.UpdateReplacePolicy).toBe('Retain');
    expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(bucket.Properties.BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            SSEAlgorithm: 'aws:kms',
            KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
          },
        },
      ],
    });
  });

  test('takes an object only where there is none of its name, from whoever it is, and speaks TLS only', () => {
    const policy = onlyOne(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument as {
      readonly Statement: readonly object[];
    };
    expect(policy.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
      expect.objectContaining({
        Sid: 'WrittenOnce',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:PutObject',
        Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
      }),
    ]);
  });

  test('keeps what somebody deleted for a day, and drops what is old or half uploaded', () => {
    expect(bucket.Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(bucket.Properties.LifecycleConfiguration).toEqual({
      Rules: [
        {
          Status: 'Enabled',
          ExpirationInDays: 14,
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    });
  });
});

describe('how long it is kept', () => {
  test.each([
    [14, {}],
    [14, { copiesKept: Duration.hours(312) }],
    [15, { copiesKept: Duration.hours(313) }],
    [2, { keep: Duration.days(2) }],
    [365, { keep: Duration.days(365) }],
  ])('%d days for %j', (days, props) => {
    expect(keptFor(props)).toBe(days);
  });

  test.each([
    [{ keep: Duration.days(1) }, /keep: received "1 days"; allowed: at least 2 days/],
    [{ keep: Duration.days(11), copiesKept: Duration.hours(250) }, /at least 12 days: copies are kept for 250 hours/],
    [{ keep: Duration.days(0) }, /keep: received 0; allowed: a whole number from 1 to 365 days/],
    [{ keep: Duration.hours(60) }, /keep: received 2.5; allowed: a whole number from 1 to 365 days/],
    [{ keep: Duration.days(366) }, /keep: received 366; allowed/],
  ])('%j is refused', (props, words) => {
    expect(() => keptFor(props)).toThrow(words);
  });
});

describe('what is granted', () => {
  const objects = expect.stringMatching(/^\$\{JournalBucket\w+\.Arn\}\/journal\/\*$/);
  const itself = expect.stringMatching(/^\$\{JournalBucket\w+\.Arn\}$/);
  const key = expect.stringMatching(/^\$\{Key\w+\.Arn\}$/);
  const viaS3 = { StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } };
  const reading = [
    { actions: ['s3:GetObject'], resources: [objects], conditions: {} },
    { actions: ['s3:ListBucket'], resources: [itself], conditions: {} },
    { actions: ['kms:Decrypt'], resources: [key], conditions: viaS3 },
  ];

  test('a reader reads', () => {
    expect(statementsOf(template, /^Reading/)).toEqual(reading.map((each) => expect.objectContaining(each)));
  });

  test('a writer writes what is not there yet, reads, and deletes nothing', () => {
    const writing = [
      { actions: ['s3:PutObject'], resources: [objects], conditions: { Null: { 's3:if-none-match': 'false' } } },
      { actions: ['kms:GenerateDataKey'], resources: [key], conditions: viaS3 },
    ];
    expect(statementsOf(template, /^Writing/)).toEqual(
      [...writing, ...reading].map((each) => expect.objectContaining(each)),
    );
  });

  test('an imported one grants the same', () => {
    const imported = templateOf((stack) => {
      const attributes = { bucketName: 'theirs', key: new Key(stack, 'Key') };
      const journal = ContentJournal.fromContentJournalAttributes(stack, 'Journal', attributes);
      journal.grantWrite(role(stack, 'Writing'));
    });
    const actions = statementsOf(imported, /^Writing/).flatMap((each) => each.actions);
    expect(actions).toEqual(['s3:PutObject', 'kms:GenerateDataKey', 's3:GetObject', 's3:ListBucket', 'kms:Decrypt']);
    expect(statementsOf(imported, /^Writing/)[0]?.resources[0]).toMatch(/:s3:::theirs\/journal\/\*$/);
  });
});

test('a stack of another team that has it passes the checks', () => {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Other', { env: { region: REGION } });
  const journal = new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key', { enableKeyRotation: true }) });
  journal.grantWrite(role(stack, 'Writing'));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  const own = (text: string) => text.split('\n').filter((line) => /Journal/.test(line));
  let said = '';
  try {
    app.synth();
  } catch (error) {
    said = String(error);
  }
  expect(own(said)).toEqual([]);
});
