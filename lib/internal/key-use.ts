import { Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** What uses a key in the name of whoever calls it. EBS is EC2 there. */
export type KeyUser = 'dynamodb' | 'ec2' | 'sns';

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
): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      ...(sid !== undefined && { sid }),
      actions: [...actions],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(key).region}.amazonaws.com` } },
    }),
  );
}
