import { pointsOf, START_WINDOW_MINUTES, worstGap } from '../copies/snapshot-times.ts';
import { type Declared, type DeclaredResources, isIntrinsic, shown } from '../declared.ts';
import { type Finding, type Rule, unjudged, wrong } from '../rule.ts';
import { coverageOf, POLICY_TYPE, schedulesFor, VOLUME_TYPES, workingRole } from './data-volumes.ts';
import { LAUNCH_TYPES, launchedBy } from './launched-volumes.ts';
import { managedBy, SERVICE_TYPE } from './task-volumes.ts';

const covered: Rule = {
  id: 'DV1',
  title: 'A data volume is covered by an enabled snapshot policy or a backup plan that takes it and may copy it.',
  why: 'A policy whose tags match nothing makes no snapshot, and says nothing.',
  types: [...VOLUME_TYPES, ...LAUNCH_TYPES, SERVICE_TYPE],
  judge(volume, app) {
    const managed = volume.type === SERVICE_TYPE ? managedBy(volume) : undefined;
    // The rule on deletion says that it cannot be known.
    if (typeof managed === 'string' || managed?.length === 0) return undefined;
    const launched = LAUNCH_TYPES.includes(volume.type) ? launchedBy(volume, app) : undefined;
    if (typeof launched === 'string') return unjudged(`which data volumes are launched: ${launched}`);
    if (launched?.length === 0) return undefined;
    const coverage = coverageOf(volume, app);
    if (typeof coverage === 'string') return unjudged(`whether a policy covers this volume, for ${coverage}`);
    if (coverage.covering.length > 0) return byRole(coverage.covering, app);
    if (managed)
      return unjudged('whether what its tasks write to their volumes is data: no policy or plan covers them');
    if (coverage.unsure.length > 0)
      return unjudged(`whether a policy covers this volume: ${coverage.unsure.join('; ')}`);
    const devices = launched
      ? `the data volumes ${launched.map(({ device }) => shown(device)).join(', ')}`
      : 'this volume';
    return wrong(
      `No enabled snapshot policy covers ${devices}: ${coverage.others.join('; ') || `there is no ${POLICY_TYPE}`}. Give the volume a tag, key and value, that a policy with State "ENABLED" and ResourceTypes ["VOLUME"] targets`,
    );
  },
};

/** A policy is worth as much as its role lets it do. */
function byRole(covering: readonly Declared[], app: DeclaredResources): Finding | undefined {
  const role = workingRole(covering, app);
  if (role.works) return undefined;
  const paths = covering.map(({ construct }) => construct.node.path).join(', ');
  if (role.works === undefined) return unjudged(`whether ${paths} can make snapshots: ${role.because}`);
  return wrong(`${paths} covers this volume and can make no snapshot: ${role.because}`);
}

const KEPT = ['Retain', 'Snapshot'];

const kept: Rule = {
  id: 'DV2',
  title: 'A data volume is not deleted with its stack or its instance, nor by a change that replaces it.',
  why: 'CloudFormation deletes a volume when its stack goes, and when a changed property replaces it; EC2 one that was made at a launch, with its instance: unless they are set not to.',
  // The claim of Remount is not the volume: its keeper deletes no data.
  types: ['AWS::EC2::Volume', ...LAUNCH_TYPES, SERVICE_TYPE],
  judge(resource, app) {
    if (resource.type === SERVICE_TYPE) return outlivesTask(resource);
    if (LAUNCH_TYPES.includes(resource.type)) return outlivesInstance(resource, app);
    const { deletionPolicy, updateReplacePolicy } = resource;
    // On failure to create, RetainExceptOnCreate deletes what has never held anything.
    const deletion = [...KEPT, 'RetainExceptOnCreate'].includes(String(deletionPolicy));
    const replacement = KEPT.includes(String(updateReplacePolicy));
    if (deletion && replacement) return undefined;
    return wrong(
      `DeletionPolicy is ${shown(deletionPolicy)} and UpdateReplacePolicy is ${shown(updateReplacePolicy)}; allowed for both: ${KEPT.map(shown).join(' or ')}. Set removalPolicy to RemovalPolicy.RETAIN or RemovalPolicy.SNAPSHOT`,
    );
  },
};

