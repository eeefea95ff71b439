import { type Created, holderOf, logicalIdOf, passRole } from '../account/created.ts';
import type { Services } from '../account/services.ts';
import { readAlarm } from '../cloudwatch/alarm.ts';
import { rateMs } from '../dlm/schedule.ts';
import type { GroupDefinition } from '../fleet/auto-scaling.ts';
import { readBoot } from '../fleet/user-data.ts';
import type { Principal } from '../iam/account.ts';
import { ResourcePolicy } from '../iam/resource-policies.ts';
import { targetsOf } from '../lambda/event-bus.ts';
import { INERT, INERT_ATTRIBUTES } from './inert.ts';
import { beginAccessLogs, S3_CREATORS } from './s3.ts';
import { createTable } from './tables.ts';
import {
  bool,
  has,
  list,
  num,
  object,
  type Properties,
  properties,
  type Reference,
  type ResolvedResource,
  str,
  strings,
  TemplateError,
  tags,
} from './template.ts';

/** Creates one resource of a type. May take virtual time. */
type Creator = (s: Services, p: Properties, id: string, created: Created) => Reference | Promise<Reference>;

/** Of the network only this: who may read what by its gateways. Interface endpoints are described, and everybody gets through. */
export function redefineEndpoint(s: Services, p: Properties, stackName: string, id: string): void {
  const service = (['s3', 'dynamodb'] as const).find((name) => str(p, 'ServiceName').endsWith(`.${name}`));
  if (service && str(p, 'VpcEndpointType', 'Gateway') === 'Gateway' && has(p, 'PolicyDocument'))
    s.gateways.set(stackName, service, new ResourcePolicy(p.values.PolicyDocument, `${p.path}.PolicyDocument`), id);
}

