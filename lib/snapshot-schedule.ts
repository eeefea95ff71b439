import { Stack, Token } from 'aws-cdk-lib';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { type DeployedPolicy, LEFT_OUT, scheduleTagValue, TAG } from '../contract/contract.ts';
import { acknowledge, acknowledgeInlinePolicy, inFinding } from './internal/acknowledge.ts';
import { FreezeDocument, SCRIPT_SECONDS } from './internal/freeze-document.ts';
import { checkProps, PROP } from './internal/props.ts';
import { allowKeyUse, ec2Arns, notQuarantined, ours } from './internal/volume-permissions.ts';
import { fail } from './stack/settings.ts';

export interface SnapshotScheduleProps {
  /** Volumes whose tag `remount:schedule` is this stack's are copied; or, frozen first, those of instances with its `remount:stack`. */
  readonly stackName: string;
  /** Encrypts the volumes: DLM must be allowed to use it, docs.aws.amazon.com/ebs/latest/userguide/dlm-access-control.html */
  readonly key: IKey;
  /** Hourly schedules, spread evenly over the hour: 1 to 4, DLM's most. So many are made, so it must be known at synthesis. */
  readonly perHour: number;
  /** Hours that each schedule's snapshots are kept for: 2 to 250. */
  readonly keepHours: number;
  /**
   * `application`: DLM copies the volumes of the stack's instances, and has what they serve frozen first, so that a snapshot has
   * everything that was written before it; decision 18 says what that costs.
   * @default 'crash': DLM copies the volumes by their own tag; what was not synced may be missing
   */
  readonly consistency?: 'crash' | 'application';
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

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: SnapshotScheduleProps) {
    super(scope, id);
    checkProps(props, {
      stackName: PROP.stackName,
      perHour: PROP.perHour,
      keepHours: PROP.keepHours,
      consistency: PROP.consistency.optional(),
    });
    // Nothing would be copied, and nothing would say so.
    if (Token.isUnresolved(props.perHour))
      fail('perHour', 'a token', 'a number that is known at synthesis, for as many schedules are made');
    const spread = 60 / props.perHour;
    const { stackName, keepHours } = props;
    const freeze = props.consistency === 'application' ? new FreezeDocument(this, 'Freeze') : undefined;
    const frozenBy = freeze?.documentName;
    const targetTag = frozenBy
      ? { key: TAG.stack, value: stackName }
      : { key: TAG.schedule, value: scheduleTagValue(stackName) };
    // A volume with any of these is left out.
    const leftOut = LEFT_OUT.map((role) => ({ key: TAG.role, value: role }));
    const schedules = Array.from({ length: props.perHour }, (_, i) => {
      const minute = String(i * spread).padStart(2, '0');
      return { name: `hourly-at-${minute}`, time: `00:${minute}` };
    });
    // DLM does not change what kind of resource a policy copies: the other kind is another policy.
    this.policy = new CfnLifecyclePolicy(this, frozenBy ? 'InstancePolicy' : 'Policy', {
      description: `Hourly snapshots of the content volumes of ${stackName}`,
      state: 'ENABLED',
      executionRoleArn: this.#role(props, frozenBy).roleArn,
      policyDetails: {
        policyType: 'EBS_SNAPSHOT_MANAGEMENT',
        resourceTypes: [frozenBy ? 'INSTANCE' : 'VOLUME'],
        targetTags: [targetTag],
        ...(frozenBy && { parameters: { excludeBootVolume: true, excludeDataVolumeTags: leftOut } }),
        schedules: schedules.map(({ name, time }) => ({
          name,
          createRule: {
            interval: 1,
            intervalUnit: 'HOURS',
            times: [time],
            ...(frozenBy && { scripts: [scriptsOf(frozenBy)] }),
          },
          retainRule: { count: keepHours },
          copyTags: true,
        })),
      },
    });
    this.deployed = { id: this.policy.ref, targetTag, keepHours, schedules, ...(frozenBy && { frozenBy, leftOut }) };
  }

  /**
   * Of the documented service role what snapshots of volumes take, and no more: no copies, no sharing, no tiers, no events.
   * Source: docs.aws.amazon.com/ebs/latest/userguide/managed-policies.html, AWSDataLifecycleManagerServiceRole
   */
  #role({ key, stackName }: SnapshotScheduleProps, document: string | undefined): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      // Only for policies of this account and Region, docs.aws.amazon.com/ebs/latest/userguide/service-role.html. The policy names its
      // role, so the role cannot name the policy.
      assumedBy: new ServicePrincipal('dlm.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': `arn:${stack.partition}:dlm:${stack.region}:${stack.account}:policy/*` },
        },
      }),
    });
    const allow = (actions: string[], resources: string[], conditions: Record<string, unknown> = {}) =>
      role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
    allow(['ec2:DescribeVolumes', 'ec2:DescribeSnapshots', 'ec2:DescribeInstances'], ['*']);
    allow(['ec2:CreateSnapshot'], [ec2Arns(stack, 'volume')], ours(stackName));
    allow(['ec2:CreateSnapshot', 'ec2:CreateTags'], [ec2Arns(stack, 'snapshot')], oursIfAny(stackName));
    // Its snapshots carry the tags of their volume.
    allow(['ec2:DeleteSnapshot'], [ec2Arns(stack, 'snapshot')], notQuarantined(stackName));
    if (document) this.#allowFreezing(role, stackName, document);
    allowKeyUse(role, key);
    acknowledgeInlinePolicy(role);
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'Describe calls, and reading of what became of a command, have no resources',
    );
    for (const kind of ['volume', 'snapshot', ...(document ? (['instance'] as const) : [])] as const) {
      acknowledge(
        role,
        `AwsSolutions-IAM5[Resource::${inFinding(ec2Arns(stack, kind))}]`,
        `Ids of ${kind}s are not known at synthesis; conditions on the tag ${TAG.stack} narrow this to the stack's own`,
      );
    }
    return role;
  }

  /**
   * Of AWSDataLifecycleManagerSSMFullAccess what one document on this stack's instances takes; and their snapshots, all at once.
   * Source: docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDataLifecycleManagerSSMFullAccess.html
   */
  #allowFreezing(role: Role, stackName: string, document: string): void {
    const stack = Stack.of(this);
    const documentArn = `arn:${stack.partition}:ssm:${stack.region}:${stack.account}:document/${document}`;
    const instances = ec2Arns(stack, 'instance');
    const allow = (actions: string[], resources: string[], conditions = {}) =>
      role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
    allow(['ssm:GetCommandInvocation', 'ssm:ListCommands', 'ssm:DescribeInstanceInformation'], ['*']);
    allow(['ssm:SendCommand', 'ssm:DescribeDocument', 'ssm:GetDocument'], [documentArn]);
    const tagged = { StringEquals: { [`ssm:resourceTag/${TAG.stack}`]: stackName } };
    allow(['ssm:SendCommand'], [instances], tagged);
    allow(['ec2:CreateSnapshots'], [instances], ours(stackName));
    allow(['ec2:CreateSnapshots'], [ec2Arns(stack, 'volume'), ec2Arns(stack, 'snapshot')], oursIfAny(stackName));
  }
}

/**
 * Another stack of the account has its own policy. A snapshot has its volume's tags from the schedule (`copyTags`); whether DLM gives
 * them with the creation or just after it is not documented, so one without a stack may be given this one.
 */
function oursIfAny(stackName: string): Record<string, unknown> {
  return {
    StringEqualsIfExists: {
      [`aws:ResourceTag/${TAG.stack}`]: stackName,
      [`aws:RequestTag/${TAG.stack}`]: stackName,
    },
  };
}

/**
 * A freeze that fails must not cost the recovery point: then it is crash-consistent. It is not tried again either: what hangs
 * once would hang again, and nobody could write meanwhile.
 * Source: docs.aws.amazon.com/dlm/latest/APIReference/API_Script.html
 */
function scriptsOf(document: string): CfnLifecyclePolicy.ScriptProperty {
  return {
    stages: ['PRE', 'POST'],
    executionHandlerService: 'AWS_SYSTEMS_MANAGER',
    executionHandler: document,
    executeOperationOnScriptFailure: true,
    executionTimeout: SCRIPT_SECONDS,
    maximumRetryCount: 0,
  };
}
