/** Alarms that mean nothing, and too many of them. */

import { ALARM, alarmName } from '../../../contract/contract.ts';
import { counted } from '../../command/duration.ts';
import { check, incidents } from '../../judge/checks.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
const ALARMS = 20;

function ring({ services, world, first }: Strike): void {
  const kinds = Object.values(ALARM);
  for (let n = 0; n < ALARMS; n++)
    services.cloudwatch.repeat(alarmName(world.stackName, first.volume, kinds[n % kinds.length] ?? ALARM.serving));
}

/** Many heals, and one of them did it. */
function oneReplacement({ stage, first, world }: Strike): Check[] {
  const volumes = stage.physical(first.volume);
  const healed = incidents(world, first.volume, first.at).filter((i) => i.outcome === 'healed');
  return [
    check(
      'many alarms end in one replacement',
      volumes.length === 2 && healed.length === 1,
      `${counted(volumes.length, 'volume')}, ${counted(healed.length, 'heal')} on record as healed`,
    ),
  ];
}

export const alarmPlans: Readonly<Record<string, Plan>> = {
  'false-alarm': {
    about: 'an alarm goes off, and nothing is wrong',
    // Until the end: nothing is served again. Rounds of the guard are a part of it.
    expect: { outcome: ['none'], withinMs: 0, calls: 700 },
    strike: ({ services, world, first }) => {
      services.cloudwatch.repeat(alarmName(world.stackName, first.volume, ALARM.serving));
    },
    checks: ({ stage, first }) => {
      const volumes = stage.physical(first.volume);
      const same = volumes.length === 1 && stage.servedBy(first.volume) === first.owner;
      return [
        check(
          'nothing is changed',
          same,
          `${counted(volumes.length, 'volume')}, served by ${stage.servedBy(first.volume)}`,
        ),
      ];
    },
  },
  'alarm-storm': {
    about: `the file system shuts down, and ${ALARMS} more alarms than needed go off`,
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS, calls: 2500 },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      ring(strike);
    },
    checks: oneReplacement,
  },
};