/**
 * A data volume that is attached at launch is deleted with its instance when nothing is said:
 * docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html
 */
function outlivesInstance(resource: Declared, app: DeclaredResources): Finding | undefined {
  const launched = launchedBy(resource, app);
  if (typeof launched === 'string') return unjudged(`which data volumes are launched: ${launched}`);
  const deleted = launched.find(({ deleteOnTermination: value }) => !isIntrinsic(value) && String(value) !== 'false');
  if (deleted)
    return wrong(
      `The data volume ${shown(deleted.device)} is deleted with its instance: DeleteOnTermination is ${shown(deleted.deleteOnTermination)}; allowed: false. Set deleteOnTermination to false, or declare an AWS::EC2::Volume of its own`,
    );
  const deferred = launched.find(({ deleteOnTermination }) => isIntrinsic(deleteOnTermination));
  return (
    deferred &&
    unjudged(
      `whether ${deferred.device} outlives its instance: DeleteOnTermination is ${shown(deferred.deleteOnTermination)}`,
    )
  );
}

/** ECS keeps no volume of a service: docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html */
function outlivesTask(service: Declared): Finding | undefined {
  const managed = managedBy(service);
  if (typeof managed === 'string') return unjudged(`which volumes its tasks get: ${managed}`);
  if (managed.length === 0) return undefined;
  return unjudged('whether what its tasks write to their volumes is data: ECS deletes each volume with its task');
}

const gap: Rule = {
  id: 'RP1',
  title: 'The recovery points of a volume are never further apart than the objective.',
  why: `DLM starts a run up to ${START_WINDOW_MINUTES} minutes late: an hourly schedule alone allows a gap of two hours.`,
  types: [...VOLUME_TYPES, POLICY_TYPE],
  judge(subject, app, { recoveryPointGap }) {
    const schedules = schedulesFor(subject, app);
    if (!schedules) return undefined;
    if (typeof schedules === 'string') return unjudged(`how far recovery points may be apart: ${schedules}`);
    const allowed = recoveryPointGap.toMinutes();
    const worst = worstGap(schedules);
    if (worst <= allowed) return undefined;
    const plans = schedules.some(({ window }) => window !== START_WINDOW_MINUTES);
    const late = plans
      ? 'each run may start as late as its window allows'
      : `DLM starts each run up to ${START_WINDOW_MINUTES} minutes late`;
    const named = schedules.map(({ name }) => name).join(', ') || 'none';
    return wrong(
      `Recovery points may be ${shownMinutes(worst)} apart with the schedules ${named}, for ${late}; allowed: ${shownMinutes(allowed)}. Add schedules, spread evenly between the ones there are (4 in a policy at most), or shorten their interval`,
    );
  },
};

const retention: Rule = {
  id: 'RP2',
  title: 'Enough recovery points of a volume are kept, for long enough, to walk back past a damaged one.',
  why: 'Damage is often older than its discovery: every snapshot since then carries it.',
  types: [...VOLUME_TYPES, POLICY_TYPE],
  judge(subject, app, { recoveryPoints, recoveryPointReach }) {
    const schedules = schedulesFor(subject, app);
    if (!schedules) return undefined;
    if (typeof schedules === 'string') return unjudged(`how many recovery points are kept: ${schedules}`);
    const unread = schedules.find(({ kept }) => typeof kept === 'string');
    if (unread) return unjudged(`how many recovery points are kept: ${unread.kept}`);
    const points = pointsOf(schedules);
    const reach = Math.max(0, ...schedules.map(({ kept, spacing }) => Number(kept) * spacing));
    const allowed = recoveryPointReach.toMinutes();
    if (points >= recoveryPoints && reach >= allowed) return undefined;
    return wrong(
      `${points} recovery points are kept, reaching back ${shownMinutes(reach)}; allowed: at least ${recoveryPoints}, reaching back at least ${shownMinutes(allowed)}. Raise RetainRule.Count`,
    );
  },
};

function shownMinutes(minutes: number): string {
  if (!Number.isFinite(minutes)) return 'without end';
  return minutes >= 2880 ? `${Math.round(minutes / 144) / 10} days` : `${Math.round(minutes)} minutes`;
}

export const VOLUME_RULES: readonly Rule[] = [covered, kept, gap, retention];
