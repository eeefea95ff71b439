import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { kms } from '../../../simulator/aws/kms/kms.ts';
import { ANYONE, Lab } from './lab.ts';

const ACCOUNT = 'arn:aws:iam::111122223333';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/k';
const ROOT = { Effect: 'Allow', Principal: { AWS: `${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
  const KeyPolicy = { Version: '2012-10-17', Statement: [ROOT] };
  lab.cloud.keys.define(KEY, 'k', { path: 'Key', values: { KeyPolicy } });
  kms(lab.cloud);
});

/** Who may do this with the key, and nothing else. */
function role(action: string): Principal {
  const Statement = { Effect: 'Allow', Action: `kms:${action}`, Resource: KEY };
  const statements = readStatements({ Version: '2012-10-17', Statement }, 'role');
  return { name: 'role', arn: `${ACCOUNT}:role/role`, statements: () => statements };
}

describe('what KMS says of a key', () => {
  const ask = (who: Principal, KeyId = KEY, more: object = {}) =>
    lab.within(() => lab.cloud.call(who, 'kms', 'DescribeKey', { KeyId, ...more }));

  test('is its state, as what uses it has it', async () => {
    const { faults } = lab.cloud;
    const asked = async () => ((await ask(role('DescribeKey'))) as { readonly KeyMetadata: object }).KeyMetadata;
    expect(await asked()).toMatchObject({
      Arn: KEY,
      KeyId: 'k',
      Enabled: true,
      KeyState: 'Enabled',
      MultiRegion: false,
    });
    expect(await asked()).not.toHaveProperty('DeletionDate');
    faults.keyRevoked = true;
    expect(await asked()).toMatchObject({ Enabled: false, KeyState: 'Disabled' });
    faults.keyDeletedAt = lab.clock.now() + 86_400_000;
    expect(await asked()).toMatchObject({
      ...{ Enabled: false, KeyState: 'PendingDeletion', DeletionDate: new Date(faults.keyDeletedAt) },
    });
    faults.keyRevoked = false;
    expect(faults.keyUnusable(lab.clock.now())).toBe(true);
  });

  test.each<[string, Principal, RegExp]>([
    ['may use it, and not see it', role('Decrypt'), /not authorized to perform: kms:DescribeKey on arn:/],
    ['has no leave', role('ListGrants'), /not authorized to perform: kms:DescribeKey on arn:/],
  ])('is not said to whoever %s', async (_, who, said) => {
    await expect(ask(who)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(said),
    });
    expect(lab.cloud.permissions.denials.at(-1)).toMatchObject({ action: 'kms:DescribeKey' });
  });

  test('is that there is none, to whoever IAM lets look', async () => {
    await expect(ask(ANYONE, `${KEY}2`)).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(ask(role('DescribeKey'), `${KEY}2`)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
