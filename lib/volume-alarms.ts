import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ALARM, type AlarmKind, alarmName, UNSERVED_ALARM } from '../contract/contract.ts';
import type { IContentVolume } from './content-volume.ts';
import { runbookLink } from './internal/runbook.ts';

/** What is watched, what is started, and who is notified. Three alarms are made, and each is paid for by the month. */
export interface VolumeAlarmsProps {
  /** What is watched. Its name is the only dimension, so that the alarms survive a replacement; they are made after it. */
  readonly volume: IContentVolume;
  /** What it is reached by. One of another stack needs its `loadBalancerArns`, for the metrics have the load balancer as a dimension. */
  readonly targetGroup: IApplicationTargetGroup;
  /** Started by the alarms `serving` and `reachable`, directly: `VolumeHealer.live`. */
  readonly healer: IFunction;
  /** Who is notified by the alarm `unserved`, where content is not back after ten minutes, whatever became of the healer. */
  readonly people: ITopic;
}

/** What an alarm looks at, for how long before it acts, and what it says. */
interface Watched {
  readonly metric: Metric;
  readonly evaluationPeriods: number;
  readonly meaning: string;
}

/** Of `reachable`: two minutes are no hiccup. */
const UNREACHABLE_MINUTES = 2;
/** A heal is to be over after five (docs/failure-modes.md), and the first of a new stack waits for its instances. */
const UNSERVED_MINUTES = 10;

/**
 * The two alarms of a content volume that start a heal: what the probe on its owner says, and what the load balancer says. They notify
 * nobody: the healer says once what it did. A third notifies people of what is not healed.
 */
export class VolumeAlarms extends Construct {
  constructor(scope: Construct, id: string, props: VolumeAlarmsProps) {
    super(scope, id);
    // An alarm before the volume would start a heal that finds nothing to heal.
    this.node.addDependency(props.volume);
    const toHealer = new LambdaAction(props.healer, { useUniquePermissionId: true });
    // One period decides: two would not keep detection within 30 s, and a heal that was started for nothing does nothing.
    this.#alarm(
      ALARM.serving,
      props,
      {
        metric: props.volume.metricServing(),
        evaluationPeriods: 1,
        meaning: 'The probe on its owner cannot read and write the content, or has stopped reporting.',
      },
      toHealer,
    );
    const reachable = props.targetGroup.metrics.healthyHostCount({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(1),
    });
    this.#alarm(
      ALARM.reachable,
      props,
      {
        metric: reachable,
        evaluationPeriods: UNREACHABLE_MINUTES,
        meaning: 'The load balancer finds no instance that serves the content.',
      },
      toHealer,
    );
    this.#unserved(props, reachable);
  }

  /**
   * It asks the load balancer, which has data from before the first heal: content that is never served is reported too. Data of too few
   * minutes leave it in INSUFFICIENT_DATA, where each alarm begins, and so a new stack has its time; from any other state that is a
   * change, and acts.
   * Sources: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, "missing", and "Avoiding premature
   * transitions to alarm state"; API reference of MetricAlarm, InsufficientDataActions
   */
  #unserved(props: VolumeAlarmsProps, metric: Metric): void {
    const toPeople = new SnsAction(props.people);
    const alarm = new Alarm(this, UNSERVED_ALARM, {
      alarmName: alarmName(props.volume.stackName, props.volume.volumeName, UNSERVED_ALARM),
      alarmDescription: `${props.volume.volumeName}: Nobody has served the content for ${UNSERVED_MINUTES} minutes, and no heal has brought it back. ${runbookLink(this, UNSERVED_ALARM)}`,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: UNSERVED_MINUTES,
      datapointsToAlarm: UNSERVED_MINUTES,
      treatMissingData: TreatMissingData.MISSING,
    });
    // No word when it is over: the healer says that it is served.
    alarm.addAlarmAction(toPeople);
    alarm.addInsufficientDataAction(toPeople);
  }

  #alarm(
    kind: AlarmKind,
    { volume }: VolumeAlarmsProps,
    { metric, evaluationPeriods, meaning }: Watched,
    toHealer: LambdaAction,
  ): void {
    const alarm = new Alarm(this, kind, {
      alarmName: alarmName(volume.stackName, volume.volumeName, kind),
      alarmDescription: `${volume.volumeName}: ${meaning} The healer has been started. ${runbookLink(this, kind)}`,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm: evaluationPeriods,
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarm.addAlarmAction(toHealer);
  }
}
