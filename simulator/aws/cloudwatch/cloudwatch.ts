import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { Lambda } from '../lambda/lambda.ts';
import type { Sns } from '../lambda/sns.ts';
import {
  type AlarmDefinition,
  type AlarmState,
  evaluateAlarm,
  evaluationIntervalMs,
  evaluationRange,
  Tally,
} from './alarm.ts';
import { AlarmHistory } from './alarm-history.ts';

interface Alarm extends AlarmDefinition {
  readonly name: string;
  readonly arn: string;
  readonly series: Point[];
  state: AlarmState;
  /** When it changed to that. Unix milliseconds. */
  since: number;
}

/** A value, and the moment that it belongs to. */
interface Point {
  readonly at: number;
  readonly value: number;
}

/** Data points older than this, and than any alarm asks for, are forgotten: longer than any story looks back, and far less than CloudWatch keeps them. */
const KEPT_MS = 6 * 3600_000;
/** Of DescribeAlarms: 50 where nothing else is said, here fewer. */
const PAGE = 10;
/** Limits of PutMetricData: metrics a call, and how far a time stamp may be off. Source: its API reference. */
const METRICS_A_CALL = 1000;
const OLDEST_MS = 14 * 24 * 3600_000;
const NEWEST_MS = 2 * 3600_000;
const LAMBDA_PRINCIPAL = 'lambda.alarms.cloudwatch.amazonaws.com';

/** Metrics and alarms of the simulated CloudWatch: an alarm goes off by its own rules, in its own time. */
export class CloudWatch {
  readonly #cloud: Cloud;
  readonly #lambda: Lambda;
  readonly #sns: Sns;
  /** Of the last hours, by namespace, name and dimensions; each in the order of its moments. */
  readonly #series = new Map<string, Point[]>();
  readonly alarms: Alarm[] = [];
  readonly #history: AlarmHistory;
  #keptMs = KEPT_MS;

  constructor(cloud: Cloud, lambda: Lambda, sns: Sns) {
    this.#cloud = cloud;
    this.#lambda = lambda;
    this.#sns = sns;
    this.#history = new AlarmHistory(cloud);
    lambda.ended = (FunctionName, failed) =>
      this.put('AWS/Lambda', 'Errors', { FunctionName }, cloud.clock.now(), +failed);
    cloud.offer('cloudwatch', {
      PutMetricData: (input) => this.#putData(input),
      DescribeAlarms: (input) => this.#describe(input),
    });
  }

