/** A stack of before takes the journal of files by an ordinary deployment. */

import { journalAlarmName } from '../../../contract/journal.ts';
import type { Update } from '../../../simulator/aws/cloudformation/update.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import { journalNotified, journalObjects, termsInOrder } from '../../judge/journal.ts';
import { readBack } from '../../world/content.ts';
import { makeCourse } from '../../world/courses.ts';
import type { Check, Scenario } from '../../world/world.ts';
import { breakWhatServes } from '../story/breaking.ts';
import { upload } from '../story/deployed-stack.ts';
import { deployed } from '../story/deployments.ts';
import { incident, type Plan, type Strike } from '../story/incident.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** The guard comes every five minutes, and brings an owner the new software a round after its standby. */
const TAKEN_MS = 25 * MINUTE_MS;
/** Until the next copy is completed: schedules start late. */
const COPIED_MS = 90 * MINUTE_MS;
/** What was closed so long ago is in the journal. */
const JOURNALED_MS = 4 * SECOND_MS;

interface Seen {
  update?: Update;
  /** Content volumes that were not served, before anything was broken. */
  readonly gaps: Set<string>;
  launched: number;
  brokenAt: number | undefined;
}
const seen = new WeakMap<object, Seen>();

/** Nothing of it is in any copy. */
const last = ({ world }: Strike) => makeCourse('last', world.random.stream('last'));

function strike(strike: Strike): void {
  const { world, services, stage, first } = strike;
  const { clock } = world;
  const noted: Seen = { gaps: new Set(), launched: 0, brokenAt: undefined };
  seen.set(services, noted);
  services.cloud.listen(() => {
    if (noted.brokenAt !== undefined) return;
    for (const { name } of stage.volumes) if (stage.servedBy(name) === undefined) noted.gaps.add(name);
  });
  clock.spawn('deployment', async () => {
    noted.update = await deployed(strike, 'the journal', world.next);
    await clock.sleep(TAKEN_MS);
    const taken = clock.now();
    const copied = () =>
      [...services.ec2.snapshots.values()].some(
        (s) => s.volumeId === first.volumeId && s.startedAt > taken && s.state === 'completed',
      );
    for (const until = taken + COPIED_MS; !copied() && clock.now() < until; ) await clock.sleep(MINUTE_MS);
    noted.launched = [...services.ec2.instances.values()].filter((i) => i.launchedAt >= first.at).length;
    world.say(`${copied() ? 'a copy has been taken since' : 'no copy is taken'}; one more course is uploaded`);
    upload(world, stage, first.volume, last(strike));
    await clock.sleep(JOURNALED_MS);
    noted.brokenAt = clock.now();
    breakWhatServes(strike);
  });
}

function checks(strike: Strike): Check[] {
  const { world, services, stage, first } = strike;
  const { update, gaps = new Set<string>(), launched, brokenAt = 0 } = seen.get(services) ?? {};
  const { expected, intact } = readBack(world, stage.servedBy(first.volume), first.volume, [last(strike)]);
  const said = journalNotified(world, first.volume, brokenAt);
  const words = stage.volumes.flatMap(({ name }) =>
    heardOfAlarm(services.sns, journalAlarmName(world.stackName, name), first.at)
      .filter(({ at, alarm }) => at < brokenAt && alarm?.state !== 'OK')
      .map(({ subject }) => subject),
  );
  const [begun] = journalObjects(world, stage, first.volume);
  const alarms = services.cloudwatch.alarms.filter(({ name }) =>
    stage.volumes.some((v) => name === journalAlarmName(world.stackName, v.name)),
  );
  return [
    check(
      'the deployment ends well, and replaces no instance',
      update?.status === 'UPDATE_COMPLETE' && launched === 0,
      `${update?.status}, ${launched} launched${update?.reason ? `: ${update.reason}` : ''}`,
    ),
    check('every content volume is served until it is broken', gaps.size === 0, [...gaps], 'yes'),
    check(
      'who serves begins to write, with nobody before it',
      begun?.term === 0,
      `the first object is of term ${begun?.term}`,
    ),
    check('nobody is alarmed by a journal that has yet to begin', words.length === 0, words, 'by none'),
    check(
      'in the end the alarms of all journals watch, and are calm',
      alarms.length === stage.volumes.length && alarms.every(({ state }) => state === 'OK'),
      alarms.map(({ name, state }) => `${name} ${state}`).join(', '),
    ),
    check(
      'what was uploaded after the last copy is served, from the journal',
      intact === expected && said?.state === 'drained',
      `${intact} of ${counted(expected, 'file')}, ${said?.state}`,
    ),
    termsInOrder(world, stage, first.volume),
  ];
}

const plan: Plan = {
  about: 'a stack without a journal of files is deployed with one; a copy later its file system shuts down',
  settings: { journal: { enabled: false } },
  expect: { outcome: ['replace'], withinMs: TAKEN_MS + COPIED_MS + 10 * MINUTE_MS, calls: 3000 },
  restMs: TAKEN_MS + COPIED_MS + 30 * MINUTE_MS,
  strike,
  checks,
};

/** No story of the fault simulation: it needs two templates. */
export const upgrade: Scenario = { ...incident(plan), next: { journal: { enabled: true } } };
