import { readAlarm } from './alarm.ts';
import type { Principal } from './cloud.ts';
import { targetsOf } from './event-bus.ts';
import { collectStatements, type Statement } from './iam.ts';
import { INERT, INERT_ATTRIBUTES } from './inert.ts';
import { rateMs } from './schedule.ts';
import type { Services } from './services.ts';
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
  tags,
} from './template.ts';
import { readUserData } from './user-data.ts';

/** Everything that has been created so far: what a later resource, or a role at the moment of a call, looks at. */
export interface Created {
  readonly stackName: string;
  readonly resources: Map<string, ResolvedResource>;
  readonly references: Map<string, Reference>;
}

/** Creates one resource of a type. May take virtual time. */
type Creator = (s: Services, p: Properties, id: string, created: Created) => Reference | Promise<Reference>;

const CREATORS: Readonly<Record<string, Creator>> = {
  'AWS::EC2::Subnet': (_, p, id) => ({
    ref: `subnet-${id}`,
    attributes: { SubnetId: `subnet-${id}`, AvailabilityZone: str(p, 'AvailabilityZone') },
  }),
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
  'AWS::IAM::Policy': (_, __, id) => ({ ref: `policy-${id}`, attributes: { Id: `policy-${id}` } }),
  'AWS::IAM::ManagedPolicy': (s, _, id) => ({ ref: `arn:aws:iam::${s.cloud.account}:policy/${id}`, attributes: {} }),
  'AWS::SNS::Topic': (s, _, id) => {
    const ref = arn(s, 'sns', id);
    s.sns.createTopic(ref);
    return { ref, attributes: { TopicArn: ref, TopicName: id } };
  },
  'AWS::DynamoDB::GlobalTable': (s, p, id) => {
    const keys = Object.fromEntries(list(p, 'KeySchema').map((k) => [str(k, 'KeyType'), str(k, 'AttributeName')]));
    s.dynamodb.createTable(`table-${id}`, keys.HASH ?? '', keys.RANGE);
    return { ref: `table-${id}`, attributes: { Arn: arn(s, 'dynamodb', `table/table-${id}`) } };
  },
  'AWS::SSM::Document': (s, p, id) => {
    const name = has(p, 'Name') ? str(p, 'Name') : `document-${id}`;
    s.ssm.define(name, p);
    return { ref: name, attributes: {} };
  },
  'AWS::DLM::LifecyclePolicy': (s, p, _, created) => {
    const ref = s.dlm.define(p, principalOf(logicalIdOf(created, str(p, 'ExecutionRoleArn')), created));
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
    s.lambda.qualify(`${functionArn}:1`, functionArn);
    return { ref: `${functionArn}:1`, attributes: { Version: '1', FunctionArn: `${functionArn}:1`, Id: id } };
  },
  'AWS::Lambda::Alias': (s, p) => {
    const functionArn = s.lambda.arnOf(str(p, 'FunctionName'));
    const ref = `${functionArn}:${str(p, 'Name')}`;
    s.lambda.qualify(ref, functionArn);
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
    s.lambda.retries(s.lambda.arnOf(str(p, 'FunctionName')), num(p, 'MaximumRetryAttempts', 2));
    return { ref: `event-invoke-config-${id}`, attributes: {} };
  },
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
  if (creator) return creator(s, properties(resource), resource.logicalId, created);
  if (resource.type.startsWith('Custom::')) return s.customResources.create(resource);
  const ref = `${resource.type.split('::').at(-1)?.toLowerCase()}-${resource.logicalId}`;
  const attributes =
    INERT_ATTRIBUTES[resource.type]?.(ref, resource.logicalId, (service, rest) => arn(s, service, rest)) ?? {};
  return { ref, attributes };
}

function arn(s: Services, service: string, rest: string): string {
  return `arn:${s.cloud.partition}:${service}:${s.cloud.region}:${s.cloud.account}:${rest}`;
}

