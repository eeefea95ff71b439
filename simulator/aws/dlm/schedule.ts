/**
 * When schedules fire, pure; all times are UTC milliseconds. A run of Data Lifecycle Manager starts within the hour
 * that **follows** the scheduled time (Amazon EBS User Guide, "Create Amazon DLM custom policy for EBS snapshots"): the
 * times given here are the scheduled ones, the delay is the simulation's to draw.
 */
import { type Dictionary, TemplateError } from '../cloudformation/template-model.ts';
import { has, num, onlyKnown, type Properties, str, strings } from '../cloudformation/template-properties.ts';

/** Runs at `anchorMs + k * everyMs`, for whole k. */
export interface FixedRate {
  readonly everyMs: number;
  readonly anchorMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DLM_INTERVALS_H = [1, 2, 3, 4, 6, 8, 12, 24];
const UNITS_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** The moments in `[fromMs, toMs)` at which a schedule fires, in order. */
export function runTimes({ everyMs, anchorMs }: FixedRate, fromMs: number, toMs: number): number[] {
  const times: number[] = [];
  const first = anchorMs + Math.ceil((fromMs - anchorMs) / everyMs) * everyMs;
  for (let at = first; at < toMs; at += everyMs) times.push(at);
  return times;
}

/**
 * The rate of a DLM `CreateRule`. Intervals divide the day, so runs are at the same times each day.
 * @throws TemplateError for cron expressions and for a rule without `Times` (DLM then picks a time of its own)
 */
export function dlmSchedule(createRule: Properties): FixedRate {
  if (has(createRule, 'CronExpression')) {
    throw new TemplateError(`${createRule.path}.CronExpression`, 'cron schedules are not known to the simulation');
  }
  onlyKnown(createRule, ['Interval', 'IntervalUnit', 'Times', 'Location', 'Scripts']);
  const unit = str(createRule, 'IntervalUnit');
  if (unit !== 'HOURS') throw new TemplateError(`${createRule.path}.IntervalUnit`, `must be HOURS, got "${unit}"`);
  const hours = num(createRule, 'Interval');
  if (!DLM_INTERVALS_H.includes(hours)) {
    throw new TemplateError(
      `${createRule.path}.Interval`,
      `must be one of ${DLM_INTERVALS_H.join(', ')}, got ${hours}`,
    );
  }
  const times = strings(createRule, 'Times');
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(times[0] ?? '') ?? [];
  if (times.length !== 1 || hour === undefined) {
    throw new TemplateError(`${createRule.path}.Times`, `must be one UTC time hh:mm, got ${JSON.stringify(times)}`);
  }
  return { everyMs: hours * HOUR_MS, anchorMs: Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS };
}

/** Scheduled times of a DLM `CreateRule` in `[fromMs, toMs)`; see {@link dlmSchedule}. */
export function dlmRuns(createRule: Dictionary, fromMs: number, toMs: number, path = 'CreateRule'): number[] {
  return runTimes(dlmSchedule({ path, values: createRule }), fromMs, toMs);
}

/**
 * Interval of an EventBridge `rate(...)` expression in milliseconds; the first run is one interval after the rule is
 * made, so the engine sets the anchor. Source: Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled
 * rules": the unit is singular for 1 and plural above.
 * @param where what is being read, for the message
 * @throws TemplateError for `cron(...)` and for anything else
 */
export function rateMs(expression: string, where: string): number {
  const [, digits = '', unit = '', plural] = /^rate\(([1-9]\d*) (minute|hour|day)(s)?\)$/.exec(expression) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs === undefined || (digits === '1') === (plural === 's')) {
    const allowed = 'rate(1 minute), rate(5 minutes) and so on with hours or days';
    throw new TemplateError(where, `schedule "${expression}" is not known to the simulation; known are ${allowed}`);
  }
  return Number(digits) * unitMs;
}
