import { ALARM, alarmName } from '../../../contract/contract.ts';
import { killOnce } from '../../../simulator/aws/account/failures.ts';
import { duration } from '../../command/duration.ts';
import { check, inventory, neverBlank, nothingDeleted, oneWriter, promiseText } from '../../judge/checks.ts';
import { completedSnapshots, disown, failureOf } from '../../judge/measure.ts';
import { makeCourse } from '../../world/courses.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { breakFileSystem, clearUp } from '../story/breaking.ts';
import { judge, prepare, type Strike, untilSettled } from '../story/incident.ts';
import { type PointToDie, pointsToDie } from '../story/points-to-die.ts';

const MINUTE_MS = 60_000;
/** A function that died is run again within half a minute; that comes on top of the promise. */
const WITHIN_MS = 6 * MINUTE_MS;
/** Enough for the alarms to be calm again, and for a sweep. */
const REST_MS = 6 * MINUTE_MS;
/** Until the new volume has a copy: its schedules start late. */
const COPY_MS = 120 * MINUTE_MS;
const CALLS = 900;

/** The healer's function dies before and after the effect of each of its steps in turn, one heal each. */
export const healKilled: Scenario = {
  about: 'the file system shuts down, and the healer dies: before and after each of its steps in turn, one heal each',
  settings: { drills: { enabled: false } },
  play,
};

async function play(world: World): Promise<ScenarioResult> {
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, strike } = prepared;
  const before = inventory(world);
  // The first heal is left alone: its steps are the points to die at.
  const earlier = world.services.lambda.executions.length;
  const whole = await heal(strike, undefined);
  const checks: Check[] = [whole.check];
  const points = pointsToDie(world.services, earlier, (event) => isAbout(world, strike.first.volume, event));
  for (const [n, point] of points.entries()) {
    const { check: judged } = await heal(strike, point);
    checks.push(judged);
    world.progress('points to die at', n + 1, points.length);
  }
  watch.stop();
  return {
    checks: [...checks, oneWriter(watch), neverBlank(watch), nothingDeleted(world, before)],
    recovery: whole.recovery,
    outcome: whole.outcome,
  };
}

/** Whether an execution is a heal of that volume: the sweep may come before the alarm. */
function isAbout(world: World, volume: string, event: unknown): boolean {
  const { alarmData, sweep } = event as { alarmData?: { alarmName?: string }; sweep?: string };
  const names = Object.values(ALARM).map((kind) => alarmName(world.stackName, volume, kind));
  return sweep === volume || names.includes(alarmData?.alarmName ?? '');
}

async function heal(strike: Strike, point: PointToDie | undefined) {
  const { world, services, stage, first } = strike;
  const failure = failureOf(world, stage, first.volume);
  const volumes = stage.physical(first.volume).length;
  const name = point ? `died ${point.at} the effect of ${point.step}` : 'left alone';
  world.say(`the file system of ${failure.volumeId} is broken again: ${name}`);
  if (point) killOnce(services, { ...point, of: (event) => isAbout(world, first.volume, event) });
  breakFileSystem(strike, failure);
  const [settled] = await untilSettled(strike, [failure], { outcome: ['replace'] }, REST_MS);
  if (!settled) throw new Error('nothing was settled');
  const expect = { outcome: ['replace'] as const, withinMs: WITHIN_MS, calls: CALLS };
  const wrong = judge(world, stage, settled, expect).filter((c) => !c.kept);
  const survived = point !== undefined && services.cloud.faults.kill !== undefined;
  services.cloud.faults.kill = undefined;
  const { recovery, outcome } = settled;
  const took = recovery ? duration(recovery.servingAt - failure.at) : outcome;
  // A step that runs twice makes one volume all the same.
  const made = stage.physical(first.volume).length - volumes;
  const seen = [
    ...(survived ? ['it did not die'] : []),
    ...(made === 1 ? [] : [`${made} volumes were made`]),
    ...wrong.map(promiseText),
  ];
  if (recovery) {
    disown(strike.libraries.get(first.volume), recovery);
    await makeReady(strike);
  }
  const kept = seen.length === 0;
  return { check: check(`${name}: healed, and every promise kept`, kept, seen, took), recovery, outcome };
}

/** Until the next heal: the old volumes come off the hosts, somebody uploads, and the new volume gets a copy. */
async function makeReady(strike: Strike): Promise<void> {
  const { world, stage, first, libraries } = strike;
  const { clock, disks } = world;
  clearUp(strike, first.volume);
  const owner = stage.servedBy(first.volume);
  if (!owner) return;
  const course = makeCourse(`later-${clock.now()}`, world.random.stream(`later ${clock.now()}`));
  disks.upload(owner, first.volume, course);
  libraries.get(first.volume)?.add(course, clock.now());
  const since = clock.now();
  const copied = () => (completedSnapshots(world, stage, first.volume)[0]?.startedAt ?? 0) > since;
  await clock.run(since + COPY_MS, copied);
}
