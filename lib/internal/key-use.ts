import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** What uses a key in the name of whoever calls it. EBS is EC2 there. */
export type KeyUser = 'dynamodb' | 'ec2' | 's3' | 'sns';

/**
 * To use a key through one service, and never by a call to KMS itself.
 * Source: docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html, kms:ViaService; the name has this suffix in all partitions
 * @param sid of the statement: one that has a name is not merged with others
 */
export function allowKeyVia(
  grantee: IGrantable,
  key: IKey,
  service: KeyUser,
  actions: readonly string[],
  sid?: string,
): Grant {
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(key).region}.amazonaws.com` } };
  return named(Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [key.keyArn], conditions }), sid);
}

/** Gives the statements of a grant a name. */
export function named(grant: Grant, sid: string | undefined): Grant {
  if (sid !== undefined) for (const statement of grant.principalStatements) statement.sid = sid;
  return grant;
}
