import { Duration, Token } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  type Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmName, CONDITION_ALARM, type ConditionAlarmKind, METRIC } from '../../contract/contract.ts';
import type { IContentVolume } from '../content-volume.ts';
import { FULL_WITHIN_HOURS } from '../props/allowed.ts';
import { checkProps, lengthOf, PROP } from '../props/props.ts';
import { fail } from '../props/refusal.ts';
import { acknowledge } from './acknowledge.ts';
import { remountMetric } from './metric.ts';
import { runbookLink } from './runbook.ts';

/** Which volume is watched, and who is notified. Four alarms are made, and each is paid for by the month. */
export interface ConditionAlarmsProps {
  /** What is watched. The alarms are made after it. */
  readonly volume: IContentVolume;
  /** Who is notified, of the beginning and of the end of each. */
  readonly people: ITopic;
  /**
   * People are notified when the volume will be full within this time, if it goes on as in the last quarter of it: 12 to 168 hours. It
   * must be known at synthesis.
   * @default 24 hours: whoever looks once a day has time to make it larger
   */
  readonly fullWithin?: Duration;
}

interface Rule {
  readonly metric: IMetric;
  readonly periods: number;
  /** How many of the periods must be so. @default all */
  readonly ofThem?: number;
  readonly threshold: number;
  /** @default the threshold is enough */
  readonly above?: true;
  readonly meaning: string;
}

/** The smallest value of each period of one of the volume's metrics. */
type Smallest = (metric: string, period: Duration) => Metric;

/**
 * What is reported and what is not. A probe takes some hundredths of a second; one in a minute that is quick says that the volume can be, so
 * the quickest of each minute decides, three in a row. Space is looked at over five minutes: what an upload takes for a moment is no news.
 */
const RULES: Readonly<Record<ConditionAlarmKind, (smallest: Smallest, fullWithinHours: number) => Rule>> = {
  [CONDITION_ALARM.slow]: (smallest) => ({
    metric: smallest(METRIC.probeMilliseconds, Duration.minutes(1)),
    periods: 3,
    threshold: 1500,
    meaning:
      'It serves, and each probe of it takes more than 1.5 s: the volume is slow, and not dead. Nothing is moved.',
  }),
  [CONDITION_ALARM.fullSoon]: fullSoon,
  [CONDITION_ALARM.filling]: (smallest) => ({
    metric: smallest(METRIC.usedPercent, Duration.minutes(5)),
    periods: 1,
    threshold: 85,
    meaning: 'More than 85 % of its space or of its inodes is used.',
  }),
  [CONDITION_ALARM.full]: (smallest) => ({
    metric: smallest(METRIC.usedPercent, Duration.minutes(1)),
    periods: 1,
    threshold: 99,
    meaning: 'It is full: it is served, and nothing more can be uploaded. Nothing is moved.',
  }),
};

/** Periods in the time that is looked ahead. */
const PARTS = 24;

/**
 * The trend (decision 28): each period's growth is drawn out over the hours ahead, and five of the last six would have to fill it. One
 * upload, however large, is over before that, unless it takes longer than an eighth of the time; a period without growth, or a silent
 * one, is made up for by the others. A volume that grows, or is replaced by one with more room, has a period of less.
 *
 * That a volume is full is no news here: where nothing is added, the expression is what is used, at most 100. RATE is by the second, from
 * one data point to the next, and no data point of it counts before there are two. Source: CloudWatch User Guide, "Using math expressions
 * with CloudWatch metrics" (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
 */
function fullSoon(smallest: Smallest, hours: number): Rule {
  const period = Duration.minutes(Math.round((hours * 60) / PARTS));
  return {
    metric: new MathExpression({
      expression: `used + RATE(used) * ${hours * 3600}`,
      usingMetrics: { used: smallest(METRIC.usedPercent, period) },
      label: `percent used in ${hours} hours, if it goes on like this`,
      period,
    }),
    periods: 6,
    ofThem: 5,
    threshold: 100,
    above: true,
    meaning: `If it goes on filling as it does, it is full within ${hours} hours.`,
  };
}

/** The alarms of a content volume that only notify people: it is slow, it fills, it is or will be full. None of them starts a heal. */
export class ConditionAlarms extends Construct {
  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ConditionAlarmsProps) {
    super(scope, id);
    const { volume, people } = props;
    const { stackName, volumeName } = volume;
    const fullWithin = lengthOf.hours(props.fullWithin ?? Duration.hours(FULL_WITHIN_HOURS));
    checkProps({ fullWithin }, { fullWithin: PROP.fullWithinHours });
    // The length of a period follows from it, and CloudFormation cannot reckon.
    if (Token.isUnresolved(fullWithin)) fail('fullWithin', 'a token', 'a time that is known at synthesis');
    this.node.addDependency(volume);
    const smallest = (metricName: string, period: Duration) =>
      remountMetric(volume, metricName, { statistic: Stats.MINIMUM, period });
    for (const kind of Object.values(CONDITION_ALARM)) {
      const rule = RULES[kind](smallest, fullWithin);
      const alarm = new Alarm(this, kind, {
        alarmName: alarmName(stackName, volumeName, kind),
        alarmDescription: `${volumeName}: ${rule.meaning} ${runbookLink(this, kind)}`,
        metric: rule.metric,
        threshold: rule.threshold,
        comparisonOperator: rule.above
          ? ComparisonOperator.GREATER_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: rule.periods,
        datapointsToAlarm: rule.ofThem ?? rule.periods,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      acknowledge(
        alarm,
        'Resilience-AL2',
        'The alarm serving reports silence, from the same probe; this one would only say it again',
      );
      alarm.addAlarmAction(new SnsAction(people));
      alarm.addOkAction(new SnsAction(people));
    }
  }
}
