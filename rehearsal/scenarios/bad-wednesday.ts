import { createHash } from 'node:crypto';
import type { Incident } from '../../lambda/core/model.ts';
import { TAG, VOLUME_ROLE } from '../../lib/contract.ts';
import type { Item } from '../cloud/expressions.ts';
import { Library, makeCourse } from '../courses.ts';
import { type Course, DISK_ERROR, DiskError } from '../disks/disks.ts';
import { duration } from '../duration.ts';
import type { Check, Recovery, Scenario, ScenarioResult, World } from '../world.ts';
import { bringUp, currentOf, type Stage } from './stage.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const COURSES = 300;
/** Uploads are spread over this long; the damage is planted after `PLANTED_AFTER` of them. */
const UPLOADING_MS = 6 * HOUR_MS;
const PLANTED_AFTER = 200;
/** The housekeeping job deletes this many of the oldest courses, one each two seconds. */
const DELETED = 150;
const DELETE_EVERY_MS = 2 * SECOND_MS;
/** Promises, DESIGN section 2. */
const SNAPSHOT_AGE_MS = 60 * MINUTE_MS;
const DETECTION_MS = 30 * SECOND_MS;
const RECOVERY_MS = 5 * MINUTE_MS;
/** How long the scenario waits for content to be served again before it calls the promise broken. */
const PATIENCE_MS = 30 * MINUTE_MS;
/** After the recovery: long enough for the next scheduled snapshot, which starts up to an hour late. */
const AFTERMATH_MS = 2 * HOUR_MS + 5 * MINUTE_MS;

/** SCORM Cloud, January 2010, in one act: months-old damage, a burst of deletes, a file system that shuts itself down. */
export const badWednesday: Scenario = {
  about: 'January 2010 again: latent damage, a burst of deletes, the kernel shuts XFS down; replaced from a snapshot',
  play,
};

async function play(world: World): Promise<ScenarioResult> {
  world.spotlight(true);
  const stage = await bringUp(world);
  world.spotlight(false);
  if (typeof stage === 'string') return broken('every content volume is served after a deployment', stage);
  const volume = stage.volumes[0]?.name ?? '';
  world.say(`${stage.volumes.map((v) => `${v.name} in ${v.zone}`).join(', ')} served; the story is about ${volume}`);

  const library = new Library();
  const planted = await uploadAndPlant(world, stage, volume, library);
  if (typeof planted === 'string')
    return broken('a completed snapshot no older than 60 min exists (the schedule targets the volume)', planted);

  const failure = await deleteUntilItBreaks(world, stage, volume, library, planted);
  const before = world.services.cloud.calls.length;
  world.say('the content is gone: reads return EIO; nobody is called, the alarms do their work');
  world.spotlight(true);
  await world.clock.run(failure.at + PATIENCE_MS, () => servedElsewhere(stage, volume, failure.owner));
  const owner = stage.ownerOf(volume);
  const recovery =
    owner && owner !== failure.owner ? measure(world, stage, volume, library, failure, owner, before) : undefined;
  if (recovery) {
    world.say(
      `${volume} is served again, by ${owner}: ${recovery.filesIntact} of ${recovery.filesExpected} files intact`,
    );
    await world.clock.run(world.clock.now() + MINUTE_MS);
    world.spotlight(false);
    await world.clock.run(world.clock.now() + AFTERMATH_MS);
  }
  return { checks: judge(world, stage, volume, failure, recovery), recovery };
}

function broken(promise: string, seen: string): ScenarioResult {
  return { checks: [{ promise, kept: false, seen }], recovery: undefined };
}

interface Failure {
  readonly at: number;
  readonly owner: string;
  readonly volumeId: string;
  /** Age of the newest completed snapshot when it happened. */
  readonly snapshotAgeMs: number | undefined;
}

/** Six hours of uploads, with the damage planted in between. @returns what is missing when no sound snapshot came */
async function uploadAndPlant(
  world: World,
  stage: Stage,
  volume: string,
  library: Library,
): Promise<readonly string[] | string> {
  const { clock, disks, random } = world;
  const chance = random.stream('courses');
  const start = clock.now();
  let tripping: readonly string[] = [];
  for (let n = 0; n < COURSES; n++) {
    await clock.run(start + Math.floor(((n + chance.next()) / COURSES) * UPLOADING_MS));
    const course = makeCourse(`course-${String(n + 1).padStart(3, '0')}`, chance);
    upload(world, stage, volume, course);
    library.add(course, clock.now());
    world.progress('courses uploaded', n + 1, COURSES);
    if (n + 1 !== PLANTED_AFTER) continue;
    const sound = newestSound(world, stage, volume);
    if (!sound.snapshotId) return sound.why;
    const current = currentOf(stage, volume);
    if (!current) return `${volume} has no single current volume`;
    world.say(
      `${PLANTED_AFTER} courses are up; the newest snapshot ${sound.snapshotId} is sound (log replayed on a clone, xfs_repair -n finds nothing)`,
    );
    const damage = disks.plantInconsistency(current.id);
    tripping = damage.courseIds;
    world.say(`the inconsistency of 2010 is planted: ${damage.description}`);
    const { intact, expected } = readBack(world, stage, volume, library.at(clock.now()));
    world.say(`nobody notices: ${intact} of ${expected} files still read with the right checksum, and uploads go on`);
  }
  const { intact, expected } = readBack(world, stage, volume, library.at(clock.now()));
  world.say(`${COURSES} courses are up; ${intact} of ${expected} files read with the right checksum`);
  return tripping;
}

