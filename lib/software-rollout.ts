import { Stack } from 'aws-cdk-lib';
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
import { METRIC, softwareAlarmName, TAG } from '../contract/contract.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledge } from './internal/acknowledge.ts';
import { remountMetric } from './internal/metric.ts';
import { runbookLink } from './internal/runbook.ts';
import { acknowledgeTagged, allowDescribing, ec2Arns, onlyTags, ours } from './internal/volume-permissions.ts';

/** How long an instance may run older host software before people are notified, in rounds of the guard. */
const ROUNDS = 12;

/** Instances that do not run the host software that is deployed. */
export function hostsBehindMetric(of: { readonly stackName: string }, options: MetricOptions): Metric {
  return remountMetric({ stackName: of.stackName }, METRIC.hostsBehind, { statistic: Stats.MINIMUM, ...options });
}

/**
 * Lets the guard bring host software to running instances: it sends one document, to instances of the stack, and notes on them what
 * they run.
 * @param behind instances that are behind, of each round of it
 * @returns the alarm on instances that stay behind
 */
export function allowRollout(
  guard: LambdaFunction,
  { document }: HostSoftware,
  { stackName, behind }: { readonly stackName: string; readonly behind: IMetric },
): Alarm {
  const { partition, region, account } = Stack.of(guard);
  const instances = ec2Arns(Stack.of(guard), 'instance');
  allowDescribing(guard, ['ec2:DescribeInstances', 'ssm:GetCommandInvocation']);
  guard.addToRolePolicy(
    new PolicyStatement({
      actions: ['ssm:SendCommand'],
      resources: [`arn:${partition}:ssm:${region}:${account}:document/${document.ref}`],
    }),
  );
  guard.addToRolePolicy(
    new PolicyStatement({
      actions: ['ssm:SendCommand'],
      resources: [instances],
      conditions: { StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: stackName } },
    }),
  );
  guard.addToRolePolicy(
    new PolicyStatement({
      sid: 'NotesSoftware',
      actions: ['ec2:CreateTags'],
      resources: [instances],
      conditions: { ...ours(stackName), ...onlyTags(TAG.software) },
    }),
  );
  acknowledgeTagged(guard, 'instance');
  const alarm = new Alarm(guard, 'SoftwareBehind', {
    alarmName: softwareAlarmName(stackName),
    alarmDescription: `An instance runs older host software than the deployed, for an hour. It serves as before. ${runbookLink(guard, 'software-behind')}`,
    metric: behind,
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: ROUNDS,
    datapointsToAlarm: ROUNDS,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  acknowledge(
    alarm,
    'Resilience-AL2',
    "It is silent where the guard is, and the guard's own alarm reports that; it would report every first deployment",
  );
  return alarm;
}
