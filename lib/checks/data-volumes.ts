import { ENV, scheduleTagValue, TAG } from '../contract.ts';
import {
  type Declared,
  type DeclaredResources,
  isIntrinsic,
  type Json,
  listOf,
  objectOf,
  sameValue,
  shown,
} from './declared.ts';
import { LAUNCH_TYPES, launchedTags } from './launched-volumes.ts';
import { readSchedule, type SnapshotTimes } from './snapshot-times.ts';

/** `AWS::EC2::Volume` is a data volume: an instance's root volume is declared with the instance. And Remount's own claim. */
export const VOLUME_TYPES: readonly string[] = ['AWS::EC2::Volume', 'Custom::RemountContentVolume'];
/** Of a policy: docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html */
const MOST_SCHEDULES = 4;
export const POLICY_TYPE = 'AWS::DLM::LifecyclePolicy';

/** A tag list, `{Key, Value}` each, or why it cannot be told. */
function tagsOf(volume: Declared, app: DeclaredResources): readonly Json[] | string {
  if (volume.type === 'AWS::EC2::Volume') return readTags(volume.properties.Tags);
  if (LAUNCH_TYPES.includes(volume.type)) return readTags(launchedTags(volume));
  // The keeper tags what it makes with the name of the stack that is in its environment.
  const keeper = app.named(volume.properties.ServiceToken, volume);
  const variables = objectOf(objectOf(keeper?.properties.Environment)?.Variables);
  const stack = variables?.[ENV.stack];
  if (typeof stack !== 'string')
    return `its ServiceToken ${shown(volume.properties.ServiceToken)} is no function of this stack with ${ENV.stack} in its environment`;
  return [
    { Key: TAG.stack, Value: stack },
    { Key: TAG.schedule, Value: scheduleTagValue(stack) },
    { Key: TAG.volume, Value: volume.properties.Volume },
  ];
}

/** @param tags a list, an intrinsic, or a text that says why they cannot be told */
function readTags(tags: unknown): readonly Json[] | string {
  if (typeof tags === 'string') return tags;
  if (isIntrinsic(tags)) return `its Tags are ${shown(tags)}`;
  const [deferred] = listOf(tags).filter(isIntrinsic);
  return deferred === undefined
    ? listOf(tags).map((tag) => objectOf(tag) ?? {})
    : `one of its Tags is ${shown(deferred)}`;
}

/** The zone that a data volume is in, possibly an intrinsic. */
export function zoneOf(volume: Declared): unknown {
  return volume.properties[volume.type === 'AWS::EC2::Volume' ? 'AvailabilityZone' : 'Zone'];
}

/** What is said of a policy's hold on a volume: it covers it, or why not, or why that cannot be told. */
export type Hold = { readonly covers: true } | { readonly covers: false | undefined; readonly because: string };

/**
 * Whether a policy copies a volume: enabled, for volumes or for instances, and with a target tag that the volume carries. Any one of several
 * suffices, docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html
 */
