/** Courses that are uploaded into S3: served, refused, and through a heal. */
import { createHash } from 'node:crypto';
import { intakeAlarmName } from '../../../contract/intake.ts';
import { killAgent, outage } from '../../../simulator/aws/account/failures.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { type Course, DiskError, type DiskKind } from '../../../simulator/disks/disks.ts';
import { counted, duration } from '../../command/duration.ts';
import { check, neverBlank, oneWriter, pages } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import { answeredWithin, answerOf, IntakeWatch, intakeBucket, servedOrRefused } from '../../judge/intake.ts';
import { completedSnapshots, type Failure, failureOf } from '../../judge/measure.ts';
import { makeCourse } from '../../world/courses.ts';
import { type Acknowledged, FORMS, type Form, objectsOf, putAll, uploadCourse } from '../../world/uploads.ts';
import { Watch } from '../../world/watch.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { bringUp, type Stage, upload } from '../story/deployed-stack.ts';
import { BAD, uploadBad } from './bad.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Until what was uploaded is answered, where nothing is wrong; and where a heal is in between. */
const SOON_MS = 15 * SECOND_MS;
const PATIENCE_MS = 30 * MINUTE_MS;
const REST_MS = 5 * MINUTE_MS;
const LOOK_MS = SECOND_MS;
/** How often agents are killed, and how much later each time after an upload; until they have made up for it. */
const KILLS = 12;
const KILLED_LATER_MS = 450;
const KILLED_MS = 2 * MINUTE_MS;
/** Of the flood, by the kind of disks: in memory less than a minute of real time; on real ones the deployed agent takes each in, in real time. */
const FLOOD: Readonly<Record<DiskKind, number>> = { memory: 10_000, xfs: 300 };
const FLOODED_MS = 60 * MINUTE_MS;
/** What S3 lists at once: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const LISTED = 1000;
/** So old may the oldest be, by the alarm on what waits. */
const WAITS_MS = 15 * MINUTE_MS;
/** S3 is away for so long. */
const AWAY_SECONDS = 900;
/** Until the first copy of a new stack. */
const COPIED_MS = 180 * MINUTE_MS;

const SETTINGS = { intake: { enabled: true }, journal: { enabled: true }, drills: { enabled: false } };

/** What a story with an intake is played on. */
export class IntakeAct {
  readonly uploads: Acknowledged[] = [];
  readonly bucket: string;
  readonly volume: string;
  readonly watch: IntakeWatch;
  readonly world: World;
  readonly stage: Stage;

  constructor(world: World, stage: Stage) {
    this.world = world;
    this.stage = stage;
    this.bucket = intakeBucket(stage);
    this.volume = stage.volumes[0]?.name ?? '';
    this.watch = new IntakeWatch(world, stage);
  }

  async upload(course: Course, form: Form): Promise<Acknowledged> {
    const done = await uploadCourse(this.world, this.bucket, this.volume, course, form);
    this.uploads.push(done);
    return done;
  }

  /** Looks as it goes. @param until ends it sooner */
  async goOn(ms: number, until: () => boolean = () => false): Promise<void> {
    const { clock } = this.world;
    for (const end = clock.now() + ms; clock.now() < end && !until(); ) {
      await clock.run(clock.now() + LOOK_MS);
      this.watch.look(this.uploads);
    }
  }

  get allAnswered(): boolean {
    return this.uploads.every((one) => answerOf(this.world, this.bucket, one) !== undefined);
  }
}

function story(about: string, play: (act: IntakeAct) => Promise<readonly Check[]>): Scenario {
  return {
    about,
    settings: SETTINGS,
    play: async (world): Promise<ScenarioResult> => {
      const watch = new Watch(world);
      const stage = await bringUp(world);
      if (typeof stage === 'string')
        return {
          checks: [check('every content volume is served after a deployment', false, stage)],
          recovery: undefined,
        };
      await world.clock.run(world.clock.now() + MINUTE_MS);
      world.spotlight(true);
      const act = new IntakeAct(world, stage);
      const checks = await play(act);
      world.spotlight(false);
      watch.stop();
      const { uploads } = act;
      return {
        checks: [
          oneWriter(watch),
          neverBlank(watch),
          ...servedOrRefused(world, stage, uploads),
          ...act.watch.checks,
          ...checks,
        ],
        recovery: undefined,
      };
    },
  };
}

/** A course of that name, and of those files, by how often it was made. */
function courseOf({ world }: IntakeAct, name: string, time = 1): Course {
  return makeCourse(name, world.random.stream(`${name} ${time}`));
}