function roleArn(s: Services, logicalId: string): string {
  return `arn:${s.cloud.partition}:iam::${s.cloud.account}:role/role-${logicalId}`;
}

/** Who calls with a role of the template: what its policies, as created so far, allow. */
function principalOf(roleLogicalId: string, created: Created): Principal {
  let known: { readonly size: number; readonly statements: readonly Statement[] } | undefined;
  return {
    name: roleLogicalId,
    statements() {
      const { resources, references } = created;
      if (known?.size !== references.size) {
        const template = { resources: Object.fromEntries(resources), references: Object.fromEntries(references) };
        known = { size: references.size, statements: collectStatements(template, roleLogicalId) };
      }
      return known.statements;
    },
  };
}

/** The logical id of the resource whose `Ref` or ARN this is. */
function logicalIdOf(created: Created, value: string): string {
  for (const [id, reference] of created.references)
    if (reference.ref === value || reference.attributes.Arn === value) return id;
  throw new Error(`nothing in the template is ${value}`);
}

function createFunction(s: Services, p: Properties, id: string, created: Created): Reference {
  const name = `function-${id}`;
  const functionArn = arn(s, 'lambda', `function:${name}`);
  const environment = object(object(p, 'Environment', {}), 'Variables', {});
  s.lambda.define({
    logicalId: id,
    name,
    arn: functionArn,
    assetKey: str(object(p, 'Code'), 'S3Key'),
    env: Object.fromEntries(Object.keys(environment.values).map((key) => [key, str(environment, key)])),
    timeoutSeconds: num(p, 'Timeout', 3),
    principal: principalOf(logicalIdOf(created, str(p, 'Role')), created),
    executionSeconds: has(p, 'DurableConfig') ? num(object(p, 'DurableConfig'), 'ExecutionTimeout') : undefined,
  });
  return { ref: name, attributes: { Arn: functionArn } };
}

function createLoadBalancer(s: Services, _: Properties, id: string): Reference {
  const LoadBalancerFullName = `app/${id}/1`;
  const ref = arn(s, 'elasticloadbalancing', `loadbalancer/${LoadBalancerFullName}`);
  s.loadBalancer.name(LoadBalancerFullName);
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

function createTargetGroup(s: Services, p: Properties, id: string): Reference {
  const fullName = `targetgroup/${id}/1`;
  const ref = arn(s, 'elasticloadbalancing', fullName);
  const group = {
    arn: ref,
    fullName,
    healthPath: str(p, 'HealthCheckPath'),
    intervalSeconds: num(p, 'HealthCheckIntervalSeconds', 30),
    healthyThreshold: num(p, 'HealthyThresholdCount', 5),
    unhealthyThreshold: num(p, 'UnhealthyThresholdCount', 2),
  };
  s.loadBalancer.define(group);
  return { ref, attributes: { TargetGroupArn: ref, TargetGroupFullName: fullName, TargetGroupName: id } };
}

function createGroup(s: Services, p: Properties, id: string, created: Created): Reference {
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
  s.autoScaling.define({
    name: id,
    capacity: num(p, 'DesiredCapacity', num(p, 'MinSize')),
    zones: strings(p, 'VPCZoneIdentifier').map(zoneOf),
    tags: {
      ...instanceTags(data),
      ...Object.fromEntries(propagated.map((tag) => [str(tag, 'Key'), str(tag, 'Value')])),
    },
    targetGroups: strings(p, 'TargetGroupARNs', []),
    graceSeconds: num(p, 'HealthCheckGracePeriod', 0),
    principal: principalOf(logicalIdOf(created, role), created),
    userData: readUserData(Buffer.from(str(data, 'UserData'), 'base64').toString('utf8')),
  });
  return { ref: id, attributes: {} };
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
      for (const target of targets) s.lambda.invokeAsync(target.arn, target.input, 'events.amazonaws.com', ref);
    });
  }
  return { ref, attributes: { Arn: ref } };
}
