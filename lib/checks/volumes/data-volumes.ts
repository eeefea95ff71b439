import { ENV, scheduleTagValue, TAG } from '../../../contract/contract.ts';
import { planSchedules, SELECTION_TYPE, selectionHold } from '../copies/backup-plans.ts';
import { CONTENT_TYPE, type Hold, holdOn, idleBecause } from '../copies/policy-hold.ts';
import { type RoleUse, type RoleVerdict, roleVerdict } from '../copies/service-role.ts';
import { readSchedule, type SnapshotTimes } from '../copies/snapshot-times.ts';
import { type Declared, type DeclaredResources, isIntrinsic, type Json, listOf, objectOf, shown } from '../declared.ts';
import { inWorld, type World, worldsOf } from '../worlds.ts';
import { LAUNCH_TYPES, launchedTags } from './launched-volumes.ts';
import { managedTags, SERVICE_TYPE } from './task-volumes.ts';

/** `AWS::EC2::Volume` is a data volume: an instance's root volume is declared with the instance. And Remount's own claim. */
export const VOLUME_TYPES: readonly string[] = ['AWS::EC2::Volume', CONTENT_TYPE];
/** Of a policy: docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html */
const MOST_SCHEDULES = 4;
export const POLICY_TYPE = 'AWS::DLM::LifecyclePolicy';
const COPIER_TYPES: readonly string[] = [POLICY_TYPE, SELECTION_TYPE];

/** A tag list, `{Key, Value}` each, or why it cannot be known. */
function tagsOf(volume: Declared, app: DeclaredResources): readonly Json[] | string {
  if (volume.type === 'AWS::EC2::Volume') return readTags(volume.properties.Tags);
  if (LAUNCH_TYPES.includes(volume.type)) return readTags(launchedTags(volume));
  if (volume.type === SERVICE_TYPE) return readTags(managedTags(volume));
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

/** @param tags a list, an intrinsic, or a text that says why they cannot be known */
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
  /** Policies, and selections of AWS Backup, that surely copy the volume. */
  readonly covering: readonly Declared[];
  /** Those that may. */
  readonly unsure: readonly string[];
  /** Those that do not, and why. */
  readonly others: readonly string[];
  /** Which ones they are depends on a condition of the template. */
  readonly differs: boolean;
}

/** @returns a text where the tags of the volume cannot be known */
export function coverageOf(volume: Declared, app: DeclaredResources): Coverage | string {
  const each = worldsOf(volume).map((world) => coverageIn(world, volume, app));
  const unknown = each.find((coverage) => typeof coverage === 'string');
  if (unknown !== undefined) return unknown;
  const worlds = each.filter((coverage) => typeof coverage !== 'string');
  const [first] = worlds;
  if (!first) return 'it exists under no condition';
  const paths = worlds.map(({ covering }) => covering.map(({ construct }) => construct.node.path).join());
  const differs = new Set(paths).size > 1;
  if (!differs) return first;
  if (!paths.includes('')) return { ...first, differs };
  const sometimes = worlds.flatMap(({ covering }) => covering.map(({ construct }) => construct.node.path));
  const unsure = `${[...new Set(sometimes)].join(', ')} covers it under a condition of the template alone`;
  return { covering: [], unsure: [unsure, ...worlds.flatMap((coverage) => coverage.unsure)], others: [], differs };
}

