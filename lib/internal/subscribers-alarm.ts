import { ArnFormat, Stack } from 'aws-cdk-lib';
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
import { acknowledge, inFinding } from './acknowledge.ts';
import { remountMetric } from './metric.ts';
import { runbookLink } from './runbook.ts';

/** An hour of the guard's rounds: the address of a first deployment has to be confirmed. */
const ROUNDS = 12;

/** Confirmed subscriptions of the topic that people are notified by. */
export function subscribersMetric(of: { readonly stackName: string }, options: MetricOptions): Metric {
  return remountMetric({ stackName: of.stackName }, METRIC.subscribers, { statistic: Stats.MAXIMUM, ...options });
}

/**
 * Lets the guard count who is subscribed to the topic that people are notified by, and see which alarms could not notify anybody.
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
  allowSeeingAlarms(guard, stackName);
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

/** Alarms by the beginning of their names are judged as all of them: github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/1 */
function allowSeeingAlarms(guard: LambdaFunction, stackName: string): void {
  const named = (resourceName: string) =>
    Stack.of(guard).formatArn({
      ...{ service: 'cloudwatch', resource: 'alarm', resourceName },
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const statement = (sid: string, action: string, resource: string, why: string) => {
    guard.addToRolePolicy(new PolicyStatement({ sid, actions: [action], resources: [resource] }));
    acknowledge(guard, `AwsSolutions-IAM5[Resource::${inFinding(resource)}]`, why);
  };
  const all = 'A list of alarms is judged as all of them, whatever it is asked for';
  statement('SeesAlarms', 'cloudwatch:DescribeAlarms', named('*'), all);
  const ours = 'The history of any alarm of this stack: their names begin with its own';
  statement('SeesActionsOfAlarms', 'cloudwatch:DescribeAlarmHistory', named(`${stackName}/*`), ours);
}