function alarmCalm({ world, volume }: IntakeAct): Check {
  const name = intakeAlarmName(world.stackName, volume);
  const alarm = world.services.cloudwatch.alarms.find((each) => each.name === name);
  return check(
    'the alarm on what waits has heard of it, and is calm',
    alarm?.state === 'OK',
    alarm?.state ?? 'there is none',
  );
}

function calledNobody({ world, volume }: IntakeAct, since: number): Check {
  const called = pages(world, volume, since);
  return check('nobody is called', called.length === 0, counted(called.length, 'message'));
}

export const intake: Scenario = story(
  'courses are uploaded into S3 in each form, replaced, and uploaded once more: served within seconds, and their answers say so',
  async (act) => {
    const since = act.world.clock.now();
    for (const form of FORMS) await act.upload(courseOf(act, `by-${form}`), form);
    await act.goOn(SOON_MS, () => act.allAnswered);
    // A newer one in its place, two of it at once, and the same bytes again.
    for (const time of [2, 3, 3]) await act.upload(courseOf(act, 'by-zip', time), 'zip');
    await act.upload(courseOf(act, 'by-folder', 2), 'zip');
    await act.goOn(SOON_MS, () => act.allAnswered);
    await act.goOn(REST_MS);
    return [answeredWithin(act.world, act.stage, act.uploads, SOON_MS), alarmCalm(act), calledNobody(act, since)];
  },
);

export const intakeBad: Scenario = story(
  'uploads that cannot be taken in, of each kind: refused with a sentence that says why, and nothing of them is served',
  async (act) => {
    const { world, bucket, stage } = act;
    await act.upload(courseOf(act, 'good'), 'zip');
    for (const bad of BAD) act.uploads.push(await uploadBad(world, bucket, act.volume, bad));
    await act.goOn(SOON_MS * 2, () => act.allAnswered);
    const wrong = BAD.flatMap(({ course, code }) => {
      const one = act.uploads.find((each) => each.course === course);
      const codes = (one && answerOf(world, bucket, one)?.refusals?.map((each) => each.code)) ?? [];
      return codes.includes(code) ? [] : [`${course}: ${codes.join() || 'nothing'}, and not ${code}`];
    });
    return [
      check('each is refused for what is wrong with it', wrong.length === 0, wrong, `all ${BAD.length}`),
      answeredWithin(world, stage, act.uploads, SOON_MS * 2),
    ];
  },
);

export const intakeDuringHeal: Scenario = story(
  'the file system shuts down while courses are uploaded: what S3 acknowledged before, meanwhile and after is served, and nothing older over it',
  async (act) => {
    const { world, stage, volume } = act;
    upload(world, stage, volume, courseOf(act, 'direct'));
    await act.upload(courseOf(act, 'before'), 'zip');
    await act.upload(courseOf(act, 'replaced'), 'zip');
    await act.goOn(SOON_MS, () => act.allAnswered);
    // A copy that has the first of them, and nothing after.
    const copied = () => completedSnapshots(world, stage, volume).length > 0;
    await world.clock.run(world.clock.now() + COPIED_MS, copied);
    await act.upload(courseOf(act, 'replaced', 2), 'zip');
    await act.goOn(SOON_MS, () => act.allAnswered);
    await act.upload(courseOf(act, 'replaced', 3), 'zip');
    await act.upload(courseOf(act, 'at-the-end'), 'folder');
    const failure = failureOf(world, stage, volume);
    shutDown(act, failure);
    const served = () => ![undefined, failure.owner].includes(stage.servedBy(volume));
    for (let n = 1; !served() && world.clock.now() < failure.at + PATIENCE_MS; n++) {
      await act.upload(courseOf(act, `meanwhile-${n}`), FORMS[n % FORMS.length] ?? 'zip');
      if (n === 1) await act.upload(courseOf(act, 'replaced', 4), 'zip');
      if (n === 2) await act.upload(courseOf(act, 'replaced', 5), 'folder');
      await act.goOn(20 * SECOND_MS, served);
    }
    const servedAt = served() ? world.clock.now() : undefined;
    await act.upload(courseOf(act, 'after'), 'zip');
    await act.goOn(REST_MS, () => act.allAnswered);
    await act.goOn(REST_MS);
    return [
      check(
        'it is healed',
        servedAt !== undefined,
        servedAt === undefined ? 'it is not' : duration(servedAt - failure.at),
      ),
      calledNobody(act, failure.at),
    ];
  },
);

