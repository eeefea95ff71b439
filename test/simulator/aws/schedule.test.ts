import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dlmRuns, dlmSchedule, rateMs, runTimes } from '../../../simulator/aws/dlm/schedule.ts';

const MIDNIGHT = Date.UTC(2026, 0, 14);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const rule = (values: Record<string, unknown>) =>
  dlmSchedule({ path: 'P.Properties.PolicyDetails.Schedules[0].CreateRule', values });

describe('DLM', () => {
  test('every hour at the minute given, whatever the hour', () => {
    const hourly = rule({ Interval: 1, IntervalUnit: 'HOURS', Times: ['09:15'] });
    expect(runTimes(hourly, MIDNIGHT, MIDNIGHT + 3 * HOUR)).toEqual(
      [0, 1, 2].map((hour) => MIDNIGHT + hour * HOUR + 15 * MINUTE),
    );
  });

  test('every 12 hours from the time given, with both ends of the day right', () => {
    const twice = rule({ Interval: 12, IntervalUnit: 'HOURS', Times: ['21:00'] });
    const nine = MIDNIGHT + 9 * HOUR;
    expect(runTimes(twice, nine, nine + 12 * HOUR)).toEqual([nine]);
    expect(runTimes(twice, nine + 1, nine + 12 * HOUR + 1)).toEqual([nine + 12 * HOUR]);
  });

  test('runs straight from a CreateRule', () => {
    const createRule = { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] };
    expect(dlmRuns(createRule, MIDNIGHT, MIDNIGHT + 48 * HOUR)).toEqual([MIDNIGHT + 3 * HOUR, MIDNIGHT + 27 * HOUR]);
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ CronExpression: 'cron(0 * * * ? *)' }, /CreateRule\.CronExpression: cron schedules are not known/],
    [{ Interval: 1, IntervalUnit: 'HOURS' }, /CreateRule\.Times: is missing/],
    [{ Interval: 1, IntervalUnit: 'HOURS', Times: ['9:15'] }, /CreateRule\.Times: must be one UTC time/],
    [{ Interval: 5, IntervalUnit: 'HOURS', Times: ['09:15'] }, /CreateRule\.Interval: must be one of 1, 2/],
    [{ Interval: 1, IntervalUnit: 'DAYS', Times: ['09:15'] }, /CreateRule\.IntervalUnit: must be HOURS/],
    [{ Interval: 1, Every: 'x' }, /unknown Every/],
  ])('%j is refused', (values, message) => {
    expect(() => rule(values)).toThrow(message);
  });
});

describe('EventBridge', () => {
  test.each([
    ['rate(1 minute)', MINUTE],
    ['rate(5 minutes)', 5 * MINUTE],
    ['rate(1 hour)', HOUR],
    ['rate(2 days)', 48 * HOUR],
  ])('%s', (expression, expected) => {
    expect(rateMs(expression, 'Rule')).toBe(expected);
  });

  test.each(['rate(1 minutes)', 'rate(5 minute)', 'rate(0 minutes)', 'cron(0 * * * ? *)', 'at(2026-01-01T00:00:00)'])(
    '%s is refused',
    (expression) => {
      expect(() => rateMs(expression, 'Rule.Properties.ScheduleExpression')).toThrow(
        /^Rule\.Properties\.ScheduleExpression: schedule ".*" is not known/,
      );
    },
  );
});

test('splitting a span never loses or doubles a run', () => {
  const day = fc.integer({ min: 0, max: 24 * 60 });
  fc.assert(
    fc.property(day, day, day, fc.integer({ min: 1, max: 600 }), fc.nat(1440), (a, b, c, every, anchor) => {
      const [from = 0, middle = 0, to = 0] = [a, b, c].toSorted((x, y) => x - y).map((m) => MIDNIGHT + m * MINUTE);
      const rate = { everyMs: every * MINUTE, anchorMs: MIDNIGHT + anchor * MINUTE };
      const whole = runTimes(rate, from, to);
      expect([...runTimes(rate, from, middle), ...runTimes(rate, middle, to)]).toEqual(whole);
      for (const at of whole) expect((at - rate.anchorMs) % rate.everyMs).toBeCloseTo(0);
    }),
  );
});
