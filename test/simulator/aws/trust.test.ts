import { describe, expect, test } from '@jest/globals';
import { mustTrust } from '../../../simulator/aws/iam/trust.ts';
import { Lab } from './lab.ts';

const { cloud } = new Lab();
const trusts = (Principal: object | string, more: object = {}) => ({
  path: 'Role.Properties',
  values: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...more }],
    },
  },
});
const LAMBDA = { Service: 'lambda.amazonaws.com' };
const account = (id: string) => ({ Condition: { StringEquals: { 'aws:SourceAccount': id } } });

describe('a role is taken only by whom it trusts', () => {
  test.each([
    ['the service', trusts(LAMBDA)],
    ['one of several', trusts({ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] })],
    ['the service, for this account', trusts(LAMBDA, account('111122223333'))],
  ])('%s', (_, role) => {
    expect(() => mustTrust(cloud, role, 'lambda.amazonaws.com')).not.toThrow();
  });

  test.each([
    ['another service', trusts({ Service: 'ec2.amazonaws.com' })],
    ['the account', trusts({ AWS: 'arn:aws:iam::111122223333:root' })],
    ['the service, for another account', trusts(LAMBDA, account('444455556666'))],
    ['the service, to do something else', trusts(LAMBDA, { Action: 'sts:TagSession' })],
    ['the service, which it denies', trusts(LAMBDA, { Effect: 'Deny' })],
  ])('and not %s', (_, role) => {
    const needs = '{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}';
    expect(() => mustTrust(cloud, role, 'lambda.amazonaws.com')).toThrow(
      `Role.Properties.AssumeRolePolicyDocument: does not let lambda.amazonaws.com take the role: needs ${needs}`,
    );
  });

  test('a principal that is not known is refused by name', () => {
    expect(() => mustTrust(cloud, trusts({ Federated: 'cognito' }), 'lambda.amazonaws.com')).toThrow(/Federated/);
  });
});

describe('what a service takes a role for', () => {
  const POLICY = 'arn:aws:dlm:eu-west-1:111122223333:policy/policy-1';
  const only = (arn: string) =>
    trusts({ Service: 'dlm.amazonaws.com' }, { Condition: { ArnLike: { 'aws:SourceArn': arn } } });

  test('is a condition that holds for it, and for nothing else', () => {
    const ours = only('arn:aws:dlm:eu-west-1:111122223333:policy/*');
    expect(() => mustTrust(cloud, ours, 'dlm.amazonaws.com', POLICY)).not.toThrow();
    const elsewhere = only('arn:aws:dlm:eu-west-2:111122223333:policy/*');
    expect(() => mustTrust(cloud, elsewhere, 'dlm.amazonaws.com', POLICY)).toThrow(/aws:SourceArn wants .*eu-west-2/);
  });

  test('is not said by a service of which that is not documented', () => {
    expect(() => mustTrust(cloud, only('*'), 'dlm.amazonaws.com')).toThrow(/aws:SourceArn wants \*, got nothing/);
  });
});
