/**
 * What AWS authorizes for each API call that the functions and hosts make: the actions, the resources and the condition
 * keys. Source: Service Authorization Reference, "Actions, resources, and condition keys for" Amazon EC2, AWS Systems
 * Manager, Amazon DynamoDB, Amazon SNS, AWS Lambda, Amazon Data Lifecycle Manager, Amazon CloudWatch, Elastic Load
 * Balancing V2, AWS Key Management Service. Further sources stand at the calls. An operation that is not here is an error by name.
 *
 * Keys that this knows nothing of are absent, so a condition on one denies: attributes of existing volumes and
 * snapshots other than their tags, parents and owner (`ec2:VolumeType`, `ec2:Encrypted`, ... on an existing volume).
 */

import { ec2 } from './ec2.ts';
import type { AuthorizationRequest, Context } from './iam.ts';
import { type Input, type Operations, tagKeys, text, texts, type World } from './input.ts';
import { s3 } from './s3.ts';

export type { AuthorizationRequest } from './iam.ts';
export type { Input, World } from './input.ts';
/**
 * What is to be allowed for a call; all of it must be.
 * @param service the SDK client's name in small letters, for example `ec2`
 * @param operation the command's name without `Command`
 * @param input as the SDK's command takes it
 * @throws Error for a service or operation that the simulation does not know, or an input without what is authorized on
 */
export function authorization(service: string, operation: string, input: Input, world: World): AuthorizationRequest[] {
  const operations = Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined;
  const known = operations && Object.hasOwn(operations, operation) ? operations[operation] : undefined;
  if (!known) throw new Error(`the simulation does not know how AWS authorizes ${service}:${operation}`);
  const everywhere = { 'aws:RequestedRegion': world.region, 'aws:PrincipalAccount': world.account };
  return known(input, world).map((request) => ({ ...request, context: { ...everywhere, ...request.context } }));
}

function onAnything(action: string, context: Context = {}): AuthorizationRequest[] {
  return [{ action, resources: ['*'], context }];
}

/** Documents of AWS itself belong to no account. Source: as above, Systems Manager, resource types. */
function documentArn(name: string, world: World): string {
  if (name.startsWith('arn:')) return name;
  const account = name.startsWith('AWS-') || name.startsWith('Amazon') ? '' : world.account;
  return `arn:${world.partition}:ssm:${world.region}:${account}:document/${name}`;
}

/**
 * Run Command: the document, and each instance. Tags of instances count under both keys. Source: AWS Systems Manager
 * User Guide, "Restricting Run Command access based on tags".
 */
function sendCommand(input: Input, world: World): AuthorizationRequest[] {
  if (input.Targets !== undefined)
    throw new Error('the simulation does not know how AWS authorizes SendCommand on Targets');
  const document = text(input, 'DocumentName');
  const resources = [
    { arn: documentArn(document, world), id: document },
    ...texts(input, 'InstanceIds').map((id) => ({
      arn: `arn:${world.partition}:ec2:${world.region}:${world.account}:instance/${id}`,
      id,
    })),
  ];
  return resources.map(({ arn, id }) => {
    const tags = world.tagsOf(id);
    const context = { ...tagKeys('aws:ResourceTag', tags), ...tagKeys('ssm:resourceTag', tags) };
    return { action: 'ssm:SendCommand', resources: [arn], context };
  });
}

function onTable(action: string, input: Input, world: World, item: unknown): AuthorizationRequest[] {
  const table = text(input, 'TableName');
  const arn = table.startsWith('arn:')
    ? table
    : `arn:${world.partition}:dynamodb:${world.region}:${world.account}:table/${table}`;
  const resource = input.IndexName === undefined ? arn : `${arn}/index/${text(input, 'IndexName')}`;
  return [
    { action: `dynamodb:${action}`, resources: [resource], context: leadingKeys(item, world.partitionKeyOf?.(table)) },
  ];
}

/** `dynamodb:LeadingKeys`: the partition key's value, as text. For a Query it would need the expression: left absent. */
function leadingKeys(item: unknown, partitionKey: string | undefined): Context {
  if (typeof item !== 'object' || item === null || partitionKey === undefined) return {};
  const value = (item as Record<string, { S?: string; N?: string } | undefined>)[partitionKey];
  const key = value?.S ?? value?.N;
  return key === undefined ? {} : { 'dynamodb:LeadingKeys': [key] };
}

/**
 * Each part of a transaction needs the permission of the call it stands for. Source: Amazon DynamoDB Developer Guide,
 * "Using IAM with DynamoDB transactions".
 */
function transaction(input: Input, world: World): AuthorizationRequest[] {
  const parts = Array.isArray(input.TransactItems) ? (input.TransactItems as Record<string, Input>[]) : [];
  return parts.flatMap((part) =>
    Object.entries(part).flatMap(([kind, content]) => {
      const action = {
        Put: 'PutItem',
        Update: 'UpdateItem',
        Delete: 'DeleteItem',
        ConditionCheck: 'ConditionCheckItem',
      }[kind];
      if (!action) throw new Error(`the simulation does not know how AWS authorizes ${kind} in TransactWriteItems`);
      return onTable(action, content, world, content.Key ?? content.Item);
    }),
  );
}

