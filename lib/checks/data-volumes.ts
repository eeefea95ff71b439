import { ENV, scheduleTagValue, TAG } from '../contract.ts';
import { type Declared, type DeclaredResources, isIntrinsic, type Json, listOf, objectOf, shown } from './declared.ts';
import { LAUNCH_TYPES, launchedTags } from './launched-volumes.ts';
import { type Hold, holdOn, idleBecause } from './policy-hold.ts';
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
  const holds = policies.map((policy) => ({ policy, hold: holdOn(volume, policy, tags, app) }));
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
