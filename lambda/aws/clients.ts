import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DLMClient } from '@aws-sdk/client-dlm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Runtime } from './runtime.ts';

/**
 * Tries of one call inside the SDK, with its exponential backoff: throttling at 3 a.m. is likely (a whole Region is
 * recovering), and giving up costs more than waiting. Beyond it the durable step is tried again.
 */
const MAX_ATTEMPTS = 6;
/** An answer that does not come is a failure like others: without this, the SDK waits for it for ever. Milliseconds. */
const requestHandler = { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true };

export function ec2Client(runtime: Runtime): EC2Client {
  return runtime.prepare(new EC2Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}

export function ssmClient(runtime: Runtime): SSMClient {
  return runtime.prepare(new SSMClient({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}

export function dynamoClient(runtime: Runtime): DynamoDBClient {
  return runtime.prepare(new DynamoDBClient({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}

export function snsClient(runtime: Runtime): SNSClient {
  return runtime.prepare(new SNSClient({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}

export function elbClient(runtime: Runtime): ElasticLoadBalancingV2Client {
  return runtime.prepare(
    new ElasticLoadBalancingV2Client({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }),
  );
}

export function dlmClient(runtime: Runtime): DLMClient {
  return runtime.prepare(new DLMClient({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}

export function cloudWatchClient(runtime: Runtime): CloudWatchClient {
  return runtime.prepare(new CloudWatchClient({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}
