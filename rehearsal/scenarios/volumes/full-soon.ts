/** Two volumes get uploads: one goes on and on and will be full, the other has had a large one. No story of the simulation: it takes half a day. */
import { alarmName, CONDITION_ALARM } from '../../../contract/contract.ts';
import { fillVolume } from '../../../simulator/aws/account/failures.ts';
import { duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { atLeast, type Check } from '../../world/world.ts';
import { incident, type Strike } from '../story/incident.ts';
import { notified, notifiedAt, untouched } from './conditions.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 15 * MINUTE_MS;
/** Percent. At this rate it would be full 15 hours after it began. */
const FIRST = { from: 40, to: 68, aStep: 1 };
const FULL_AFTER_MS = ((100 - FIRST.from) / FIRST.aStep) * STEP_MS;
/** What a quarter of the 24 hours that are looked ahead leaves of that, with the alarm's own minutes. */
const NOTIFIED_WITHIN_MS = 6.5 * HOUR_MS;
/** Percent, in two hours: at that rate it would be full in less than three more. */
const SECOND = { from: 20, to: 60, aStep: 5 };
/** Time for the alarm to see that nothing is added any more. */
const OVER_WITHIN_MS = 3.5 * HOUR_MS;
const FILLS_MS = ((FIRST.to - FIRST.from) / FIRST.aStep) * STEP_MS;

function other({ stage, first }: Strike): string {
  const [second] = stage.volumes.map((v) => v.name).filter((name) => name !== first.volume);
  if (!second) throw new Error('full-soon needs a second content volume');
  return second;
}

function uploads(strike: Strike, volume: string, { from, to, aStep }: typeof FIRST): void {
  const { services, stage, world } = strike;
  for (let n = 0; from + n * aStep <= to; n++)
    world.clock.after(n * STEP_MS, () => fillVolume(services, stage.servedBy(volume), volume, from + n * aStep));
}

function judge(strike: Strike): Check[] {
  const { services, world, first } = strike;
  const at = notifiedAt(strike, CONDITION_ALARM.fullSoon);
  const left = at === undefined ? 0 : first.at + FULL_AFTER_MS - at;
  const second = notifiedAt(strike, CONDITION_ALARM.fullSoon, other(strike));
  const name = alarmName(world.stackName, first.volume, CONDITION_ALARM.fullSoon);
  const state = services.cloudwatch.alarms.find((alarm) => alarm.name === name)?.state;
  return [
    notified(strike, CONDITION_ALARM.fullSoon, NOTIFIED_WITHIN_MS),
    check('people are notified hours before it would be full', left >= 8 * HOUR_MS, duration(left)),
    check('and before most of it is used', notifiedAt(strike, CONDITION_ALARM.filling) === undefined, 'not filling'),
    check(
      'nobody is notified of one large upload',
      second === undefined,
      second === undefined ? 'nobody is' : `after ${duration(second - first.at)}`,
    ),
    check('the alarm ends once nothing is added', state === 'OK', String(state)),
    untouched(strike),
  ];
}

export const fullSoon = incident({
  about: 'one volume fills steadily, and another has one large upload',
  settings: { volumes: atLeast(2) },
  expect: { outcome: ['none'], withinMs: 0, calls: 9000 },
  restMs: FILLS_MS + OVER_WITHIN_MS,
  strike: (strike) => {
    uploads(strike, strike.first.volume, FIRST);
    uploads(strike, other(strike), SECOND);
  },
  checks: judge,
});
