import { Duration, Lazy, Stack, Tags } from 'aws-cdk-lib';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias, type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { ENV, type HostVerb, JOURNAL_VERBS, TAG, VERDICT, VOLUME_ROLE } from '../contract/contract.ts';
import type { IContentVolume } from './content-volume.ts';
import { acknowledge } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import { healerAlarms } from './internal/healer-alarms.ts';
import type { HostDocuments } from './internal/host-documents.ts';
import { allowHealing } from './internal/tagging-permissions.ts';
import {
  allowDescribing,
  allowVolumeCreation,
  ec2Arns,
  ofRole,
  onlyTags,
  ours,
  withoutTags,
} from './internal/volume-permissions.ts';
import { checkOurs, VolumeRules } from './internal/volume-targets.ts';
import type { ILedger } from './ledger.ts';
import { allowNotifying } from './people-topic.ts';
import { checkProps, lengthOf, PROP, stackNameOf } from './props/props.ts';
import { VolumeAlarms } from './volume-alarms.ts';

/** The longest that a heal can take: `LONGEST_SECONDS` in `lambda/core/heal/heal.ts`. A test compares the two. */
export const EXECUTION_TIMEOUT = Duration.hours(1);

const SWEEP_EVERY = Duration.minutes(5);

const VERBS: readonly HostVerb[] = ['probe', 'format', 'mount', 'verify', 'serve', 'release'];

/** The healer of a Remount, of this stack or another. */
export interface IVolumeHealer extends IConstruct {
  /** What alarms start. */
  readonly live: IFunction;
  /** The Remount that it heals: value of the tag `remount:stack`. */
  readonly stackName: string;
  /** Invocations that failed. By default the sum of five minutes, which is how often it is run at least. */
  metricErrors(options?: MetricOptions): Metric;
}

/** What says which healer of another stack it is. */
export interface VolumeHealerAttributes {
  /** ARN of the alias `live` of its function, of this account and Region. */
  readonly liveArn: string;
  /**
   * The Remount that it heals: value of the tag `remount:stack`.
   * @default the name of this stack
   */
  readonly stackName?: string;
}

/** What the healer works with, and what it prefers. */
export interface VolumeHealerProps {
  /**
   * The Remount that it heals, and may touch: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** Who may act on a volume, what was last agreed, and the record of every incident. */
  readonly ledger: ILedger;
  /** What it runs on instances. */
  readonly documents: HostDocuments;
  /** Who is notified of what it did; and by its alarms, that it fails. */
  readonly people: ITopic;
  /** Encrypts content volumes. */
  readonly key: IKey;
  /**
   * Where a newer recovery point is verified than the spare: whether to serve sooner (`faster`), or more of the newest uploads (`fresher`,
   * which takes minutes of recovery time).
   * @default 'faster': the spare serves, without a call to EC2
   */
  readonly prefer?: 'faster' | 'fresher';
  /**
   * A spare that is older is not taken where a newer recovery point is verified: 15 to 1440 minutes.
   * @default 2 hours: as long as copies are drilled at all
   */
  readonly maxSpareAge?: Duration;
  /**
   * How often each volume is looked at without an alarm, for what no event reported: whole minutes. Each look is an invocation for each volume.
   * @default 5 minutes
   */
  readonly sweepEvery?: Duration;
  /**
   * Whether what the journal of files has is read onto what takes over, before that serves. `documents` must have been made with it.
   * @default false
   */
  readonly journaled?: boolean;
}

/** How a content volume is reached. */
export interface HealsOptions {
  /**
   * What the volume is reached by: its health check reads the volume, at `/healthz/<name>`. One of another stack needs its
   * `loadBalancerArns`.
   */
  readonly targetGroup: IApplicationTargetGroup;
}

const ERRORS = { statistic: Stats.SUM, period: SWEEP_EVERY };

class ImportedVolumeHealer extends Construct implements IVolumeHealer {
  readonly live: IFunction;
  readonly stackName: string;

  constructor(scope: Construct, id: string, { liveArn, stackName }: VolumeHealerAttributes) {
    super(scope, id);
    this.live = LambdaFunction.fromFunctionAttributes(this, 'Live', { functionArn: liveArn, sameEnvironment: true });
    this.stackName = stackNameOf(this, stackName);
  }

  metricErrors(options?: MetricOptions): Metric {
    return this.live.metricErrors({ ...ERRORS, ...options });
  }
}

