/** Standbys that ask the owner whether it serves: where only they notice, where they lie, and where only they are cut off. */

import { STARTS } from '../../../contract/witness.ts';
import { cutOffWitness, lieAsWitness, outage } from '../../../simulator/aws/account/failures.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { counted } from '../../command/duration.ts';
import { check, incidents } from '../../judge/checks.ts';
import { heard } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, breakWhatServes, othersIn } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_SECONDS = 3600;
/** Alarms have gone off by then, and no other one does. */
const BLIND_MS = 7 * MINUTE_MS;
/** The witness, the look, and the spare: a sweep comes every five minutes. */
const NOTICED_MS = MINUTE_MS;
const REST_MS = 85 * MINUTE_MS;
/** For so long a witness is cut off, lies, or comes and goes: less than an hour after the third look. */
const WRONG_MS = 20 * MINUTE_MS;
/** Two questions without an answer at the most, for the next one comes a second later; then some with one. */
const FLAP_MS = 2 * SECOND_MS;
/** Who lies writes each turn, and each item is looked at. */
const LONG_CALLS = 12_000;
/** Verbs that touch what serves, or the spare; drills have others. */
const TOUCHES: readonly string[] = ['mount', 'serve', 'format', 'drain'];

const WATCHED = { settings: { witness: { enabled: true } }, drills: true } as const;

/** What a look was started for, as the healer was told. */
interface Look {
  readonly at: number;
  readonly volume: string;
  readonly owner: string;
}

/** Looks that witnesses started, and who the owner was then, as far as nobody took over. */
function looks({ services, first }: Strike): Look[] {
  return services.lambda.asked
    .filter(({ at }) => at >= first.at)
    .flatMap(({ at, event }) => {
      const { witness, owner } = (event ?? {}) as { readonly witness?: unknown; readonly owner?: unknown };
      return typeof witness === 'string' ? [{ at, volume: witness, owner: String(owner) }] : [];
    });
}

function startedBy(kind: 'witness' | 'alarm', { world, first }: Strike): boolean {
  return incidents(world, first.volume, first.at).some(
    ({ outcome, trigger }) => outcome === 'healed' && trigger?.kind === kind,
  );
}

/** How often a look is started for one content volume is bounded, whatever is said. */
function bounded(strike: Strike): Check {
  const all = looks(strike).filter(({ volume }) => volume === strike.first.volume);
  const most = STARTS.freely;
  const near = all.some(({ at }, i) => i > 0 && at - (all[i - 1]?.at ?? 0) < STARTS.everyMs - SECOND_MS);
  return check(
    `at most ${most} looks are started, and none within a minute of another`,
    all.length <= most && all.length > 0 && !near,
    counted(all.length, 'look'),
  );
}

function noLook(strike: Strike): Check {
  const all = looks(strike).filter(({ volume }) => volume === strike.first.volume);
  return check(
    'no look is started, for there were never three without an answer in a row',
    all.length === 0,
    counted(all.length, 'look'),
  );
}

/** Of a look that finds that the owner serves. */
const LOOKING: readonly string[] = ['begin', 'ask-owner'];

/** Steps of looks that witnesses started, beyond those that have the owner asked. */
function stepsBeyond({ services, first }: Strike): string[] {
  const started = services.lambda.executions.filter(
    ({ startedAt, event }) =>
      startedAt >= first.at && (event as { readonly witness?: unknown } | undefined)?.witness === first.volume,
  );
  return started.flatMap(({ steps }) => steps).filter((step) => !LOOKING.includes(step));
}

/** Nobody is led anywhere by what is not so. */
function nothingTouched(strike: Strike): Check[] {
  const { services, stage, first } = strike;
  const volumes = stage.physical(first.volume).map(({ id }) => id as string);
  const touched = services.ssm.ran.filter(
    ({ sentAt, verb, volumeId }) => sentAt >= first.at && volumes.includes(`${volumeId}`) && TOUCHES.includes(verb),
  );
  const told = heard(services.sns, { volume: first.volume, since: first.at });
  const others = looks(strike).filter(({ volume, owner }) => volume === first.volume && owner !== first.owner);
  const beyond = stepsBeyond(strike);
  return [
    check('a look ends with the word of the owner, before the lease', beyond.length === 0, beyond),
    check(
      'nothing of what serves, or is to, is touched',
      touched.length === 0,
      touched.map((r) => `${r.verb} on ${r.instanceId}`),
    ),
    check('the same owner serves', stage.servedBy(first.volume) === first.owner, `${stage.servedBy(first.volume)}`),
    check(
      'nobody is notified',
      told.length === 0,
      told.map(({ subject }) => subject),
    ),
    check(
      'no look is started for who is not the owner',
      others.length === 0,
      others.map(({ owner }) => owner),
    ),
  ];
}

