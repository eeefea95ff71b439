import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { TAG, VOLUME_ROLE, type VolumeRole } from '../../contract/contract.ts';
import { acknowledge, granted, inFinding } from './acknowledge.ts';
import { allowKeyVia } from './key-use.ts';

/** Describe calls take no resources: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
export function allowDescribing(grantee: IGrantable, actions: readonly string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: ['*'] });
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

/** Of a condition StringEquals: a volume of this stack that has one of these roles. */
export function ofRole(stackName: string, ...roles: readonly VolumeRole[]): Record<string, string | readonly string[]> {
  const [only = '', ...more] = roles;
  return {
    [`aws:ResourceTag/${TAG.stack}`]: stackName,
    [`aws:ResourceTag/${TAG.role}`]: more.length === 0 ? only : roles,
  };
}

/** Condition: the resource is of this stack, and not in quarantine. A snapshot has the role that its volume had. */
export function notQuarantined(stackName: string): Record<string, unknown> {
  return { ...ours(stackName), StringNotEquals: { [`aws:ResourceTag/${TAG.role}`]: VOLUME_ROLE.quarantined } };
}

/**
 * Condition: these tags are named, and no others. `Null`, for ForAllValues holds where none is: DeleteTags without any deletes all of
 * them (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html;
 * docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_examples-multi-valued-context-keys.html).
 */
export function onlyTags(...keys: readonly string[]): Record<string, unknown> {
  return { 'ForAllValues:StringEquals': { 'aws:TagKeys': keys }, Null: { 'aws:TagKeys': 'false' } };
}

/** Condition: none of these tags is named, whatever else is. For what carries on the tags that a team has given. */
export function withoutTags(...keys: readonly string[]): Record<string, unknown> {
  return { Null: Object.fromEntries(keys.map((key) => [`aws:RequestTag/${key}`, 'true'])) };
}

/** What volumes a function makes. */
export interface Making {
  readonly role: VolumeRole;
  /** Condition on the names of the tags that they are given: {@link onlyTags} or {@link withoutTags}. */
  readonly tags: Record<string, unknown>;
  /**
   * Also without a snapshot.
   * @default false
   */
  readonly blank?: boolean;
}

/**
 * To create encrypted volumes of one role that carry the stack's tag, from the stack's snapshots; never from a copy of a volume in
 * quarantine.
 * CreateVolume authorizes the snapshot as well since January 2025, and its request tags do not count there. That it is encrypted, and
 * what it is made from, counts on the volume: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 * Key use: docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
export function allowVolumeCreation(
  grantee: LambdaFunction,
  stack: Stack,
  stackName: string,
  key: IKey,
  { role, tags, blank = false }: Making,
): void {
  const requested = { [`aws:RequestTag/${TAG.stack}`]: stackName, [`aws:RequestTag/${TAG.role}`]: role };
  grantee.addToRolePolicy(
    new PolicyStatement({
      sid: 'MakesVolumes',
      actions: ['ec2:CreateVolume'],
      resources: [ec2Arns(stack, 'volume')],
      conditions: {
        StringEquals: requested,
        Bool: { 'ec2:Encrypted': 'true' },
        ...(!blank && { Null: { 'ec2:ParentSnapshot': 'false' } }),
      },
    }),
  );
  grantee.addToRolePolicy(
    new PolicyStatement({
      sid: 'RestoresSnapshots',
      actions: ['ec2:CreateVolume'],
      resources: [ec2Arns(stack, 'snapshot')],
      conditions: notQuarantined(stackName),
    }),
  );
  grantee.addToRolePolicy(
    new PolicyStatement({
      sid: 'TagsNewVolumes',
      actions: ['ec2:CreateTags'],
      resources: [ec2Arns(stack, 'volume')],
      conditions: { StringEquals: { 'ec2:CreateAction': 'CreateVolume', ...requested }, ...tags },
    }),
  );
  allowKeyUse(grantee, key);
  for (const kind of ['volume', 'snapshot'] as const) acknowledgeTagged(grantee, kind);
}

/** To make, attach and copy volumes that the key encrypts. */
export function allowKeyUse(grantee: IGrantable, key: IKey): void {
  allowKeyVia(grantee, key, 'ec2', [
    'kms:DescribeKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:Decrypt',
  ]);
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:CreateGrant'],
      resources: [key.keyArn],
      conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  );
}

/** Ids of volumes are not known at synthesis; the tag condition is what narrows the statement. */
export function acknowledgeTagged(grantee: IGrantable, kind: 'volume' | 'instance' | 'snapshot'): void {
  const construct = granted(grantee);
  if (!construct) return;
  acknowledge(
    construct,
    `AwsSolutions-IAM5[Resource::${inFinding(ec2Arns(Stack.of(construct), kind))}]`,
    `Ids of ${kind}s are not known at synthesis; a condition on the tag ${TAG.stack} narrows this to the stack's own`,
  );
}
