/** A moment of a schedule: minutes of the UTC day, on the days that it runs. */
export interface CronTimes {
  readonly minutes: readonly number[];
  /** `undefined` when it runs every day. */
  readonly on: ((day: Date) => boolean) | undefined;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Reads `cron(minutes hours day-of-month month day-of-week year)` as EventBridge and DLM write it, weekdays from 1 (Sunday).
 * Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 *
 * @returns `undefined` for what this does not read: `L`, `W`, `#`, and years other than `*`
 */
export function readCron(expression: string): CronTimes | undefined {
  const fields = /^cron\((.+)\)$/.exec(expression.trim())?.[1]?.trim().split(/\s+/);
  if (fields?.length !== 6) return undefined;
  const [minute = '', hour = '', date = '', month = '', weekday = '', year = ''] = fields;
  const minutes = readField(minute, 0, 59);
  const hours = readField(hour, 0, 23);
  const dates = readField(date, 1, 31);
  const months = readField(month, 1, 12, MONTHS);
  const weekdays = readField(weekday, 1, 7, DAYS);
  if (!minutes || !hours || !dates || !months || !weekdays || year !== '*') return undefined;
  const daily = dates.size === 31 && months.size === 12 && weekdays.size === 7;
  const on = (day: Date) =>
    dates.has(day.getUTCDate()) && months.has(day.getUTCMonth() + 1) && weekdays.has(day.getUTCDay() + 1);
  return {
    minutes: [...hours].flatMap((h) => [...minutes].map((m) => h * 60 + m)).sort((a, b) => a - b),
    on: daily ? undefined : on,
  };
}

/** The values of one field: `*`, `?`, `5`, `1-5`, `0/15`, `10-50/20`, `MON-FRI`, and lists of these. */
function readField(field: string, min: number, max: number, names: readonly string[] = []): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:([*?])|([A-Z]{3}|\d+)(?:-([A-Z]{3}|\d+))?)(?:\/(\d+))?$/.exec(part.toUpperCase());
    if (!match) return undefined;
    const [, any, first, last, step] = match;
    const from = any ? min : numberOf(first, min, names);
    // `5/10` runs from 5 to the end; `5` alone is itself.
    const to = any || (step && !last) ? max : numberOf(last ?? first, min, names);
    const by = step === undefined ? 1 : Number(step);
    if (!(from >= min && to <= max && from <= to && by > 0)) return undefined;
    for (let value = from; value <= to; value += by) values.add(value);
  }
  return values;
}

function numberOf(text: string | undefined, min: number, names: readonly string[]): number {
  const named = names.indexOf(text ?? '');
  return named < 0 ? Number(text) : named + min;
}