/**
 * A durable execution is authorized on its own ARN, which extends that of a function **version**: a policy on the
 * function's unqualified ARN, or on an alias, never matches. Source: AWS Lambda Developer Guide, "Security and
 * permissions for Lambda durable functions".
 */
function durable(operation: string) {
  return (input: Input): AuthorizationRequest[] => [
    { action: `lambda:${operation}`, resources: [text(input, 'DurableExecutionArn')], context: {} },
  ];
}

/** Source: Service Authorization Reference, AWS Lambda: an invocation through an alias is judged by the alias's ARN. */
function onFunction(action: string) {
  return (input: Input, { partition, region, account }: World): AuthorizationRequest[] => {
    const arn = `arn:${partition}:lambda:${region}:${account}:function:${text(input, 'FunctionName')}`;
    const resource = input.Qualifier === undefined ? arn : `${arn}:${text(input, 'Qualifier')}`;
    return [{ action: `lambda:${action}`, resources: [resource], context: {} }];
  };
}

const keyed = (operation: string) => (input: Input, world: World) => onTable(operation, input, world, input.Key);

const SERVICES: Readonly<Record<string, Operations>> = {
  ec2,
  ssm: {
    SendCommand: sendCommand,
    GetDocument: (input, world) => {
      const name = text(input, 'Name');
      const context = tagKeys('aws:ResourceTag', world.tagsOf(name));
      return [{ action: 'ssm:GetDocument', resources: [documentArn(name, world)], context }];
    },
    GetCommandInvocation: () => onAnything('ssm:GetCommandInvocation'),
    DescribeInstanceInformation: () => onAnything('ssm:DescribeInstanceInformation'),
  },
  dynamodb: {
    GetItem: keyed('GetItem'),
    UpdateItem: keyed('UpdateItem'),
    DeleteItem: keyed('DeleteItem'),
    PutItem: (input, world) => onTable('PutItem', input, world, input.Item),
    Query: keyed('Query'),
    TransactWriteItems: transaction,
  },
  s3,
  sns: {
    Publish: (input) => [{ action: 'sns:Publish', resources: [text(input, 'TopicArn')], context: {} }],
    GetTopicAttributes: (input) => [
      { action: 'sns:GetTopicAttributes', resources: [text(input, 'TopicArn')], context: {} },
    ],
  },
  lambda: {
    CheckpointDurableExecution: durable('CheckpointDurableExecution'),
    GetDurableExecutionState: durable('GetDurableExecutionState'),
    GetDurableExecution: durable('GetDurableExecution'),
    GetDurableExecutionHistory: durable('GetDurableExecutionHistory'),
    Invoke: onFunction('InvokeFunction'),
    ListDurableExecutionsByFunction: onFunction('ListDurableExecutionsByFunction'),
  },
  cloudformation: {
    // By a name it is judged as `stack/NAME/*`: github.com/aws/aws-parallelcluster/pull/754
    DescribeStacks: (input, { partition, region, account }) => {
      const asked = text(input, 'StackName');
      const arn = asked.startsWith('arn:')
        ? asked
        : `arn:${partition}:cloudformation:${region}:${account}:stack/${asked}/*`;
      return [{ action: 'cloudformation:DescribeStacks', resources: [arn], context: {} }];
    },
  },
  dlm: {
    GetLifecyclePolicies: () => onAnything('dlm:GetLifecyclePolicies'),
    GetLifecyclePolicy: (input, world) => {
      const id = text(input, 'PolicyId');
      const arn = `arn:${world.partition}:dlm:${world.region}:${world.account}:policy/${id}`;
      const context = tagKeys('aws:ResourceTag', world.tagsOf(id));
      return [{ action: 'dlm:GetLifecyclePolicy', resources: [arn], context }];
    },
  },
  kms: {
    DescribeKey: (input, { partition, region, account }) => {
      const asked = text(input, 'KeyId');
      const arn = asked.startsWith('arn:') ? asked : `arn:${partition}:kms:${region}:${account}:key/${asked}`;
      return [{ action: 'kms:DescribeKey', resources: [arn], context: {} }];
    },
  },
  elasticloadbalancing: {
    DescribeTargetHealth: () => onAnything('elasticloadbalancing:DescribeTargetHealth'),
  },
  cloudwatch: {
    // By a prefix it is judged as all alarms: github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1
    DescribeAlarms: (_, { partition, region, account }) => {
      const arn = `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`;
      return [{ action: 'cloudwatch:DescribeAlarms', resources: [arn], context: {} }];
    },
    // Service Authorization Reference, Amazon CloudWatch: the alarm, which has to be named for that.
    DescribeAlarmHistory: (input, { partition, region, account }) => {
      const arn = `arn:${partition}:cloudwatch:${region}:${account}:alarm:${text(input, 'AlarmName')}`;
      return [{ action: 'cloudwatch:DescribeAlarmHistory', resources: [arn], context: {} }];
    },
    GetMetricData: () => onAnything('cloudwatch:GetMetricData'),
    PutMetricData: (input) =>
      onAnything('cloudwatch:PutMetricData', { 'cloudwatch:namespace': text(input, 'Namespace') }),
  },
};
