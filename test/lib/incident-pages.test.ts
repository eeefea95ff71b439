import { describe, expect, test } from '@jest/globals';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Ledger } from '../../lib/ledger.ts';
import { IncidentPages, type IncidentPagesProps } from '../../lib/pages/incident-pages.ts';
import { allowing, onlyOne, REGION, resourcesOf, statementsOf, templateOf } from './support.ts';

const made = (props: Partial<IncidentPagesProps> = {}) =>
  templateOf((stack) => {
    const key = new Key(stack, 'Key');
    new IncidentPages(stack, 'Pages', { ledger: new Ledger(stack, 'Ledger', { key }), key, ...props });
  });
const template = made();

describe('the bucket of pages', () => {
  const { Properties, DeletionPolicy } = onlyOne(template, 'AWS::S3::Bucket');

  test('is private, encrypted with the key, and outlives the stack', () => {
    expect(DeletionPolicy).toBe('Retain');
    expect(Properties.PublicAccessBlockConfiguration).toEqual({
      ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
      ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(JSON.stringify(Properties.BucketEncryption)).toContain('aws:kms');
    expect(JSON.stringify(resourcesOf(template, 'AWS::S3::BucketPolicy'))).toContain('aws:SecureTransport');
  });

  test('drops a page after a year, or as it was said', () => {
    const days = (each: typeof template) =>
      (onlyOne(each, 'AWS::S3::Bucket').Properties.LifecycleConfiguration as { Rules: object[] }).Rules;
    expect(days(template)).toEqual([
      expect.objectContaining({ ExpirationInDays: 365, Prefix: 'incidents/', Status: 'Enabled' }),
    ]);
    expect(days(made({ keep: Duration.days(30) }))).toEqual([expect.objectContaining({ ExpirationInDays: 30 })]);
    expect(() => made({ keep: Duration.days(0) })).toThrow('keep: received 0');
  });
});

describe('the function that writes them', () => {
  const statements = statementsOf(template, /^PagesFunction/);

  test('is handed records of heals that have ended, and tries for six hours', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      MaximumRecordAgeInSeconds: 21_600,
      MaximumRetryAttempts: 10_000,
      BisectBatchOnFunctionError: true,
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: Match.absent(),
      FilterCriteria: {
        Filters: [
          {
            Pattern:
              '{"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"INCIDENT#"}]}},"NewImage":{"outcome":{"S":[{"anything-but":["open"]}]}}}}',
          },
        ],
      },
    });
  });

  test('may put pages there, follow the ledger, and touch nothing else', () => {
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions.filter((action) => !/^(logs|kms):/.test(action)).sort()).toEqual([
      ...['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      's3:PutObject',
    ]);
    expect(allowing(statements, 's3:PutObject').flatMap(({ resources }) => resources)).toEqual([
      expect.stringMatching(/^\$\{PagesBucket\w+\.Arn\}\/incidents\/\*$/),
    ]);
    expect(allowing(statements, 'kms:GenerateDataKey').map(({ conditions }) => conditions)).toEqual([
      { StringEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } },
    ]);
  });
});

test('a ledger of another stack needs its stream', () => {
  const stack = new Stack(new App(), 'Any', { env: { region: REGION } });
  const key = new Key(stack, 'Key');
  const of = (id: string, tableStreamArn?: string) =>
    Ledger.fromLedgerAttributes(stack, id, {
      tableName: 'their-ledger',
      key,
      ...(tableStreamArn && { tableStreamArn }),
    });
  expect(() => new IncidentPages(stack, 'Without', { ledger: of('A'), key })).toThrow('tableStreamArn');
  const arn = `arn:aws:dynamodb:${REGION}:111122223333:table/their-ledger/stream/2026-01-07T00:00:00.000`;
  expect(() => new IncidentPages(stack, 'With', { ledger: of('B', arn), key })).not.toThrow();
});
