import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, type FunctionOptions, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { functionCode } from './bundle.ts';

/** Makes a function of `lambda/<name>/` as all of them are made: Node 24 on Graviton, its own log group, no name of its own. */
export function remountFunction(scope: Construct, id: string, name: string, options: FunctionOptions): LambdaFunction {
  const made = new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: functionCode(name),
    memorySize: 512,
    timeout: Duration.minutes(5),
    logGroup: new LogGroup(scope, `${id}Logs`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
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
  return made;
}
