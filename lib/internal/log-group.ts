import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type CfnLogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A log group that the key encrypts. Without leave in the key's policy CloudWatch Logs refuses to make it:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function encryptedLogGroup(scope: Construct, id: string, key: IKey, retention: RetentionDays): LogGroup {
  const stack = Stack.of(scope);
  const made = new LogGroup(scope, id, { encryptionKey: key, retention, removalPolicy: RemovalPolicy.DESTROY });
  // CloudFormation names it after the stack and this, and adds what makes it unique
  // (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html). The stack's name alone begins another's.
  const { logicalId } = made.node.defaultChild as CfnLogGroup;
  const own = `arn:${stack.partition}:logs:${stack.region}:${stack.account}:log-group:${stack.stackName}-${logicalId}-*`;
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': own } },
    }),
  );
  return made;
}
