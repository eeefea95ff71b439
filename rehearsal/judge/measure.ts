import { metricNamespace, TAG, VERDICT } from '../../contract/contract.ts';
import type { SimSnapshot } from '../../simulator/aws/ec2/state.ts';
import type { Course } from '../../simulator/disks/disks.ts';
import type { Stage } from '../scenarios/story/deployed-stack.ts';
import { coursePath, type ReadBack, readBack } from '../world/content.ts';
import type { Library } from '../world/courses.ts';
import type { Damage, Recovery, World } from '../world/world.ts';
import { heard } from './heard.ts';

/** What broke, and how things stood at that moment. */
export interface Failure {
  readonly at: number;
  readonly volume: string;
  /** Who served the content, and from what. */
  readonly owner: string;
  readonly volumeId: string;
  readonly zone: string;
  /** Age of the newest completed snapshot when it happened. */
  readonly snapshotAgeMs: number | undefined;
  /** How many API calls had been made. */
  readonly calls: number;
}

/** When a drill first found damage after that moment, and when people were notified: Unix milliseconds. */
export function damageFound(world: World, volume: string, since: number): Damage {
  const { ec2, sns } = world.services;
  const rejected = [...ec2.snapshots.values()]
    .filter((s) => s.tags[TAG.volume] === volume && s.tags[TAG.verdict] === VERDICT.rejected)
    .map((s) => Date.parse(s.tags[TAG.drilledAt] ?? ''))
    .filter((at) => at >= since);
  const [notified] = heard(sns, { kinds: ['damaged'], volume, since });
  return { aroseAt: since, foundAt: rejected.length > 0 ? Math.min(...rejected) : undefined, notifiedAt: notified?.at };
}

/** Completed snapshots of the content volume, newest first. */
export function completedSnapshots(world: World, stage: Stage, volume: string): SimSnapshot[] {
  const ids = new Set(stage.physical(volume).map((v) => v.id));
  return [...world.services.ec2.snapshots.values()]
    .filter((s) => ids.has(s.volumeId) && s.state === 'completed')
    .sort((a, b) => b.startedAt - a.startedAt);
}

/** How things stand now, just before something is broken. @throws Error when the volume is not served */
export function failureOf(world: World, stage: Stage, volume: string): Failure {
  const owner = stage.servedBy(volume) ?? '';
  const link = owner ? world.disks.links(owner).find((l) => l.volume === volume) : undefined;
  const served = link && world.services.ec2.volumes.get(link.volumeId);
  if (!served) throw new Error(`nobody serves ${volume}: there is nothing to break`);
  const newest = completedSnapshots(world, stage, volume)[0];
  const at = world.clock.now();
  return {
    at,
    volume,
    owner,
    volumeId: served.id,
    zone: served.zone,
    snapshotAgeMs: newest && at - newest.startedAt,
    calls: world.services.cloud.calls.length,
  };
}

/** The physical volume that the instance serves the content from. */
export function servedVolume(world: World, owner: string, volume: string): string | undefined {
  return world.disks.links(owner).find((link) => link.volume === volume && link.live)?.volumeId;
}

/**
 * The moment that the data on the volume that serves now reach up to, and the snapshot that they came from. The volume that
 * served before holds everything.
 */
export function recoveryPoint(
  world: World,
  failure: Failure,
  owner: string,
): { readonly at: number; readonly snapshot: SimSnapshot | undefined } {
  const { ec2, fleet } = world.services;
  const volumeId = servedVolume(world, owner, failure.volume);
  if (volumeId === failure.volumeId) return { at: failure.at, snapshot: undefined };
  const snapshot = ec2.snapshots.get(ec2.volumes.get(volumeId ?? '')?.snapshotId ?? '');
  // The data reach up to the last probe before the snapshot: the newest time that its own canary can hold.
  return {
    at: snapshot ? fleet.canaryBefore(metricNamespace(world.stackName), failure.volume, snapshot.startedAt) : 0,
    snapshot,
  };
}

/** The bucket of the journal of files. */
export function isJournalBucket(type: string, logicalId: string): boolean {
  return type === 'AWS::S3::Bucket' && logicalId.startsWith('Journal');
}

/** The bucket of uploads. */
export function isIntakeBucket(type: string, logicalId: string): boolean {
  return type === 'AWS::S3::Bucket' && logicalId.includes('Intake');
}

