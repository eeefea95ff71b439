/** As many content volumes in one zone as an even spread of the most that a stack may have: one standby drills them all. */
import { DEVICE_NAMES, EXIT, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { terminateInstance } from '../../../simulator/aws/account/failures.ts';
import { duration } from '../../command/duration.ts';
import { check, neverBlank, oneWriter, PROMISE } from '../../judge/checks.ts';
import { failureOf } from '../../judge/measure.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { inHome } from '../../world/world.ts';
import { HOUR_MS, snapshotsOf } from '../copies/recovery-points.ts';
import { type Expectation, judge, prepare, type Settled, type Strike, untilSettled } from '../story/incident.ts';

const VOLUMES = 7;
/** Of drills, after the two of the uploads and before an owner is lost. */
const HOURS = 1;
const MINUTE_MS = 60_000;
/** Until everything that a loss leads to is at rest, and until each has a spare again on the instance that came. */
const SETTLE_MS = 20 * MINUTE_MS;
const SPARES_MS = 20 * MINUTE_MS;
const EXPECT: Expectation = { outcome: ['failover'], withinMs: 5 * MINUTE_MS, calls: 3000 };

type Prepared = Extract<Awaited<ReturnType<typeof prepare>>, { readonly strike: Strike }>;

/** What is seen of all content volumes, minute by minute. */
class Ages {
  /** Greatest age of the newest verified copy, and whose. */
  oldest = { ms: 0, volume: 'none' };
  /** Most device names that were in use on one instance at once. */
  names = 0;
  readonly #strike: Strike;

  constructor(strike: Strike) {
    this.#strike = strike;
  }

  look(): void {
    const { world, services, stage } = this.#strike;
    for (const { name } of stage.volumes) {
      const verified = snapshotsOf(world, name).filter((s) => s.tags[TAG.verdict] === VERDICT.verified);
      const ms = world.clock.now() - Math.max(0, ...verified.map((s) => s.startedAt));
      if (ms > this.oldest.ms) this.oldest = { ms, volume: name };
    }
    const used = [...services.ec2.instances.values()].map(
      ({ devices }) => [...devices].filter((name) => DEVICE_NAMES.includes(name)).length,
    );
    this.names = Math.max(this.names, ...used);
  }

  async during(world: World, ms: number): Promise<void> {
    for (const until = world.clock.now() + ms; world.clock.now() < until; this.look())
      await world.clock.run(world.clock.now() + MINUTE_MS);
  }

  young(when: string): Check {
    const { ms, volume } = this.oldest;
    const promise = `${when}, the newest verified copy of each volume is at most ${duration(PROMISE.verifiedAgeMs)} old`;
    return check(promise, ms <= PROMISE.verifiedAgeMs, `at most ${duration(ms)}, of ${volume}`);
  }
}

/** Each has one, on another host than what serves it. */
function spares({ stage }: Strike): Check {
  const without = stage.volumes.filter(({ name }) => {
    const owner = stage.servedBy(name);
    const found = stage.physical(name).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.spare && v.attachment);
    return !found.some((v) => v.attachment?.instanceId !== owner);
  });
  return check(
    'each has a spare on a standby',
    without.length === 0,
    without.map((v) => v.name),
    'yes',
  );
}

/** Two that read at once are each half as fast, and share the host's memory: a host refuses the second, and the queue makes that rare. */
function oneAtATime({ services }: Strike): Check[] {
  const asked = services.ssm.ran.filter((r) => r.verb === 'check').sort((a, b) => a.beganAt - b.beganAt);
  const checks = asked.filter((r) => r.exitCode !== EXIT.busy);
  const beside = checks.filter((a, n) =>
    checks.slice(0, n).some((b) => b.instanceId === a.instanceId && b.endedAt > a.beganAt),
  );
  const refused = asked.length - checks.length;
  return [
    check(
      'no two copies are checked at once on a host',
      beside.length === 0 && checks.length > VOLUMES,
      `${beside.length} of ${checks.length} began beside another`,
    ),
    check(
      'and hardly ever is a host asked for it',
      refused <= asked.length / 20,
      `${refused} of ${asked.length} were refused`,
    ),
  ];
}

/** Whoever serves the first content volume is terminated. @returns what became of those that it served */
async function loseOwner({ strike, stage }: Prepared, ages: Ages, world: World): Promise<readonly Settled[]> {
  const failures = stage.volumes.map(({ name }) => failureOf(world, stage, name));
  const [lost = ''] = failures.map((f) => f.owner);
  const moved = failures.filter((f) => f.owner === lost);
  world.say(`${lost} is terminated: it serves ${moved.map((f) => f.volume).join(', ')}`);
  terminateInstance(world.services, lost);
  const parts = await untilSettled(strike, moved, EXPECT, SETTLE_MS);
  await ages.during(world, SPARES_MS);
  return parts;
}

async function play(world: World): Promise<ScenarioResult> {
  const prepared = await prepare(world, true);
  if ('checks' in prepared) return prepared;
  const { watch, stage, strike } = prepared;
  const ages = new Ages(strike);
  await ages.during(world, HOURS * HOUR_MS);
  const quiet = [ages.young(`in ${HOURS} h of drills`), spares(strike)];
  // At first each instance of the zone serves some; the second that is lost has taken over what the first one had.
  const some = await loseOwner(prepared, ages, world);
  const between = spares(strike);
  world.spotlight(true);
  const all = await loseOwner(prepared, ages, world);
  world.spotlight(false);
  watch.stop();
  const checks = [
    oneWriter(watch),
    neverBlank(watch),
    ...quiet,
    ...oneAtATime(strike),
    between,
    check('the last owner that is lost served all of them', all.length === VOLUMES, String(all.length)),
    ...[...some, ...all].flatMap((part) => judge(world, stage, part, EXPECT)),
    ages.young('all the while'),
    check(
      'no instance has more volumes than names for them',
      ages.names > VOLUMES && ages.names <= DEVICE_NAMES.length,
      `at most ${ages.names} of ${DEVICE_NAMES.length}`,
    ),
    spares(strike),
  ];
  return { checks, recovery: all[0]?.recovery, outcome: all[0]?.outcome ?? 'lost' };
}

export const manyVolumes: Scenario = {
  about: `${VOLUMES} volumes in one zone: one standby drills them all, and then takes them all over`,
  settings: { drills: { enabled: true }, volumes: inHome(VOLUMES) },
  play,
};
