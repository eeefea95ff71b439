import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction, SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IAlias } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ALARM, type AlarmKind, alarmName, METRIC } from './contract.ts';
import { checkProps, PROP } from './props.ts';

export interface VolumeAlarmsProps {
  readonly stackName: string;
  /** CloudWatch namespace of the probe's metric. */
  readonly namespace: string;
  /** Logical name of the content volume: the only dimension, so that the alarms survive a replacement. */
  readonly volume: string;
  readonly targetGroup: ApplicationTargetGroup;
  /** Started by both alarms, directly. */
  readonly healer: IAlias;
  readonly people: ITopic;
}

/** The two alarms of a content volume that start a heal: what the probe on its owner says, and what the load balancer says. */
export class VolumeAlarms extends Construct {
  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeAlarmsProps) {
    super(scope, id);
    checkProps(props, { stackName: PROP.stackName, volume: PROP.volumeName });
    const toHealer = new LambdaAction(props.healer, { useUniquePermissionId: true });
    const toPeople = new SnsAction(props.people);
    const serving = new Metric({
      namespace: props.namespace,
      metricName: METRIC.serving,
      dimensionsMap: { [METRIC.volumeDimension]: props.volume },
      statistic: Stats.MAXIMUM,
      period: Duration.seconds(10),
    });
    // One period decides: two would not keep detection within 30 s, and a heal that was started for nothing does nothing.
    this.#alarm(
      ALARM.serving,
      props,
      serving,
      1,
      'The probe on its owner cannot read and write the content, or has stopped reporting.',
      [toHealer, toPeople],
    );
    const reachable = props.targetGroup.metrics.healthyHostCount({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(1),
    });
    this.#alarm(ALARM.reachable, props, reachable, 2, 'The load balancer finds no instance that serves the content.', [
      toHealer,
      toPeople,
    ]);
  }

  #alarm(
    kind: AlarmKind,
    props: VolumeAlarmsProps,
    metric: Metric,
    evaluationPeriods: number,
    meaning: string,
    actions: IAlarmAction[],
  ): void {
    const alarm = new Alarm(this, kind, {
      alarmName: alarmName(props.stackName, props.volume, kind),
      alarmDescription: `${props.volume}: ${meaning} The healer has been started. Runbook: docs/runbook.md#${kind}`,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm: evaluationPeriods,
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(new SnsAction(props.people));
  }
}
