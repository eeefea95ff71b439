import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  type Metric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { METRIC, nobodyNotifiedAlarmName } from '../../contract/contract.ts';
import { acknowledge } from './acknowledge.ts';
import { remountMetric } from './metric.ts';
import { runbookLink } from './runbook.ts';

/** An hour of the guard's rounds: the address of a first deployment has to be confirmed. */
const ROUNDS = 12;

/** Confirmed subscriptions of the topic that people are notified by. */
export function subscribersMetric(of: { readonly stackName: string }, options: MetricOptions): Metric {
  return remountMetric({ stackName: of.stackName }, METRIC.subscribers, { statistic: Stats.MAXIMUM, ...options });
}

/**
 * Lets the guard count who is subscribed to the topic that people are notified by.
 * @param subscribers of each round of it
 * @returns the alarm on nobody: it is seen in the console, and by whoever subscribes later, for nobody else can be notified
 */
export function allowCounting(
  guard: LambdaFunction,
  {
    stackName,
    people,
    subscribers,
  }: { readonly stackName: string; readonly people: ITopic; readonly subscribers: IMetric },
): Alarm {
  guard.addToRolePolicy(new PolicyStatement({ actions: ['sns:GetTopicAttributes'], resources: [people.topicArn] }));
  const alarm = new Alarm(guard, 'NobodyNotified', {
    alarmName: nobodyNotifiedAlarmName(stackName),
    alarmDescription: `No subscription of the topic is confirmed: nobody is notified of anything. ${runbookLink(guard, 'nobody-notified')}`,
    metric: subscribers,
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: ROUNDS,
    datapointsToAlarm: ROUNDS,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  acknowledge(alarm, 'Resilience-AL2', "It is silent where the guard is, and the guard's own alarm reports that");
  return alarm;
}
