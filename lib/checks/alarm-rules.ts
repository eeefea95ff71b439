import { reachOf } from './alarm-actions.ts';
import { type Declared, type DeclaredResources, isIntrinsic, type Json, listOf, objectOf, shown } from './declared.ts';
import { type Rule, unjudged, wrong } from './rule.ts';

const ALARM = 'AWS::CloudWatch::Alarm';
const COMPOSITE = 'AWS::CloudWatch::CompositeAlarm';
/** What a replacement gives a new value, or deletes. */
const REPLACED_DIMENSIONS = ['VolumeId', 'InstanceId'];
const REPLACED_TYPES = ['AWS::EC2::Volume', 'AWS::EC2::Instance', 'AWS::EC2::VolumeAttachment'];

/** A part of a composite alarm acts through it. */
function isPart(alarm: Declared, app: DeclaredResources): boolean {
  return app
    .of(COMPOSITE, alarm)
    .some(
      ({ stack, properties }) =>
        stack === alarm.stack && JSON.stringify(properties.AlarmRule ?? '').includes(`"${alarm.logicalId}"`),
    );
}

const acts: Rule = {
  id: 'AL1',
  title: 'An alarm has actions, and they are enabled.',
  why: 'An alarm without actions is a colour on a page that nobody looks at during the night.',
  types: [ALARM, COMPOSITE],
  judge(alarm, app) {
    const { ActionsEnabled = true, AlarmActions } = alarm.properties;
    if (isIntrinsic(ActionsEnabled))
      return unjudged(`whether its actions are enabled: ActionsEnabled is ${shown(ActionsEnabled)}`);
    if (isIntrinsic(AlarmActions)) return unjudged(`whether it has actions: AlarmActions is ${shown(AlarmActions)}`);
    if (String(ActionsEnabled) !== 'true')
      return wrong('ActionsEnabled is false; allowed: true. Set actionsEnabled to true, or leave it out');
    if (listOf(AlarmActions).length > 0 || isPart(alarm, app)) return undefined;
    return wrong('AlarmActions is empty; allowed: at least one action. Call addAlarmAction');
  },
};

interface Measured {
  readonly dimensions: readonly unknown[];
  readonly statistic: unknown;
  readonly expression: unknown;
}

/** The metrics of an alarm: its own, or those of its list. */
function metricsOf({ properties }: Declared): Measured[] {
  if (properties.Metrics === undefined)
    return [
      {
        dimensions: listOf(properties.Dimensions),
        statistic: properties.Statistic ?? properties.ExtendedStatistic,
        expression: undefined,
      },
    ];
  return listOf(properties.Metrics).map((entry) => {
    const query = objectOf(entry) ?? {};
    const stat = objectOf(query.MetricStat);
    return {
      dimensions: listOf(objectOf(stat?.Metric)?.Dimensions),
      statistic: stat?.Stat,
      expression: query.Expression,
    };
  });
}

/** It counts events and fires on too many: where there are none, there is no data, and that is well. */
function counts(alarm: Declared): boolean {
  const statistics = metricsOf(alarm).flatMap(({ statistic }) => statistic ?? []);
  const sums =
    statistics.length > 0 && statistics.every((statistic) => ['Sum', 'SampleCount', 'n'].includes(String(statistic)));
  return sums && String(alarm.properties.ComparisonOperator).startsWith('GreaterThan');
}

const missing: Rule = {
  id: 'AL2',
  title: 'An alarm treats missing data as breaching, unless it counts events and fires on too many.',
  why: 'What has died sends no data: with missing data ignored, the worst failure is the silent one.',
  types: [ALARM],
  judge(alarm) {
    const { TreatMissingData = 'missing' } = alarm.properties;
    if (TreatMissingData === 'breaching' || counts(alarm)) return undefined;
    if (isIntrinsic(TreatMissingData)) return unjudged(`TreatMissingData is ${shown(TreatMissingData)}`);
    return wrong(
      `TreatMissingData is ${shown(TreatMissingData)}; allowed: "breaching". Set treatMissingData to TreatMissingData.BREACHING`,
    );
  },
};

const survives: Rule = {
  id: 'AL3',
  title: 'An alarm is keyed by what survives a replacement, not by a volume or an instance.',
  why: 'After a replacement such an alarm watches what is gone, and is silent about what serves.',
  types: [ALARM],
  judge(alarm, app) {
    for (const { dimensions, expression } of metricsOf(alarm)) {
      for (const dimension of dimensions) {
        const { Name, Value } = (objectOf(dimension) ?? {}) as Json;
        const target = app.named(Value, alarm);
        const replaced =
          target && REPLACED_TYPES.includes(target.type) ? ` of ${target.construct.node.path}` : undefined;
        if (replaced !== undefined || REPLACED_DIMENSIONS.includes(String(Name)))
          return keyedBy(`${shown(Name)}${replaced ?? ''}`);
        if (isIntrinsic(Name)) return unjudged(`what the alarm is keyed by: the name of a dimension is ${shown(Name)}`);
      }
      const by = REPLACED_DIMENSIONS.find((name) =>
        new RegExp(`\\b${name}"?\\s*=`).test(JSON.stringify(expression ?? '').replaceAll('\\"', '"')),
      );
      if (by) return keyedBy(`${shown(by)} in an expression`);
    }
    return undefined;
  },
};

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
    const reached = listOf(AlarmActions).map((action) => reachOf(action, alarm, app));
    const [broken] = reached.flatMap((reach) => (reach.kind === 'broken' ? reach.because : []));
    if (broken) return wrong(`An action of the alarm fails: ${broken}`);
    if (reached.some(({ kind }) => kind === 'reaches')) return undefined;
    const [unknown] = reached.flatMap((reach) => (reach.kind === 'unknown' ? reach.because : []));
    if (unknown) return unjudged(`where the alarm leads: ${unknown}`);
    return wrong(
      `No action of the alarm recovers or tells anybody: ${shown(AlarmActions)}; allowed: a Lambda function, an SNS topic, an OpsItem, an incident response plan, or recovery of the instance. Add one`,
    );
  },
};

export const ALARM_RULES: readonly Rule[] = [acts, missing, survives, reaches];
