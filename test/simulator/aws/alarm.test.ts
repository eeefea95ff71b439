import { describe, expect, test } from '@jest/globals';
import {
  type AlarmConfig,
  type AlarmState,
  evaluateAlarm,
  evaluationTimes,
  readAlarm,
} from '../../../simulator/aws/cloudwatch/alarm.ts';

const NOW = Date.UTC(2026, 0, 14, 3, 0, 0);
const CONFIG: AlarmConfig = {
  periodMs: 60_000,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  statistic: 'Maximum',
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  treatMissingData: 'missing',
};

/** Data as the guide's tables write it: newest on the right, `X` breaching, `0` not, `-` missing. */
function points(row: string, periodMs = CONFIG.periodMs, end = NOW) {
  const marks = row.split(' ').toReversed();
  return (startMs: number): number[] | undefined => {
    const mark = marks[(end - startMs) / periodMs - 1];
    return mark === undefined || mark === '-' ? undefined : [mark === 'X' ? 1 : 0];
  };
}

const RETAIN = 'RETAIN';
type Row = [row: string, missing: string, ignore: string, breaching: string, notBreaching: string];

/** Both tables of the guide, and the rows of an earlier edition that the newer one leaves out. */
const TABLES: [name: string, datapointsToAlarm: number, rows: Row[]][] = [
  [
    '3 out of 3',
    3,
    [
      ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
      ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
      ['- - - - -', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
      ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['- - X - -', 'ALARM', RETAIN, 'ALARM', 'OK'],
      ['- - - - X', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
      ['X - - - -', 'ALARM', RETAIN, 'ALARM', 'OK'],
    ],
  ],
  [
    '2 out of 3',
    2,
    [
      ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
      ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
      ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
      ['- - - X -', 'ALARM', RETAIN, 'ALARM', 'OK'],
      ['- - - - X', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
    ],
  ],
];

describe.each(TABLES)('the table of the guide for %s', (_name, datapointsToAlarm, rows) => {
  test.each(rows)('%s', (row, ...expected) => {
    const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
    for (const previous of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] satisfies AlarmState[]) {
      const states = treatments.map((treatMissingData) =>
        evaluateAlarm({ ...CONFIG, datapointsToAlarm, treatMissingData }, points(row), NOW, previous),
      );
      expect(states).toEqual(expected.map((state) => (state === RETAIN ? previous : state)));
    }
  });
});

test.each([
  [1, 1, 3],
  [2, 2, 4],
  [3, 3, 5],
  [2, 3, 4],
  [1, 3, 3],
])('a metric that stops, missing data breaching, %i of %i: ALARM after %i silent periods', (m, n, silent) => {
  const config = { ...CONFIG, datapointsToAlarm: m, evaluationPeriods: n, treatMissingData: 'breaching' } as const;
  const after = (count: number) => points(`0 0 0 0 0 0${' -'.repeat(count)}`);
  expect(evaluateAlarm(config, after(silent - 1), NOW)).toBe('OK');
  expect(evaluateAlarm(config, after(silent), NOW)).toBe('ALARM');
});

test('the period that is still open does not count', () => {
  const opened = (startMs: number) => (startMs >= NOW ? [1] : [0]);
  const config = { ...CONFIG, datapointsToAlarm: 1, evaluationPeriods: 1 };
  expect(evaluateAlarm(config, opened, NOW + 59_999)).toBe('OK');
  expect(evaluateAlarm(config, opened, NOW + 60_000)).toBe('ALARM');
});

test('a period of more than a minute slides by the minute', () => {
  const asked: number[] = [];
  const config = { ...CONFIG, periodMs: 300_000, evaluationPeriods: 1, datapointsToAlarm: 1 };
  const ask = (startMs: number) => {
    asked.push(startMs);
    return [0];
  };
  evaluateAlarm(config, ask, NOW + 90_000);
  expect(asked).toEqual([1, 2, 3].map((age) => NOW + 60_000 - age * 300_000));
});

test.each([
  ['Maximum', 'GreaterThanThreshold', 3],
  ['Minimum', 'LessThanThreshold', 1],
  ['Average', 'LessThanOrEqualToThreshold', 2],
  ['Sum', 'GreaterThanOrEqualToThreshold', 6],
  ['SampleCount', 'GreaterThanOrEqualToThreshold', 3],
] as const)('%s and %s', (statistic, comparison, value) => {
  const config = { ...CONFIG, statistic, comparison, evaluationPeriods: 1, datapointsToAlarm: 1 };
  const state = (threshold: number) => evaluateAlarm({ ...config, threshold }, () => [1, 2, 3], NOW);
  const strict = comparison === 'GreaterThanThreshold' || comparison === 'LessThanThreshold';
  expect(state(value)).toBe(strict ? 'OK' : 'ALARM');
  expect(new Set([state(value - 0.5), state(value + 0.5)])).toEqual(new Set(['OK', 'ALARM']));
});

test('alarms are evaluated every 10 s up to a period of 30 s, else every minute', () => {
  expect(evaluationTimes({ periodMs: 30_000 }, NOW + 1, NOW + 30_000)).toEqual([NOW + 10_000, NOW + 20_000]);
  expect(evaluationTimes({ periodMs: 300_000 }, NOW, NOW + 120_001)).toEqual([NOW, NOW + 60_000, NOW + 120_000]);
});

describe('reading the template', () => {
  const given = {
    Namespace: 'Remount/x',
    MetricName: 'Serving',
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
    Period: 10,
    Statistic: 'Minimum',
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    EvaluationPeriods: 3,
    AlarmActions: ['arn:x'],
  };
  const read = (changes: Record<string, unknown>) =>
    readAlarm({ logicalId: 'A', properties: { ...given, ...changes } });

  test('defaults as CloudWatch has them', () => {
    expect(read({})).toMatchObject({
      periodMs: 10_000,
      datapointsToAlarm: 3,
      treatMissingData: 'missing',
      actionsEnabled: true,
      dimensions: { Volume: 'alpha' },
    });
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ Metrics: [] }, /A\.Properties: unknown Namespace, MetricName, Dimensions, Period, Statistic/],
    [{ Statistic: 'p99' }, /A\.Properties\.Statistic: must be one of Maximum.*got "p99"/],
    [{ Period: 45 }, /A\.Properties\.Period: must be 10, 20, 30 or a multiple of 60 seconds, got 45/],
    [{ DatapointsToAlarm: 4 }, /A\.Properties\.DatapointsToAlarm: .* got 4 of 3/],
    [{ TreatMissingData: 'Breaching' }, /TreatMissingData: must be one of breaching/],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, /ComparisonOperator/],
  ])('%j is refused', (changes, message) => {
    expect(() => read(changes)).toThrow(message);
  });
});

