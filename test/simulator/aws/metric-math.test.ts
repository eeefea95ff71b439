import { describe, expect, test } from '@jest/globals';
import { parseMath } from '../../../simulator/aws/cloudwatch/metric-math.ts';

const MINUTE_MS = 60_000;
/** A value a minute; `undefined`: none. */
const series = (...values: (number | undefined)[]) =>
  values.flatMap((value, n) => (value === undefined ? [] : [{ at: n * MINUTE_MS, value }]));

describe('an expression of a metric', () => {
  test.each([
    ['m', series(1, 2), series(1, 2)],
    ['m + 1', series(1, undefined, 3), series(2, undefined, 4)],
    ['10 - 2 * m', series(1, 2), series(8, 6)],
    ['(10 - 2) * m', series(1, 2), series(8, 16)],
    ['10 - m - 1', series(2), series(7)],
    ['12 / m / 2', series(2, 3), series(3, 2)],
    ['m * m', series(3), series(9)],
    ['1.5*m', series(2), series(3)],
    // Of the first there is none; a gap counts by its length.
    ['RATE(m)', series(0, 60, undefined, undefined, 60, 0), series(undefined, 1, undefined, undefined, 0, -1)],
    ['m + RATE(m) * 60', series(1, 3), series(undefined, 5)],
    ['RATE(m * 60)', series(0, 1), series(undefined, 1)],
    ['RATE(m)', series(7), []],
    // What is no number is no data point.
    ['1 / m', series(0, 1, 0), series(undefined, 1)],
    ['m', [], []],
  ])('%s of %j', (text, points, expected) => {
    expect(parseMath(text, 'm')(points)).toEqual(expected);
  });

  test.each([
    ['SUM(m)', 'the simulation does not know SUM'],
    ['other', 'the simulation does not know other'],
    ['m > 1', 'the simulation does not know > 1'],
    ['m m', 'expected the end, got m'],
    ['(m', 'expected ), got the end'],
    ['RATE m', 'expected (, got m'],
    ['RATE(1)', 'RATE is of a time series'],
    ['1 + 2', 'an alarm watches a time series, and this is a number'],
    ['', 'the simulation does not know the end'],
  ])('%j is refused', (text, why) => {
    expect(() => parseMath(text, 'm')).toThrow(`metric math "${text}": ${why}`);
  });
});
