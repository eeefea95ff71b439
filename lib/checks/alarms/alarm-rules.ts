import { anyOf } from '../copies/resource-policy.ts';
import {
  type Declared,
  type DeclaredResources,
  isIntrinsic,
  type Json,
  listOf,
  objectOf,
  shown,
  textOf,
} from '../declared.ts';
import { type Finding, type Rule, unjudged, wrong } from '../rule.ts';
import { reachOf } from './alarm-actions.ts';
import { actsOnInstance, endsIdle, isUsed, scales, suppresses } from './alarm-purpose.ts';
import { followsFrom } from './alarm-rule-text.ts';

const ALARM = 'AWS::CloudWatch::Alarm';
const COMPOSITE = 'AWS::CloudWatch::CompositeAlarm';
/** What a replacement gives a new value, or deletes. */
const REPLACED_DIMENSIONS = ['VolumeId', 'InstanceId'];
/** An id of either, wherever it stands; a short one of old only by itself, for names have such ends. */
const REPLACED_ID = /\b(vol|i)-[0-9a-f]{17}\b|(?<![\w-])(vol|i)-[0-9a-f]{8}\b/;
const REPLACED_TYPES = ['AWS::EC2::Volume', 'AWS::EC2::Instance', 'AWS::EC2::VolumeAttachment'];

const acts: Rule = {
  id: 'AL1',
  title: 'An alarm has actions, and they are enabled, or something else acts on its state.',
  why: 'An alarm without actions is a colour on a page that nobody looks at during the night.',
  types: [ALARM, COMPOSITE],
  judge(alarm, app) {
    const { ActionsEnabled = true, AlarmActions } = alarm.properties;
    if (isIntrinsic(ActionsEnabled))
      return unjudged(`whether its actions are enabled: ActionsEnabled is ${shown(ActionsEnabled)}`);
    if (isIntrinsic(AlarmActions)) return unjudged(`whether it has actions: AlarmActions is ${shown(AlarmActions)}`);
    if (String(ActionsEnabled) !== 'true')
      return wrong('ActionsEnabled is false; allowed: true. Set actionsEnabled to true, or leave it out');
    if (listOf(AlarmActions).length > 0) return undefined;
    // A part of a composite alarm acts through it; others through what asks for their state.
    const part = anyOf(app.of(COMPOSITE, alarm).map((composite) => followsFrom(composite, alarm, app)));
    const used = isUsed(alarm, app);
    if (part || used) return undefined;
    if (part === undefined)
      return unjudged(
        'whether it acts through a composite alarm: the AlarmRule of one is beyond what this check reads',
      );
    if (used === undefined)
      return unjudged('whether a deployment group, a rule or a health check takes it: the name it takes is not known');
    return wrong('AlarmActions is empty; allowed: at least one action. Call addAlarmAction');
  },
};

/** A metric that an alarm looks at, or an expression. Any part may be an intrinsic. */
interface Measured {
  readonly namespace: unknown;
  readonly name: unknown;
  readonly dimensions: unknown;
  readonly statistic: unknown;
  readonly expression: unknown;
}

/** The metrics of an alarm, its own or those of its list; or why they cannot be known. */
function metricsOf({ properties }: Declared): readonly Measured[] | string {
  const { Metrics, Statistic, ExtendedStatistic } = properties;
  if (Metrics === undefined) return [measured(properties, Statistic ?? ExtendedStatistic)];
  if (isIntrinsic(Metrics)) return `Metrics is ${shown(Metrics)}`;
  const deferred = listOf(Metrics).find(
    (query) => isIntrinsic(query) || isIntrinsic(objectOf(query)?.MetricStat) || isIntrinsic(statOf(query)?.Metric),
  );
  if (deferred !== undefined) return `one of its Metrics is ${shown(deferred)}`;
  return listOf(Metrics).map((query) =>
    measured(objectOf(statOf(query)?.Metric) ?? {}, statOf(query)?.Stat, objectOf(query)?.Expression),
  );
}