describe('an alarm on an expression', () => {
  const metric = {
    Namespace: 'Remount/x',
    MetricName: 'UsedPercent',
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
  };
  const query = { Id: 'm', MetricStat: { Metric: metric, Period: 60, Stat: 'Minimum' }, ReturnData: false };
  const expression = { Id: 'e', Expression: 'RATE(m) * 60', Label: 'a minute' };
  const given = {
    Threshold: 2,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 3,
    TreatMissingData: 'notBreaching',
  };
  const read = (...Metrics: object[]) => readAlarm({ logicalId: 'A', properties: { ...given, Metrics } });

  test('watches what the expression makes of the metric', () => {
    const alarm = read(expression, query);
    expect(alarm).toMatchObject({
      namespace: 'Remount/x',
      metricName: 'UsedPercent',
      dimensions: { Volume: 'alpha' },
      periodMs: 60_000,
      statistic: 'Minimum',
    });
    const stateAfter = (...values: (number | undefined)[]) =>
      evaluateAlarm(
        alarm,
        (start) => {
          const value = values.at((start - NOW) / 60_000);
          return value === undefined ? undefined : [value + 5, value];
        },
        NOW,
      );
    expect(stateAfter(1, 4, 7, 10)).toBe('ALARM');
    expect(stateAfter(1, 4, 6, 9)).toBe('OK');
    // Three data points of the metric are two of the expression.
    expect(stateAfter(4, 7, 10)).toBe('OK');
    expect(stateAfter(1, undefined, 7, 10, 13)).toBe('ALARM');
    expect(stateAfter(1, undefined, 4, 7, 10)).toBe('OK');
  });

  const noted = { ...expression, ReturnData: false };
  test.each([
    [[query], 'the simulation knows one expression of one metric'],
    [[expression], 'the simulation knows one expression of one metric'],
    [[expression, query, query], 'the simulation knows one expression of one metric'],
    [[noted, query], 'an alarm watches what returns data'],
    [[expression, { ...query, ReturnData: true }], 'an alarm watches what returns data'],
    [[{ ...expression, Period: 60 }, query], 'unknown Period'],
    [[expression, { ...query, MetricStat: { ...query.MetricStat, Stat: 'p99' } }], 'MetricStat.Stat: must be one of'],
    [[expression, { ...query, MetricStat: { ...query.MetricStat, Period: 45 } }], 'MetricStat.Period: must be 10, 20'],
    [[{ ...expression, Expression: 'SUM(m)' }, query], 'the simulation does not know SUM'],
  ])('%j is refused', (metrics, why) => {
    expect(() => read(...metrics)).toThrow(why);
  });
});
