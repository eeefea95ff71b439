import { describe, expect, test } from '@jest/globals';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import fc from 'fast-check';
import { ConditionAlarms } from '../../lib/internal/condition-alarms.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { evaluateAlarm, readAlarm } from '../../simulator/aws/cloudwatch/alarm.ts';
import { contentVolume, onlyOne, resourcesOf, templateOf } from './support.ts';

const synthesized = (fullWithinHours?: number) =>
  templateOf((stack) => {
    new ConditionAlarms(stack, 'Conditions', {
      volume: contentVolume(stack),
      people: new Topic(stack, 'People'),
      ...(fullWithinHours !== undefined && { fullWithin: Duration.hours(fullWithinHours) }),
    });
  });

function alarmOf(fullWithinHours?: number) {
  const template = synthesized(fullWithinHours);
  const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };
  const found = resourcesOf(template, 'AWS::CloudWatch::Alarm').find((a) => a.Properties.AlarmName === ALARM);
  if (!found) throw new Error(`no alarm ${ALARM}`);
  const { AlarmActions, OKActions, ...rest } = found.Properties;
  return { rest, AlarmActions, OKActions, topic };
}

const ALARM = 'Shop/alpha/full-soon';
const HOUR = 60;
const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 14);

test('the alarm full-soon looks at the trend of UsedPercent, and notifies people of both ways', () => {
  const { rest, AlarmActions, OKActions, topic } = alarmOf();
  expect(rest).toEqual({
    AlarmName: ALARM,
    AlarmDescription:
      'alpha: If it goes on filling as it does, it is full within 24 hours. Runbook: remount@0.1.0/docs/runbook.md#full-soon',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 100,
    EvaluationPeriods: 6,
    DatapointsToAlarm: 5,
    TreatMissingData: 'notBreaching',
    Metrics: [
      {
        Id: 'expr_1',
        Expression: 'used + RATE(used) * 86400',
        Label: 'percent used in 24 hours, if it goes on like this',
        ReturnData: true,
      },
      {
        Id: 'used',
        MetricStat: {
          Metric: {
            Namespace: 'Remount/Shop',
            MetricName: 'UsedPercent',
            Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
          },
          Period: 3600,
          Stat: 'Minimum',
        },
        ReturnData: false,
      },
    ],
  });
  expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
});

/** Of each the metric, the seconds and number of its periods, and the value from which on people are notified. */
const LIMITS = [
  ['slow', 'ProbeMilliseconds', 60, 3, 1500],
  ['filling', 'UsedPercent', 300, 1, 85],
  ['full', 'UsedPercent', 60, 1, 99],
] as const;

