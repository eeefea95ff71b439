import { Stack } from 'aws-cdk-lib';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeInlinePolicy, inFinding } from './acknowledge.ts';
import { type DeployedPolicy, scheduleTagValue, TAG } from './contract.ts';
import { allowKeyUse, ec2Arns, notQuarantined, ours } from './volume-permissions.ts';

export interface SnapshotScheduleProps {
  /** Volumes whose tag `remount:schedule` is this stack's are copied. */
  readonly stackName: string;
  /** Encrypts the volumes: DLM must be allowed to use it, docs.aws.amazon.com/ebs/latest/userguide/dlm-access-control.html */
  readonly key: IKey;
  /** Hourly schedules, spread evenly over the hour: 1 to 4, DLM's most. */
  readonly perHour: number;
  /** Hours that each schedule's snapshots are kept for. */
  readonly keepHours: number;
}

/**
 * Snapshots by Data Lifecycle Manager. A run starts up to an hour after its time, so one hourly schedule allows a gap of almost
 * two hours; several, staggered within the hour, bring it down.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/snapshot-ami-policy.html
 */
export class SnapshotSchedule extends Construct {
  readonly policy: CfnLifecyclePolicy;
  /** What the guard compares the policy with. */
  readonly deployed: DeployedPolicy;

  constructor(scope: Construct, id: string, props: SnapshotScheduleProps) {
    super(scope, id);
    const spread = 60 / props.perHour;
    const targetTag = { key: TAG.schedule, value: scheduleTagValue(props.stackName) };
    const schedules = Array.from({ length: props.perHour }, (_, i) => {
      const minute = String(i * spread).padStart(2, '0');
      return { name: `hourly-at-${minute}`, time: `00:${minute}` };
    });
    this.policy = new CfnLifecyclePolicy(this, 'Policy', {
      description: `Hourly snapshots of the content volumes of ${props.stackName}`,
      state: 'ENABLED',
      executionRoleArn: this.#role(props.stackName, props.key).roleArn,
      policyDetails: {
        policyType: 'EBS_SNAPSHOT_MANAGEMENT',
        resourceTypes: ['VOLUME'],
        targetTags: [targetTag],
        schedules: schedules.map(({ name, time }) => ({
          name,
          createRule: { interval: 1, intervalUnit: 'HOURS', times: [time] },
          retainRule: { count: props.keepHours },
          copyTags: true,
        })),
      },
    });
    this.deployed = { id: this.policy.ref, targetTag, keepHours: props.keepHours, schedules };
  }

  /**
   * Of the documented service role what snapshots of volumes take, and no more: no copies, no sharing, no tiers, no events.
   * Source: docs.aws.amazon.com/ebs/latest/userguide/managed-policies.html, AWSDataLifecycleManagerServiceRole
   */
  #role(stackName: string, key: IKey): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      // Only for policies of this account, docs.aws.amazon.com/ebs/latest/userguide/service-role.html
      assumedBy: new ServicePrincipal('dlm.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    const allow = (actions: string[], resources: string[], conditions: Record<string, unknown> = {}) =>
      role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
    // Another stack of the account has its own policy. A snapshot has its volume's tags from the schedule (`copyTags`); whether DLM
    // gives them with the creation or just after it is not documented, so one without a stack may be given this one.
    const tagged = {
      StringEqualsIfExists: {
        [`aws:ResourceTag/${TAG.stack}`]: stackName,
        [`aws:RequestTag/${TAG.stack}`]: stackName,
      },
    };
    allow(['ec2:DescribeVolumes', 'ec2:DescribeSnapshots', 'ec2:DescribeInstances'], ['*']);
    allow(['ec2:CreateSnapshot'], [ec2Arns(stack, 'volume')], ours(stackName));
    allow(['ec2:CreateSnapshot', 'ec2:CreateTags'], [ec2Arns(stack, 'snapshot')], tagged);
    // Its snapshots carry the tags of their volume.
    allow(['ec2:DeleteSnapshot'], [ec2Arns(stack, 'snapshot')], notQuarantined(stackName));
    allowKeyUse(role, key);
    acknowledgeInlinePolicy(role);
    acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', 'EC2 describe calls have no resources');
    for (const kind of ['volume', 'snapshot'] as const) {
      acknowledge(
        role,
        `AwsSolutions-IAM5[Resource::${inFinding(ec2Arns(stack, kind))}]`,
        `Ids of ${kind}s are not known at synthesis; conditions on the tag ${TAG.stack} narrow this to the stack's own`,
      );
    }
    return role;
  }
}