/** A Lambda durable function, started by alarms and by a sweep, through `live`. It heals what it is asked to: {@link VolumeHealer.heals}. */
export class VolumeHealer extends Construct implements IVolumeHealer {
  /** The healer of another stack: for alarms here that are to start it, and for its metrics. @throws SettingsError */
  static fromVolumeHealerAttributes(scope: Construct, id: string, attributes: VolumeHealerAttributes): IVolumeHealer {
    return new ImportedVolumeHealer(scope, id, attributes);
  }

  /** Its code. Invoke `live`, and not this. */
  readonly function: LambdaFunction;
  readonly live: Alias;
  readonly stackName: string;
  /** Where events go that failed for good: of each, nobody has healed what it reported. Kept for 14 days; an alarm watches it. */
  readonly deadLetters: Queue;
  readonly #people: ITopic;
  readonly #rules: VolumeRules;
  readonly #targetGroups = new Map<string, IApplicationTargetGroup>();

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeHealerProps) {
    super(scope, id);
    this.stackName = stackNameOf(this, props.stackName);
    this.#people = props.people;
    const { prefer = 'faster', maxSpareAge = Duration.hours(2), sweepEvery = SWEEP_EVERY, journaled } = props;
    const verbs: readonly HostVerb[] = journaled ? [...VERBS, ...JOURNAL_VERBS] : VERBS;
    const spare = { prefer, maxAgeMinutes: lengthOf.minutes(maxSpareAge) };
    checkProps(
      { prefer, maxSpareAge: spare.maxAgeMinutes },
      { prefer: PROP.prefer, maxSpareAge: PROP.maxSpareAgeMinutes },
    );
    this.deadLetters = this.#makeDeadLetters();
    const { deadLetters } = this;
    this.function = remountFunction(this, 'Function', 'heal', {
      description: 'Remount: heals content volumes',
      key: props.key,
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: Duration.days(30) },
      deadLetterQueue: deadLetters,
      environment: {
        [ENV.stack]: this.stackName,
        [ENV.ledger]: props.ledger.table.tableName,
        [ENV.topic]: props.people.topicArn,
        [ENV.documents]: props.documents.namesOf(verbs),
        [ENV.spare]: Stack.of(this).toJsonString(spare),
        ...(journaled && { [ENV.journal]: 'true' }),
        [ENV.targetGroups]: Lazy.string({ produce: () => this.#targetGroupArns() }),
      },
    });
    this.live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
      // Said of the alias, for that is what is invoked (docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html).
      retryAttempts: 2,
    });
    props.ledger.grantActing(this.function);
    allowNotifying(this.function, props.people);
    acknowledge(
      this.live,
      'Serverless-LambdaAsyncFailureDestination',
      'Durable functions take no destinations; what failed for good goes to the dead-letter queue',
    );
    this.#allowEc2(this.stackName, props.key);
    props.documents.grantRun(this.function, verbs, this.stackName);
    this.#rules = this.#sweep(sweepEvery);
    healerAlarms(this, {
      people: props.people,
      errors: this.function.metricErrors({ ...ERRORS, period: sweepEvery }),
      deadLetters,
    });
    this.node.addValidation({
      validate: () => (this.#targetGroups.size > 0 ? [] : ['Nothing is healed: name the content volumes with heals']),
    });
  }

  /**
   * Heals a content volume: looks at it now and then, and when one of its alarms goes off, which are made here, after the volume.
   *
   * @returns the alarms
   * @throws SettingsError
   */
  heals(volume: IContentVolume, { targetGroup }: HealsOptions): VolumeAlarms {
    const { volumeName } = volume;
    checkProps({ volumes: [...this.#targetGroups.keys(), volumeName] }, { volumes: PROP.volumes });
    checkOurs(volume, this.stackName);
    this.#targetGroups.set(volumeName, targetGroup);
    this.#rules.add(volumeName);
    const { live: healer } = this;
    // Beside the healer: an alarm has a name, and CloudFormation makes no second one under another logical id.
    const scope = this.node.scope as Construct;
    return new VolumeAlarms(scope, `Alarms-${volumeName}`, { volume, targetGroup, healer, people: this.#people });
  }

  /** Lets the healer work with instances: it touches what has the tag of its Remount, and nothing else. `Fleet` has it. */
  worksOn(instances: IConstruct): void {
    Tags.of(instances).add(TAG.stack, this.stackName);
  }

  metricErrors(options?: MetricOptions): Metric {
    return this.function.metricErrors({ ...ERRORS, ...options });
  }

  #targetGroupArns(): string {
    const arns = [...this.#targetGroups].map(([volume, group]) => [volume, group.targetGroupArn] as const);
    return Stack.of(this).toJsonString(Object.fromEntries(arns));
  }

  /** An alarm that nobody answered must not vanish. */
  #makeDeadLetters(): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(queue, 'Serverless-SQSRedrivePolicy', 'It is the dead-letter queue itself');
    return queue;
  }

  #allowEc2(stackName: string, key: IKey): void {
    const stack = Stack.of(this);
    const volumes = ec2Arns(stack, 'volume');
    const allow = (statement: ConstructorParameters<typeof PolicyStatement>[0]) =>
      this.function.addToRolePolicy(new PolicyStatement(statement));
    allowDescribing(this.function, [
      'ec2:DescribeVolumes',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ec2:DescribeVolumeStatus',
      'ec2:DescribeSnapshots',
      'cloudwatch:GetMetricData',
      'elasticloadbalancing:DescribeTargetHealth',
      'ssm:DescribeInstanceInformation',
    ]);
    allowVolumeCreation(this.function, stack, stackName, key, {
      role: VOLUME_ROLE.candidate,
      tags: withoutTags(TAG.schedule, TAG.held, TAG.blank, TAG.reap, TAG.verdict),
    });
    allowHealing(this.function, stackName);
    // A recovery point that could not be used is marked, so that no other heal tries it.
    allow({
      sid: 'RejectsSnapshots',
      actions: ['ec2:CreateTags'],
      resources: [ec2Arns(stack, 'snapshot')],
      conditions: {
        StringEquals: {
          [`aws:ResourceTag/${TAG.stack}`]: stackName,
          [`aws:RequestTag/${TAG.verdict}`]: VERDICT.rejected,
        },
        ...onlyTags(TAG.verdict, TAG.finding),
      },
    });
    // What is in quarantine stays where it is.
    allow({
      sid: 'MovesVolumes',
      actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      resources: [volumes],
      conditions: {
        StringEquals: ofRole(stackName, VOLUME_ROLE.candidate, VOLUME_ROLE.current, VOLUME_ROLE.spare),
      },
    });
    allow({
      sid: 'MovesVolumesOfInstances',
      actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      resources: [ec2Arns(stack, 'instance')],
      conditions: ours(stackName),
    });
    // The last means of fencing: a host that does not let go of a volume is powered off.
    allow({
      sid: 'StopsInstances',
      actions: ['ec2:StopInstances'],
      resources: [ec2Arns(stack, 'instance')],
      conditions: ours(stackName),
    });
    const suspect = {
      [`aws:RequestTag/${TAG.stack}`]: stackName,
      [`aws:RequestTag/${TAG.role}`]: VOLUME_ROLE.quarantined,
    };
    allow({
      sid: 'CopiesSuspects',
      actions: ['ec2:CreateSnapshot'],
      resources: [volumes],
      conditions: { StringEquals: ofRole(stackName, VOLUME_ROLE.quarantined) },
    });
    allow({
      sid: 'MakesCopiesOfSuspects',
      actions: ['ec2:CreateSnapshot'],
      resources: [ec2Arns(stack, 'snapshot')],
      conditions: { StringEquals: suspect },
    });
    allow({
      sid: 'TagsCopiesOfSuspects',
      actions: ['ec2:CreateTags'],
      resources: [ec2Arns(stack, 'snapshot')],
      conditions: { StringEquals: { ...suspect, 'ec2:CreateAction': 'CreateSnapshot' } },
    });
    acknowledge(
      this.function,
      'AwsSolutions-IAM5[Resource::*]',
      'Describe calls, GetMetricData and GetCommandInvocation have no resources',
    );
  }

  /** Looks at every volume now and then, and when an instance stops or goes: quicker than the alarm's patience with silence. */
  #sweep(sweepEvery: Duration): VolumeRules {
    return new VolumeRules(this.live, { key: 'sweep', maxEventAge: sweepEvery }, (number) => {
      const sweep = new Rule(this, `Sweep${number}`, {
        description: 'Remount: looks at every content volume for what no alarm reported',
        schedule: Schedule.rate(sweepEvery),
      });
      // The event carries no tags, so that of any instance of the account starts a look; best effort, hence the sweep.
      const instance = new Rule(this, `Instance${number}`, {
        description: 'Remount: looks at every content volume when an instance stops or is gone',
        eventPattern: {
          source: ['aws.ec2'],
          detailType: ['EC2 Instance State-change Notification'],
          detail: { state: ['stopping', 'stopped', 'shutting-down', 'terminated'] },
        },
      });
      for (const rule of [sweep, instance])
        acknowledge(
          rule,
          'Serverless-EventBusDLQ',
          'It asks for a look at the world as it is: what is lost is made up for by the next sweep',
        );
      return [sweep, instance];
    });
  }
}
