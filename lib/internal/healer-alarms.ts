import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { HEALER_ALARM, type HealerAlarmKind, healerAlarmName } from '../../contract/contract.ts';
import { runbookLink } from './runbook.ts';

/** Sweeps in a row that fail before people are notified: one or two are made up for by the next. */
const FAILED_SWEEPS = 3;

interface Watched {
  readonly people: ITopic;
  /** Of each sweep. */
  readonly errors: IMetric;
  readonly deadLetters: IQueue;
}

/**
 * Errors are of invocations: the code, its role, the time that it takes. The sweep invokes it all the time, so
 * silence is reported too: as INSUFFICIENT_DATA, in which an alarm begins, so that a new stack notifies nobody before its first sweep. One that
 * is never run serves nothing, which the alarm `unserved` reports.
 * An execution that fails is no error of an invocation (docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html); what it was
 * started by goes to the dead-letter queue once it has failed for good (durable-best-practices.html there), as does an event that
 * was tried in vain. An idle queue sends no data: docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
export function healerAlarms(
  healer: Construct & { readonly stackName: string },
  { people, errors, deadLetters }: Watched,
): void {
  const make = (
    kind: HealerAlarmKind,
    metric: IMetric,
    periods: number,
    treatMissingData: TreatMissingData,
    meaning: string,
  ) => {
    const alarm = new Alarm(healer, kind, {
      alarmName: healerAlarmName(healer.stackName, kind),
      alarmDescription: `${meaning} ${runbookLink(healer, kind)}`,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData,
    });
    alarm.addAlarmAction(new SnsAction(people));
    alarm.addOkAction(new SnsAction(people));
    if (treatMissingData === TreatMissingData.MISSING) alarm.addInsufficientDataAction(new SnsAction(people));
  };
  make(
    HEALER_ALARM.failed,
    errors,
    FAILED_SWEEPS,
    TreatMissingData.MISSING,
    'The healer fails, or is not run: what breaks now is healed by nobody.',
  );
  make(
    HEALER_ALARM.deadLetters,
    deadLetters.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: Stats.SUM }),
    1,
    TreatMissingData.NOT_BREACHING,
    'An event that should have started a heal has failed for good.',
  );
}