function statOf(query: unknown): Json | undefined {
  return objectOf(objectOf(query)?.MetricStat);
}

function measured({ Namespace, MetricName, Dimensions }: Json, statistic: unknown, expression?: unknown): Measured {
  return { namespace: Namespace, name: MetricName, dimensions: Dimensions, statistic, expression };
}

const COUNTS = ['Sum', 'SampleCount', 'n'];
const TOO_MANY = ['GreaterThanThreshold', 'GreaterThanOrEqualToThreshold'];
/**
 * Gauges, though they may be summed: they say 0 while all is well, and nothing of what is gone.
 * docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html and
 * docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
 */
const GAUGES = { namespace: 'AWS/EBS', name: /^StatusCheck/ };

/** It counts one kind of event and fires on too many: where there are none, there is no data, and that is well. */
function counts(alarm: Declared): boolean {
  const metrics = metricsOf(alarm);
  if (typeof metrics === 'string') return false;
  const [only, ...others] = metrics;
  // What an expression makes of missing data is its own affair: 1 - m1 counts what is there.
  if (!only || others.length > 0 || only.expression !== undefined) return false;
  if (only.namespace === GAUGES.namespace || GAUGES.name.test(String(only.name))) return false;
  return COUNTS.includes(String(only.statistic)) && TOO_MANY.includes(String(alarm.properties.ComparisonOperator));
}

const missing: Rule = {
  id: 'AL2',
  title:
    'An alarm treats missing data as breaching, or acts on insufficient data, unless it counts events, scales, or acts on one instance.',
  why: 'What has died sends no data: with missing data ignored, the worst failure is the silent one.',
  types: [ALARM],
  judge(alarm, app) {
    const { TreatMissingData = 'missing', InsufficientDataActions } = alarm.properties;
    if (TreatMissingData === 'breaching' || counts(alarm)) return undefined;
    if (TreatMissingData === 'missing' && listOf(InsufficientDataActions).length > 0) return undefined;
    // An instance that was stopped on purpose is silent, and so is a load that is gone.
    if (actsOnInstance(alarm) || scales(alarm, app) || suppresses(alarm, app)) return undefined;
    if (isIntrinsic(TreatMissingData)) return unjudged(`TreatMissingData is ${shown(TreatMissingData)}`);
    return wrong(
      `TreatMissingData is ${shown(TreatMissingData)}; allowed: "breaching", or "missing" with InsufficientDataActions. Set treatMissingData to TreatMissingData.BREACHING`,
    );
  },
};

const survives: Rule = {
  id: 'AL3',
  title:
    'An alarm is keyed by what survives a replacement, not by a volume or an instance, but for one that acts on it.',
  why: 'After a replacement such an alarm watches what is gone, and is silent about what serves.',
  types: [ALARM],
  judge(alarm, app) {
    const metrics = metricsOf(alarm);
    if (typeof metrics === 'string') return unjudged(`what the alarm is keyed by: ${metrics}`);
    // EC2's own actions take an alarm on one instance and no other; the instance keeps its id over a recovery.
    if (actsOnInstance(alarm) && metrics.every((metric) => isOfInstance(metric))) return undefined;
    const found = metrics.flatMap((metric) => [
      ...keysOf(metric, alarm, app),
      ...judgeExpression(metric.expression, alarm, app),
    ]);
    // What is wrong is said before what cannot be known.
    return found.find((finding) => !finding.unjudged) ?? found[0];
  },
};

