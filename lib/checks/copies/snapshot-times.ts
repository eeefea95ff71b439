import { isIntrinsic, type Json, listOf, objectOf, shown } from '../declared.ts';
import { type CronTimes, readCron } from './cron.ts';

/**
 * Minutes that a run of a schedule may start after its time: "the operation occurs within a one-hour window following the
 * specified time", docs.aws.amazon.com/dlm/latest/APIReference/API_CreateRule.html
 */
export const START_WINDOW_MINUTES = 60;
const DAY_MINUTES = 1440;
/** Days that schedules which do not run daily are laid out over: eight years see each date, leap days included, twice. */
const CALENDAR_DAYS = 8 * 365 + 2;
const CALENDAR_START = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
/** Source: docs.aws.amazon.com/dlm/latest/APIReference/API_RetainRule.html. Months and years as their shortest. */
const UNIT_MINUTES: Readonly<Record<string, number>> = {
  DAYS: DAY_MINUTES,
  WEEKS: 7 * DAY_MINUTES,
  MONTHS: 28 * DAY_MINUTES,
  YEARS: 365 * DAY_MINUTES,
};

/** One schedule of a DLM policy, or one rule of an AWS Backup plan, in minutes. */
export interface SnapshotTimes {
  readonly name: string;
  /** When runs are due; `undefined` when DLM chooses the start, as it does without `Times`. */
  readonly due: CronTimes | undefined;
  /** Mean time between two runs. */
  readonly spacing: number;
  /** Recovery points kept; a text where that cannot be known. */
  readonly kept: number | string;
  /** Minutes that a run may start after its time. */
  readonly window: number;
}

/** @returns a text that says what cannot be known, for a schedule that is known at deployment only or not understood */
export function readSchedule(schedule: unknown, index: number): SnapshotTimes | string {
  const at = objectOf(schedule);
  const create = objectOf(at?.CreateRule);
  const retain = objectOf(at?.RetainRule);
  const name = typeof at?.Name === 'string' ? at.Name : `number ${index + 1}`;
  if (!create || isIntrinsic(create)) return `schedule ${name} has no CreateRule that is known at synthesis`;
  const times = readTimes(create);
  if (typeof times === 'string') return `schedule ${name}: ${times}`;
  const kept = readKept(retain, times.spacing) ?? `schedule ${name} has no RetainRule that is known at synthesis`;
  return { name, ...times, kept, window: START_WINDOW_MINUTES };
}

/** What DLM takes: docs.aws.amazon.com/dlm/latest/APIReference/API_CreateRule.html */
const INTERVALS = [1, 2, 3, 4, 6, 8, 12, 24];
const LEAST_MINUTES = 60;

function readTimes(create: Json): Pick<SnapshotTimes, 'due' | 'spacing'> | string {
  const { CronExpression, Interval, IntervalUnit, Times } = create;
  if (CronExpression !== undefined) return readCronTimes(CronExpression);
  if (!INTERVALS.includes(Number(Interval)))
    return `Interval is ${shown(Interval)}; allowed: 1, 2, 3, 4, 6, 8, 12 or 24`;
  if (IntervalUnit !== 'HOURS') return `IntervalUnit is ${shown(IntervalUnit)}; allowed: "HOURS"`;
  const spacing = Number(Interval) * 60;
  if (Times === undefined || (Array.isArray(Times) && listOf(Times).length === 0)) return { due: undefined, spacing };
  const clock = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(String(listOf(Times)[0]));
  if (!clock) return `Times is ${shown(Times)}; allowed: one time of the day, from "00:00" to "23:59"`;
  const start = (Number(clock[1]) * 60 + Number(clock[2])) % spacing;
  const minutes = Array.from({ length: DAY_MINUTES / spacing }, (_, i) => start + i * spacing);
  return { due: { minutes, on: undefined }, spacing };
}

