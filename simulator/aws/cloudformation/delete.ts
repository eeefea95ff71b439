import type { Created } from '../account/created.ts';
import type { Services } from '../account/services.ts';
import { INERT } from './inert.ts';
import {
  bool,
  has,
  list,
  type Properties,
  properties,
  type Reference,
  type ResolvedResource,
  str,
} from './template.ts';

const DELETE_MS = 1000;
/** Longer than an instance takes to end. */
const GROUP_MS = 15 * 60_000;
const RETAINED: readonly string[] = ['Retain', 'RetainExceptOnCreate'];

/** @throws Error as the service refuses it */
type Deleter = (s: Services, p: Properties, reference: Reference, created: Created) => void | Promise<void>;

const nothing: Deleter = () => {};
/** What has a part in rehearsals and is gone from then on by its physical id. */
const gone: Deleter = (s, _, { ref, attributes }) => {
  s.cloud.deleted.add(ref);
  if (typeof attributes.Arn === 'string') s.cloud.deleted.add(attributes.Arn);
};

/** A group with instances is not deleted without force, so its role's policies outlive them. Source: API reference of DeleteAutoScalingGroup */
const groupGone: Deleter = async (s, p, reference, created) => {
  gone(s, p, reference, created);
  const { clock } = s.cloud;
  const until = clock.now() + GROUP_MS;
  const runs = () =>
    [...s.ec2.instances.values()].some(
      ({ tags, state }) => tags['aws:autoscaling:groupName'] === reference.ref && /^(pending|running)$/.test(state),
    );
  while (runs()) {
    if (clock.now() > until) throw new Error(`${reference.ref}: its instances do not end`);
    await clock.sleep(DELETE_MS);
  }
};

const DELETERS: Readonly<Record<string, Deleter>> = {
  'AWS::EC2::Subnet': nothing,
  'AWS::EC2::LaunchTemplate': nothing,
  'AWS::EC2::FlowLog': nothing,
  'AWS::EC2::VPCEndpoint': (s, _, { ref }) => void s.endpoints.all.delete(ref),
  'AWS::IAM::Role': nothing,
  'AWS::IAM::Policy': nothing,
  'AWS::IAM::ManagedPolicy': (s, _, { ref }) => void s.cloud.policies.delete(ref),
  'AWS::Logs::LogGroup': gone,
  'AWS::SQS::Queue': nothing,
  'AWS::SQS::QueuePolicy': nothing,
  'AWS::SNS::Topic': nothing,
  'AWS::SNS::TopicPolicy': nothing,
  'AWS::SSM::Document': nothing,
  'AWS::Lambda::Permission': nothing,
  'AWS::Lambda::EventInvokeConfig': nothing,
  'AWS::ElasticLoadBalancingV2::TargetGroup': nothing,
  'AWS::ElasticLoadBalancingV2::Listener': nothing,
  'AWS::AutoScaling::AutoScalingGroup': groupGone,
  'AWS::Events::Rule': gone,
  'AWS::Lambda::EventSourceMapping': gone,
  'AWS::CloudWatch::Alarm': (s, _, { ref }) => s.cloudwatch.remove(ref),
  // Its snapshots stay. Source: API reference of DeleteLifecyclePolicy
  'AWS::DLM::LifecyclePolicy': (s, _, { ref }) => {
    s.dlm.policies.delete(ref);
  },
  'AWS::Lambda::Alias': (s, _, { ref }) => s.lambda.unalias(ref),
  'AWS::Lambda::Version': (s, _, { ref }) => s.lambda.deleteVersion(ref),
  'AWS::Lambda::Function': (s, _, { attributes }) => s.lambda.deleteFunction(String(attributes.Arn)),
  // docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#deletion-protection
  'AWS::ElasticLoadBalancingV2::LoadBalancer': (_, p, { ref }) => {
    const on = list(p, 'LoadBalancerAttributes', []).some(
      (a) => str(a, 'Key') === 'deletion_protection.enabled' && str(a, 'Value') === 'true',
    );
    if (on)
      throw new Error(
        `OperationNotPermitted: Load balancer '${ref}' cannot be deleted because deletion protection is enabled`,
      );
  },
  'AWS::DynamoDB::GlobalTable': (_, p) => {
    const on = list(p, 'Replicas', []).some(
      (r) => has(r, 'DeletionProtectionEnabled') && bool(r, 'DeletionProtectionEnabled'),
    );
    if (on)
      throw new Error('ValidationException: Resource cannot be deleted as it is currently protected against deletion');
  },
  'AWS::KMS::Key': () => {
    throw new Error('the simulation deletes no keys: what is encrypted with one would be lost');
  },
  'AWS::S3::Bucket': (s, _, { ref }) => s.s3.delete(ref),
  'AWS::S3::BucketPolicy': (s, p) => s.s3.removePolicy(str(p, 'Bucket')),
};

/**
 * Deletes resources one by one, in this order; those that are to be retained are left alone, and no more part of the stack.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 * @returns a line for each that could not be deleted
 */
export async function deleteResources(s: Services, created: Created, ids: readonly string[]): Promise<string[]> {
  const failed: string[] = [];
  for (const id of ids) {
    const resource = created.resources.get(id);
    const reference = created.references.get(id);
    if (!resource) continue;
    await s.cloud.clock.sleep(DELETE_MS);
    // Never made: it failed, and there is nothing to delete.
    if (reference && !RETAINED.includes(resource.deletionPolicy ?? '')) {
      try {
        await deleteOne(s, resource, reference, created);
      } catch (error) {
        failed.push(`${id}: ${(error as Error).message}`);
        s.cloud.say('cloudformation', `${id} could not be deleted: ${(error as Error).message}`);
        continue;
      }
    } else if (reference) {
      s.cloud.retained.add(String(reference.attributes.Arn));
      s.cloud.say('cloudformation', `${id} (${resource.type}) is retained`);
    }
    created.resources.delete(id);
    created.references.delete(id);
  }
  created.revision++;
  return failed;
}

async function deleteOne(
  s: Services,
  resource: ResolvedResource,
  reference: Reference,
  created: Created,
): Promise<void> {
  if (resource.type.startsWith('Custom::')) return s.customResources.delete(resource, reference.ref, created.stackName);
  const deleter = DELETERS[resource.type];
  if (!deleter && !(resource.type in INERT))
    throw new Error(`the simulation does not know how CloudFormation deletes ${resource.type}`);
  return (deleter ?? nothing)(s, properties(resource), reference, created);
}

/**
 * Deletes a stack, as `cdk destroy` does, in the reverse of the order in which it was made. Call it within an activity of the clock.
 * @returns a line for each resource that could not be deleted; the stack is then in `DELETE_FAILED`
 */
export async function deleteStack(s: Services, created: Created): Promise<string[]> {
  s.cloudFormation.enter(created.stackName, 'DELETE_IN_PROGRESS');
  const failed = await deleteResources(s, created, [...created.resources.keys()].reverse());
  s.cloudFormation.enter(created.stackName, failed.length === 0 ? 'DELETE_COMPLETE' : 'DELETE_FAILED');
  return failed;
}
