import { describe, expect, test } from '@jest/globals';
import { type Context, evaluate } from '../../../simulator/aws/iam/iam.ts';
import { REGION } from '../../lib/support.ts';
import { rolesOf, template } from './support.ts';

const roles = rolesOf(template());
const key = [...roles.values()].flat().find(({ actions }) => actions.includes('kms:Decrypt'))?.resources[0] ?? '';

/** Who may do this with the key, of all roles. */
function who(action: string, context: Context): string[] {
  const request = { action: `kms:${action}`, resources: [key], context };
  return [...roles].filter(([, statements]) => evaluate(request, statements).allowed).map(([name]) => name);
}
const via = (service: string) => ({ 'kms:ViaService': `${service}.${REGION}.amazonaws.com` });

describe('the key is used through services alone', () => {
  test('to decrypt: what is on volumes, in the ledger, and to the topic', () => {
    expect(who('Decrypt', via('ec2')).sort()).toEqual(['Drill', 'Guard', 'Healer', 'Keeper', 'Snapshots']);
    expect(who('Decrypt', via('dynamodb')).sort()).toEqual(['Drill', 'Fleet', 'Guard', 'Healer', 'Keeper', 'Pages']);
    expect(who('Decrypt', via('sns')).sort()).toEqual(['Drill', 'Guard', 'Healer', 'Keeper']);
  });

  test.each([
    'Decrypt',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'ReEncryptFrom',
    'ReEncryptTo',
  ])('%s: by nobody who calls KMS, or through anything else', (action) => {
    expect(who(action, {})).toEqual([]);
    expect(who(action, via('lambda'))).toEqual([]);
  });

  test('grants are for what AWS makes them for', () => {
    expect(who('CreateGrant', via('ec2'))).toEqual([]);
  });
});

test('an instance reads no parameter, whatever Systems Manager’s own policy allows it', () => {
  const may = (action: string) => evaluate({ action, resources: ['*'], context: {} }, roles.get('Fleet') ?? []).allowed;
  expect(may('ssm:UpdateInstanceInformation')).toBe(true);
  for (const action of ['ssm:GetParameter', 'ssm:GetParameters'])
    expect([action, may(action)]).toEqual([action, false]);
});
