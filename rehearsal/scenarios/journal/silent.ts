/** A journal that is behind, and one that nobody writes: content is served, and people are notified. */
import { journalAlarmName } from '../../../contract/journal.ts';
import { failAgents, outage } from '../../../simulator/aws/account/failures.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { counted, duration } from '../../command/duration.ts';
import { check, neverBlank, oneWriter, pages } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import { journalObjects } from '../../judge/journal.ts';
import { makeCourse } from '../../world/courses.ts';
import { Watch } from '../../world/watch.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { bringUp, type Stage, upload } from '../story/deployed-stack.ts';
import { SETTINGS } from './journal.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const UNDRILLED = { drills: { enabled: false } };
/** S3 takes nothing for so long, and the alarm speaks within. */
const AWAY_SECONDS = 1200;
const NOTIFIED_MS = 10 * MINUTE_MS;
/** Until a writer has caught up, and its alarm says so. */
const CALM_MS = 10 * MINUTE_MS;
const SILENT_MS = 30 * MINUTE_MS;

type Act = (world: World, stage: Stage) => Promise<readonly Check[]>;

/** @param before what is so from the beginning */
function told(about: string, before: (world: World) => void, act: Act): Scenario {
  return { about, settings: { ...SETTINGS, ...UNDRILLED }, play: (world) => play(world, before, act) };
}

async function play(world: World, before: (world: World) => void, act: Act): Promise<ScenarioResult> {
  const watch = new Watch(world);
  before(world);
  const stage = await bringUp(world);
  if (typeof stage === 'string')
    return { checks: [check('every content volume is served after a deployment', false, stage)], recovery: undefined };
  world.spotlight(true);
  const since = world.clock.now();
  const unserved = new Set<string>();
  world.services.cloud.listen(() => {
    for (const { name } of stage.volumes) if (stage.servedBy(name) === undefined) unserved.add(name);
  });
  const checks = await act(world, stage);
  world.spotlight(false);
  watch.stop();
  const called = stage.volumes.flatMap(({ name }) => pages(world, name, since));
  return {
    checks: [
      oneWriter(watch),
      neverBlank(watch),
      check('content is served throughout', unserved.size === 0, [...unserved], 'yes'),
      check('nobody is called to a volume', called.length === 0, counted(called.length, 'message')),
      ...checks,
    ],
    recovery: undefined,
  };
}

/** What the alarm of that volume's journal said since a moment. */
function said(world: World, volume: string, since: number) {
  return heardOfAlarm(world.services.sns, journalAlarmName(world.stackName, volume), since);
}

function notifiedOf(world: World, volume: string, since: number, state: string): Check {
  const first = said(world, volume, since).find(({ alarm }) => alarm?.state === state);
  return check(
    `people are notified of the journal of ${volume} within ${duration(NOTIFIED_MS)}`,
    first !== undefined && first.at - since <= NOTIFIED_MS,
    first === undefined ? `of no ${state}` : duration(first.at - since),
  );
}

export const journalBehind: Scenario = told(
  'S3 takes nothing for twenty minutes: the journal is behind, people are notified, and it catches up',
  () => {},
  async (world, stage) => {
    const { clock, random } = world;
    const volume = stage.volumes[0]?.name ?? '';
    await clock.run(clock.now() + CALM_MS);
    const before = journalObjects(world, stage, volume).length;
    const since = clock.now();
    outage(world.services, 's3', OUTAGE.refuses, AWAY_SECONDS);
    upload(world, stage, volume, makeCourse('meanwhile', random.stream('meanwhile')));
    await clock.run(since + AWAY_SECONDS * SECOND_MS);
    const during = journalObjects(world, stage, volume).length;
    await clock.run(clock.now() + CALM_MS);
    const states = said(world, volume, since).map(({ alarm }) => alarm?.state ?? '');
    return [
      notifiedOf(world, volume, since, 'ALARM'),
      check('and when it has caught up', states.join() === 'ALARM,OK', states),
      check(
        'what was uploaded meanwhile is in the journal afterwards',
        before > 0 && during === before && journalObjects(world, stage, volume).length > during,
        `${before} objects, ${during}, ${journalObjects(world, stage, volume).length}`,
      ),
    ];
  },
);

export const journalSilent: Scenario = told(
  'no host can run the agent of the journal: content is served, and people are notified',
  (world) => failAgents(world.services),
  async (world, stage) => {
    const since = world.clock.now();
    for (const { name } of stage.volumes)
      upload(world, stage, name, makeCourse('unjournaled', world.random.stream(name)));
    await world.clock.run(since + SILENT_MS);
    return stage.volumes.flatMap(({ name }) => [
      notifiedOf(world, name, since, 'INSUFFICIENT_DATA'),
      check(
        `nothing of ${name} is in a journal`,
        journalObjects(world, stage, name).length === 0,
        counted(journalObjects(world, stage, name).length, 'object'),
      ),
    ]);
  },
);