function coverageIn(world: World, declared: Declared, app: DeclaredResources): Coverage | string {
  const volume = inWorld(declared, world) ?? declared;
  const tags = tagsOf(volume, app);
  if (typeof tags === 'string') return tags;
  const hold = (copier: Declared): Hold => {
    const there = inWorld(copier, world, declared.stack);
    if (!there) return { covers: false, because: 'does not exist beside it' };
    if (copier.type === POLICY_TYPE) return holdOn(volume, there, tags, app);
    if (there.condition !== undefined && there.condition !== volume.condition)
      return { covers: undefined, because: `exists only under the condition ${there.condition}` };
    return selectionHold(volume, there, tags, app);
  };
  const holds = COPIER_TYPES.flatMap((type) => app.of(type, declared)).map((by) => ({ by, hold: hold(by) }));
  const elsewhere = COPIER_TYPES.flatMap((type) => app.perhapsOf(type, declared))
    .map((by) => ({ by, hold: hold(by) }))
    .filter((each) => each.hold.covers !== false);
  const reasons = (wanted: Hold['covers']) =>
    holds.flatMap(({ by, hold: said }) =>
      said.covers === wanted && 'because' in said ? [`${by.construct.node.path} ${said.because}`] : [],
    );
  return {
    covering: holds.filter((each) => each.hold.covers).map(({ by }) => by),
    unsure: [
      ...reasons(undefined),
      ...elsewhere.map(({ by }) => `${by.construct.node.path} is deployed to an account and Region known then only`),
    ],
    others: reasons(false),
    differs: false,
  };
}

/** Whether what covers a volume can do so by its role: one that can suffices. */
export function workingRole(covering: readonly Declared[], app: DeclaredResources): RoleVerdict {
  const each = covering.map((by) => roleVerdict(useOf(by, app)));
  const found = each.find((role) => role.works) ?? each.find((role) => role.works === undefined) ?? each[0];
  return found ?? { works: undefined, because: 'nothing covers it' };
}

function useOf(by: Declared, app: DeclaredResources): RoleUse {
  if (by.type === SELECTION_TYPE) {
    const arn = { service: 'backup', resource: undefined };
    const asker = { service: 'backup.amazonaws.com', by, app, arn };
    return { arn: objectOf(by.properties.BackupSelection)?.IamRoleArn, asker, action: 'ec2:CreateSnapshot' };
  }
  const details = objectOf(by.properties.PolicyDetails);
  const of = listOf(details?.ResourceTypes).includes('INSTANCE') ? 'ec2:CreateSnapshots' : 'ec2:CreateSnapshot';
  const arn = { service: 'dlm', resource: 'policy/policy-\uFFFF' };
  return { arn: by.properties.ExecutionRoleArn, asker: { service: 'dlm.amazonaws.com', by, app, arn }, action: of };
}

/**
 * The schedules that a subject's recovery points come from: of a volume, those of every policy that covers it; of a policy that
 * covers no volume of this app, its own, for its volumes are elsewhere.
 *
 * @returns nothing where another rule or another subject speaks; a text where it cannot be known
 */
export function schedulesFor(subject: Declared, app: DeclaredResources): readonly SnapshotTimes[] | string | undefined {
  const policies = subject.type === POLICY_TYPE ? alone(subject, app) : coverageOf(subject, app);
  if (typeof policies === 'string' || policies.covering.length === 0) return undefined;
  if (policies.differs) return 'which policies cover it depends on a condition of the template';
  const read = policies.covering.flatMap((by) => {
    if (by.type === SELECTION_TYPE) return planSchedules(by, app);
    const { Schedules } = objectOf(by.properties.PolicyDetails) ?? {};
    if (isIntrinsic(Schedules)) return [`Schedules is ${shown(Schedules)}`];
    const count = listOf(Schedules).length;
    return count > MOST_SCHEDULES
      ? [`a policy has ${count} schedules; allowed: ${MOST_SCHEDULES} at most`]
      : listOf(Schedules).map(readSchedule);
  });
  const unread = read.find((schedule) => typeof schedule === 'string');
  return unread ?? read.filter((schedule) => typeof schedule !== 'string');
}

function alone(policy: Declared, app: DeclaredResources): Pick<Coverage, 'covering' | 'differs'> {
  const taken = VOLUME_TYPES.flatMap((type) => app.of(type, policy)).some((volume) => {
    const coverage = coverageOf(volume, app);
    return typeof coverage !== 'string' && coverage.covering.includes(policy);
  });
  return { covering: taken || idleBecause(policy) ? [] : [policy], differs: false };
}