function newestSound(
  world: World,
  stage: Stage,
  volume: string,
): { readonly snapshotId: string | undefined; readonly why: string } {
  const newest = completed(world, stage, volume)[0];
  if (!newest)
    return {
      snapshotId: undefined,
      why: `no completed snapshot of ${volume} after ${duration(world.clock.now() - stageStart(world))} of uploads`,
    };
  const inspection = world.disks.inspect({ snapshotId: newest.id });
  return inspection.sound
    ? { snapshotId: newest.id, why: '' }
    : {
        snapshotId: undefined,
        why: `the newest snapshot ${newest.id} is not sound: ${inspection.findings.join('; ')}`,
      };
}

/** Completed snapshots of the content volume, newest first. */
function completed(world: World, stage: Stage, volume: string) {
  const ids = new Set(stage.physical(volume).map((v) => v.id));
  return [...world.services.ec2.snapshots.values()]
    .filter((s) => ids.has(s.volumeId) && s.state === 'completed')
    .sort((a, b) => b.startedAt - a.startedAt);
}

function stageStart(world: World): number {
  return world.services.cloud.log[0]?.at ?? world.clock.now();
}

function upload(world: World, stage: Stage, volume: string, course: Course): void {
  const owner = stage.ownerOf(volume);
  if (!owner) throw new Error(`nobody serves ${volume} to upload ${course.id} to`);
  world.disks.upload(owner, volume, course);
}

/** The housekeeping job: oldest first, in quick succession, until it has deleted its share or the file system gives up. */
async function deleteUntilItBreaks(
  world: World,
  stage: Stage,
  volume: string,
  library: Library,
  tripping: readonly string[],
): Promise<Failure> {
  const { clock, disks } = world;
  const owner = stage.ownerOf(volume) ?? '';
  const volumeId = currentOf(stage, volume)?.id ?? '';
  const oldest = library.ids().slice(0, DELETED);
  if (!oldest.some((id) => tripping.includes(id)))
    throw new Error(`the damage lies under ${tripping.join(', ')}, which the housekeeping job does not delete`);
  world.say(`the housekeeping job starts to delete the ${oldest.length} oldest courses`);
  for (const [n, id] of oldest.entries()) {
    await clock.run(clock.now() + DELETE_EVERY_MS);
    world.progress('courses deleted', n + 1, oldest.length);
    try {
      library.delete(id, clock.now());
      disks.remove(owner, volume, id);
    } catch (error) {
      if (!(error instanceof DiskError) || error.code === DISK_ERROR.missing) throw error;
      world.services.hosts.touch(owner);
      world.say(`after ${n} deletes, ${id} cannot be deleted: ${error.message}`);
      for (const line of lastWords(disks.kernelLog())) world.quote(line);
      const newest = completed(world, stage, volume)[0];
      return { at: clock.now(), owner, volumeId, snapshotAgeMs: newest && clock.now() - newest.startedAt };
    }
  }
  throw new Error(`${oldest.length} courses were deleted and the file system still stands: the damage did not trip`);
}

/** The incident in a ledger item, where it is one. */
function recordOf(item: Item): Incident | undefined {
  return item.incident?.S === undefined ? undefined : (JSON.parse(item.incident.S) as Incident);
}

/** What the kernel said of the end, each thing once, without its clock. */
function lastWords(kernelLog: readonly string[]): string[] {
  const said = kernelLog
    .map((line) => line.replace(/^\[[\s\d.]+\] /, ''))
    .filter((line) => !/ounting|recovery|clean mount/i.test(line));
  return [...new Set(said)].map((line) => `kernel: ${line}`);
}

function servedElsewhere(stage: Stage, volume: string, owner: string): boolean {
  const now = stage.ownerOf(volume);
  return now !== undefined && now !== owner;
}

function readBack(
  world: World,
  stage: Stage,
  volume: string,
  courses: readonly Course[],
): { readonly expected: number; readonly intact: number; readonly missing: readonly string[] } {
  const owner = stage.ownerOf(volume);
  const missing: string[] = [];
  let expected = 0;
  for (const course of courses) {
    for (const file of course.files) {
      expected++;
      const path = `courses/${course.id}/${file.path}`;
      if (!owner || checksum(world, owner, volume, path) !== file.sha256) missing.push(path);
    }
  }
  return { expected, intact: expected - missing.length, missing };
}

