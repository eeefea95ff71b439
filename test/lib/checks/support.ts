import { App, type CfnTag, Stack } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { CfnAlarm, type CfnAlarmProps } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { CfnVolume, type CfnVolumeProps } from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ResilienceChecks, type ResilienceChecksProps } from '../../../lib/checks/resilience-checks.ts';
import { CONTEXT, REGION } from '../support.ts';

export const ZONE = `${REGION}a`;

/** One finding as a line: `Resilience-DV1 at Other/Volume: what it says`. */
export function findings(build: (stack: Stack) => void, props?: ResilienceChecksProps): string[] {
  const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
  build(new Stack(app, 'Other', { env: { region: REGION } }));
  // Tags are aspects: they are there once the app is synthesized, as they are when the CDK runs its checks.
  app.synth();
  const { violations } = new ResilienceChecks(app, props).validateScope(app);
  return violations.flatMap(({ ruleName, description, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}: ${description}`),
  );
}

const BACKUP: CfnTag = { key: 'backup', value: 'hourly' };

/** A volume that every rule on volumes is content with, beside {@link policy} and {@link group}. */
export function volume(stack: Stack, props: Partial<CfnVolumeProps> = {}, id = 'Volume'): CfnVolume {
  const made = new CfnVolume(stack, id, { availabilityZone: ZONE, size: 10, tags: [BACKUP], ...props });
  made.cfnOptions.deletionPolicy = 'Retain' as never;
  made.cfnOptions.updateReplacePolicy = 'Retain' as never;
  return made;
}

type Details = CfnLifecyclePolicy.PolicyDetailsProperty;

/** Hourly, for a day. */
export function schedule(
  createRule: CfnLifecyclePolicy.CreateRuleProperty,
  count = 24,
): CfnLifecyclePolicy.ScheduleProperty {
  return { name: 'one', createRule, retainRule: { count } };
}

export const HOURLY: CfnLifecyclePolicy.CreateRuleProperty = { interval: 1, intervalUnit: 'HOURS', times: ['00:00'] };

export function policy(
  stack: Stack,
  details: Partial<Details> = {},
  state = 'ENABLED',
  id = 'Policy',
): CfnLifecyclePolicy {
  return new CfnLifecyclePolicy(stack, id, {
    description: 'Snapshots',
    state,
    executionRoleArn: 'arn:aws:iam::111122223333:role/AWSDataLifecycleManagerDefaultRole',
    policyDetails: {
      policyType: 'EBS_SNAPSHOT_MANAGEMENT',
      resourceTypes: ['VOLUME'],
      targetTags: [BACKUP],
      schedules: [schedule(HOURLY)],
      ...details,
    },
  });
}

export function group(
  stack: Stack,
  minSize = '2',
  availabilityZones: readonly string[] = [ZONE],
  id = 'Group',
): CfnAutoScalingGroup {
  return new CfnAutoScalingGroup(stack, id, { minSize, maxSize: '9', availabilityZones: [...availabilityZones] });
}

/** An alarm that every rule is content with. */
export function alarm(stack: Stack, props: Partial<CfnAlarmProps> = {}, id = 'Alarm'): CfnAlarm {
  const alarmActions = props.alarmActions ?? [new Topic(stack, `${id}Topic`).topicArn];
  return new CfnAlarm(stack, id, {
    namespace: 'Shop',
    metricName: 'Serving',
    dimensions: [{ name: 'Volume', value: 'alpha' }],
    statistic: 'Maximum',
    period: 60,
    evaluationPeriods: 1,
    threshold: 1,
    comparisonOperator: 'LessThanThreshold',
    treatMissingData: 'breaching',
    ...props,
    alarmActions,
  });
}

/** A volume in a zone that has its standby: what is said is of the snapshots alone. */
export const withPolicy = (details: Parameters<typeof policy>[1]) => (stack: Stack) => {
  group(stack);
  volume(stack);
  policy(stack, details);
};
