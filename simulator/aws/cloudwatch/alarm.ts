/**
 * Evaluation of CloudWatch metric alarms, pure. Sources, all Amazon CloudWatch User Guide: "Alarm evaluation",
 * "Configuring how CloudWatch alarms treat missing data" (with its two tables) and, there, "Avoiding premature
 * transitions to alarm state". Composite alarms, percentiles and anomaly bands are refused by name; of metric math it knows one
 * expression of one metric.
 *
 * Worth knowing: missing data counts as breaching only as far as real data points are too few **in the evaluation
 * range**, which is longer than the evaluation periods. When a metric stops, an alarm on 3 of 3 periods that treats
 * missing data as breaching therefore goes off after 5 silent periods, not after 3; one on 1 of 1 after 3.
 */

import { type Dictionary, TemplateError } from '../cloudformation/template-model.ts';
import {
  bool,
  has,
  list,
  num,
  object,
  onlyKnown,
  type Properties,
  properties,
  str,
  strings,
} from '../cloudformation/template-properties.ts';
import { type DataPoint, type MetricMath, parseMath } from './metric-math.ts';

const STATISTICS = ['Maximum', 'Minimum', 'Average', 'Sum', 'SampleCount'] as const;
const COMPARISONS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const;
const TREATMENTS = ['breaching', 'notBreaching', 'ignore', 'missing'] as const;

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmConfig {
  readonly periodMs: number;
  /** N: how many data points decide. */
  readonly evaluationPeriods: number;
  /** M: how many of them must be breaching. */
  readonly datapointsToAlarm: number;
  readonly statistic: (typeof STATISTICS)[number];
  /** What is made of the metric's data points before they are held against the threshold. */
  readonly math?: MetricMath | undefined;
  readonly threshold: number;
  readonly comparison: (typeof COMPARISONS)[number];
  readonly treatMissingData: (typeof TREATMENTS)[number];
}

/** An AWS::CloudWatch::Alarm of the template. */
export interface AlarmDefinition extends AlarmConfig {
  readonly alarmName: string | undefined;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly actionsEnabled: boolean;
  readonly alarmActions: readonly string[];
  readonly okActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
}

/**
 * Values of the metric's samples in `[startMs, startMs + periodMs)`, or `undefined` (or none) where there are none.
 * Starts are not multiples of the period for alarms with periods of more than a minute: their window slides.
 */
export type Datapoints = (startMs: number) => readonly number[] | Tally | undefined;

/** Samples of a period that are counted as they are found: an alarm of hours has thousands, each minute anew. */
export class Tally {
  count = 0;
  sum = 0;
  minimum = Number.POSITIVE_INFINITY;
  maximum = Number.NEGATIVE_INFINITY;

  add(sample: number): void {
    this.count++;
    this.sum += sample;
    if (sample < this.minimum) this.minimum = sample;
    if (sample > this.maximum) this.maximum = sample;
  }
}

const RESOLUTION_MS = 10_000;
const MINUTE_MS = 60_000;

/** Time between two evaluations: 10 s for alarms with a period of 10, 20 or 30 s, else a minute. In milliseconds. */
export function evaluationIntervalMs(config: Pick<AlarmConfig, 'periodMs'>): number {
  return config.periodMs < MINUTE_MS ? RESOLUTION_MS : MINUTE_MS;
}

/** The moments in `[fromMs, toMs)` at which the alarm is evaluated; the simulation takes those on the clock's mark. */
export function evaluationTimes(config: Pick<AlarmConfig, 'periodMs'>, fromMs: number, toMs: number): number[] {
  const interval = evaluationIntervalMs(config);
  const times: number[] = [];
  for (let at = Math.ceil(fromMs / interval) * interval; at < toMs; at += interval) times.push(at);
  return times;
}

/**
 * Number of most recent periods that CloudWatch retrieves. The guide says only that it is more than the evaluation
 * periods, and depends on period and resolution; its one example is 5 for 3, hence two more.
 */
export function evaluationRange(config: Pick<AlarmConfig, 'evaluationPeriods'>): number {
  return config.evaluationPeriods + 2;
}

/**
 * State of an alarm at `nowMs`. Only closed periods count: the newest ends at the last evaluation moment.
 * @param previous the state before, which `ignore` may keep
 * @param range periods to retrieve, if other than {@link evaluationRange}
 */
export function evaluateAlarm(
  config: AlarmConfig,
  datapoints: Datapoints,
  nowMs: number,
  previous: AlarmState = 'INSUFFICIENT_DATA',
  range: number = evaluationRange(config),
): AlarmState {
  const interval = evaluationIntervalMs(config);
  const end = Math.floor(nowMs / interval) * interval;
  const retrieved: DataPoint[] = [];
  for (let age = 1; age <= range; age++) {
    const at = end - age * config.periodMs;
    const tally = tallied(datapoints(at) ?? []);
    if (tally.count > 0) retrieved.push({ at, value: aggregate(config.statistic, tally) });
  }
  const points = config.math ? config.math(retrieved.toReversed()).toReversed() : retrieved;
  /** Real data points, newest first. `age` is 1 for the newest period. */
  const real = points.map(({ at, value }) => ({
    age: (end - at) / config.periodMs,
    breaching: isBreaching(config, value),
  }));
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = config;
  const considered = real.slice(0, evaluationPeriods);
  const breaching = considered.filter((point) => point.breaching).length;
  const toFill = evaluationPeriods - considered.length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (toFill === 0 || treatMissingData === 'notBreaching') return 'OK';
  if (treatMissingData === 'breaching') return breaching + toFill >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (considered.some((point) => !point.breaching)) return 'OK';
  if (treatMissingData === 'ignore') return previous;
  // Nothing but breaching data points, and too few: decided by the age of the oldest ("premature alarm state"). That
  // younger ones leave the alarm INSUFFICIENT_DATA is from the tables of an earlier edition of the guide ("- - - - X").
  const oldest = considered.at(-1);
  return oldest && oldest.age >= datapointsToAlarm ? 'ALARM' : 'INSUFFICIENT_DATA';
}

