import { describe, expect, test } from '@jest/globals';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { encryptedLogGroup } from '../../lib/internal/log-group.ts';
import { onlyOne, REGION, resourcesOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  const key = new Key(stack, 'Key');
  for (const id of ['First', 'Second']) encryptedLogGroup(stack, id, key, RetentionDays.ONE_WEEK);
});

describe('a log group', () => {
  test('is encrypted by the key, and kept for as long as was said', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::Logs::LogGroup'))
      expect(Properties).toEqual({
        KmsKeyId: { 'Fn::GetAtt': [onlyOne(template, 'AWS::KMS::Key').id, 'Arn'] },
        RetentionInDays: 7,
      });
  });

  test('may use the key under its own name, which is no other stack’s, whatever that is called', () => {
    const { Statement } = onlyOne(template, 'AWS::KMS::Key').Properties.KeyPolicy as {
      Statement: { Principal: object }[];
    };
    const ours = Statement.filter(({ Principal }) => JSON.stringify(Principal).includes('logs.'));
    expect(ours).toEqual(
      resourcesOf(template, 'AWS::Logs::LogGroup').map(({ id }) => ({
        Effect: 'Allow',
        Principal: { Service: `logs.${REGION}.amazonaws.com` },
        Action: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': {
              'Fn::Join': ['', [`arn:aws:logs:${REGION}:`, { Ref: 'AWS::AccountId' }, `:log-group:Other-${id}-*`]],
            },
          },
        },
      })),
    );
  });
});