const CREATORS: Readonly<Record<string, Creator>> = {
  'AWS::EC2::Subnet': (_, p, id) => ({
    ref: `subnet-${id}`,
    attributes: { SubnetId: `subnet-${id}`, AvailabilityZone: str(p, 'AvailabilityZone') },
  }),
  'AWS::EC2::VPCEndpoint': (s, p, id, { stackName }) => {
    redefineEndpoint(s, p, stackName, `vpce-${id}`);
    const type = str(p, 'VpcEndpointType', 'Gateway') as 'Gateway';
    const privateDns = bool(p, 'PrivateDnsEnabled', false);
    s.endpoints.all.set(`vpce-${id}`, {
      ...{ id: `vpce-${id}`, service: str(p, 'ServiceName'), type, privateDns },
      state: 'available',
    });
    return { ref: `vpce-${id}`, attributes: { Id: `vpce-${id}` } };
  },
  'AWS::EC2::LaunchTemplate': (_, __, id) => ({
    ref: `lt-${id}`,
    attributes: { LaunchTemplateId: `lt-${id}`, LatestVersionNumber: '1', DefaultVersionNumber: '1' },
  }),
  'AWS::AutoScaling::AutoScalingGroup': createGroup,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': createLoadBalancer,
  'AWS::ElasticLoadBalancingV2::TargetGroup': createTargetGroup,
  'AWS::ElasticLoadBalancingV2::Listener': (_, p, id) => {
    const ref = `${str(p, 'LoadBalancerArn').replace(':loadbalancer/', ':listener/')}/${id}`;
    return { ref, attributes: { ListenerArn: ref } };
  },
  'AWS::IAM::Role': (s, _, id) => ({ ref: `role-${id}`, attributes: { Arn: roleArn(s, id), RoleId: `AROA${id}` } }),
  'AWS::KMS::Key': (s, p, id) => {
    const ref = `key-${id}`;
    const Arn = arn(s, 'kms', `key/${ref}`);
    s.cloud.keys.define(Arn, ref, p);
    return { ref, attributes: { Arn, KeyId: ref } };
  },
  'AWS::Logs::LogGroup': (s, p, id, { stackName, prefix }) => {
    // CloudFormation names it after the stack.
    const ref = has(p, 'LogGroupName') ? str(p, 'LogGroupName') : `${stackName}-${id.slice(prefix.length)}-1`;
    return { ref, attributes: { Arn: s.logs.createGroup(ref, p) } };
  },
  'AWS::EC2::FlowLog': (s, p, id, created) => {
    if (has(p, 'DeliverLogsPermissionArn')) {
      const [role, log] = [str(p, 'DeliverLogsPermissionArn'), arn(s, 'ec2', `vpc-flow-log/fl-${id}`)];
      passRole(s.cloud, created, role, 'vpc-flow-logs.amazonaws.com', log);
    }
    return { ref: `fl-${id}`, attributes: { Id: `fl-${id}` } };
  },
  'AWS::SQS::Queue': (s, p, id) => {
    const Arn = arn(s, 'sqs', `queue-${id}`);
    s.sqs.createQueue(Arn, p);
    const ref = `https://sqs.${s.cloud.region}.amazonaws.com/${s.cloud.account}/queue-${id}`;
    return { ref, attributes: { Arn, QueueUrl: ref, QueueName: `queue-${id}` } };
  },
  'AWS::SQS::QueuePolicy': (s, p, id) => {
    for (const url of strings(p, 'Queues'))
      s.sqs.setPolicy(arn(s, 'sqs', url.split('/').at(-1) ?? ''), p.values.PolicyDocument, p.path);
    return { ref: `queue-policy-${id}`, attributes: { Id: id } };
  },
  'AWS::IAM::Policy': (_, __, id) => ({ ref: `policy-${id}`, attributes: { Id: `policy-${id}` } }),
  'AWS::IAM::ManagedPolicy': (s, _, id, created) => {
    const ref = `arn:aws:iam::${s.cloud.account}:policy/${created.prefix}${id}`;
    s.cloud.policies.set(ref, holderOf(id, created));
    return { ref, attributes: {} };
  },
  ...S3_CREATORS,
  'AWS::SNS::Topic': (s, p, id) => {
    const ref = arn(s, 'sns', id);
    s.sns.createTopic(ref, has(p, 'KmsMasterKeyId') ? str(p, 'KmsMasterKeyId') : undefined);
    return { ref, attributes: { TopicArn: ref, TopicName: id } };
  },
  'AWS::SNS::TopicPolicy': (s, p, id) => {
    for (const topic of strings(p, 'Topics')) s.sns.setPolicy(topic, p.values.PolicyDocument, p.path);
    return { ref: `topic-policy-${id}`, attributes: { Id: id } };
  },
  'AWS::DynamoDB::GlobalTable': createTable,
  'AWS::SSM::Document': (s, p, id) => {
    const name = has(p, 'Name') ? str(p, 'Name') : `document-${id}`;
    s.ssm.define(name, p);
    return { ref: name, attributes: {} };
  },
  'AWS::DLM::LifecyclePolicy': (s, p, id, created) => {
    // Under an id that nobody knows before it is there.
    const policy = arn(s, 'dlm', `policy/policy-${id}`);
    const ref = s.dlm.define(p, passRole(s.cloud, created, str(p, 'ExecutionRoleArn'), 'dlm.amazonaws.com', policy));
    return { ref, attributes: { Arn: arn(s, 'dlm', `policy/${ref}`) } };
  },
  'AWS::CloudWatch::Alarm': (s, p, id) => {
    const definition = readAlarm({ logicalId: id, properties: p.values });
    const name = definition.alarmName ?? `alarm-${id}`;
    return { ref: name, attributes: { Arn: s.cloudwatch.define(name, definition) } };
  },
  'AWS::Lambda::Function': createFunction,
  'AWS::Lambda::Version': (s, p, id) => {
    const functionArn = s.lambda.arnOf(str(p, 'FunctionName'));
    const number = s.lambda.publish(functionArn);
    const ref = `${functionArn}:${number}`;
    return { ref, attributes: { Version: String(number), FunctionArn: ref, Id: id } };
  },
  'AWS::Lambda::Alias': (s, p) => {
    const functionArn = s.lambda.arnOf(str(p, 'FunctionName'));
    const ref = `${functionArn}:${str(p, 'Name')}`;
    s.lambda.alias(ref, `${functionArn}:${str(p, 'FunctionVersion')}`);
    return { ref, attributes: { AliasArn: ref } };
  },
  'AWS::Lambda::Permission': (s, p, id) => {
    if (str(p, 'Action') !== 'lambda:InvokeFunction')
      throw new Error(`${p.path}: the simulation knows the action lambda:InvokeFunction only`);
    s.lambda.permit({
      target: str(p, 'FunctionName'),
      principal: str(p, 'Principal'),
      sourceArn: has(p, 'SourceArn') ? str(p, 'SourceArn') : undefined,
    });
    return { ref: `permission-${id}`, attributes: { Id: id } };
  },
  'AWS::Lambda::EventInvokeConfig': (s, p, id) => {
    const functionArn = s.lambda.arnOf(str(p, 'FunctionName'));
    const qualifier = str(p, 'Qualifier');
    const target = qualifier === '$LATEST' ? functionArn : `${functionArn}:${qualifier}`;
    s.lambda.retries(target, num(p, 'MaximumRetryAttempts', 2));
    return { ref: `event-invoke-config-${id}`, attributes: {} };
  },
  'AWS::Lambda::EventSourceMapping': (s, p, id) => ({ ref: s.streams.map(`mapping-${id}`, p), attributes: {} }),
  'AWS::Events::Rule': createRule,
};

