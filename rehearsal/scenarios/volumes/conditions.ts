/** A volume that serves, and not as it should: people are notified, and nothing is moved. */

import { alarmName, CONDITION_ALARM, type ConditionAlarmKind } from '../../../contract/contract.ts';
import { fillVolume, setSubscriptions, slowVolume } from '../../../simulator/aws/account/failures.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { struck } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
const SLOW_MS = 3600;
/** Percent; a step every ten minutes: what an upload of weeks does in two hours. */
const STEPS = [70, 76, 82, 86, 90, 94];
const STEP_MS = 10 * MINUTE_MS;
/** An hour of the guard's rounds, and as much again. */
const UNHEARD_MS = 120 * MINUTE_MS;

/** When people were notified of an alarm of the volume; `undefined`: never. */
export function notifiedAt(
  { services, world, first }: Strike,
  kind: ConditionAlarmKind,
  volume = first.volume,
): number | undefined {
  const notified = heardOfAlarm(services.sns, alarmName(world.stackName, volume, kind), first.at);
  return notified.find((m) => m.alarm?.state === 'ALARM')?.at;
}

export function notified(strike: Strike, kind: ConditionAlarmKind, withinMs: number): Check {
  const at = notifiedAt(strike, kind);
  const took = at === undefined ? undefined : (at - strike.first.at) / 1000;
  return check(
    `people are notified that it is ${kind}, within ${withinMs / 1000} s`,
    took !== undefined && took * 1000 <= withinMs,
    took === undefined ? 'nobody is notified' : `after ${Math.round(took)} s`,
  );
}

export function untouched({ stage, first, services }: Strike): Check {
  const volumes = stage.physical(first.volume);
  // What DLM runs before and after a snapshot heals nothing either.
  const healed = services.ssm.ran.filter((r) => r.sentAt >= first.at && r.verb !== 'probe' && r.verb !== 'dlm');
  const same = volumes.length === 1 && stage.servedBy(first.volume) === first.owner && healed.length === 0;
  return check(
    'nothing is moved',
    same,
    `${counted(volumes.length, 'volume')}, served by ${stage.servedBy(first.volume)}`,
  );
}

/** By the world that it was seen in: the alarm after two hours. */
const unheard = new WeakMap<object, string | undefined>();

function nobodyNotifiedAlarm({ cloudwatch }: Strike['services']): string | undefined {
  return cloudwatch.alarms.find((a) => a.name.endsWith('/nobody-notified'))?.state;
}

const nothing: Plan['expect'] = { outcome: ['none'], withinMs: 0, calls: 4000 };

export const conditionPlans: Readonly<Record<string, Plan>> = {
  'slow-volume': {
    about: `each write to the volume takes ${SLOW_MS / 1000} s, and it serves`,
    expect: nothing,
    strike: (strike) => slowVolume(strike.services, struck(strike, strike.first), SLOW_MS),
    checks: (strike) => [notified(strike, CONDITION_ALARM.slow, 6 * MINUTE_MS), untouched(strike)],
  },
  full: {
    about: 'the volume is full: it serves, and nothing more can be uploaded',
    expect: nothing,
    strike: (strike) => fillVolume(strike.services, strike.first.owner, strike.first.volume, 100),
    checks: (strike) => [notified(strike, CONDITION_ALARM.full, 4 * MINUTE_MS), untouched(strike)],
  },
  'nobody-notified': {
    about: 'the only subscription of the topic is ended, and somebody subscribes two hours later',
    expect: nothing,
    restMs: 150 * MINUTE_MS,
    strike: ({ services, world, first }) => {
      setSubscriptions(services, { confirmed: 0, pending: 1 });
      world.clock.after(UNHEARD_MS, () => {
        unheard.set(services, nobodyNotifiedAlarm(services));
        setSubscriptions(services, { confirmed: 1, pending: 0 });
        world.say(`somebody subscribes: ${first.volume} is served as before`);
      });
    },
    checks: (strike) => [
      check(
        'an alarm shows that nobody is notified',
        unheard.get(strike.services) === 'ALARM',
        String(unheard.get(strike.services)),
      ),
      check(
        'it ends once somebody is',
        nobodyNotifiedAlarm(strike.services) === 'OK',
        String(nobodyNotifiedAlarm(strike.services)),
      ),
      untouched(strike),
    ],
  },
  filling: {
    about: 'uploads fill the volume, step by step',
    expect: nothing,
    restMs: (STEPS.length + 2) * STEP_MS,
    strike: ({ services, world, stage, first: { volume } }) => {
      for (const [i, percent] of STEPS.entries())
        world.clock.after(i * STEP_MS, () => fillVolume(services, stage.servedBy(volume), volume, percent));
    },
    checks: (strike) => [
      notified(strike, CONDITION_ALARM.filling, STEPS.length * STEP_MS),
      check(
        'people are notified before it is full',
        notifiedAt(strike, CONDITION_ALARM.full) === undefined,
        'not full',
      ),
      untouched(strike),
    ],
  },
};
