import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { killOnce } from '../../../simulator/aws/account/failures.ts';
import { counted } from '../../command/duration.ts';
import { check, inventory, neverBlank, nothingDeleted, oneWriter } from '../../judge/checks.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { prepare, type Strike } from '../story/incident.ts';
import { type PointToDie, pointsToDie } from '../story/points-to-die.ts';

const MINUTE_MS = 60_000;
/** Until the next drill that has something to do: schedules start up to an hour late. */
const NEXT_MS = 120 * MINUTE_MS;
/** Until what a drill leaves is cleared away: by the next drill, or by two rounds of the guard (5 min each). */
const REST_MS = 30 * MINUTE_MS;
/** What takes the place of content, or is to. */
const MADE: readonly (string | undefined)[] = [VOLUME_ROLE.scratch, VOLUME_ROLE.spare];

/** The drill's function dies before and after the effect of each of its steps in turn, one drill each. */
export const drillKilled: Scenario = {
  about: 'drills, and their function dies: before and after each of its steps in turn, one drill each',
  settings: { drills: { enabled: true } },
  play,
};

interface Ended {
  readonly outcome: string;
  readonly snapshotId: string;
}

async function play(world: World): Promise<ScenarioResult> {
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, strike } = prepared;
  const before = inventory(world);
  // The first one is left alone: its steps are the points to die at.
  const earlier = world.services.lambda.executions.length;
  await untilDrilled(strike);
  const points = pointsToDie(world.services, earlier, (event) => isDrill(event, strike.first.volume));
  const checks: Check[] = [
    check('a drill that is left alone has steps to die at', points.length > 0, String(points.length)),
  ];
  for (const [n, point] of points.entries()) {
    checks.push(await drill(strike, point));
    world.progress('points to die at', n + 1, points.length);
  }
  await world.clock.run(world.clock.now() + REST_MS);
  // A copy may have come just now.
  await world.clock.run(world.clock.now() + REST_MS, () => strike.services.lambda.busy === 0);
  watch.stop();
  return {
    checks: [...checks, leftovers(strike), oneWriter(watch), neverBlank(watch), nothingDeleted(world, before)],
    recovery: undefined,
    outcome: strike.stage.servedBy(strike.first.volume) ? 'none' : 'lost',
  };
}

function isDrill(event: unknown, volume: string): boolean {
  return (event as { readonly drill?: unknown }).drill === volume;
}

function recordsOf({ services, first }: Strike) {
  return services.dynamodb
    .all()
    .filter((item) => item.pk?.S === `VOLUME#${first.volume}` && item.sk?.S?.startsWith('DRILL#'));
}

/** How drills ended, the oldest first, by the records of them. */
function ended(strike: Strike): Ended[] {
  return recordsOf(strike)
    .sort((a, b) => ((a.sk?.S ?? '') < (b.sk?.S ?? '') ? -1 : 1))
    .map((item) => JSON.parse(item.drill?.S ?? '{}') as Ended);
}

/** Runs until one more drill is on record, and nothing is at work. @returns the new records */
async function untilDrilled(strike: Strike): Promise<Ended[]> {
  const { clock } = strike.world;
  const before = recordsOf(strike).length;
  await clock.run(clock.now() + NEXT_MS, () => strike.services.lambda.busy === 0 && recordsOf(strike).length > before);
  return ended(strike).slice(before);
}

async function drill(strike: Strike, point: PointToDie): Promise<Check> {
  const { world, services, first } = strike;
  const { faults, log } = services.cloud;
  const earlier = log.length;
  const name = `died ${point.at} the effect of ${point.step}`;
  world.say(`the next drill of ${first.volume}: ${name}`);
  killOnce(services, { ...point, of: (event) => isDrill(event, first.volume) });
  const records: Ended[] = [];
  // One that has nothing to do dies at its first look, and leaves no record.
  for (const until = world.clock.now() + NEXT_MS; world.clock.now() < until; ) {
    records.push(...(await untilDrilled(strike)));
    if (faults.kill === undefined) break;
  }
  const survived = faults.kill !== undefined;
  faults.kill = undefined;
  const last = records.at(-1);
  const spares = made(strike, VOLUME_ROLE.spare);
  const verdict = services.ec2.snapshots.get(last?.snapshotId ?? '')?.tags[TAG.verdict];
  const copies = log
    .slice(earlier)
    .filter(({ event }) => event?.kind === 'volumeCreated' && event.from === last?.snapshotId).length;
  const wrong = [
    ...(survived ? ['it did not die'] : []),
    ...records.filter((r) => r.outcome !== 'verified').map((r) => `${r.snapshotId} is ${r.outcome}`),
    ...(verdict === VERDICT.verified ? [] : [`${last?.snapshotId ?? 'no snapshot'} has the verdict ${verdict}`]),
    ...(copies === 1 ? [] : [`${copies} volumes were made of it`]),
    ...(spares.length === 1 ? [] : [`there are ${counted(spares.length, 'spare')}`]),
  ];
  return check(
    `${name}: verified by one volume, and one spare`,
    wrong.length === 0,
    wrong.join('; ') || (last?.snapshotId ?? ''),
  );
}

function made({ stage, first }: Strike, role: string): string[] {
  return stage
    .physical(first.volume)
    .filter((v) => v.tags[TAG.role] === role)
    .map((v) => v.id);
}

function leftovers({ stage, first }: Strike): Check {
  const left = stage.physical(first.volume).filter((v) => MADE.includes(v.tags[TAG.role]));
  return check(
    'of all that the drills made, one spare is left',
    left.length === 1 && left[0]?.tags[TAG.role] === VOLUME_ROLE.spare,
    left.map((v) => `${v.id} (${v.tags[TAG.role]})`),
    'nothing',
  );
}
