import { type Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { METRIC, softwareAlarmName, TAG } from '../contract/contract.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledge } from './internal/acknowledge.ts';
import { acknowledgeTagged, allowDescribing, ec2Arns, onlyTags, ours } from './internal/volume-permissions.ts';

/** How long an instance may run older host software before people are told, in rounds of the guard. */
const ROUNDS = 12;

/**
 * Lets the guard bring host software to running instances: it sends one document, to instances of the stack, and notes on them what
 * they run.
 * @param every the time from one round of it to the next
 * @returns the alarm on instances that stay behind
 */
export function allowRollout(
  guard: LambdaFunction,
  { document }: HostSoftware,
  { stackName, namespace, every }: { readonly stackName: string; readonly namespace: string; readonly every: Duration },
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
    alarmDescription:
      'An instance runs older host software than the deployed, for an hour. It serves as before. Runbook: docs/runbook.md#software-behind',
    metric: new Metric({ namespace, metricName: METRIC.hostsBehind, statistic: Stats.MINIMUM, period: every }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: ROUNDS,
    datapointsToAlarm: ROUNDS,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  acknowledge(
    alarm,
    'Resilience-AL2',
    "It is silent where the guard is, and the guard's own alarm tells of that; it would tell of every first deployment",
  );
  return alarm;
}
