import { describe, expect, test } from '@jest/globals';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LEDGER } from '../../contract/contract.ts';
import { Ledger } from '../../lib/ledger.ts';
import { onlyOne, REGION, statementsOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  const ledger = new Ledger(stack, 'Ledger', { key: new Key(stack, 'Key') });
  for (const id of ['Acting', 'Noting', 'Reading', 'Asking', 'Viewing'])
    new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  ledger.grantActing(stack.node.findChild('Acting') as Role);
  ledger.grantNoting(stack.node.findChild('Noting') as Role);
  ledger.grantAsking(stack.node.findChild('Asking') as Role);
  ledger.grantViewing(stack.node.findChild('Viewing') as Role);
  ledger.grantReading(stack.node.findChild('Reading') as Role);
});
const table = onlyOne(template, 'AWS::DynamoDB::GlobalTable');

describe('the ledger', () => {
  test('is keyed as the contract says', () => {
    expect(table.Properties.KeySchema).toEqual([
      { AttributeName: LEDGER.partitionKey, KeyType: 'HASH' },
      { AttributeName: LEDGER.sortKey, KeyType: 'RANGE' },
    ]);
    expect(table.Properties.BillingMode).toBe('PAY_PER_REQUEST');
  });

  test('outlives the stack, and can be had back as it was at any second', () => {
    expect(table.DeletionPolicy).toBe('Retain');
    expect(table.UpdateReplacePolicy).toBe('Retain');
    expect(table.Properties.Replicas).toEqual([
      expect.objectContaining({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } },
      }),
    ]);
    expect(table.Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
  });

  test('speaks TLS only', () => {
    expect(table.Properties.Replicas).toEqual([
      expect.objectContaining({
        ResourcePolicy: {
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'TlsOnly',
                Effect: 'Deny',
                Principal: { AWS: '*' },
                Action: 'dynamodb:*',
                Resource: '*',
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          },
        },
      }),
    ]);
  });

  test.each([
    ['Acting', ['GetItem', 'PutItem', 'UpdateItem'], ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey']],
    ['Reading', ['GetItem'], ['Decrypt', 'DescribeKey']],
  ])('%s is allowed %j of it and, by it, %j of its key, and nothing else', (who, ofTable, ofKey) => {
    const statements = statementsOf(template, new RegExp(`^${who}`));
    expect(statements).toEqual([
      expect.objectContaining({
        actions: ofTable.map((action) => `dynamodb:${action}`),
        resources: [expect.stringMatching(/^\$\{LedgerTable\w+\.Arn\}$/)],
      }),
      expect.objectContaining({
        actions: ofKey.map((action) => `kms:${action}`),
        resources: [expect.stringMatching(/^\$\{Key\w+\.Arn\}$/)],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${REGION}.amazonaws.com` } },
      }),
    ]);
  });

  test('Noting is allowed to write under one key of it, and that of the encryption key which Acting is', () => {
    const [reads, writes, opens] = statementsOf(template, /^Noting/);
    expect(reads).toMatchObject({ actions: ['dynamodb:GetItem'], conditions: {} });
    expect(writes).toMatchObject({
      actions: ['dynamodb:PutItem'],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [LEDGER.guard] } },
    });
    expect(opens?.actions).toEqual(statementsOf(template, /^Acting/)[1]?.actions);
  });

  test.each([
    ['Asking', ['GetItem'], ['Decrypt', 'DescribeKey'], []],
    // By itself it sees how the key is, and so through DynamoDB, too.
    ['Viewing', ['GetItem', 'Query'], ['Decrypt'], [['kms:DescribeKey']]],
  ])('%s is allowed %j of the entries of content volumes, and nothing of the guard', (who, ofTable, ofKey, beside) => {
    const [reads, opens, ...more] = statementsOf(template, new RegExp(`^${who}`));
    expect(reads).toMatchObject({
      actions: ofTable.map((action) => `dynamodb:${action}`),
      resources: [expect.stringMatching(/^\$\{LedgerTable\w+\.Arn\}$/)],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['VOLUME#*'] } },
    });
    expect(LEDGER.guard.startsWith(LEDGER.volume)).toBe(false);
    expect(opens?.actions).toEqual(ofKey.map((action) => `kms:${action}`));
    expect(more.map(({ actions }) => actions)).toEqual(beside);
  });
});
