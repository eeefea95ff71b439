/** What drills and the spare are for, and what can go wrong with them. */
import { EXIT, METRIC, metricNamespace, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { loseVolume, terminateInstance, throttle } from '../../../simulator/aws/account/failures.ts';
import type { EventOf } from '../../../simulator/aws/account/happening.ts';
import { DISK_KIND } from '../../../simulator/disks/disks.ts';
import { counted, duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heard } from '../../judge/heard.ts';
import { damageFound, recoveryPoint } from '../../judge/measure.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, breakWhatServes, once } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How long EC2 refuses every call where the spare has to do without it. */
const EC2_DOWN_SECONDS = 600;
/** A metric follows the record of its drill within this; the simulated CloudWatch forgets after two hours. */
const PUBLISHED_MS = MINUTE_MS;
const LOOKED_AT_MS = 90 * MINUTE_MS;
/** Until the agent has picked a mount up, and it is done: some seconds. A drill's check takes minutes. */
const MOUNTED_MS = 15_000;
/** From the loss of the standby to the failure: no drill can make another spare in between. */
const SPARE_LOST_MS = 20_000;
/** In so many drills all content is read: a quarter of an hour each, and one more that distinguishes rot from a change; and the drills themselves. */
const TURNS = 4;
const IN_TURNS_MS = (TURNS + 1) * 15 * MINUTE_MS + 30 * MINUTE_MS;

/** The spare of the first content volume, by its tag. */
function spareOf({ stage, first }: Strike) {
  const spares = stage.physical(first.volume).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.spare);
  const [spare] = spares;
  if (!spare || spares.length > 1)
    throw new Error(`${first.volume} has ${counted(spares.length, 'spare')}, and the story needs one`);
  return spare;
}

/** What serves comes from a copy that a drill had verified, and no later one that was verified was passed over. */
function verifiedServes({ world, stage, first, services }: Strike): Check {
  const owner = stage.servedBy(first.volume);
  const { snapshot } = owner ? recoveryPoint(world, first, owner) : { snapshot: undefined };
  const verified = [...services.ec2.snapshots.values()].filter(
    (s) =>
      s.tags[TAG.volume] === first.volume &&
      s.tags[TAG.verdict] === VERDICT.verified &&
      // It may have been drilled again since, to make a spare of it.
      (Date.parse(s.tags[TAG.drilledAt] ?? '') < first.at || s.id === snapshot?.id),
  );
  const newest = verified.sort((a, b) => b.startedAt - a.startedAt)[0];
  return check(
    'what serves comes from the newest verified recovery point',
    snapshot !== undefined && snapshot.id === newest?.id,
    `${snapshot?.id ?? 'none'}; the newest verified was ${newest?.id ?? 'none'}`,
  );
}

/** A while later there is a spare again, on another host than the owner. */
function spareAgain({ stage, first }: Strike): Check {
  const owner = stage.servedBy(first.volume);
  const spares = stage.physical(first.volume).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.spare);
  // One that was never noted waits, detached or not, for the next drill to clear it away.
  const hosts = spares.flatMap((v) => v.attachment?.instanceId ?? []);
  return check(
    'there is one spare again, on a standby',
    hosts.length === 1 && hosts[0] !== owner,
    spares.map((v) => `${v.id} on ${v.attachment?.instanceId ?? 'no host'}`),
    'none',
  );
}