function keysOf({ dimensions }: Measured, alarm: Declared, app: DeclaredResources): Finding[] {
  if (isIntrinsic(dimensions)) return [unjudged(`what the alarm is keyed by: Dimensions is ${shown(dimensions)}`)];
  return listOf(dimensions).flatMap((dimension) => {
    if (isIntrinsic(dimension))
      return unjudged(`what the alarm is keyed by: one of its Dimensions is ${shown(dimension)}`);
    const { Name, Value } = objectOf(dimension) ?? {};
    const of = replacedIn(Value, alarm, app);
    if (of !== undefined) return keyedBy(`${shown(Name)} of ${of}`);
    if (REPLACED_DIMENSIONS.includes(String(Name))) return keyedBy(shown(Name));
    if (isIntrinsic(Name)) return unjudged(`what the alarm is keyed by: the name of a dimension is ${shown(Name)}`);
    return app.mentioned(Value, alarm).has(undefined)
      ? unjudged(`what the alarm is keyed by: ${shown(Name)} is ${shown(Value)}`)
      : [];
  });
}

function isOfInstance({ dimensions, expression }: Measured): boolean {
  if (expression !== undefined || isIntrinsic(dimensions)) return false;
  const names = listOf(dimensions).map((dimension) => objectOf(dimension)?.Name);
  return names.includes('InstanceId') && !names.includes('VolumeId');
}

/** A query selects by name, `"VolumeId" = '...'` or `IN (...)`; a search also by the bare id. */
function judgeExpression(expression: unknown, alarm: Declared, app: DeclaredResources): Finding[] {
  if (expression === undefined) return [];
  const deferred = unjudged(`what the alarm is keyed by: an expression is ${shown(expression)}`);
  const text = textOf(expression);
  if (text === undefined) return [deferred];
  const by = REPLACED_DIMENSIONS.find((name) => new RegExp(`\\b${name}"?\\s*(=|IN\\b)`, 'i').test(text));
  if (by) return [keyedBy(`${shown(by)} in an expression`)];
  const of = replacedIn(expression, alarm, app);
  if (of !== undefined) return [keyedBy(`${of} in an expression`)];
  return app.mentioned(expression, alarm).has(undefined) ? [deferred] : [];
}

/** The volume or the instance that a value is made from, by reference or by its id. */
function replacedIn(value: unknown, alarm: Declared, app: DeclaredResources): string | undefined {
  const target = [...app.mentioned(value, alarm)].find((of) => of && REPLACED_TYPES.includes(of.type));
  return target?.construct.node.path ?? REPLACED_ID.exec(JSON.stringify(value ?? ''))?.[0];
}

function keyedBy(what: string) {
  return wrong(
    `The alarm is keyed by ${what}; allowed: dimensions that outlive a volume and an instance, such as a logical name. Publish the metric under the name of the volume's role, as lib/volume-alarms.ts does`,
  );
}

const reaches: Rule = {
  id: 'AL4',
  title: 'An alarm leads to something that recovers, or to people, and may do so.',
  why: 'An action that its target does not permit fails without a sound; a scaling policy mends no volume.',
  types: [ALARM, COMPOSITE],
  judge(alarm, app) {
    const { AlarmActions } = alarm.properties;
    // Whether there are any is the first rule's.
    if (isIntrinsic(AlarmActions) || listOf(AlarmActions).length === 0) return undefined;
    if (scales(alarm, app) || endsIdle(alarm)) return undefined;
    const reached = listOf(AlarmActions).map((action) => reachOf(action, alarm, app));
    const [broken] = reached.flatMap((reach) => (reach.kind === 'broken' ? reach.because : []));
    if (broken) return wrong(`An action of the alarm fails: ${broken}`);
    if (reached.some(({ kind }) => kind === 'reaches') || isUsed(alarm, app)) return undefined;
    const [unknown] = reached.flatMap((reach) => (reach.kind === 'unknown' ? reach.because : []));
    if (unknown) return unjudged(`where the alarm leads: ${unknown}`);
    return wrong(
      `No action of the alarm recovers or notifies anybody: ${shown(AlarmActions)}; allowed: a Lambda function, an SNS topic, an OpsItem, an incident response plan, or recovery of the instance. Add one`,
    );
  },
};

export const ALARM_RULES: readonly Rule[] = [acts, missing, survives, reaches];
