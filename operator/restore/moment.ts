/** A moment that people wrote: `2026-11-27T14:30:00Z`, or how long ago it is: `90s`, `30m`, `1h`, `2d`. */

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** With a time zone: without one, that of this machine would be meant, and an incident is told in UTC. */
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** @returns Unix milliseconds, once it is known what time it is. @throws RangeError saying what is allowed */
export type Moment = (now: number) => number;

/** @throws RangeError saying what is allowed */
export function momentOf(text: string): Moment {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit) return (now) => now - Number(count) * UNITS[unit as keyof typeof UNITS];
  const at = ISO.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new RangeError(
      wrong(text, 'a time with its zone (2026-11-27T14:30:00Z), or how long ago (90s, 30m, 1h, 2d)'),
    );
  return (now) => {
    if (at > now) throw new RangeError(wrong(text, `a time that has passed (it is ${new Date(now).toISOString()})`));
    return at;
  };
}

const wrong = (text: string, allowed: string) => `--at: received ${text}; allowed: ${allowed}`;

/** As a part of a name. */
export function compact(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
}
