import { DISK_ERROR, DiskError } from '../../../simulator/disks/disks.ts';
import { counted, duration } from '../../command/duration.ts';
import {
  alarmsCalm,
  check,
  incidents,
  neverBlank,
  oneWriter,
  PROMISE,
  pages,
  recentSnapshot,
  scheduleWorks,
  suspectKept,
} from '../../judge/checks.ts';
import { heard } from '../../judge/heard.ts';
import { JOURNALED_AFTER_MS } from '../../judge/journal.ts';
import {
  completedSnapshots,
  damageFound,
  type Failure,
  failureOf,
  hasIntake,
  hasJournal,
  measure,
} from '../../judge/measure.ts';
import { readBack } from '../../world/content.ts';
import { Library, makeCourse } from '../../world/courses.ts';
import { Watch } from '../../world/watch.ts';
import type { Check, Damage, Recovery, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { bringUp, currentOf, type Stage } from '../story/deployed-stack.ts';
import { type Door, direct, HalfByIntake } from './doors.ts';

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
/** While it deletes, a course comes after so many of them. */
const COMING_AFTER = 10;
/** And courses go on coming for so long after the recovery. */
const AFTERWARDS_MS = 20 * SECOND_MS;
/** How long the scenario waits for content to be served again before it calls the promise broken. */
const PATIENCE_MS = 30 * MINUTE_MS;
/** After the recovery: long enough for the next scheduled snapshot, which starts up to an hour late. */
const AFTERMATH_MS = 2 * HOUR_MS + 5 * MINUTE_MS;

/** Half of the courses are uploaded into S3, wherever the stack has a journal: see `settingsOver`. */
const UPLOADS = { intake: { enabled: true } };

/** SCORM Cloud, January 2010, in one act: months-old damage, a burst of deletes, a file system that shuts itself down. */
export const badWednesday: Scenario = {
  about:
    'January 2010 again: latent damage, found by a drill; a burst of deletes shuts XFS down all the same; the spare serves; half of the courses come through S3, on through the failure',
  settings: UPLOADS,
  play: (world) => play(world, true),
};

/** The same with nobody who tries the snapshots, as it was: the damage is found by the failure, and is in every copy. */
export const badWednesdayUndrilled: Scenario = {
  about: 'the same without drills: a snapshot serves that nobody has tried, and that carries the damage',
  settings: { ...UPLOADS, drills: { enabled: false } },
  play: (world) => play(world, false),
};

/** The same with nothing but copies: what is newer than the one that serves is gone for as long as a person takes to bring it back. */
export const badWednesdayUnjournaled: Scenario = {
  about:
    'the same without a journal of files: what is newer than the spare that serves stays on the quarantined volume',
  settings: { journal: { enabled: false } },
  play: async (world) => {
    const { checks, ...played } = await play(world, true);
    const newer = played.recovery?.filesNewer.length ?? 0;
    return { ...played, checks: [...checks, check('what no copy has is missing', newer > 0, counted(newer, 'file'))] };
  },
};

async function play(world: World, drills: boolean): Promise<ScenarioResult> {
  const watch = new Watch(world);
  world.spotlight(true);
  const stage = await bringUp(world);
  world.spotlight(false);
  if (typeof stage === 'string') return broken('every content volume is served after a deployment', stage);
  const volume = stage.volumes[0]?.name ?? '';
  world.say(`${stage.volumes.map((v) => `${v.name} in ${v.zone}`).join(', ')} served; the story is about ${volume}`);

  const library = new Library();
  const door = hasIntake(world) ? new HalfByIntake(world, stage, volume) : direct(world, stage, volume);
  const planted = await uploadAndPlant(world, stage, volume, library, door);
  if (typeof planted === 'string')
    return broken('a completed snapshot no older than 60 min exists (the schedule targets the volume)', planted);

  const { tripping, plantedAt } = planted;
  const found = damageFound(world, volume, plantedAt);
  if (drills) world.say(sayingWhen(found));
  const deletesFrom = world.clock.now();
  const failure = await deleteUntilItBreaks(world, stage, volume, library, { tripping, next: () => door.next() });
  world.say('the content is gone: reads return EIO; nobody is called, the alarms do their work');
  world.spotlight(true);
  const elsewhere = () => {
    const owner = stage.servedBy(volume);
    return owner !== undefined && owner !== failure.owner ? owner : undefined;
  };
  await door.goOn(failure.at + PATIENCE_MS, () => elsewhere() !== undefined);
  const owner = elsewhere();
  const recovery = owner ? measure(world, failure, library, owner) : undefined;
  if (recovery) {
    world.say(
      `${volume} is served again, by ${owner}: ${recovery.filesIntact} of ${recovery.filesExpected} files intact`,
    );
    await door.goOn(world.clock.now() + AFTERWARDS_MS, () => false);
    await world.clock.run(world.clock.now() + MINUTE_MS - AFTERWARDS_MS);
    world.spotlight(false);
    await world.clock.run(world.clock.now() + AFTERMATH_MS);
  }
  watch.stop();
  const damage = drills
    ? damageFound(world, volume, plantedAt)
    : { aroseAt: plantedAt, foundAt: undefined, notifiedAt: undefined };
  const checks = judge(world, stage, watch, failure, recovery);
  if (recovery && hasJournal(world)) checks.push(judgeJournal(recovery));
  if (drills) checks.push(...judgeDrills(damage, deletesFrom, recovery));
  const came = door.judge(library, failure);
  return { checks: [...checks, ...came.checks], recovery, damage, ...(came.arrivals && { arrivals: came.arrivals }) };
}

function sayingWhen({ aroseAt, foundAt }: Damage): string {
  return foundAt === undefined
    ? 'no drill has found the damage'
    : `a drill found the damage ${duration(foundAt - aroseAt)} after it arose, and people were notified; the job is started all the same`;
}

/** What drills are for: the damage is known before it does harm, and what serves afterwards is free of it. */
function judgeDrills({ aroseAt, foundAt, notifiedAt }: Damage, deletesFrom: number, r: Recovery | undefined): Check[] {
  const took = foundAt === undefined ? undefined : foundAt - aroseAt;
  return [
    check(
      'a drill finds the damage within an hour, while everything serves',
      took !== undefined && took <= HOUR_MS,
      took === undefined ? 'it did not' : duration(took),
    ),
    check(
      'people are notified before anything is deleted',
      notifiedAt !== undefined && notifiedAt < deletesFrom,
      notifiedAt === undefined ? 'nobody was' : `${duration(deletesFrom - notifiedAt)} before`,
    ),
    check('what serves again carries no damage', r?.sound === true, r?.findings[0] ?? 'nothing is found in it'),
  ];
}

/** What the journal is for: what no copy has is served all the same. */
function judgeJournal({ failedAt, recoveryPointAt }: Recovery): Check {
  return check(
    'all is there up to 3 s before the failure',
    failedAt - recoveryPointAt <= JOURNALED_AFTER_MS,
    `${duration(failedAt - recoveryPointAt)} before it`,
  );
}

function broken(promise: string, seen: string): ScenarioResult {
  return { checks: [check(promise, false, seen)], recovery: undefined };
}

/** Deleting any of these courses trips the damage. */
interface Planted {
  readonly tripping: readonly string[];
  readonly plantedAt: number;
}

/** Six hours of uploads, with the damage planted in between. @returns what is missing when no sound snapshot came */
export async function uploadAndPlant(
  world: World,
  stage: Stage,
  volume: string,
  library: Library,
  door: Door = direct(world, stage, volume),
): Promise<Planted | string> {
  const { clock, disks, random } = world;
  const chance = random.stream('courses');
  const start = clock.now();
  let tripping: readonly string[] = [];
  let plantedAt = start;
  for (let n = 0; n < COURSES; n++) {
    await clock.run(start + Math.floor(((n + chance.next()) / COURSES) * UPLOADING_MS));
    const course = makeCourse(`course-${String(n + 1).padStart(3, '0')}`, chance);
    library.add(course, await door.put(course));
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
    plantedAt = clock.now();
    world.say(`the inconsistency of 2010 is planted: ${damage.description}`);
    const { intact, expected } = readBack(world, stage.ownerOf(volume), volume, library.at(clock.now()));
    world.say(`nobody notices: ${intact} of ${expected} files still read with the right checksum, and uploads go on`);
  }
  const { intact, expected } = readBack(world, stage.ownerOf(volume), volume, library.at(clock.now()));
  world.say(`${COURSES} courses are up; ${intact} of ${expected} files read with the right checksum`);
  return { tripping, plantedAt };
}

function newestSound(
  world: World,
  stage: Stage,
  volume: string,
): { readonly snapshotId: string | undefined; readonly why: string } {
  const newest = completedSnapshots(world, stage, volume)[0];
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

function stageStart(world: World): number {
  return world.services.cloud.log[0]?.at ?? world.clock.now();
}

interface Deleting extends Pick<Planted, 'tripping'> {
  /** A course comes meanwhile. @default none does */
  readonly next?: () => Promise<void>;
}

/** The housekeeping job: oldest first, in quick succession, until it has deleted its share or the file system gives up. */
export async function deleteUntilItBreaks(
  world: World,
  stage: Stage,
  volume: string,
  library: Library,
  { tripping, next }: Deleting,
): Promise<Failure> {
  const { clock, disks } = world;
  const owner = stage.ownerOf(volume) ?? '';
  const oldest = library.ids().slice(0, DELETED);
  if (!oldest.some((id) => tripping.includes(id)))
    throw new Error(`the damage lies under ${tripping.join(', ')}, which the housekeeping job does not delete`);
  world.say(`the housekeeping job starts to delete the ${oldest.length} oldest courses`);
  for (const [n, id] of oldest.entries()) {
    await clock.run(clock.now() + DELETE_EVERY_MS);
    world.progress('courses deleted', n + 1, oldest.length);
    if (n % COMING_AFTER === COMING_AFTER - 1) await next?.();
    const failure = failureOf(world, stage, volume);
    try {
      library.delete(id, clock.now());
      disks.remove(owner, volume, id);
    } catch (error) {
      if (!(error instanceof DiskError) || error.code === DISK_ERROR.missing) throw error;
      world.services.hosts.touch(owner);
      world.say(`after ${n} deletes, ${id} cannot be deleted: ${error.message}`);
      for (const line of lastWords(disks.kernelLog())) world.quote(line);
      return failure;
    }
  }
  throw new Error(`${oldest.length} courses were deleted and the file system still stands: the damage did not trip`);
}

/** What the kernel said of the end, each thing once, without its clock. */
function lastWords(kernelLog: readonly string[]): string[] {
  const said = kernelLog
    .map((line) => line.replace(/^\[[\s\d.]+\] /, ''))
    .filter((line) => !/ounting|recovery|clean mount|User initiated|goingdown/i.test(line));
  return [...new Set(said)].map((line) => `kernel: ${line}`);
}

function judge(world: World, stage: Stage, watch: Watch, failure: Failure, r: Recovery | undefined): Check[] {
  const { ec2, sns } = world.services;
  const { volume } = failure;
  const checks = [
    recentSnapshot(failure),
    scheduleWorks(world),
    check(
      'served again within 5 min, from a snapshot',
      r !== undefined && r.servingAt - r.failedAt <= PROMISE.recoveryMs,
      r ? duration(r.servingAt - r.failedAt) : `not served ${duration(PATIENCE_MS)} after the failure`,
    ),
    oneWriter(watch),
    neverBlank(watch),
  ];
  if (!r) {
    const called = pages(world, volume, failure.at);
    return [
      ...checks,
      check('a person is paged when it cannot be healed', called.length > 0, counted(called.length, 'message')),
    ];
  }
  const current = currentOf(stage, volume);
  const incident = incidents(world, volume, failure.at).find((i) => i.replacement?.oldVolume === failure.volumeId);
  const later = [...ec2.snapshots.values()].filter((s) => s.volumeId === current?.id);
  return [
    ...checks,
    check(
      'detected within 30 s of the first failed probe',
      r.healStartedAt - r.firstFailedProbeAt <= PROMISE.detectionMs,
      duration(r.healStartedAt - r.firstFailedProbeAt),
    ),
    check(
      'every file of the recovery point is intact',
      r.filesExpected > 0 && r.filesIntact === r.filesExpected,
      `${r.filesIntact} of ${r.filesExpected}`,
    ),
    suspectKept(world, failure),
    check(
      'the old owner serves nothing of it',
      !world.disks.markers(failure.owner).includes(volume) && !world.disks.mounted(failure.volumeId),
      `${failure.owner} serves ${world.disks.markers(failure.owner).join(', ') || 'nothing'}`,
    ),
    check(
      'the new volume is in the snapshot schedule',
      later.length > 0,
      `${counted(later.length, 'snapshot')} of ${current?.id ?? 'no single current volume'}`,
    ),
    alarmsCalm(world, volume),
    check(
      'people are notified, and the incident is on record',
      incident !== undefined && heard(sns, { kinds: ['served'], volume, since: failure.at }).length > 0,
      String(incident?.summary ?? 'no record'),
    ),
  ];
}