test.each(LIMITS)('the alarm %s notifies people both ways, by %s', (kind, MetricName, Period, periods, Threshold) => {
  const template = synthesized();
  const notified = [{ Ref: onlyOne(template, 'AWS::SNS::Topic').id }];
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map((a) => a.Properties);
  expect(alarms.find((a) => a.AlarmName === `Shop/alpha/${kind}`)).toMatchObject({
    ...{ MetricName, Period, Threshold, EvaluationPeriods: periods, DatapointsToAlarm: periods },
    ...{ Namespace: 'Remount/Shop', Dimensions: [{ Name: 'Volume', Value: 'alpha' }] },
    // The best value of a period: what is so for a moment is no news.
    ...{ Statistic: 'Minimum', ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
    // The alarm serving reports silence.
    ...{ TreatMissingData: 'notBreaching', AlarmActions: notified, OKActions: notified },
  });
});

test('its hours are known at synthesis: the length of a period follows from them', () => {
  expect(() => synthesized(Lazy.number({ produce: () => 24 }))).toThrow(
    'fullWithin: received "a token"; allowed: a time that is known at synthesis',
  );
});

test.each([11, 169, 24.5])('a warning of %s hours says too little: the setting is refused', (fullWithinHours) => {
  expect(() => readSettings({ fullWithinHours })).toThrow(
    `fullWithinHours: received ${fullWithinHours}; allowed: a whole number from 12 to 168 hours`,
  );
});

/** Percent used, by minutes since the beginning; `undefined`: nobody says. */
type Course = (minute: number) => number | undefined;

/** The alarm as it is synthesized for so many hours, evaluated every few minutes by what CloudWatch's guide says. */
function watching(hours: number) {
  const alarm = readAlarm({ logicalId: 'A', properties: { ...alarmOf(hours).rest } });
  const periodMinutes = alarm.periodMs / MINUTE_MS;
  const sampled = periodMinutes / 6;
  const state = (course: Course, minute: number) =>
    evaluateAlarm(
      alarm,
      (startMs) => {
        const start = (startMs - START) / MINUTE_MS;
        const samples: number[] = [];
        for (let at = Math.ceil(start / sampled) * sampled; at < start + periodMinutes; at += sampled) {
          const used = at < 0 ? undefined : course(at);
          if (used !== undefined) samples.push(used);
        }
        return samples;
      },
      START + minute * MINUTE_MS,
    );
  return {
    /** Of the alarm, in minutes: what the bounds below are reckoned in. */
    period: periodMinutes,
    state,
    /** The first minute at which people are notified. */
    notifiedAt(course: Course, minutes: number): number | undefined {
      for (let minute = 0; minute <= minutes; minute += Math.ceil(sampled))
        if (state(course, minute) === 'ALARM') return minute;
      return undefined;
    },
  };
}

describe.each([12, 24, 168])('of a volume, where %i hours are looked ahead, people', (hours) => {
  const { period, state, notifiedAt } = watching(hours);
  const ahead = hours * HOUR;
  /** Whole percents, as df(1) rounds them. */
  const steady =
    (from: number, perMinute: number, since = 0): Course =>
    (minute) =>
      Math.min(100, Math.ceil(from + Math.max(0, minute - since) * perMinute));
  const share = (min: number, max: number) => fc.double({ min, max, noNaN: true });

  test('are notified within a third of the time that it fills steadily, and before it is full', () => {
    fc.assert(
      fc.property(share(1, 60), share(0.4, 0.7), share(0, 0.5), (from, part, since) => {
        const fullAfter = part * ahead;
        const notified = notifiedAt(steady(from, (100 - from) / fullAfter, since * ahead), 2 * ahead) ?? Number.NaN;
        expect(notified).toBeGreaterThan(since * ahead + 4 * period);
        expect(notified).toBeLessThan(since * ahead + ahead / 3);
        expect(notified).toBeLessThan(since * ahead + fullAfter);
      }),
      { numRuns: 40 },
    );
  });

  test('are notified no sooner than that, but for what whole percents hide', () => {
    fc.assert(
      fc.property(share(1, 60), share(1, 8), (from, times) => {
        const fullAfter = times * ahead;
        const notified = notifiedAt(steady(from, (100 - from) / fullAfter), fullAfter);
        if (notified !== undefined) expect(fullAfter - notified).toBeLessThan(1.7 * ahead);
      }),
      { numRuns: 40 },
    );
  });

  test('are not notified of one upload, however large, that takes an eighth of the time at most', () => {
    fc.assert(
      fc.property(share(0, 100), share(0, 100), share(0, 1), share(0, 1 / 8), (a, b, at, takes) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const course: Course = (minute) =>
          Math.ceil(from + (to - from) * Math.min(1, Math.max(0, (minute - at * ahead) / Math.max(1, takes * ahead))));
        expect(notifiedAt(course, 1.6 * ahead)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test('are not notified of ups and downs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 50 }),
        (low, ups) => {
          const course: Course = (minute) => low + (ups[Math.floor(minute / (period / 2)) % ups.length] ?? 0);
          expect(notifiedAt(course, ahead)).toBeUndefined();
        },
      ),
      { numRuns: 40 },
    );
  });

  test('are not notified where it was given more room, and stays as full as it is then', () => {
    fc.assert(
      fc.property(share(30, 60), share(20, 40), share(0.3, 0.9), share(0, 1 / 8), (from, more, left, takes) => {
        const grownAt = ahead / 4 + takes * ahead;
        const course: Course = (minute) =>
          Math.ceil(
            minute < grownAt
              ? from + more * Math.min(1, Math.max(0, (minute - ahead / 4) / (takes * ahead)))
              : (from + more) * left,
          );
        expect(notifiedAt(course, ahead)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test('are not notified of what was seen for a short while only, whatever was seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 }),
        share(0, 1),
        (seen, at) => {
          const course: Course = (minute) => seen[Math.floor((minute - at * ahead) / (period / 2))];
          expect(notifiedAt(course, 1.6 * ahead)).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('are notified all the same where one period brings nothing, and not where two do', () => {
    const fills = steady(20, 80 / (ahead / 2));
    const pausing =
      (periods: number): Course =>
      (minute) =>
        fills(minute < 3 * period ? minute : Math.max(3 * period, minute - periods * period));
    expect(state(pausing(1), 8 * period)).toBe('ALARM');
    expect(state(pausing(2), 8 * period)).toBe('OK');
  });

  test('are notified that it is over within three periods after the last upload, and where nothing is said any more', () => {
    const fills = steady(20, 80 / (ahead / 2));
    const end = 8 * period;
    expect(state(fills, end)).toBe('ALARM');
    const stopped: Course = (minute) => fills(Math.min(minute, end));
    expect(state(stopped, end + 3 * period)).toBe('OK');
    const silent: Course = (minute) => (minute < end ? fills(minute) : undefined);
    expect(state(silent, end + 5 * period)).toBe('OK');
  });
});
