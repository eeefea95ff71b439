import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { alarmName, CONDITION_ALARM, type ConditionAlarmKind, METRIC } from './contract.ts';
import { checkProps, PROP } from './props.ts';

export interface ConditionAlarmsProps {
  readonly stackName: string;
  /** CloudWatch namespace of the probe's metrics. */
  readonly namespace: string;
  /** Logical name of the content volume. */
  readonly volume: string;
  readonly people: ITopic;
}

interface Rule {
  readonly metric: string;
  readonly statistic: string;
  readonly period: Duration;
  readonly periods: number;
  readonly threshold: number;
  readonly meaning: string;
}

/**
 * What is told and what is not. A probe takes some hundredths of a second; one in a minute that is quick says that the volume can be, so
 * the quickest of each minute decides, three in a row. Space is looked at over five minutes: what an upload takes for a moment is no news.
 */
const RULES: Readonly<Record<ConditionAlarmKind, Rule>> = {
  [CONDITION_ALARM.slow]: {
    metric: METRIC.probeMilliseconds,
    statistic: Stats.MINIMUM,
    period: Duration.minutes(1),
    periods: 3,
    threshold: 1500,
    meaning:
      'It serves, and each probe of it takes more than 1.5 s: the volume is slow, and not dead. Nothing is moved.',
  },
  [CONDITION_ALARM.filling]: {
    metric: METRIC.usedPercent,
    statistic: Stats.MINIMUM,
    period: Duration.minutes(5),
    periods: 1,
    threshold: 85,
    meaning: 'More than 85 % of its space or of its inodes is used.',
  },
  [CONDITION_ALARM.full]: {
    metric: METRIC.usedPercent,
    statistic: Stats.MINIMUM,
    period: Duration.minutes(1),
    periods: 1,
    threshold: 99,
    meaning: 'It is full: it is served, and nothing more can be uploaded. Nothing is moved.',
  },
};

/** The alarms of a content volume that only tell people: it is slow, it fills, it is full. None of them starts a heal. */
export class ConditionAlarms extends Construct {
  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ConditionAlarmsProps) {
    super(scope, id);
    checkProps(props, { stackName: PROP.stackName, volume: PROP.volumeName });
    for (const kind of Object.values(CONDITION_ALARM)) {
      const { metric, statistic, period, periods, threshold, meaning } = RULES[kind];
      const alarm = new Alarm(this, kind, {
        alarmName: alarmName(props.stackName, props.volume, kind),
        alarmDescription: `${props.volume}: ${meaning} Runbook: docs/runbook.md#${kind}`,
        metric: new Metric({
          namespace: props.namespace,
          metricName: metric,
          dimensionsMap: { [METRIC.volumeDimension]: props.volume },
          statistic,
          period,
        }),
        threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: periods,
        datapointsToAlarm: periods,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      acknowledge(
        alarm,
        'Resilience-AL2',
        'The alarm serving tells of silence, from the same probe; this one would only say it again',
      );
      alarm.addAlarmAction(new SnsAction(props.people));
      alarm.addOkAction(new SnsAction(props.people));
    }
  }
}
