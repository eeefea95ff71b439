import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCron } from '../../../lib/checks/copies/cron.ts';
import {
  readSchedule,
  type SnapshotTimes,
  START_WINDOW_MINUTES,
  worstGap,
} from '../../../lib/checks/copies/snapshot-times.ts';

const DAY = 1440;
const DAYS = 3;

const two = (n: number) => String(n).padStart(2, '0');
const interval = fc.record({
  hours: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24),
  start: fc.integer({ min: 0, max: DAY - 1 }),
});
type Interval = { readonly hours: number; readonly start: number };

function read({ hours, start }: Interval): SnapshotTimes {
  const times = [`${two(Math.floor(start / 60))}:${two(start % 60)}`];
  const schedule = readSchedule(
    { Name: 'one', CreateRule: { Interval: hours, IntervalUnit: 'HOURS', Times: times }, RetainRule: { Count: 5 } },
    0,
  );
  if (typeof schedule === 'string') throw new Error(schedule);
  return schedule;
}

/** When runs are due over some days, counted forth from the start time, as DLM does: not as the code under test reckons. */
function due(schedules: readonly Interval[]): number[] {
  const times = schedules.flatMap(({ hours, start }) =>
    Array.from({ length: ((DAYS + 2) * 24) / hours }, (_, i) => start - DAY + i * hours * 60),
  );
  return times.filter((time) => time >= 0 && time < DAYS * DAY).sort((a, b) => a - b);
}

/** Longest time between two, of those within the days. */
function longest(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(...sorted.slice(1).map((time, i) => time - (sorted[i] ?? time)));
}

describe('the worst gap', () => {
  test('is never passed, however late each run starts', () => {
    const late = fc.infiniteStream(fc.integer({ min: 0, max: START_WINDOW_MINUTES }));
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 4 }), late, (schedules, lateness) => {
        const actual = due(schedules).map((time) => time + (lateness.next().value ?? 0));
        expect(longest(actual)).toBeLessThanOrEqual(worstGap(schedules.map(read)));
      }),
    );
  });

  test('is reached, when runs are on time up to the longest pause and late after it', () => {
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 4 }), (schedules) => {
        const times = due(schedules);
        const pause = longest(times);
        const last = times.findIndex((time, i) => (times[i + 1] ?? time) - time === pause);
        const actual = times.map((time, i) => (i > last ? time + START_WINDOW_MINUTES : time));
        expect(longest(actual)).toBe(worstGap(schedules.map(read)));
      }),
    );
  });
});

describe('cron', () => {
  const minutes = (...of: number[]) => of;
  test.each([
    ['cron(0 * * * ? *)', Array.from({ length: 24 }, (_, i) => i * 60)],
    ['cron(15,45 3 ? * * *)', minutes(195, 225)],
    ['cron(50/5 0 * * ? *)', minutes(50, 55)],
    ['cron(10-30/10 1 * * ? *)', minutes(70, 80, 90)],
    ['cron(0 0/12 * * ? *)', minutes(0, 720)],
    ['cron(5 6 * JAN-DEC ? *)', minutes(365)],
    ['cron(5 6 ? * SUN-SAT *)', minutes(365)],
  ])('%s is daily', (expression, expected) => {
    expect(readCron(expression)).toEqual({ minutes: expected, on: undefined });
  });

  test.each([
    ['cron(0 3 ? * MON *)', ['2026-01-05', '2026-01-12', '2026-01-19', '2026-01-26']],
    [
      'cron(0 3 ? * 1,7 *)',
      [
        '2026-01-03',
        '2026-01-04',
        '2026-01-10',
        '2026-01-11',
        '2026-01-17',
        '2026-01-18',
        '2026-01-24',
        '2026-01-25',
        '2026-01-31',
      ],
    ],
    ['cron(0 3 1/10 * ? *)', ['2026-01-01', '2026-01-11', '2026-01-21', '2026-01-31']],
    ['cron(0 3 15 2-12 ? *)', []],
  ])('%s runs in January 2026 on its days', (expression, expected) => {
    const on = readCron(expression)?.on;
    const days = Array.from({ length: 31 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)));
    expect(days.filter((day) => on?.(day)).map((day) => day.toISOString().slice(0, 10))).toEqual(expected);
  });

  test.each([
    'rate(1 hour)',
    'cron(0 3 * * *)',
    'cron(0 24 * * ? *)',
    'cron(0/0 3 * * ? *)',
    'cron(5-1 3 * * ? *)',
    'cron(0 3 * * ? 2026)',
    'cron(0 3 1W * ? *)',
    'cron(0 3 ? * FRI#2 *)',
    'cron(x 3 * * ? *)',
  ])('%s is not read', (expression) => expect(readCron(expression)).toBeUndefined());
});