function holdOn(volume: Declared, policy: Declared, carried: readonly Json[]): Hold {
  let tags = carried;
  const idle = idleBecause(policy);
  if (idle) return idle;
  if (policy.condition !== undefined && policy.condition !== volume.condition)
    return { covers: undefined, because: `exists only under the condition ${policy.condition}` };
  const { TargetTags, ResourceTypes, ResourceLocations } = objectOf(policy.properties.PolicyDetails) ?? {};
  const elsewhere = elsewhereBecause(volume, ResourceLocations);
  if (elsewhere) return elsewhere;
  // Remount's instances carry the tag of the stack, as its volumes do, and an owner has its volume attached.
  if (listOf(ResourceTypes).includes('INSTANCE')) {
    if (LAUNCH_TYPES.includes(volume.type))
      return { covers: undefined, because: 'targets instances, whose tags are settled at launch' };
    // Which volumes other instances have attached is not declared.
    if (volume.type === 'AWS::EC2::Volume')
      return { covers: false, because: `ResourceTypes is ${shown(ResourceTypes)}, not ["VOLUME"]` };
    tags = tags.filter(({ Key }) => Key === TAG.stack);
  }
  if (isIntrinsic(TargetTags)) return { covers: undefined, because: `TargetTags is ${shown(TargetTags)}` };
  const targets = listOf(TargetTags).map((tag) => objectOf(tag) ?? {});
  const matches = targets.flatMap((target) => tags.map((tag) => tagMatches(volume, tag, policy, target)));
  if (matches.includes(true)) return { covers: true };
  const wanted = targets.map(({ Key, Value }) => `${shown(Key)} = ${shown(Value)}`).join(' or ') || 'nothing';
  return { covers: matches.includes(undefined) ? undefined : false, because: `targets ${wanted}` };
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
function idleBecause(policy: Declared): Hold | undefined {
  const { State } = policy.properties;
  if (isIntrinsic(State)) return { covers: undefined, because: `State is ${shown(State)}` };
  if (State !== 'ENABLED') return { covers: false, because: `State is ${shown(State)}, not "ENABLED"` };
  const details = objectOf(policy.properties.PolicyDetails);
  // A default policy looks once a day at most, and only at what has no other backup.
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

export interface Coverage {
  /** Policies that surely copy the volume. */
  readonly covering: readonly Declared[];
  /** Policies that may. */
  readonly unsure: readonly string[];
  /** Policies that do not, and why. */
  readonly others: readonly string[];
}

/** @returns a text where the tags of the volume cannot be told */
export function coverageOf(volume: Declared, app: DeclaredResources): Coverage | string {
  const tags = tagsOf(volume, app);
  if (typeof tags === 'string') return tags;
  const policies = app.of(POLICY_TYPE, volume);
  const holds = policies.map((policy) => ({ policy, hold: holdOn(volume, policy, tags) }));
  const told = (wanted: Hold['covers']) =>
    holds.flatMap(({ policy, hold }) =>
      hold.covers === wanted && 'because' in hold ? [`${policy.construct.node.path} ${hold.because}`] : [],
    );
  return {
    covering: holds.filter(({ hold }) => hold.covers).map(({ policy }) => policy),
    unsure: told(undefined),
    others: told(false),
  };
}

/**
 * The schedules that a subject's recovery points come from: of a volume, those of every policy that covers it; of a policy that
 * covers no volume of this app, its own, for its volumes are elsewhere.
 *
 * @returns nothing where another rule or another subject speaks; a text where it cannot be told
 */
export function schedulesFor(subject: Declared, app: DeclaredResources): readonly SnapshotTimes[] | string | undefined {
  const policies = subject.type === POLICY_TYPE ? alone(subject, app) : coverageOf(subject, app);
  if (typeof policies === 'string' || policies.covering.length === 0) return undefined;
  const read = policies.covering.flatMap(({ properties }) => {
    const { Schedules } = objectOf(properties.PolicyDetails) ?? {};
    if (isIntrinsic(Schedules)) return [`Schedules is ${shown(Schedules)}`];
    const count = listOf(Schedules).length;
    return count > MOST_SCHEDULES
      ? [`a policy has ${count} schedules; allowed: ${MOST_SCHEDULES} at most`]
      : listOf(Schedules).map(readSchedule);
  });
  const unread = read.find((schedule) => typeof schedule === 'string');
  return unread ?? read.filter((schedule) => typeof schedule !== 'string');
}

function alone(policy: Declared, app: DeclaredResources): Pick<Coverage, 'covering'> {
  const taken = VOLUME_TYPES.flatMap((type) => app.of(type, policy)).some((volume) => {
    const coverage = coverageOf(volume, app);
    return typeof coverage !== 'string' && coverage.covering.includes(policy);
  });
  return { covering: taken || idleBecause(policy) ? [] : [policy] };
}
