import { AspectPriority, Aspects, CfnResource, Duration, Stack, Tags, Token, Validations } from 'aws-cdk-lib';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { CfnVolume, type IVolume } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { type DeployedPolicy, LEFT_OUT, scheduleTagValue, TAG } from '../contract/contract.ts';
import { acknowledge, acknowledgeInlinePolicy, inFinding } from './internal/acknowledge.ts';
import { FreezeDocument, SCRIPT_SECONDS } from './internal/freeze-document.ts';
import { allowKeyUse, ec2Arns, notQuarantined, ours } from './internal/volume-permissions.ts';
import { checkProps, lengthOf, PROP, stackNameOf } from './props/props.ts';
import { fail } from './props/refusal.ts';

/** A schedule of snapshots, of this stack or another. */
export interface ISnapshotSchedule extends IConstruct {
  /** ARN of its policy of Data Lifecycle Manager. */
  readonly policyArn: string;
  /** The policy as it was deployed: what the guard compares Data Lifecycle Manager's answer with. */
  readonly deployed: DeployedPolicy;
}

/** What says which schedule of another stack it is, and what it should be. */
export interface SnapshotScheduleAttributes {
  /** ARN of its policy of Data Lifecycle Manager: `SnapshotSchedule.policyArn` of the stack that has it. */
  readonly policyArn: string;
  /** `SnapshotSchedule.deployed` of the stack that has it. */
  readonly deployed: DeployedPolicy;
}

/** How often volumes are copied, and how long copies are kept. */
export interface SnapshotScheduleProps {
  /**
   * The Remount that its volumes belong to: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** Encrypts the volumes: DLM must be allowed to use it, docs.aws.amazon.com/ebs/latest/userguide/dlm-access-control.html */
  readonly key: IKey;
  /**
   * Hourly schedules, spread evenly over the hour: 1 to 4, DLM's most. So many are made, so it must be known at synthesis. Multiplies
   * snapshots, each of which is paid for by the blocks that changed since the one before; and drills, where there are any: one for each.
   * @default 4: one is completed every quarter of an hour, or up to an hour late
   */
  readonly perHour?: number;
  /**
   * How long each snapshot is kept: 2 to 250 hours. `perHour` times as many of each volume are there, and paid for; in a Recycle Bin
   * (`RecycleBin`) for longer.
   * @default 24 hours: 96 of each volume, at four an hour
   */
  readonly keep?: Duration;
  /**
   * `application`: DLM copies the volumes of the stack's instances, and has what they serve frozen first, so that a snapshot has
   * everything that was written before it: writers wait for some seconds at each copy (decision 18).
   * @default 'crash': DLM copies the volumes by their own tag; what was not synced may be missing
   */
  readonly consistency?: 'crash' | 'application';
}

class ImportedSnapshotSchedule extends Construct implements ISnapshotSchedule {
  readonly policyArn: string;
  readonly deployed: DeployedPolicy;

  constructor(scope: Construct, id: string, { policyArn, deployed }: SnapshotScheduleAttributes) {
    super(scope, id);
    checkProps({ policyArn }, { policyArn: PROP.policyArn });
    // The guard may ask for the one, and would ask for the other.
    const known = ![policyArn, deployed.id].some((value) => Token.isUnresolved(value));
    if (known && !policyArn.endsWith(`:policy/${deployed.id}`))
      fail('deployed', deployed.id, `what SnapshotSchedule.deployed has of ${policyArn}`);
    this.policyArn = policyArn;
    this.deployed = deployed;
  }
}

/** Id of the warning of a volume beside a schedule that does not copy it. Whoever copies it otherwise acknowledges it, with `Annotation::` before it. */
export const NOT_COVERED = 'remount:not-covered';

/**
 * Snapshots by Data Lifecycle Manager, of every `ContentVolume` of the stack, and of what it is asked to {@link SnapshotSchedule.cover}. A
 * volume beside it that it does not cover is warned of. A run starts up to an hour after its time, so one hourly schedule allows a gap of almost
 * two hours; several, staggered within the hour, bring it down.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/snapshot-ami-policy.html
 */
export class SnapshotSchedule extends Construct implements ISnapshotSchedule {
  /** The schedule of another stack, for a guard here. @throws SettingsError */
  static fromSnapshotScheduleAttributes(
    scope: Construct,
    id: string,
    attributes: SnapshotScheduleAttributes,
  ): ISnapshotSchedule {
    return new ImportedSnapshotSchedule(scope, id, attributes);
  }