/** What each drill with a verdict came to, by its record in the ledger, is a data point, and there are no others. */
function drillsMeasured({ world, first, services }: Strike): Check {
  const until = world.clock.now() - PUBLISHED_MS;
  const recent = (at: number) => at > until - LOOKED_AT_MS && at <= until;
  const recorded = services.dynamodb.all().flatMap(({ pk, drill }) => {
    if (pk?.S !== `VOLUME#${first.volume}` || drill?.S === undefined) return [];
    const { outcome, startedAt, endedAt } = JSON.parse(drill.S) as Record<string, unknown>;
    const passed = outcome === 'verified' ? 1 : outcome === 'rejected' ? 0 : undefined;
    if (passed === undefined || !recent(Number(endedAt))) return [];
    return [`${endedAt}: ${passed}, ${(Number(endedAt) - Number(startedAt)) / 1000} s`];
  });
  const points = (name: string) =>
    services.cloudwatch
      .points(metricNamespace(world.stackName), name, { [METRIC.volumeDimension]: first.volume })
      .filter(({ at }) => recent(at));
  const [seconds, coverage] = [points(METRIC.drillDuration), points(METRIC.drillCoverage)];
  const published = points(METRIC.drillPassed).map(({ at, value }, n) => `${at}: ${value}, ${seconds[n]?.value} s`);
  const covered = coverage.length === published.length && coverage.every(({ value }) => value >= 0 && value <= 100);
  return check(
    'what each drill came to is in its metrics',
    recorded.length > 0 && covered && recorded.sort().join() === published.sort().join(),
    `${counted(recorded.length, 'record')}, the last of ${recorded.at(-1)}; ${published.length} points, the last of ${published.at(-1)}`,
  );
}

/** Damage that nobody sees is found by a drill, and everything goes on. */
export function foundAndNotified(strike: Strike, withinMs = HOUR_MS): Check[] {
  const { world, first, services } = strike;
  const { foundAt, notifiedAt } = damageFound(world, first.volume, first.at);
  const took = foundAt === undefined ? undefined : foundAt - first.at;
  const messages = heard(services.sns, { kinds: ['damaged'], volume: first.volume });
  return [
    check(
      `a drill finds it within ${duration(withinMs)}`,
      took !== undefined && took <= withinMs,
      took === undefined ? 'no' : duration(took),
    ),
    check(
      'a person is notified once, with the finding',
      notifiedAt !== undefined && messages.length === 1 && (messages[0]?.message.length ?? 0) > 100,
      counted(messages.length, 'message'),
    ),
  ];
}

/** Whether a drill begins to check a copy of the first volume: on the host that a heal of it needs. */
function isOfFirst({ stage, first }: Strike, { volumeId }: EventOf<'checkBegins'>): boolean {
  return stage.physical(first.volume).some(({ id }) => id === volumeId);
}

/** What a heal does on the host of a drill does not wait for that: the drill's check is stopped. */
function drillGivesWay({ services, first }: Strike): Check[] {
  const since = services.ssm.ran.filter((ran) => ran.sentAt >= first.at);
  const stopped = since.filter((ran) => ran.verb === 'check' && ran.exitCode === EXIT.interrupted);
  const took = since.filter((ran) => ran.verb === 'mount').map((ran) => ran.endedAt - ran.sentAt);
  const longest = Math.max(0, ...took);
  return [
    check('the check of the drill that is under way is stopped', stopped.length > 0, `${stopped.length} were`),
    check(
      `a mount takes no longer than ${duration(MOUNTED_MS)}, drill or not`,
      took.length > 0 && longest <= MOUNTED_MS,
      duration(longest),
    ),
  ];
}

/** A bit of a file of what serves, as rot does it: no time shows it. */
function flipBit({ world, first }: Strike): void {
  const { description } = world.disks.alter(first.volumeId, 'flip');
  world.say(description);
}

/** What has passed since says how much of it was read. On real disks all files are so young that each counts as just changed. */
function saidToBePartlyRead({ world, services, first }: Strike): Check[] {
  if (world.disks.kind === DISK_KIND.xfs) return [];
  const said = [...services.ec2.snapshots.values()]
    .filter((s) => s.tags[TAG.volume] === first.volume && Date.parse(s.tags[TAG.drilledAt] ?? '') > first.at)
    .flatMap((s) => (s.tags[TAG.verdict] === VERDICT.verified ? [s.tags[TAG.filesRead] ?? ''] : []));
  // So many of so many, and at the end since when all of it has been read.
  const partly = said.filter((text) => {
    const [read, files] = (text.match(/\d+/g) ?? []).map(Number);
    return Number(read) < Number(files) && !Number.isNaN(Date.parse(text.split(' ').at(-1) ?? ''));
  });
  return [check('copies that passed meanwhile say that a part was read', partly.length > 0, said, 'none passed')];
}

