import { Annotations, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type CfnRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type CfnFunction,
  type FunctionOptions,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { type LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type DeployedPlace, ENV } from '../../contract/contract.ts';
import { acknowledge, acknowledgeControl, acknowledgeInlinePolicy } from './acknowledge.ts';
import { type FunctionName, functionCode } from './bundle.ts';
import { encryptedLogGroup } from './log-group.ts';
import { runbookOf } from './runbook.ts';

export interface RemountFunctionOptions extends FunctionOptions {
  /** Encrypts the logs. */
  readonly key: IKey;
}

/** Makes a function of `lambda/<name>/` as all of them are made: Node 24 on Graviton, its own log group, no name of its own. */
export function remountFunction(
  scope: Construct,
  id: string,
  name: FunctionName,
  { key, ...options }: RemountFunctionOptions,
): LambdaFunction {
  const logGroup = encryptedLogGroup(scope, `${id}Logs`, key, RetentionDays.THREE_MONTHS);
  const made = new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: 'index.handler',
    code: functionCode(name),
    memorySize: 512,
    timeout: Duration.minutes(5),
    logGroup,
    // An execution goes on on the version that it began on (docs.aws.amazon.com/lambda/latest/dg/durable-best-practices.html): a
    // deployment during a heal must not delete it.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    ...options,
  });
  // Who notifies people says where it comes from.
  if (options.environment?.[ENV.topic]) made.addEnvironment(ENV.place, placeOf(scope));
  // The CDK says at every synthesis that this replaces the function; one without a name of its own can be replaced.
  if (options.durableConfig) Annotations.of(made).acknowledgeInfo('aws-lambda:Function.DurableConfig');
  allowOnlyItsOwn(made, logGroup, options.durableConfig !== undefined);
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

/** Where what a function says comes from, as its environment has it. */
export function placeOf(scope: Construct): string {
  const { account, region } = Stack.of(scope);
  return Stack.of(scope).toJsonString({ account, region, runbook: runbookOf(scope) } satisfies DeployedPlace);
}

/**
 * Logs and checkpoints of its own, in the place of the managed policies that the CDK attaches: those are for every function of the
 * account, so that one stack's functions could write into the executions of another's.
 * Source: docs.aws.amazon.com/lambda/latest/dg/durable-security.html, "Least privilege principle"
 */
function allowOnlyItsOwn(made: LambdaFunction, logGroup: LogGroup, durable: boolean): void {
  const role = made.role?.node.defaultChild as CfnRole;
  role.managedPolicyArns = undefined;
  made.addToRolePolicy(
    new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
  );
  if (!durable || !made.role) return;
  // Not in the role's default policy: the function waits for that, and this names the function.
  const executions = new Policy(made, 'Executions', {
    statements: [
      new PolicyStatement({
        actions: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
        resources: [`${made.functionArn}:*`],
      }),
    ],
    roles: [made.role],
  });
  acknowledge(
    executions,
    `AwsSolutions-IAM5[Resource::<${Stack.of(made).getLogicalId(made.node.defaultChild as CfnFunction)}.Arn>:*]`,
    'An execution is named by the version that runs it and an id of its own; all of them are of this function',
  );
}