/** @throws Error naming every type of the template that the simulation does not know */
export function checkTypes(types: ReadonlyMap<string, string>): void {
  const unknown = [...types].filter(
    ([, type]) => !(type in CREATORS) && !(type in INERT) && !type.startsWith('Custom::'),
  );
  if (unknown.length > 0)
    throw new Error(`the simulated AWS does not know ${unknown.map(([id, type]) => `${type} (${id})`).join(', ')}`);
}

export async function createResource(s: Services, resource: ResolvedResource, created: Created): Promise<Reference> {
  const creator = CREATORS[resource.type];
  const name = `${created.prefix}${resource.logicalId}`;
  if (creator) return creator(s, properties(resource), name, created);
  if (resource.type.startsWith('Custom::')) return s.customResources.create(resource, created.stackName);
  const ref = `${resource.type.split('::').at(-1)?.toLowerCase()}-${name}`;
  const attributes = INERT_ATTRIBUTES[resource.type]?.(ref, name, (service, rest) => arn(s, service, rest)) ?? {};
  return { ref, attributes };
}

function arn(s: Services, service: string, rest: string): string {
  return `arn:${s.cloud.partition}:${service}:${s.cloud.region}:${s.cloud.account}:${rest}`;
}

function roleArn(s: Services, logicalId: string): string {
  return `arn:${s.cloud.partition}:iam::${s.cloud.account}:role/role-${logicalId}`;
}

function createFunction(s: Services, p: Properties, id: string, created: Created): Reference {
  const name = `function-${id}`;
  const Arn = arn(s, 'lambda', `function:${name}`);
  defineFunction(s, p, { id, name, arn: Arn }, created);
  return { ref: name, attributes: { Arn } };
}

/** The function is updated in place: what is published of it stays as it was. */
export function redefineFunction(s: Services, resource: ResolvedResource, created: Created, known: Reference): void {
  const id = `${created.prefix}${resource.logicalId}`;
  defineFunction(s, properties(resource), { id, name: known.ref, arn: String(known.attributes.Arn) }, created);
}

function defineFunction(
  s: Services,
  p: Properties,
  { id, name, arn }: { readonly id: string; readonly name: string; readonly arn: string },
  created: Created,
): void {
  const environment = object(object(p, 'Environment', {}), 'Variables', {});
  const principal = passRole(s.cloud, created, str(p, 'Role'), 'lambda.amazonaws.com');
  s.lambda.define({
    logicalId: id,
    name,
    arn,
    assetKey: str(object(p, 'Code'), 'S3Key'),
    env: Object.fromEntries(Object.keys(environment.values).map((key) => [key, str(environment, key)])),
    timeoutSeconds: num(p, 'Timeout', 3),
    principal,
    logGroup: str(object(p, 'LoggingConfig'), 'LogGroup'),
    deadLetters: has(p, 'DeadLetterConfig') ? deadLetters(s, principal, p) : undefined,
    executionSeconds: has(p, 'DurableConfig') ? num(object(p, 'DurableConfig'), 'ExecutionTimeout') : undefined,
  });
}

/**
 * Lambda makes no function that could not send there: github.com/elastic/beats/issues/13963.
 * @throws TemplateError naming what the role lacks
 */
function deadLetters(s: Services, role: Principal, p: Properties): (event: unknown) => void {
  const queue = str(object(p, 'DeadLetterConfig'), 'TargetArn');
  const missing = s.sqs.missingToSend(role, queue);
  if (missing)
    throw new TemplateError(p.path, `the execution role does not have permissions to call SendMessage: ${missing}`);
  return (event) => s.sqs.send(role, queue, JSON.stringify(event));
}

function createLoadBalancer(s: Services, p: Properties, id: string, { stackName }: Created): Reference {
  beginAccessLogs(s, tags(p, 'LoadBalancerAttributes', {}));
  const LoadBalancerFullName = `app/${id}/1`;
  const ref = arn(s, 'elasticloadbalancing', `loadbalancer/${LoadBalancerFullName}`);
  s.loadBalancer.name(stackName, LoadBalancerFullName);
  return {
    ref,
    attributes: {
      LoadBalancerArn: ref,
      LoadBalancerFullName,
      LoadBalancerName: id,
      DNSName: `${id}.elb.amazonaws.com`,
      CanonicalHostedZoneID: 'Z1',
    },
  };
}

