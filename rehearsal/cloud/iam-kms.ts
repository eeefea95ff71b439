import { evaluate, type Statement } from './iam.ts';

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
export function missingForEbs(statements: readonly Statement[], keyArn: string, region: string): string | undefined {
  const context = { 'kms:GrantIsForAWSResource': 'true', 'kms:ViaService': `ec2.${region}.amazonaws.com` };
  for (const name of FOR_EBS) {
    const action = `kms:${name}`;
    const verdict = evaluate({ action, resources: [keyArn], context }, statements);
    if (!verdict.allowed) return `${action}: ${verdict.missing}`;
  }
  return undefined;
}