function tallied(samples: readonly number[] | Tally): Tally {
  if (samples instanceof Tally) return samples;
  const tally = new Tally();
  for (const sample of samples) tally.add(sample);
  return tally;
}

function aggregate(statistic: AlarmConfig['statistic'], { count, sum, minimum, maximum }: Tally): number {
  switch (statistic) {
    case 'Maximum':
      return maximum;
    case 'Minimum':
      return minimum;
    case 'Average':
      return sum / count;
    case 'Sum':
      return sum;
    case 'SampleCount':
      return count;
  }
}

function isBreaching({ comparison, threshold }: AlarmConfig, value: number): boolean {
  switch (comparison) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
}

/** Where a metric stands: in the alarm itself, or in the one MetricStat of its Metrics. */
interface Watched {
  readonly metric: Properties;
  readonly statistic: Properties;
  readonly statisticKey: 'Statistic' | 'Stat';
  readonly math?: MetricMath;
}

function watched(p: Properties): Watched {
  if (!has(p, 'Metrics')) return { metric: p, statistic: p, statisticKey: 'Statistic' };
  const queries = list(p, 'Metrics');
  const [metrics, expressions] = [true, false].map((of) => queries.filter((q) => has(q, 'MetricStat') === of));
  const [query, expression] = [metrics?.[0], expressions?.[0]];
  if (!query || !expression || queries.length !== 2)
    throw new TemplateError(`${p.path}.Metrics`, 'the simulation knows one expression of one metric');
  onlyKnown(query, ['Id', 'MetricStat', 'ReturnData']);
  onlyKnown(expression, ['Id', 'Expression', 'Label', 'ReturnData']);
  if (bool(query, 'ReturnData', true) || !bool(expression, 'ReturnData', true))
    throw new TemplateError(
      `${p.path}.Metrics`,
      'an alarm watches what returns data: the expression, and nothing else',
    );
  const statistic = object(query, 'MetricStat');
  onlyKnown(statistic, ['Metric', 'Period', 'Stat', 'Unit']);
  const metric = object(statistic, 'Metric');
  onlyKnown(metric, ['Namespace', 'MetricName', 'Dimensions']);
  const math = parseMath(str(expression, 'Expression'), str(query, 'Id'));
  return { metric, statistic, statisticKey: 'Stat', math };
}

/** Reads an AWS::CloudWatch::Alarm. @throws TemplateError for a property or a value that the simulation does not know */
export function readAlarm(resource: { readonly logicalId: string; readonly properties: Dictionary }): AlarmDefinition {
  const p = properties(resource);
  const own = has(p, 'Metrics')
    ? ['Metrics']
    : ['Namespace', 'MetricName', 'Dimensions', 'Period', 'Statistic', 'Unit'];
  const rule = ['Threshold', 'ComparisonOperator', 'EvaluationPeriods', 'DatapointsToAlarm', 'TreatMissingData'];
  const actions = ['ActionsEnabled', 'AlarmActions', 'OKActions', 'InsufficientDataActions'];
  onlyKnown(p, ['AlarmName', 'AlarmDescription', 'Tags', ...own, ...rule, ...actions]);
  const { metric, statistic, statisticKey, math } = watched(p);
  const oneOf = <T extends string>(key: string, allowed: readonly T[], fallback?: T, of = p): T => {
    const value = str(of, key, fallback);
    const known = allowed.find((option) => option === value);
    if (known) return known;
    throw new TemplateError(`${of.path}.${key}`, `must be one of ${allowed.join(', ')}, got "${value}"`);
  };
  const seconds = num(statistic, 'Period');
  if (![10, 20, 30].includes(seconds) && (seconds <= 0 || seconds % 60 !== 0)) {
    throw new TemplateError(
      `${statistic.path}.Period`,
      `must be 10, 20, 30 or a multiple of 60 seconds, got ${seconds}`,
    );
  }
  const evaluationPeriods = num(p, 'EvaluationPeriods');
  const datapointsToAlarm = num(p, 'DatapointsToAlarm', evaluationPeriods);
  if (evaluationPeriods < 1 || datapointsToAlarm < 1 || datapointsToAlarm > evaluationPeriods) {
    const got = `got ${datapointsToAlarm} of ${evaluationPeriods}`;
    throw new TemplateError(`${p.path}.DatapointsToAlarm`, `must be from 1 to EvaluationPeriods, ${got}`);
  }
  return {
    periodMs: seconds * 1000,
    evaluationPeriods,
    datapointsToAlarm,
    statistic: oneOf(statisticKey, STATISTICS, undefined, statistic),
    math,
    threshold: num(p, 'Threshold'),
    comparison: oneOf('ComparisonOperator', COMPARISONS),
    treatMissingData: oneOf('TreatMissingData', TREATMENTS, 'missing'),
    alarmName: has(p, 'AlarmName') ? str(p, 'AlarmName') : undefined,
    namespace: str(metric, 'Namespace'),
    metricName: str(metric, 'MetricName'),
    dimensions: Object.fromEntries(list(metric, 'Dimensions', []).map((d) => [str(d, 'Name'), str(d, 'Value')])),
    actionsEnabled: bool(p, 'ActionsEnabled', true),
    alarmActions: strings(p, 'AlarmActions', []),
    okActions: strings(p, 'OKActions', []),
    insufficientDataActions: strings(p, 'InsufficientDataActions', []),
  };
}