/** Until a drill of a snapshot from after the damage has ended: schedules start up to an hour late. */
export const LATENT_REST_MS = 90 * MINUTE_MS;

export const drillPlans: Readonly<Record<string, Plan>> = {
  spare: {
    about: 'the file system shuts down, and there is a spare',
    drills: true,
    expect: { outcome: ['replace'], withinMs: 90_000 },
    restMs: 80 * MINUTE_MS,
    strike: (strike) => breakFileSystem(strike, strike.first),
    checks: (strike) => [verifiedServes(strike), spareAgain(strike), drillsMeasured(strike)],
  },
  'spare-without-ec2': {
    about: `the file system shuts down while EC2 refuses every call for ${EC2_DOWN_SECONDS / 60} minutes; the spare needs none`,
    drills: true,
    expect: { outcome: ['replace'], withinMs: 90_000, calls: 900, mayPage: true },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      throttle(strike.services, EC2_DOWN_SECONDS);
    },
    checks: (strike) => [verifiedServes(strike)],
  },
  'spare-lost': {
    about: 'the standby with the spare is terminated, and then the file system shuts down',
    drills: true,
    expect: { outcome: ['replace', 'relocate'], withinMs: 15 * MINUTE_MS, calls: 1500, mayPage: true },
    restMs: 80 * MINUTE_MS,
    strike: (strike) => {
      const spare = spareOf(strike);
      terminateInstance(strike.services, spare.attachment?.instanceId ?? '');
      strike.world.clock.after(SPARE_LOST_MS, () => breakWhatServes(strike));
    },
    checks: (strike) => [verifiedServes(strike), spareAgain(strike)],
  },
  'spare-rotten': {
    about: 'the data of the spare are gone, and the file system shuts down',
    drills: true,
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    restMs: 80 * MINUTE_MS,
    strike: (strike) => {
      loseVolume(strike.services, spareOf(strike));
      breakFileSystem(strike, strike.first);
    },
    checks: (strike) => [verifiedServes(strike)],
  },
  'drill-during-heal': {
    about: 'the file system shuts down in the middle of a drill, which must not delay the heal',
    drills: true,
    // With a third, the drill is on another one than the heal, and in nobody's way.
    settings: { instancesPerZone: 2 },
    expect: { outcome: ['replace'], withinMs: 90 * MINUTE_MS + 90_000 },
    restMs: 80 * MINUTE_MS,
    strike: (strike) =>
      once(
        strike,
        'checkBegins',
        (event) => isOfFirst(strike, event),
        () => {
          strike.world.clock.after(5000, () => breakWhatServes(strike));
        },
      ),
    checks: (strike) => [spareAgain(strike), ...drillGivesWay(strike)],
  },
  'latent-corruption': {
    about: 'damage that nothing shows: a drill finds it, and everything serves',
    drills: true,
    expect: { outcome: ['none'], withinMs: 0, calls: 7000, drilling: true },
    restMs: LATENT_REST_MS,
    strike: ({ world, first }) => {
      const { description } = world.disks.plantInconsistency(first.volumeId);
      world.say(description);
    },
    checks: (strike) => [...foundAndNotified(strike), drillsMeasured(strike)],
  },
  'bit-rot': {
    about: 'one bit of a file flips: no file system notices, and a drill does',
    drills: true,
    expect: { outcome: ['none'], withinMs: 0, calls: 7000, drilling: true, rotten: true },
    restMs: LATENT_REST_MS,
    readAllEvery: 1,
    strike: flipBit,
    checks: (strike) => foundAndNotified(strike),
  },
  'bit-rot-in-turns': {
    about: `one bit of a file flips, and a drill reads one of ${TURNS} parts of the content`,
    drills: true,
    settings: { snapshots: { perHour: 4 } },
    expect: { outcome: ['none'], withinMs: 0, calls: 12_000, drilling: true, rotten: true },
    restMs: IN_TURNS_MS + LATENT_REST_MS,
    readAllEvery: TURNS,
    strike: flipBit,
    checks: (strike) => [...foundAndNotified(strike, IN_TURNS_MS), ...saidToBePartlyRead(strike)],
  },
};
