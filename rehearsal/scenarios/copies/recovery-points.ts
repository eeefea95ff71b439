/** The ages of recovery points over hours, judged on the snapshots that there are: none of this knows the guard's rules. */
import { AGE_ALARM, alarmName, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { SimSnapshot } from '../../../simulator/aws/ec2/state.ts';
import { duration } from '../../command/duration.ts';
import { check, firstLine, neverBlank, oneWriter, PROMISE, policyPages } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import type { Check, OutcomeKind, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { prepare, type Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** EBS takes no two snapshots of a volume closer together than this. */
const APART_MS = 15_000;
/** A snapshot that nobody needed: another one was started so shortly before. */
const DOUBLED_MS = 30 * MINUTE_MS;
/** From an age beyond its promise to somebody who knows: the guard's round, and the alarm's evaluation. */
const NOTIFIED_MS = 8 * MINUTE_MS;

/** What became of the recovery points while hours went by. */
export interface Hours {
  readonly strike: Strike;
  /** When the story began. */
  readonly since: number;
  /** Greatest age of the newest completed snapshot of any content volume, and when. */
  readonly oldest: { readonly ms: number; readonly at: number; readonly volume: string };
  /** Most snapshots of one volume that were pending at once. */
  readonly pending: number;
  /** When an age first was beyond what is promised. */
  readonly brokenAt: number | undefined;
}

interface Plan {
  readonly about: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What happens, and how many hours go by until the next. */
  readonly acts: readonly { readonly hours: number; readonly act: (strike: Strike) => void }[];
  /** What becomes of the first content volume. @default 'none' */
  readonly outcome?: OutcomeKind;
  readonly checks: (hours: Hours) => readonly Check[];
}

/** A scenario without a failure that anybody would see: hours go by, and something is wrong with the snapshots. */
export function hours(plan: Plan): Scenario {
  return {
    about: plan.about,
    // Hours of drills would show nothing of the schedule and the guard.
    settings: { drills: { enabled: false }, ...plan.settings },
    play: (world) => play(world, plan),
  };
}

async function play(world: World, plan: Plan): Promise<ScenarioResult> {
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, strike } = prepared;
  const { clock } = world;
  const since = clock.now();
  world.say(plan.about);
  world.spotlight(true);
  let seen: Omit<Hours, 'strike'> = {
    since,
    oldest: { ms: 0, at: since, volume: 'none' },
    pending: 0,
    brokenAt: undefined,
  };
  for (const { hours, act } of plan.acts) {
    act(strike);
    const until = clock.now() + hours * HOUR_MS;
    while (clock.now() < until) {
      await clock.run(clock.now() + MINUTE_MS);
      seen = look(strike, seen);
    }
  }
  world.spotlight(false);
  watch.stop();
  const down = strike.stage.volumes.map((v) => v.name).filter((name) => !strike.stage.servedBy(name));
  const served = check('in the end all content is served', down.length === 0, down, 'yes');
  const checks = [oneWriter(watch), neverBlank(watch), served, ...plan.checks({ strike, ...seen })];
  return { checks, recovery: undefined, outcome: served.kept ? (plan.outcome ?? 'none') : 'lost' };
}

function look({ stage, world }: Strike, seen: Omit<Hours, 'strike'>): Omit<Hours, 'strike'> {
  const now = world.clock.now();
  let { oldest, pending, brokenAt } = seen;
  for (const { name } of stage.volumes) {
    const snapshots = snapshotsOf(world, name);
    const age = now - Math.max(0, ...snapshots.filter((s) => s.state === 'completed').map((s) => s.startedAt));
    if (age > oldest.ms) oldest = { ms: age, at: now, volume: name };
    if (age > PROMISE.snapshotAgeMs) brokenAt ??= now;
    pending = Math.max(pending, snapshots.filter((s) => s.state === 'pending').length);
  }
  return { ...seen, oldest, pending, brokenAt };
}

/** Copies of a content volume that content may come back from, oldest first. */
export function snapshotsOf(world: World, volume: string): SimSnapshot[] {
  return [...world.services.ec2.snapshots.values()]
    .filter((s) => s.tags[TAG.volume] === volume && s.tags[TAG.role] !== VOLUME_ROLE.quarantined)
    .sort((a, b) => a.startedAt - b.startedAt);
}

export function isGuards(snapshot: SimSnapshot): boolean {
  return snapshot.tags[TAG.guard] === 'true';
}

/** Whatever DLM does. */
export function neverOlder({ oldest, strike }: Hours): Check {
  const when = duration(oldest.at - strike.first.at);
  return check(
    'the newest completed snapshot is never more than 60 min old',
    oldest.ms <= PROMISE.snapshotAgeMs,
    `at most ${duration(oldest.ms)}, of ${oldest.volume} after ${when}`,
  );
}

/**
 * Every other hour, DLM allows itself a gap of an hour and the time between two schedules. Snapshots that fill it, beyond what one of
 * 75 minutes takes, as there are with four schedules an hour.
 */
function moreInGap({ services }: Strike): number {
  const schedules = Math.max(...[...services.dlm.policies.values()].map((policy) => policy.schedules.length));
  return Math.ceil((HOUR_MS / schedules - HOUR_MS / 4) / DOUBLED_MS);
}

/**
 * @param few snapshots that it must have taken, of a stack of two content volumes with four schedules an hour, and `many` that it may
 *   have; of others in proportion
 * @param scheduled hours in which DLM does its work
 */
export function guardTook({ strike, since }: Hours, few: number, many: number, scheduled: number): Check {
  const { volumes } = strike.stage;
  const least = Math.ceil((few / 2) * volumes.length);
  const most = Math.floor((many / 2 + (scheduled / 2) * moreInGap(strike)) * volumes.length);
  const taken = volumes.flatMap((v) => snapshotsOf(strike.world, v.name).filter(isGuards));
  const count = taken.filter((s) => s.startedAt >= since).length;
  return check(`the guard takes ${least} to ${most} snapshots`, count >= least && count <= most, String(count));
}

/** Judged on each snapshot of the guard: whether another had just been started, by whomever. */
export function neverDoubled({ strike }: Hours): Check {
  const doubled = strike.stage.volumes.flatMap(({ name }) => {
    const all = snapshotsOf(strike.world, name);
    return all.flatMap((s, i) => {
      const gap = s.startedAt - (all[i - 1]?.startedAt ?? 0);
      const other = all[i - 1]?.volumeId === s.volumeId;
      if (!other || gap >= (isGuards(s) ? DOUBLED_MS : APART_MS)) return [];
      return [`${s.id} of ${name}, ${duration(gap)} after ${all[i - 1]?.id}`];
    });
  });
  return check('the guard takes none that is not needed', doubled.length === 0, doubled, 'none');
}

/** Behind one that is slow, one more is of use, for its data are newer; a third is not. */
export function neverPiled({ strike }: Hours): Check {
  const piled = strike.stage.volumes.flatMap(({ name }) => {
    const all = snapshotsOf(strike.world, name);
    return all.filter(isGuards).filter(({ volumeId, startedAt }) => {
      const before = all.filter((s) => s.volumeId === volumeId && s.startedAt < startedAt);
      return before.filter((s) => (s.completedAt ?? Number.POSITIVE_INFINITY) > startedAt).length > 1;
    });
  });
  return check(
    'the guard takes none behind two that are pending',
    piled.length === 0,
    piled.map((s) => s.id),
    'none',
  );
}

export function pagedOnce(hours: Hours, says: string): Check {
  const paged = policyPages(hours.strike.world, hours.since);
  return check(
    `a person is notified once, and that ${says}`,
    paged.length === 1 && paged[0]?.message.includes(says) === true,
    paged.map(firstLine),
    'nobody',
  );
}

/** Messages of the alarms on ages. */
export function ageMessages({ strike, since }: Hours) {
  const { world, services, stage } = strike;
  return stage.volumes.flatMap(({ name }) =>
    heardOfAlarm(services.sns, alarmName(world.stackName, name, AGE_ALARM.recoveryPoint), since),
  );
}

export function nobodyWoken(hours: Hours): Check {
  const notified = [...policyPages(hours.strike.world, hours.since), ...ageMessages(hours)].map((m) => m.subject);
  return check('nobody is woken for what the guard makes good', notified.length === 0, notified, 'nobody');
}

/** Where the promise cannot be kept, a person hears of it at once. */
export function notifiedOfAge(hours: Hours): Check {
  const { brokenAt } = hours;
  const first = ageMessages(hours).find((m) => m.alarm?.state === 'ALARM')?.at;
  const took = first !== undefined && brokenAt !== undefined ? first - brokenAt : undefined;
  return check(
    `a person is notified of the age within ${duration(NOTIFIED_MS)}`,
    took !== undefined && took <= NOTIFIED_MS,
    took === undefined ? 'never' : duration(Math.max(0, took)),
  );
}

/** At the end of the story. */
export function calmAgain({ strike }: Hours): Check {
  const { world, services, stage } = strike;
  const names = stage.volumes.map((v) => alarmName(world.stackName, v.name, AGE_ALARM.recoveryPoint));
  const states = services.cloudwatch.alarms.filter((a) => names.includes(a.name)).map((a) => `${a.name} ${a.state}`);
  return check(
    'in the end the ages are watched, and the alarms calm',
    states.length === names.length && states.every((s) => s.endsWith(' OK')),
    states,
    'no alarm',
  );
}
