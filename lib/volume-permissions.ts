import type { Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { acknowledge, inFinding } from './acknowledge.ts';
import { TAG } from './contract.ts';

/** Describe calls take no resources: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
export function allowDescribing(grantee: LambdaFunction, actions: readonly string[]): void {
  grantee.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: ['*'] }));
}

/** ARNs of all volumes, snapshots or instances, to be narrowed by a condition on their tags. */
export function ec2Arns(stack: Stack, kind: 'volume' | 'instance' | 'snapshot'): string {
  // Snapshot ARNs carry no account.
  const account = kind === 'snapshot' ? '' : stack.account;
  return `arn:${stack.partition}:ec2:${stack.region}:${account}:${kind}/*`;
}

/** Condition: the resource carries this stack's tag. */
export function ours(stackName: string): Record<string, unknown> {
  return { StringEquals: { [`aws:ResourceTag/${TAG.stack}`]: stackName } };
}

/**
 * To create encrypted volumes that carry the stack's tag, from the stack's snapshots or blank.
 * CreateVolume authorizes the snapshot as well since January 2025, and its request tags do not count there.
 * Key use: docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
export function allowVolumeCreation(grantee: LambdaFunction, stack: Stack, stackName: string, key: IKey): void {
  const requested = { StringEquals: { [`aws:RequestTag/${TAG.stack}`]: stackName } };
  grantee.addToRolePolicy(
    new PolicyStatement({
      actions: ['ec2:CreateVolume'],
      resources: [ec2Arns(stack, 'volume')],
      conditions: requested,
    }),
  );
  grantee.addToRolePolicy(
    new PolicyStatement({
      actions: ['ec2:CreateVolume'],
      resources: [ec2Arns(stack, 'snapshot')],
      conditions: ours(stackName),
    }),
  );
  grantee.addToRolePolicy(
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: [ec2Arns(stack, 'volume')],
      conditions: { StringEquals: { 'ec2:CreateAction': 'CreateVolume', [`aws:RequestTag/${TAG.stack}`]: stackName } },
    }),
  );
  allowKeyUse(grantee, key);
  for (const kind of ['volume', 'snapshot'] as const) acknowledgeTagged(grantee, kind);
}

/** To make, attach and copy volumes that the key encrypts. */
export function allowKeyUse(grantee: IGrantable, key: IKey): void {
  key.grant(
    grantee,
    'kms:DescribeKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:Decrypt',
  );
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:CreateGrant'],
      resources: [key.keyArn],
      conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  );
}

/** Ids of volumes are not known at synthesis; the tag condition is what narrows the statement. */
export function acknowledgeTagged(grantee: LambdaFunction, kind: 'volume' | 'instance' | 'snapshot'): void {
  acknowledge(
    grantee,
    `AwsSolutions-IAM5[Resource::${inFinding(ec2Arns(grantee.stack, kind))}]`,
    `Ids of ${kind}s are not known at synthesis; a condition on the tag ${TAG.stack} narrows this to the stack's own`,
  );
}
