import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A log group that the key encrypts. Without leave in the key's policy CloudWatch Logs refuses to make it:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function encryptedLogGroup(scope: Construct, id: string, key: IKey, retention: RetentionDays): LogGroup {
  const stack = Stack.of(scope);
  // CloudFormation names log groups after the stack.
  const ours = `arn:${stack.partition}:logs:${stack.region}:${stack.account}:log-group:${stack.stackName}-*`;
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': ours } },
    }),
  );
  return new LogGroup(scope, id, { encryptionKey: key, retention, removalPolicy: RemovalPolicy.DESTROY });
}
