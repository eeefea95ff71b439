import type { Cloud, Principal } from './cloud.ts';
import { evaluate } from './iam.ts';

/**
 * What EBS needs of the key in its caller's name, to make or copy an encrypted volume. The grant is for EBS itself.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
const FOR_EBS = [
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
];

/**
 * Judged on identity policies alone, for the stack's key policy leaves it to them (decision 17).
 * @returns what is missing, or `undefined`
 */
export function missingForEbs(cloud: Cloud, { name: role, statements }: Principal, keyArn: string): string | undefined {
  const context = { 'kms:GrantIsForAWSResource': 'true', 'kms:ViaService': `ec2.${cloud.region}.amazonaws.com` };
  const resources = [keyArn];
  for (const name of FOR_EBS) {
    const action = `kms:${name}`;
    const verdict = evaluate({ action, resources, context }, statements());
    if (verdict.allowed) cloud.permissions.allowed(role, action, verdict.by, cloud.clock.now());
    else {
      const { missing } = verdict;
      cloud.permissions.denied({ role, action, resources, missing });
      return `${action}: ${missing}`;
    }
  }
  return undefined;
}