function checksum(world: World, owner: string, volume: string, path: string): string | undefined {
  try {
    return createHash('sha256')
      .update(world.disks.read(owner, volume, path))
      .digest('hex');
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** Everything is measured on the world: the canary on the volume that serves, the log, the calls. */
function measure(
  world: World,
  stage: Stage,
  volume: string,
  library: Library,
  failure: Failure,
  owner: string,
  callsBefore: number,
): Recovery {
  const { cloud } = world.services;
  const servingAt = world.clock.now();
  const current = stage.physical(volume).find((v) => v.attachment?.instanceId === owner && world.disks.mounted(v.id));
  const snapshot = [...world.services.ec2.snapshots.values()].find((s) => s.id === current?.snapshotId);
  // The data reach up to the last probe before the snapshot: the newest time that its own canary can hold.
  const recoveryPointAt = snapshot ? world.services.fleet.canaryBefore(volume, snapshot.startedAt) : 0;
  // The canary is up to ten seconds older than the snapshot: what was deleted in between is not owed.
  const owed = library.at(recoveryPointAt).filter((course) => library.at(snapshot?.startedAt ?? 0).includes(course));
  const { expected, intact } = readBack(world, stage, volume, owed);
  const newer = readBack(world, stage, volume, library.after(recoveryPointAt));
  const inspection = world.disks.inspect(snapshot ? { snapshotId: snapshot.id } : {});
  const calls = cloud.calls.slice(callsBefore);
  // A heal's first step is to take the lease; a sweep that finds nothing to do takes none.
  const healer = calls.find((c) => c.service === 'dynamodb' && c.operation === 'UpdateItem')?.at ?? servingAt;
  const apiCalls: Record<string, number> = {};
  for (const call of calls) {
    const name = `${call.service}:${call.operation}`;
    apiCalls[name] = (apiCalls[name] ?? 0) + 1;
  }
  return {
    volume,
    failedAt: failure.at,
    firstFailedProbeAt: world.services.fleet.lastFailure.get(volume) ?? failure.at,
    healStartedAt: healer,
    servingAt,
    recoveryPointAt,
    filesExpected: expected,
    filesIntact: intact,
    filesNewer: newer.missing,
    sound: inspection.sound,
    findings: inspection.findings,
    apiCalls,
  };
}

function judge(world: World, stage: Stage, volume: string, failure: Failure, r: Recovery | undefined): Check[] {
  const { ec2, dynamodb, sns, cloudwatch } = world.services;
  const check = (promise: string, kept: boolean, seen: string): Check => ({ promise, kept, seen });
  const age = failure.snapshotAgeMs;
  const checks = [
    check(
      'newest completed snapshot at most 60 min old',
      age !== undefined && age <= SNAPSHOT_AGE_MS,
      age === undefined ? 'none' : duration(age),
    ),
    check(
      'served again within 5 min, from a snapshot',
      r !== undefined && r.servingAt - r.failedAt <= RECOVERY_MS,
      r ? duration(r.servingAt - r.failedAt) : `not served ${duration(PATIENCE_MS)} after the failure`,
    ),
  ];
  if (!r)
    return [
      ...checks,
      check(
        'a person is paged when it cannot be healed',
        sns.messages.some((m) => m.at > failure.at && m.subject.includes('needs a person')),
        `${sns.messages.filter((m) => m.at > failure.at).length} messages`,
      ),
    ];
  const old = ec2.volumes.get(failure.volumeId);
  const current = currentOf(stage, volume);
  const incident = dynamodb.all().find((item) => recordOf(item)?.replacement?.oldVolume === failure.volumeId);
  const later = [...ec2.snapshots.values()].filter((s) => s.volumeId === current?.id);
  const alarms = cloudwatch.alarms.filter((a) => a.name.includes(`/${volume}/`)).map((a) => `${a.name} ${a.state}`);
  return [
    ...checks,
    check(
      'detected within 30 s of the first failed probe',
      r.healStartedAt - r.firstFailedProbeAt <= DETECTION_MS,
      duration(r.healStartedAt - r.firstFailedProbeAt),
    ),
    check(
      'every file of the recovery point is intact',
      r.filesExpected > 0 && r.filesIntact === r.filesExpected,
      `${r.filesIntact} of ${r.filesExpected}`,
    ),
    check(
      'the suspect volume is kept, and out of the schedule',
      old?.tags[TAG.role] === VOLUME_ROLE.quarantined && !(TAG.schedule in old.tags),
      old ? `${old.id} is ${old.tags[TAG.role]}` : 'it is gone',
    ),
    check(
      'one writer: the old owner serves nothing of it',
      !world.disks.markers(failure.owner).includes(volume) && !world.disks.mounted(failure.volumeId),
      `${failure.owner} serves ${world.disks.markers(failure.owner).join(', ') || 'nothing'}`,
    ),
    check(
      'the new volume is in the snapshot schedule',
      later.length > 0,
      `${later.length} snapshots of ${current?.id ?? 'no single current volume'}`,
    ),
    check(
      'the alarms watch the new volume, and are calm',
      alarms.length > 0 && alarms.every((a) => a.endsWith(' OK')),
      alarms.join(', '),
    ),
    check(
      'people are told, and the incident is on record',
      incident !== undefined && sns.messages.some((m) => m.subject.includes(`${volume} is served again`)),
      incident?.summary?.S ?? 'no record',
    ),
  ];
}
