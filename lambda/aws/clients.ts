import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DLMClient } from '@aws-sdk/client-dlm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { withPatience } from './patience.ts';
import type { Runtime } from './runtime.ts';

/**
 * Tries of one call inside the SDK, with its exponential backoff: throttling at 3 a.m. is likely (a whole Region is
 * recovering), and giving up costs more than waiting. Beyond it the durable step is tried again.
 */
const MAX_ATTEMPTS = 6;
/** An answer that does not come is a failure like others: without this, the SDK waits for it for ever. Milliseconds. */
const requestHandler = { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true };

export function ec2Client(runtime: Runtime): EC2Client {
  return ready(runtime, new EC2Client(settings(runtime)));
}

export function ssmClient(runtime: Runtime): SSMClient {
  return ready(runtime, new SSMClient(settings(runtime)));
}

export function dynamoClient(runtime: Runtime): DynamoDBClient {
  return ready(runtime, new DynamoDBClient(settings(runtime)));
}

export function lambdaClient(runtime: Runtime): LambdaClient {
  return ready(runtime, new LambdaClient(settings(runtime)));
}

export function snsClient(runtime: Runtime): SNSClient {
  return ready(runtime, new SNSClient(settings(runtime)));
}

export function s3Client(runtime: Runtime): S3Client {
  return ready(runtime, new S3Client(settings(runtime)));
}

export function kmsClient(runtime: Runtime): KMSClient {
  return ready(runtime, new KMSClient(settings(runtime)));
}

export function elbClient(runtime: Runtime): ElasticLoadBalancingV2Client {
  return ready(runtime, new ElasticLoadBalancingV2Client(settings(runtime)));
}

export function dlmClient(runtime: Runtime): DLMClient {
  return ready(runtime, new DLMClient(settings(runtime)));
}

export function cloudWatchClient(runtime: Runtime): CloudWatchClient {
  return ready(runtime, new CloudWatchClient(settings(runtime)));
}

function settings(runtime: Runtime) {
  return { maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients };
}

/** The rehearsal stands nearest to the wire. */
function ready<Client extends object>(runtime: Runtime, client: Client): Client {
  return withPatience(runtime.prepare(client), runtime.clock);
}

export function cloudFormationClient(runtime: Runtime): CloudFormationClient {
  return runtime.prepare(new CloudFormationClient({ maxAttempts: MAX_ATTEMPTS, requestHandler, ...runtime.clients }));
}
