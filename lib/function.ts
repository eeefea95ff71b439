import { Annotations, Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, type FunctionOptions, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge, acknowledgeControl, acknowledgeInlinePolicy } from './acknowledge.ts';
import { functionCode } from './bundle.ts';
import { encryptedLogGroup } from './log-group.ts';

export interface RemountFunctionOptions extends FunctionOptions {
  /** Encrypts the logs. */
  readonly key: IKey;
}

/** Makes a function of `lambda/<name>/` as all of them are made: Node 24 on Graviton, its own log group, no name of its own. */
export function remountFunction(
  scope: Construct,
  id: string,
  name: string,
  { key, ...options }: RemountFunctionOptions,
): LambdaFunction {
  const made = new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: functionCode(name),
    memorySize: 512,
    timeout: Duration.minutes(5),
    logGroup: encryptedLogGroup(scope, `${id}Logs`, key, RetentionDays.THREE_MONTHS),
    ...options,
  });
  // The CDK says at every synthesis that this replaces the function; one without a name of its own can be replaced.
  if (options.durableConfig) Annotations.of(made).acknowledgeInfo('aws-lambda:Function.DurableConfig');
  const managed = options.durableConfig ? 'AWSLambdaBasicDurableExecutionRolePolicy' : 'AWSLambdaBasicExecutionRole';
  acknowledge(
    made,
    `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${managed}]`,
    'Writing logs and checkpoints of its own is all that this policy allows',
  );
  acknowledgeInlinePolicy(made);
  acknowledgeControl(
    made,
    'LambdaInsideVPC',
    'It calls AWS alone and is reached by nobody; inside the VPC a heal would depend on the network that it may have to work around',
  );
  acknowledgeControl(
    made,
    'LambdaConcurrency',
    'When a zone fails every volume needs it at once; the lease in the ledger is what keeps heals apart',
  );
  acknowledge(
    made,
    'Serverless-LambdaTracing',
    'Each step is logged and recorded with its times; traces would need leave to write to a service that healing does not need',
  );
  return made;
}