export const intakeAgain: Scenario = story(
  'the file system shuts down while S3 answers nobody: what takes over has no journal, and takes in again what was uploaded since its copy',
  async (act) => {
    const { world, stage, volume } = act;
    upload(world, stage, volume, courseOf(act, 'direct'));
    const copied = () => completedSnapshots(world, stage, volume).length > 0;
    await world.clock.run(world.clock.now() + COPIED_MS, copied);
    for (const form of FORMS) await act.upload(courseOf(act, `since-${form}`), form);
    await act.goOn(SOON_MS, () => act.allAnswered);
    const failure = failureOf(world, stage, volume);
    outage(world.services, 's3', OUTAGE.hangs, AWAY_SECONDS);
    shutDown(act, failure);
    const served = () => ![undefined, failure.owner].includes(stage.servedBy(volume));
    await world.clock.run(failure.at + PATIENCE_MS, served);
    const servedAt = served() ? world.clock.now() : undefined;
    await world.clock.run(failure.at + AWAY_SECONDS * SECOND_MS + REST_MS);
    act.watch.look(act.uploads);
    return [
      check(
        'it is healed without the journal',
        servedAt !== undefined && servedAt < failure.at + AWAY_SECONDS * SECOND_MS,
        servedAt === undefined ? 'it is not' : duration(servedAt - failure.at),
      ),
    ];
  },
);

export const intakeKilled: Scenario = story(
  'the agents of the owner are killed again and again, each time a little later after an upload: each is served in the end, once',
  async (act) => {
    const { world, stage, volume } = act;
    for (let n = 0; n < KILLS; n++) {
      await act.upload(courseOf(act, 'replaced', n), 'zip');
      await act.upload(courseOf(act, `killed-${n}`), FORMS[n % FORMS.length] ?? 'zip');
      await world.clock.run(world.clock.now() + n * KILLED_LATER_MS);
      killAgent(world.services, stage.servedBy(volume) ?? '');
      await act.goOn(KILLED_MS, () => act.allAnswered);
    }
    return [answeredWithin(world, stage, act.uploads, KILLED_MS), alarmCalm(act)];
  },
);

export const intakeFlood: Scenario = story(
  `${FLOOD.memory} courses are uploaded at once (on real disks ${FLOOD.xfs}): the first is served as soon as ever, all of them are in the end, and nobody is called; people are notified where one waits for 15 min`,
  async (act) => {
    const { world, stage, bucket, volume } = act;
    // Elsewhere pages are short, so that whoever reads one alone is found out.
    world.services.cloud.faults.pageItems = LISTED;
    const since = world.clock.now();
    const uploads = Array.from({ length: FLOOD[world.disks.kind] }, (_, n) => smallCourse(act, `flood-${n}`)).flatMap(
      (course) => objectsOf(volume, course, 'file'),
    );
    act.uploads.push(...(await putAll(world, bucket, uploads)));
    // Of ten thousand not all are looked at again and again.
    const left = [...act.uploads];
    const isOver = () => {
      while (left.length > 0 && left[0] && answerOf(world, bucket, left[0])) left.shift();
      return left.length === 0;
    };
    const begun = world.clock.now();
    await world.clock.run(begun + FLOODED_MS, isOver);
    act.watch.look(act.uploads);
    await world.clock.run(world.clock.now() + REST_MS);
    const answers = act.uploads.map((one) => answerOf(world, bucket, one)?.at ?? Number.POSITIVE_INFINITY);
    const first = Math.min(...answers);
    const alarmed = heardOfAlarm(world.services.sns, intakeAlarmName(world.stackName, volume), since)
      .filter(({ alarm }) => alarm?.state === 'ALARM')
      .map(({ at }) => at);
    return [
      check('the first is answered within 15 s', first - since <= SOON_MS, duration(first - since)),
      answeredWithin(world, stage, act.uploads, FLOODED_MS),
      check(
        'the alarm on what waits is patient',
        alarmed.every((at) => at >= since + WAITS_MS),
        alarmed.map((at) => `after ${duration(at - since)}`),
      ),
      alarmCalm(act),
      calledNobody(act, since),
    ];
  },
);

/** Of one small file. */
function smallCourse({ world }: IntakeAct, id: string): Course {
  const bytes = Buffer.from(`<p>${id} ${world.random.stream(id).hex(16)}</p>\n`);
  return { id, files: [{ path: 'index.html', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }] };
}

/** Latent damage, and a delete that runs into it. */
function shutDown({ world }: IntakeAct, failure: Failure): void {
  const [courseId = ''] = world.disks.plantInconsistency(failure.volumeId).courseIds;
  try {
    world.disks.remove(failure.owner, failure.volume, courseId);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    world.services.hosts.touch(failure.owner);
    world.services.cloud.say('failure', `${failure.volumeId}: deleting ${courseId} shuts its file system down`);
  }
}
