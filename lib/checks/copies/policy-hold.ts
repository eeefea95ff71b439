import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import {
  type Declared,
  type DeclaredResources,
  isIntrinsic,
  type Json,
  listOf,
  objectOf,
  sameValue,
  shown,
} from '../declared.ts';
import { instanceTagsOf } from '../volumes/instance-tags.ts';

/** Remount's own claim for a content volume. */
export const CONTENT_TYPE = 'Custom::RemountContentVolume';

/** What is said of a policy's hold on a volume: it covers it, or why not, or why that cannot be known. */
export type Hold = { readonly covers: true } | { readonly covers: false | undefined; readonly because: string };

/**
 * Whether a policy copies a volume: enabled, for volumes or for instances, and with a target tag that the volume carries. Any one of several
 * suffices, docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html
 */
export function holdOn(volume: Declared, policy: Declared, carried: readonly Json[], app: DeclaredResources): Hold {
  let tags = carried;
  const idle = idleBecause(policy);
  if (idle) return idle;
  if (policy.condition !== undefined && policy.condition !== volume.condition)
    return { covers: undefined, because: `exists only under the condition ${policy.condition}` };
  const { TargetTags, ResourceTypes, ResourceLocations } = objectOf(policy.properties.PolicyDetails) ?? {};
  const elsewhere = elsewhereBecause(volume, ResourceLocations);
  if (elsewhere) return elsewhere;
  const forInstances = listOf(ResourceTypes).includes('INSTANCE');
  const isContent = volume.type === CONTENT_TYPE;
  let settled = true;
  if (forInstances) {
    const left = leavesOut(volume, policy, tags);
    if (left) return left;
    // Remount's instances carry the tag of the stack, as its volumes do, and an owner has its volume attached.
    const own = isContent
      ? { tags: tags.filter(({ Key }) => Key === TAG.stack), complete: true }
      : instanceTagsOf(volume, app);
    if (!own)
      return { covers: undefined, because: 'targets instances, and which has this volume attached is not in this app' };
    tags = own.tags;
    settled = own.complete;
  }
  if (isIntrinsic(TargetTags)) return { covers: undefined, because: `TargetTags is ${shown(TargetTags)}` };
  const targets = listOf(TargetTags).map((tag) => objectOf(tag) ?? {});
  const matches = targets.flatMap((target) => tags.map((tag) => tagMatches(volume, tag, policy, target)));
  if (matches.includes(true)) {
    if (!forInstances || !isContent || launchesTagged(policy, targets, app)) return { covers: true };
    return { covers: undefined, because: 'targets instances, of which no group in the app has the tag' };
  }
  const wanted = targets.map(({ Key, Value }) => `${shown(Key)} = ${shown(Value)}`).join(' or ') || 'nothing';
  if (matches.includes(undefined)) return { covers: undefined, because: `targets ${wanted}` };
  if (!settled)
    return { covers: undefined, because: `targets instances with ${wanted}, whose tags are settled at launch` };
  const inherited = targets.flatMap((target) =>
    (forInstances ? [] : stackTags(volume)).map((tag) => tagMatches(volume, tag, policy, target)),
  );
  if (inherited.every((match) => match === false)) return { covers: false, because: `targets ${wanted}` };
  return { covers: undefined, because: `targets ${wanted}, which only the tags of the stack may give the volume` };
}

/**
 * Tags of the stack that a resource does not have of its own. "The propagation of stack-level tags to resources varies by resource
 * type": docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
 */
function stackTags({ type, stack, properties }: Declared): Json[] {
  if (type !== 'AWS::EC2::Volume') return [];
  const own = listOf(properties.Tags).map((tag) => objectOf(tag)?.Key);
  return Object.entries(stack.tags.tagValues())
    .filter(([key]) => !own.includes(key))
    .map(([key, value]) => ({ Key: key, Value: stack.resolve(value) }));
}

