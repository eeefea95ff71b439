import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { remountFunction } from '../../lib/internal/function.ts';
import { onlyOne, statementsOf, templateOf } from './support.ts';

const template = (durable: boolean) =>
  templateOf((stack) => {
    const durableConfig = { executionTimeout: Duration.hours(1), retentionPeriod: Duration.days(7) };
    remountFunction(stack, 'Function', durable ? 'heal' : 'guard', {
      key: new Key(stack, 'Key'),
      ...(durable && { durableConfig }),
    }).currentVersion.toString();
  });
const plain = template(false);
const durable = template(true);

describe.each([
  ['a function', plain],
  ['a durable function', durable],
])('%s', (_, of) => {
  const { id } = onlyOne(of, 'AWS::Lambda::Function');

  test('keeps the versions that a deployment leaves behind: an execution ends on the one that it began on', () => {
    const version = onlyOne(of, 'AWS::Lambda::Version');
    expect([version.DeletionPolicy, version.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test('may do nothing for which it was not given leave by name: no managed policy', () => {
    const role = onlyOne(of, 'AWS::IAM::Role');
    expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('writes to its own logs, which the key encrypts and which are kept for three months', () => {
    const log = onlyOne(of, 'AWS::Logs::LogGroup');
    expect(log.Properties).toEqual({
      KmsKeyId: { 'Fn::GetAtt': [onlyOne(of, 'AWS::KMS::Key').id, 'Arn'] },
      RetentionInDays: 90,
    });
    expect(onlyOne(of, 'AWS::Lambda::Function').Properties.LoggingConfig).toEqual({ LogGroup: { Ref: log.id } });
    const writes = statementsOf(of, /./).filter((s) => s.actions.some((action) => action.startsWith('logs:')));
    expect(writes.map((s) => s.resources)).toEqual([[`\${${log.id}.Arn}`]]);
  });

  test('goes on with its own executions, where it has any, and with no others', () => {
    const goesOn = statementsOf(of, /./).filter((s) => s.actions.some((action) => action.startsWith('lambda:')));
    expect(goesOn.map((s) => s.resources)).toEqual(of === durable ? [[`\${${id}.Arn}:*`]] : []);
  });
});
