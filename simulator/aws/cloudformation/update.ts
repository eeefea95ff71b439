import type { Created } from '../account/created.ts';
import type { Services } from '../account/services.ts';
import { deleteResources } from './delete.ts';
import { createResource, groupOf, redefineEndpoint, redefineFunction } from './resources.ts';
import { RESOURCE_SECONDS, resolverFor, sameProperties } from './stack.ts';
import { properties, type Reference, type ResolvedResource, str, TemplateError } from './template.ts';

/** How an update of a stack ended. */
export interface Update {
  readonly status: 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE' | 'UPDATE_ROLLBACK_FAILED';
  /** Why it was rolled back. */
  readonly reason?: string;
  /** Why the rollback failed. */
  readonly stuck?: string;
}

export interface UpdateOptions {
  readonly zones: readonly string[];
  /** Another resource of the stack fails, with this reason, when all others have been updated. */
  readonly fails?: string;
}

/** One resource that the update has changed or made; without `before`, it was made. */
interface Step {
  readonly id: string;
  readonly now: ResolvedResource;
  readonly before?: { readonly resource: ResolvedResource; readonly reference: Reference };
}

/**
 * Updates a stack as CloudFormation does: what is new is made and what has changed is updated, each after what it depends on; what is
 * gone from the template is deleted last. Where something fails, all that was changed, the one that failed too, is updated once more,
 * back to the properties of before; the event of a custom resource carries those that failed as the old ones.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html, stack-failure-options.html
 *
 * Call it within an activity of the clock.
 */
export async function updateStack(
  s: Services,
  created: Created,
  template: unknown,
  { zones, fails }: UpdateOptions,
): Promise<Update> {
  const { stackName } = created;
  const resolver = resolverFor(s, template, stackName, zones);
  const steps: Step[] = [];
  s.cloudFormation.enter(stackName, 'UPDATE_IN_PROGRESS');
  try {
    for (const id of resolver.order) {
      const resource = resolver.resource(id);
      const reference = await brought(s, created, resource, steps);
      created.references.set(id, reference);
      resolver.provide(id, reference);
    }
    if (fails !== undefined) throw new Error(fails);
  } catch (error) {
    // What the simulation does not know is no part of the story.
    if (error instanceof TemplateError) throw error;
    return rollBack(s, created, steps, (error as Error).message);
  }
  s.cloudFormation.enter(stackName, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
  const left = [...created.resources.keys()].filter((id) => !resolver.order.includes(id)).reverse();
  await deleteResources(s, created, left);
  created.revision++;
  s.cloudFormation.give(stackName, resolver.outputs());
  s.cloudFormation.enter(stackName, 'UPDATE_COMPLETE');
  return { status: 'UPDATE_COMPLETE' };
}

async function brought(s: Services, created: Created, resource: ResolvedResource, steps: Step[]): Promise<Reference> {
  const id = resource.logicalId;
  const before = created.resources.get(id);
  const reference = created.references.get(id);
  if (before && reference && sameProperties(before, resource)) {
    created.resources.set(id, resource);
    return reference;
  }
  await s.cloud.clock.sleep(RESOURCE_SECONDS * 1000);
  steps.push({ id, now: resource, ...(before && reference && { before: { resource: before, reference } }) });
  created.resources.set(id, resource);
  return before && reference ? changed(s, created, resource, before, reference) : createResource(s, resource, created);
}

/** @throws TemplateError for a change that the simulation does not know */
async function changed(
  s: Services,
  created: Created,
  resource: ResolvedResource,
  before: ResolvedResource,
  reference: Reference,
): Promise<Reference> {
  const p = properties(resource);
  created.revision++;
  if (resource.type.startsWith('Custom::'))
    return s.customResources.update(resource, before, reference.ref, created.stackName);
  switch (resource.type) {
    case 'AWS::IAM::Policy':
    // Its document without interruption: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
    case 'AWS::IAM::ManagedPolicy':
    case 'AWS::CDK::Metadata':
    // Its body without interruption: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html
    case 'AWS::CloudWatch::Dashboard':
      return reference;
    case 'AWS::Lambda::Function':
      redefineFunction(s, resource, created, reference);
      return reference;
    case 'AWS::EC2::VPCEndpoint':
      redefineEndpoint(s, p, created.stackName, reference.ref);
      return reference;
    case 'AWS::EC2::LaunchTemplate':
      return { ...reference, attributes: { ...reference.attributes, ...nextVersion(reference) } };
    case 'AWS::AutoScaling::AutoScalingGroup':
      // Without a rolling or replacing update policy, and none of ours has one, its instances stay as they are, and the next is launched from the new template.
      s.autoScaling.redefine(groupOf(s, p, reference.ref, created));
      return reference;
    case 'AWS::S3::Bucket':
      s.s3.redefine(reference.ref, p);
      return reference;
    case 'AWS::S3::BucketPolicy':
      s.s3.setPolicy(str(p, 'Bucket'), p.values.PolicyDocument, `${p.path}.PolicyDocument`);
      return reference;
    case 'AWS::Lambda::Alias':
      s.lambda.alias(reference.ref, `${s.lambda.arnOf(str(p, 'FunctionName'))}:${str(p, 'FunctionVersion')}`);
      return reference;
    case 'AWS::SSM::Document':
      if (str(p, 'UpdateMethod') !== 'NewVersion') break;
      s.ssm.define(reference.ref, p);
      return reference;
  }
  throw new TemplateError(p.path, `the simulation does not know how CloudFormation changes ${resource.type}`);
}

function nextVersion({ attributes }: Reference): Record<string, string> {
  return { LatestVersionNumber: String(Number(attributes.LatestVersionNumber) + 1) };
}

async function rollBack(s: Services, created: Created, steps: readonly Step[], reason: string): Promise<Update> {
  const { stackName } = created;
  s.cloud.say('cloudformation', `stack ${stackName}: ${reason}`);
  s.cloudFormation.enter(stackName, 'UPDATE_ROLLBACK_IN_PROGRESS');
  try {
    for (const { id, now, before } of steps) {
      if (!before) continue;
      await s.cloud.clock.sleep(RESOURCE_SECONDS * 1000);
      created.references.set(id, await changed(s, created, before.resource, now, before.reference));
      created.resources.set(id, before.resource);
    }
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    s.cloudFormation.enter(stackName, 'UPDATE_ROLLBACK_FAILED');
    return { status: 'UPDATE_ROLLBACK_FAILED', reason, stuck: (error as Error).message };
  }
  const made = steps.filter(({ before }) => !before).map(({ id }) => id);
  await deleteResources(s, created, made.reverse());
  s.cloudFormation.enter(stackName, 'UPDATE_ROLLBACK_COMPLETE');
  return { status: 'UPDATE_ROLLBACK_COMPLETE', reason };
}