/** Why a policy for instances leaves a content volume out, or may: by a tag of it, that of a current volume included. */
function leavesOut(volume: Declared, policy: Declared, tags: readonly Json[]): Hold | undefined {
  const { Parameters } = objectOf(policy.properties.PolicyDetails) ?? {};
  const excluded = objectOf(Parameters)?.ExcludeDataVolumeTags;
  const because = `leaves out volumes with ${shown(excluded)}`;
  if (isIntrinsic(Parameters) || isIntrinsic(excluded)) return { covers: undefined, because };
  const carried = [...tags, { Key: TAG.role, Value: VOLUME_ROLE.current }];
  const matches = listOf(excluded).flatMap((tag) =>
    carried.map((own) => (isIntrinsic(tag) ? undefined : tagMatches(volume, own, policy, objectOf(tag) ?? {}))),
  );
  if (matches.includes(true)) return { covers: false, because };
  return matches.includes(undefined) ? { covers: undefined, because } : undefined;
}

/** Whether the app launches instances with one of these tags. */
function launchesTagged(policy: Declared, targets: readonly Json[], app: DeclaredResources): boolean {
  return app.of('AWS::AutoScaling::AutoScalingGroup', policy).some((group) =>
    listOf(group.properties.Tags)
      .map((tag) => objectOf(tag) ?? {})
      .filter(({ PropagateAtLaunch }) => String(PropagateAtLaunch) === 'true')
      .some((tag) => targets.some((target) => tagMatches(group, tag, policy, target))),
  );
}

/**
 * Why a policy looks for volumes in another kind of place: `CLOUD` is the zones of a Region, and what is meant when nothing is said.
 * docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html
 */
function elsewhereBecause(volume: Declared, locations: unknown = ['CLOUD']): Hold | undefined {
  const because = `ResourceLocations is ${shown(locations)}`;
  if (isIntrinsic(locations)) return { covers: undefined, because };
  const wanted = volume.properties.OutpostArn === undefined ? 'CLOUD' : 'OUTPOST';
  if (listOf(locations).includes(wanted)) return undefined;
  // Whether a zone is a Local Zone is not in the template.
  if (listOf(locations).includes('LOCAL_ZONE')) return { covers: undefined, because };
  return { covers: false, because: `${because}, not [${shown(wanted)}]` };
}

function tagMatches(volume: Declared, tag: Json, policy: Declared, target: Json): boolean | undefined {
  const key = sameValue(tag.Key, volume, target.Key, policy);
  const value = sameValue(tag.Value, volume, target.Value, policy);
  if (key === false || value === false) return false;
  return key && value;
}

/** Why a policy copies no volume by tag at all. */
export function idleBecause(policy: Declared): Hold | undefined {
  const { State } = policy.properties;
  if (isIntrinsic(State)) return { covers: undefined, because: `State is ${shown(State)}` };
  if (State !== 'ENABLED') return { covers: false, because: `State is ${shown(State)}, not "ENABLED"` };
  const details = objectOf(policy.properties.PolicyDetails);
  // docs.aws.amazon.com/dlm/latest/APIReference/API_CreateLifecyclePolicy.html: its properties are beside PolicyDetails, or in it.
  const { DefaultPolicy } = policy.properties;
  const because = 'is a default policy, which runs once a day at most, and passes over what has a recent copy';
  if (DefaultPolicy !== undefined || details?.PolicyLanguage === 'SIMPLIFIED') return { covers: false, because };
  if (!details) return { covers: false, because: 'has no PolicyDetails' };
  const { PolicyType = 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes } = details;
  if (isIntrinsic(PolicyType) || isIntrinsic(ResourceTypes))
    return { covers: undefined, because: 'its type is known at deployment only' };
  if (PolicyType !== 'EBS_SNAPSHOT_MANAGEMENT')
    return { covers: false, because: `PolicyType is ${shown(PolicyType)}, not "EBS_SNAPSHOT_MANAGEMENT"` };
  if (!listOf(ResourceTypes).some((type) => type === 'VOLUME' || type === 'INSTANCE'))
    return { covers: false, because: `ResourceTypes is ${shown(ResourceTypes)}, not ["VOLUME"] or ["INSTANCE"]` };
  return undefined;
}