function createTargetGroup(s: Services, p: Properties, id: string, { stackName }: Created): Reference {
  const fullName = `targetgroup/${id}/1`;
  const ref = arn(s, 'elasticloadbalancing', fullName);
  const group = {
    arn: ref,
    fullName,
    stackName,
    healthPath: str(p, 'HealthCheckPath'),
    intervalSeconds: num(p, 'HealthCheckIntervalSeconds', 30),
    healthyThreshold: num(p, 'HealthyThresholdCount', 5),
    unhealthyThreshold: num(p, 'UnhealthyThresholdCount', 2),
  };
  s.loadBalancer.define(group);
  return { ref, attributes: { TargetGroupArn: ref, TargetGroupFullName: fullName, TargetGroupName: id } };
}

function createGroup(s: Services, p: Properties, id: string, created: Created): Reference {
  s.autoScaling.define(groupOf(s, p, id, created));
  return { ref: id, attributes: {} };
}

/** What a group is, with what its launch template says now. */
export function groupOf(s: Services, p: Properties, id: string, created: Created): GroupDefinition {
  const template = created.resources.get(logicalIdOf(created, str(object(p, 'LaunchTemplate'), 'LaunchTemplateId')));
  if (!template) throw new Error(`${p.path}: no launch template`);
  const data = object(properties(template), 'LaunchTemplateData');
  const profile = object(data, 'IamInstanceProfile');
  const profileId = logicalIdOf(created, str(profile, has(profile, 'Arn') ? 'Arn' : 'Name'));
  const profileResource = created.resources.get(profileId);
  const role = profileResource && strings(properties(profileResource), 'Roles')[0];
  if (!role) throw new Error(`${p.path}: the instance profile ${profileId} names no role`);
  const zoneOf = (subnet: string) => {
    const zone = created.references.get(logicalIdOf(created, subnet))?.attributes.AvailabilityZone;
    if (typeof zone !== 'string') throw new Error(`${p.path}: subnet ${subnet} has no zone`);
    return zone;
  };
  const propagated = list(p, 'Tags', []).filter((tag) => bool(tag, 'PropagateAtLaunch'));
  // Without EBS among them, a volume that hangs is no reason to replace its instance.
  const checks = str(p, 'HealthCheckType', 'EC2');
  if (checks !== 'EC2') throw new Error(`${p.path}.HealthCheckType: the simulation knows EC2 only, got ${checks}`);
  return {
    name: id,
    capacity: num(p, 'DesiredCapacity', num(p, 'MinSize')),
    zones: strings(p, 'VPCZoneIdentifier').map(zoneOf),
    tags: {
      ...instanceTags(data),
      ...Object.fromEntries(propagated.map((tag) => [str(tag, 'Key'), str(tag, 'Value')])),
    },
    targetGroups: strings(p, 'TargetGroupARNs', []),
    graceSeconds: num(p, 'HealthCheckGracePeriod', 0),
    principal: passRole(s.cloud, created, role, 'ec2.amazonaws.com'),
    keys: list(data, 'BlockDeviceMappings', [])
      .map((mapping) => object(mapping, 'Ebs', {}))
      .flatMap((volume) => (has(volume, 'KmsKeyId') ? [str(volume, 'KmsKeyId')] : [])),
    stackName: created.stackName,
    boot: readBoot(Buffer.from(str(data, 'UserData'), 'base64').toString('utf8')),
  };
}

function instanceTags(launchTemplateData: Properties): Record<string, string> {
  const specification = list(launchTemplateData, 'TagSpecifications', []).find(
    (t) => str(t, 'ResourceType') === 'instance',
  );
  return specification ? tags(specification, 'Tags') : {};
}

function createRule(s: Services, p: Properties, id: string): Reference {
  const ref = arn(s, 'events', `rule/${id}`);
  const enabled = str(p, 'State', 'ENABLED') === 'ENABLED';
  if (enabled && has(p, 'EventPattern')) s.eventBus.define(ref, p);
  else if (enabled) {
    const every = rateMs(str(p, 'ScheduleExpression'), `${p.path}.ScheduleExpression`);
    const targets = targetsOf(p);
    s.cloud.clock.every(every, s.cloud.clock.now() + every, () => {
      if (s.cloud.deleted.has(ref)) return;
      for (const target of targets) s.lambda.invokeAsync(target.arn, target.input, 'events.amazonaws.com', ref);
    });
  }
  return { ref, attributes: { Arn: ref } };
}