function readCronTimes(expression: unknown): Pick<SnapshotTimes, 'due' | 'spacing'> | string {
  if (typeof expression !== 'string') return `CronExpression is ${shown(expression)}`;
  const due = readCron(expression);
  if (!due) return `${expression} is beyond what this check reads`;
  const often = due.minutes.some((minute, i) => i > 0 && minute - (due.minutes[i - 1] ?? 0) < LEAST_MINUTES);
  if (often) return `${expression} runs more than once an hour, which DLM does not allow`;
  return { due, spacing: spacingOf(due) };
}

function readKept(retain: Json | undefined, spacing: number): number | undefined {
  if (typeof retain?.Count === 'number') return retain.Count;
  const unit = UNIT_MINUTES[String(retain?.IntervalUnit)];
  if (typeof retain?.Interval !== 'number' || unit === undefined) return undefined;
  return Math.floor((retain.Interval * unit) / spacing);
}

/** The mean time between two runs, minutes. */
export function spacingOf({ minutes, on }: CronTimes): number {
  if (!on) return DAY_MINUTES / minutes.length;
  const days = calendar().filter(on).length;
  return days === 0 ? Number.POSITIVE_INFINITY : (CALENDAR_DAYS * DAY_MINUTES) / (days * minutes.length);
}

/**
 * The longest that two recovery points may be apart, in minutes. One run starts on time; the next that is due comes as late as
 * its window allows, and no other run is due between the two: so it is the longest time between two that are due, and the window.
 */
export function worstGap(schedules: readonly SnapshotTimes[]): number {
  // What starts within another window is another service: of two, the better one stands.
  const windows = [...new Set(schedules.map(({ window }) => window))];
  return Math.min(...windows.map((window) => gapWithin(schedules.filter((of) => of.window === window)) + window));
}

function gapWithin(schedules: readonly SnapshotTimes[]): number {
  const timed = schedules.flatMap(({ due }) => (due ? [due] : []));
  // Where DLM chooses the start, nothing is known of how two schedules lie to each other: each stands for itself.
  const untimed = schedules.filter(({ due }) => !due).map(({ spacing }) => spacing);
  return Math.min(longestBetween(timed), ...untimed);
}

function longestBetween(timed: readonly CronTimes[]): number {
  const days = timed.some(({ on }) => on) ? calendar() : calendar().slice(0, 2);
  const known = new Map<string, readonly number[]>();
  let previous: number | undefined;
  let longest = 0;
  for (const [number, day] of days.entries()) {
    const running = timed.map(({ on }) => !on || on(day));
    const key = running.join();
    const minutes = known.get(key) ?? merged(timed.filter((_, i) => running[i]));
    known.set(key, minutes);
    for (const minute of minutes) {
      const now = number * DAY_MINUTES + minute;
      if (previous !== undefined) longest = Math.max(longest, now - previous);
      previous = now;
    }
  }
  return longest === 0 ? Number.POSITIVE_INFINITY : longest;
}

function merged(timed: readonly CronTimes[]): readonly number[] {
  return [...new Set(timed.flatMap(({ minutes }) => minutes))].sort((a, b) => a - b);
}

function calendar(): Date[] {
  return Array.from({ length: CALENDAR_DAYS }, (_, i) => new Date(CALENDAR_START + i * DAY_MS));
}

/**
 * Recovery points that are kept at least. Schedules that run at the same moments, or may, make the same points: of these only what
 * keeps the most counts.
 */
export function pointsOf(schedules: readonly SnapshotTimes[]): number {
  const apart: SnapshotTimes[] = [];
  for (const schedule of [...schedules].sort((a, b) => Number(b.kept) - Number(a.kept)))
    if (!apart.some((other) => coincide(schedule, other))) apart.push(schedule);
  return apart.reduce((sum, { kept }) => sum + Number(kept), 0);
}

function coincide({ due: a }: SnapshotTimes, { due: b }: SnapshotTimes): boolean {
  // Where DLM chooses the start, they may.
  if (!a || !b) return true;
  if (!a.minutes.some((minute) => b.minutes.includes(minute))) return false;
  return calendar().some((day) => (a.on?.(day) ?? true) && (b.on?.(day) ?? true));
}