  /** Single values only; no sets of statistics, units or entities. Source: API reference of PutMetricData. */
  #putData(input: Input): object {
    onlyMembers('PutMetricData', input, ['Namespace', 'MetricData']);
    const namespace = text(input, 'Namespace');
    const data = (input.MetricData ?? []) as Input[];
    const refuse = (what: string) => new ServiceError('InvalidParameterValue', what);
    if (namespace.startsWith('AWS/')) throw refuse(`The value ${namespace} for parameter Namespace is invalid.`);
    if (data.length < 1 || data.length > METRICS_A_CALL) throw refuse('The collection MetricData has a wrong size.');
    const now = this.#cloud.clock.now();
    const points = data.map((datum) => {
      onlyMembers('MetricDatum', datum, ['MetricName', 'Dimensions', 'Timestamp', 'Value']);
      const { Value, Timestamp } = datum;
      if (typeof Value !== 'number' || !Number.isFinite(Value)) throw refuse(`The value ${Value} for parameter Value`);
      const at = Timestamp instanceof Date ? Timestamp.getTime() : now;
      if (at < now - OLDEST_MS || at > now + NEWEST_MS) throw refuse(`The timestamp ${at} is out of range.`);
      const dimensions = ((datum.Dimensions ?? []) as Input[]).map((d) => [text(d, 'Name'), text(d, 'Value')]);
      return { name: text(datum, 'MetricName'), dimensions: Object.fromEntries(dimensions), at, Value };
    });
    for (const { name, dimensions, at, Value } of points) this.put(namespace, name, dimensions, at, Value);
    return {};
  }

  /** In small pages. Source: API reference of DescribeAlarms. */
  #describe(input: Input): object {
    onlyMembers('DescribeAlarms', input, ['AlarmNamePrefix', 'AlarmTypes', 'NextToken']);
    const named = this.alarms.filter(({ name }) => name.startsWith(text(input, 'AlarmNamePrefix')));
    const from = Number(input.NextToken ?? 0);
    const MetricAlarms = named.slice(from, from + PAGE).map((alarm) => ({
      AlarmName: alarm.name,
      AlarmArn: alarm.arn,
      StateValue: alarm.state,
      // An alarm has no other state here than by its own evaluation, which is complete: both times are of the same moment.
      StateUpdatedTimestamp: new Date(alarm.since),
      StateTransitionedTimestamp: new Date(alarm.since),
      ActionsEnabled: alarm.actionsEnabled,
      AlarmActions: alarm.alarmActions,
      OKActions: alarm.okActions,
      InsufficientDataActions: alarm.insufficientDataActions,
    }));
    return { MetricAlarms, ...(named.length > from + PAGE && { NextToken: String(from + PAGE) }) };
  }

  put(
    namespace: string,
    metric: string,
    dimensions: Readonly<Record<string, string>>,
    at: number,
    value: number,
  ): void {
    // It is not kept for later: whoever sends it gives up.
    if (this.#cloud.faults.outages.of('cloudwatch', this.#cloud.clock.now())) return;
    const series = this.#seriesOf(namespace, metric, dimensions);
    let place = series.length;
    while (place > 0 && (series[place - 1]?.at ?? at) > at) place--;
    series.splice(place, 0, { at, value });
    while (series[0] && series[0].at < at - this.#keptMs) series.shift();
  }

  /** Data points of the last hours, in the order of their moments. */
  points(namespace: string, metric: string, dimensions: Readonly<Record<string, string>>): readonly Point[] {
    return this.#seriesOf(namespace, metric, dimensions);
  }

  #seriesOf(namespace: string, metric: string, dimensions: Readonly<Record<string, string>>): Point[] {
    const key = seriesKey(namespace, metric, dimensions);
    const series = this.#series.get(key) ?? [];
    this.#series.set(key, series);
    return series;
  }

  remove(name: string): void {
    const index = this.alarms.findIndex((alarm) => alarm.name === name);
    if (index >= 0) this.alarms.splice(index, 1);
  }

  /** @returns the alarm's ARN */
  define(name: string, definition: AlarmDefinition): string {
    const { account, clock, random, region } = this.#cloud;
    const alarm: Alarm = {
      ...definition,
      name,
      arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
      series: this.#seriesOf(definition.namespace, definition.metricName, definition.dimensions),
      state: 'INSUFFICIENT_DATA',
      since: clock.now(),
    };
    this.alarms.push(alarm);
    this.#keptMs = Math.max(this.#keptMs, (evaluationRange(definition) + 1) * definition.periodMs);
    // Each alarm is evaluated at a phase of its own.
    const every = evaluationIntervalMs(definition);
    clock.every(every, clock.now() + random.stream(`phase of ${name}`).whole(1, every), () => {
      if (this.alarms.includes(alarm)) this.#evaluate(alarm);
    });
    return alarm.arn;
  }

  #evaluate(alarm: Alarm): void {
    const now = this.#cloud.clock.now();
    const { periodMs, series } = alarm;
    // Periods are asked for one before the other, so each point is passed once.
    let i = series.length - 1;
    const points = (start: number) => {
      const tally = new Tally();
      for (let point = series[i]; point && point.at >= start; point = series[--i])
        if (point.at < start + periodMs) tally.add(point.value);
      return tally;
    };
    const state = evaluateAlarm(alarm, points, now, alarm.state);
    if (state === alarm.state) return;
    const previous = alarm.state;
    alarm.state = state;
    alarm.since = now;
    this.#history.changed(alarm.name, previous, state);
    const actions =
      state === 'ALARM' ? alarm.alarmActions : state === 'OK' ? alarm.okActions : alarm.insufficientDataActions;
    const starts = alarm.actionsEnabled && state === 'ALARM' && actions.some(isFunction);
    const event = starts ? ({ kind: 'alarmStarts', alarm: alarm.name } as const) : undefined;
    this.#cloud.say('cloudwatch', `alarm ${alarm.name}: ${previous} -> ${state}`, event);
    if (!alarm.actionsEnabled) return;
    for (const action of actions) this.#act(alarm, action, previous, now);
  }

  /** Starts the functions that the alarm starts once more, as a flapping alarm or a doubled event does. @throws Error */
  repeat(name: string): void {
    const alarm = this.alarms.find((each) => each.name === name);
    if (!alarm) throw new Error(`there is no alarm ${name}`);
    const functions = alarm.alarmActions.filter(isFunction);
    for (const action of functions) this.#act({ ...alarm, state: 'ALARM' }, action, 'OK', this.#cloud.clock.now());
  }

  #act(alarm: Alarm, action: string, previous: AlarmState, now: number): void {
    const why = { ALARM: 'crossed its threshold or is missing', OK: 'is back', INSUFFICIENT_DATA: 'is missing' };
    const reason = `${alarm.metricName} ${why[alarm.state]}`;
    const acted = (error: string | undefined) =>
      this.#history.acted({ alarm: alarm.name, action, changedAt: now, error });
    if (action.startsWith('arn:aws:sns:')) {
      acted(this.#sns.publishByAlarm(action, alarm, reason));
      return;
    }
    if (!isFunction(action)) throw new Error(`alarm ${alarm.name}: the simulation does not know the action ${action}`);
    const state = (value: string) => ({ value, reason, reasonData: '{}', timestamp: new Date(now).toISOString() });
    const event = {
      source: 'aws.cloudwatch',
      alarmArn: alarm.arn,
      accountId: this.#cloud.account,
      time: new Date(now).toISOString(),
      region: this.#cloud.region,
      alarmData: {
        alarmName: alarm.name,
        state: state(alarm.state),
        previousState: state(previous),
        configuration: { metrics: [] },
      },
    };
    acted(this.#lambda.invokeAsync(action, event, LAMBDA_PRINCIPAL, alarm.arn));
  }
}

function isFunction(action: string): boolean {
  return action.startsWith('arn:aws:lambda:');
}

function seriesKey(namespace: string, metric: string, dimensions: Readonly<Record<string, string>>): string {
  return JSON.stringify([namespace, metric, Object.entries(dimensions).sort(([a], [b]) => a.localeCompare(b))]);
}