  /** The policy of Data Lifecycle Manager: change it here alone, for the guard says of any other change that it is none of the stack's. */
  readonly policy: CfnLifecyclePolicy;
  readonly policyArn: string;
  readonly deployed: DeployedPolicy;
  /** The Remount that its volumes belong to. */
  readonly stackName: string;
  readonly #role: Role;
  readonly #key: IKey;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: SnapshotScheduleProps) {
    super(scope, id);
    this.stackName = stackNameOf(this, props.stackName);
    const { stackName } = this;
    const { perHour = 4, consistency = 'crash' } = props;
    const keepHours = lengthOf.hours(props.keep ?? Duration.hours(24));
    checkProps(
      { perHour, keep: keepHours, consistency },
      { perHour: PROP.perHour, keep: PROP.keepHours, consistency: PROP.consistency },
    );
    // Nothing would be copied, and nothing would say so.
    if (Token.isUnresolved(perHour))
      fail('perHour', 'a token', 'a number that is known at synthesis, for as many schedules are made');
    const spread = 60 / perHour;
    const freeze = consistency === 'application' ? new FreezeDocument(this, 'Freeze') : undefined;
    const frozenBy = freeze?.documentName;
    const targetTag = frozenBy
      ? { key: TAG.stack, value: stackName }
      : { key: TAG.schedule, value: scheduleTagValue(stackName) };
    // A volume with any of these is left out.
    const leftOut = LEFT_OUT.map((role) => ({ key: TAG.role, value: role }));
    const schedules = Array.from({ length: perHour }, (_, i) => {
      const minute = String(i * spread).padStart(2, '0');
      return { name: `hourly-at-${minute}`, time: `00:${minute}` };
    });
    this.#key = props.key;
    this.#role = this.#makeRole(props.key, frozenBy);
    // DLM does not change what kind of resource a policy copies: the other kind is another policy.
    this.policy = new CfnLifecyclePolicy(this, frozenBy ? 'InstancePolicy' : 'Policy', {
      description: `Hourly snapshots of the content volumes of ${stackName}`,
      state: 'ENABLED',
      executionRoleArn: this.#role.roleArn,
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
    Aspects.of(Stack.of(this)).add({ visit: (node) => this.#warn(node) }, { priority: AspectPriority.READONLY });
    this.policyArn = this.policy.attrArn;
    this.deployed = { id: this.policy.ref, targetTag, keepHours, schedules, ...(frozenBy && { frozenBy, leftOut }) };
  }

  /**
   * Copies a volume that is none of Remount's own: one that this app makes and a team attaches itself. Its snapshots are kept as all
   * others are, and nothing else is done with it: it is not healed.
   *
   * @throws SettingsError for one that the schedule cannot copy
   */
  cover(volume: IVolume): void {
    if (!volume.node.findAll().some(isVolume))
      fail(
        'cover',
        volume.node.path,
        'a volume that this app makes, for it is chosen by its tags (an imported one has its own)',
      );
    if (this.deployed.frozenBy)
      fail(
        'cover',
        volume.node.path,
        'no volume where consistency is application: the volumes of the tagged instances are copied',
      );
    const tags = { [TAG.schedule]: this.deployed.targetTag.value, [TAG.stack]: this.stackName };
    for (const [tag, value] of Object.entries(tags)) Tags.of(volume).add(tag, value);
    const { encryptionKey } = volume;
    if (encryptionKey && encryptionKey !== this.#key) allowKeyUse(this.#role, encryptionKey);
  }

  /** What is not copied is said while it can still be distinguished from what is, and not when it is gone. */
  #warn(node: IConstruct): void {
    if (!isVolume(node) || node.tags.tagValues()[TAG.schedule] !== undefined) return;
    Validations.of(node).addWarning(
      NOT_COVERED,
      `No snapshots are taken of this volume by ${this.node.path}: cover(volume) has it copied too, or acknowledge that something else does`,
    );
  }

  /**
   * Of the documented service role what snapshots of volumes take, and no more: no copies, no sharing, no tiers, no events.
   * Source: docs.aws.amazon.com/ebs/latest/userguide/managed-policies.html, AWSDataLifecycleManagerServiceRole
   */
  #makeRole(key: IKey, document: string | undefined): Role {
    const { stackName } = this;
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

function isVolume(construct: IConstruct): construct is CfnVolume {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === CfnVolume.CFN_RESOURCE_TYPE_NAME;
}