/** One heal did it, whoever was first. */
function oneHeal({ world, first, stage }: Strike): Check {
  const healed = incidents(world, first.volume, first.at).filter(({ outcome }) => outcome === 'healed');
  const quarantined = stage.physical(first.volume).filter((v) => v.tags['remount:role'] === 'quarantined');
  return check(
    'one heal results',
    healed.length === 1 && quarantined.length === 1,
    `${counted(healed.length, 'heal')}, ${counted(quarantined.length, 'volume')} in quarantine`,
  );
}

/** The standbys of the zone, one after the other, as long as it goes on. */
const standbys = (strike: Strike) => othersIn(strike, strike.first.zone, strike.first.owner);

export const witnessPlans: Readonly<Record<string, Plan>> = {
  witness: {
    ...WATCHED,
    about: 'the file system shuts down; a standby notices it first, and the alarm comes, too',
    expect: { outcome: ['replace'], withinMs: NOTICED_MS, calls: 900 },
    strike: (strike) => breakFileSystem(strike, strike.first),
    checks: (strike) => [
      oneHeal(strike),
      check('a witness started it', startedBy('witness', strike), counted(looks(strike).length, 'look')),
    ],
  },
  'witness-only': {
    ...WATCHED,
    about: 'CloudWatch is blind for an hour, and the file system shuts down: only the standby notices',
    restMs: REST_MS,
    lacksMs: REST_MS,
    expect: { outcome: ['replace'], withinMs: BLIND_MS + NOTICED_MS, calls: 6000 },
    strike: (strike) => {
      outage(strike.services, 'cloudwatch', OUTAGE.refuses, HOUR_SECONDS);
      strike.world.clock.after(BLIND_MS, () => breakWhatServes(strike));
    },
    checks: (strike) => [
      oneHeal(strike),
      check('a witness started it', startedBy('witness', strike), counted(looks(strike).length, 'look')),
    ],
  },
  'false-witness': {
    ...WATCHED,
    about: 'a standby says of the owner, and of itself, that it does not answer, over and over; nothing is wrong',
    expect: { outcome: ['none'], withinMs: 0, calls: LONG_CALLS, drilling: true },
    restMs: WRONG_MS + MINUTE_MS,
    strike: (strike) => {
      for (const instanceId of standbys(strike)) {
        lieAsWitness(strike.services, instanceId, true);
        strike.world.clock.after(WRONG_MS, () => lieAsWitness(strike.services, instanceId, false));
      }
    },
    checks: (strike) => [bounded(strike), ...nothingTouched(strike)],
  },
  'witness-flaps': {
    ...WATCHED,
    about: 'a standby reaches the owner for some seconds, and then does not, again and again; nothing is wrong',
    expect: { outcome: ['none'], withinMs: 0, calls: LONG_CALLS, drilling: true },
    restMs: WRONG_MS,
    strike: (strike) => {
      for (const instanceId of standbys(strike))
        for (let at = 0, off = true; at < WRONG_MS; at += FLAP_MS, off = !off) {
          const now = off;
          strike.world.clock.after(at, () => cutOffWitness(strike.services, instanceId, now));
        }
    },
    checks: (strike) => [noLook(strike), ...nothingTouched(strike)],
  },
  'witness-partition': {
    ...WATCHED,
    about: 'a standby reaches no other instance, and all others reach each other; nothing is wrong',
    expect: { outcome: ['none'], withinMs: 0, calls: LONG_CALLS, drilling: true },
    restMs: WRONG_MS,
    strike: (strike) => {
      for (const instanceId of standbys(strike)) {
        cutOffWitness(strike.services, instanceId, true);
        strike.world.clock.after(WRONG_MS, () => cutOffWitness(strike.services, instanceId, false));
      }
    },
    checks: (strike) => [bounded(strike), ...nothingTouched(strike)],
  },
};