/** Whether the stack keeps a journal of files. */
export function hasJournal(world: World): boolean {
  return has(world, isJournalBucket);
}

/** Whether courses can be uploaded into S3. */
export function hasIntake(world: World): boolean {
  return has(world, isIntakeBucket);
}

function has({ template }: World, is: (type: string, logicalId: string) => boolean): boolean {
  const { Resources } = template as { readonly Resources: Readonly<Record<string, { readonly Type: string }>> };
  return Object.entries(Resources).some(([id, { Type }]) => is(Type, id));
}

/** Reads back what is owed: everything that was on the volume at the recovery point, and that nobody deleted as far as is known there. */
export function readOwed(world: World, library: Library, failure: Failure, owner: string): ReadBack {
  const { at, snapshot } = recoveryPoint(world, failure, owner);
  // The canary is up to ten seconds older than the snapshot: what was deleted in between is not owed. A journal has deletions until the end.
  const still = snapshot ? library.at(hasJournal(world) ? failure.at : snapshot.startedAt) : undefined;
  const owed = library.at(at).filter((course) => still === undefined || still.includes(course));
  return readBack(world, owner, failure.volume, owed);
}

/**
 * Reads back what is newer than the copy that serves.
 * @returns with a journal, `upTo` when all is there: as long as the first upload that is not, or the failure
 */
function readNewer(
  world: World,
  library: Library,
  failure: Failure,
  owner: string,
): { readonly newer: ReadBack; readonly upTo?: number } {
  const later = library.after(recoveryPoint(world, failure, owner).at);
  const read = (courses: readonly Course[]) => readBack(world, owner, failure.volume, courses);
  if (!hasJournal(world)) return { newer: read(later) };
  const still = library.at(failure.at);
  const owed = later.filter((course) => still.includes(course));
  const lost = owed.filter((course) => read([course]).missing.length > 0);
  return { newer: read(owed), upTo: library.firstAt(lost) ?? failure.at };
}

/** What a heal did not bring back is lost, and not owed by the next one. */
export function disown(library: Library | undefined, { filesNewer, failedAt }: Recovery): void {
  const lost = new Set(filesNewer);
  for (const { id, files } of library?.at(failedAt) ?? [])
    if (files.some(({ path }) => lost.has(coursePath(id, path)))) library?.delete(id, failedAt);
}

/** Everything is measured on the world: the canary on the volume that serves, the log, the calls. Call it when it serves again. */
export function measure(world: World, failure: Failure, library: Library, owner: string): Recovery {
  const { volume } = failure;
  const { cloud, fleet } = world.services;
  const servingAt = world.clock.now();
  const point = recoveryPoint(world, failure, owner);
  const { expected, intact } = readOwed(world, library, failure, owner);
  const { newer, upTo } = readNewer(world, library, failure, owner);
  const volumeId = servedVolume(world, owner, volume);
  const inspection = world.disks.inspect(
    point.snapshot ? { snapshotId: point.snapshot.id } : volumeId ? { volumeId } : {},
  );
  const calls = cloud.calls.slice(failure.calls);
  // A heal's first step is to take the lease; a sweep that finds nothing to do takes none.
  const healer = calls.find((c) => c.principal.startsWith('Healer') && c.operation === 'UpdateItem')?.at ?? servingAt;
  const apiCalls: Record<string, number> = {};
  for (const call of calls) {
    const name = `${call.service}:${call.operation}`;
    apiCalls[name] = (apiCalls[name] ?? 0) + 1;
  }
  const failed = fleet.lastFailure(metricNamespace(world.stackName), volume);
  return {
    volume,
    failedAt: failure.at,
    // A host that is gone has no failed probe: its silence begins with the failure.
    firstFailedProbeAt: failed !== undefined && failed >= failure.at ? failed : failure.at,
    healStartedAt: healer,
    servingAt,
    recoveryPointAt: upTo ?? point.at,
    filesExpected: expected + (upTo === undefined ? 0 : newer.expected),
    filesIntact: intact + (upTo === undefined ? 0 : newer.intact),
    filesNewer: newer.missing,
    sound: inspection.sound,
    findings: inspection.findings,
    apiCalls,
  };
}
