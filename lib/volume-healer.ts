import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  ENV,
  HEALER_ALARM,
  type HealerAlarmKind,
  type HostVerb,
  healerAlarmName,
  scheduleTagValue,
  TAG,
  VERDICT,
  VOLUME_ROLE,
} from '../contract/contract.ts';
import { acknowledge } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import type { HostDocuments } from './internal/host-documents.ts';
import { checkProps, PROP } from './internal/props.ts';
import {
  allowDescribing,
  allowVolumeCreation,
  ec2Arns,
  ofRole,
  onlyTags,
  ours,
  withoutTags,
} from './internal/volume-permissions.ts';
import { targetsByRule } from './internal/volume-targets.ts';
import type { Ledger } from './ledger.ts';
import { allowTelling } from './people-topic.ts';

/** The longest that a heal can take: `LONGEST_SECONDS` in `lambda/core/heal/heal.ts`. A test compares the two. */
export const EXECUTION_TIMEOUT = Duration.hours(1);

const SWEEP_EVERY = Duration.minutes(5);
/** Sweeps in a row that fail before people are told: one or two are made up for by the next. */
const FAILED_SWEEPS = 3;

/** What an alarm on the healer looks at, for how many periods, and what it says. */
interface Watched {
  readonly metric: Metric;
  readonly periods: number;
  readonly treatMissingData: TreatMissingData;
  readonly meaning: string;
}

const VERBS: readonly HostVerb[] = ['probe', 'format', 'mount', 'verify', 'serve', 'release'];

export interface VolumeHealerProps {
  /** Value of the tag `remount:stack`: the only volumes, snapshots and instances that the healer may touch. */
  readonly stackName: string;
  readonly ledger: Ledger;
  readonly documents: HostDocuments;
  readonly people: ITopic;
  /** When the spare is taken in the place of a lost volume. */
  readonly spare: { readonly prefer: 'faster' | 'fresher'; readonly maxAgeMinutes: number };
  /** Encrypts content volumes. */
  readonly key: IKey;
  /** The content volumes that the sweep looks at, each with the target group that it is reached by. */
  readonly targetGroups: ReadonlyMap<string, ApplicationTargetGroup>;
  /**
   * How often each volume is looked at without an alarm, for what no event told.
   * @default 5 minutes
   */
  readonly sweepEvery?: Duration;
}

/** The healer: a Lambda durable function, started by alarms and by a sweep. Invoke it through `live`, as durable functions must be. */
export class VolumeHealer extends Construct {
  readonly function: LambdaFunction;
  readonly live: Alias;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeHealerProps) {
    super(scope, id);
    checkProps(props, { stackName: PROP.stackName, spare: PROP.spare });
    checkProps({ targetGroups: [...props.targetGroups.keys()] }, { targetGroups: PROP.volumes });
    const deadLetters = this.#deadLetters();
    this.function = remountFunction(this, 'Function', 'heal', {
      description: 'Remount: heals content volumes',
      key: props.key,
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: Duration.days(30) },
      deadLetterQueue: deadLetters,
      environment: {
        [ENV.stack]: props.stackName,
        [ENV.ledger]: props.ledger.table.tableName,
        [ENV.topic]: props.people.topicArn,
        [ENV.spare]: Stack.of(this).toJsonString(props.spare),
        [ENV.targetGroups]: Stack.of(this).toJsonString(
          Object.fromEntries([...props.targetGroups].map(([volume, group]) => [volume, group.targetGroupArn])),
        ),
      },
    });
    this.live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
      // Said of the alias, for that is what is invoked (docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html).
      retryAttempts: 2,
    });
    props.ledger.grantActing(this.function);
    allowTelling(this.function, props.people);
    acknowledge(
      this.live,
      'Serverless-LambdaAsyncFailureDestination',
      'Durable functions take no destinations; what failed for good goes to the dead-letter queue',
    );
    this.#allowEc2(props);
    props.documents.grantRunning(this.function, props.stackName, VERBS);
    this.#sweep(props);
    this.#alarms(props, deadLetters);
  }

  /** Events that failed for good: an alarm that nobody answered must not vanish. */
  #deadLetters(): Queue {
    const queue = new Queue(this, 'DeadLetters', {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(queue, 'Serverless-SQSRedrivePolicy', 'It is the dead-letter queue itself');
    return queue;
  }

  #allowEc2({ stackName, key }: VolumeHealerProps): void {
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
    this.#allowTagging(stackName, volumes);
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

  /** Of a volume: into quarantine, and never out of it; out of the schedule; from what is prepared to what is current. */
  #allowTagging(stackName: string, volumes: string): void {
    const allow = (sid: string, action: string, conditions: Record<string, unknown>) =>
      this.function.addToRolePolicy(
        new PolicyStatement({ sid, actions: [action], resources: [volumes], conditions: { ...conditions } }),
      );
    const requested = (tags: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]));
    const own = { [`aws:ResourceTag/${TAG.stack}`]: stackName };
    allow('Quarantines', 'ec2:CreateTags', {
      StringEquals: { ...own, ...requested({ [TAG.role]: VOLUME_ROLE.quarantined }) },
      ...onlyTags(TAG.role, TAG.heal),
    });
    allow('Unschedules', 'ec2:DeleteTags', { StringEquals: own, ...onlyTags(TAG.schedule) });
    allow('Promotes', 'ec2:CreateTags', {
      StringEquals: {
        ...ofRole(stackName, VOLUME_ROLE.candidate, VOLUME_ROLE.current, VOLUME_ROLE.spare),
        ...requested({ [TAG.role]: VOLUME_ROLE.current, [TAG.schedule]: scheduleTagValue(stackName) }),
      },
      ...onlyTags(TAG.role, TAG.generation, TAG.schedule),
    });
    allow('NotesFormatted', 'ec2:CreateTags', {
      StringEquals: { ...own, ...requested({ [TAG.blank]: 'false' }) },
      ...onlyTags(TAG.blank),
    });
  }

  /** Looks at every volume now and then, and when an instance stops or goes: quicker than the alarm's patience with silence. */
  #sweep({ targetGroups, sweepEvery = SWEEP_EVERY }: VolumeHealerProps): void {
    for (const [number, targets] of targetsByRule(this.live, [...targetGroups.keys()], 'sweep', sweepEvery).entries()) {
      const sweep = new Rule(this, `Sweep${number}`, {
        description: 'Remount: looks at every content volume for what no alarm told',
        schedule: Schedule.rate(sweepEvery),
        targets,
      });
      // The event carries no tags, so that of any instance of the account starts a look; best effort, hence the sweep.
      const instance = new Rule(this, `Instance${number}`, {
        description: 'Remount: looks at every content volume when an instance stops or is gone',
        eventPattern: {
          source: ['aws.ec2'],
          detailType: ['EC2 Instance State-change Notification'],
          detail: { state: ['stopping', 'stopped', 'shutting-down', 'terminated'] },
        },
        targets,
      });
      for (const rule of [sweep, instance])
        acknowledge(
          rule,
          'Serverless-EventBusDLQ',
          'It asks for a look at the world as it is: what is lost is made up for by the next sweep',
        );
    }
  }

  /**
   * Errors are of invocations: the code, its role, the time that it takes. The sweep invokes it all the time, so
   * silence is told too: as INSUFFICIENT_DATA, in which an alarm begins, so that a new stack tells nobody before its first sweep. One that
   * is never run serves nothing, which the alarm `unserved` tells.
   * An execution that fails is no error of an invocation (docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html); what it was
   * started by goes to the dead-letter queue once it has failed for good (durable-best-practices.html there), as does an event that
   * was tried in vain. An idle queue sends no data: docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  #alarms(props: VolumeHealerProps, deadLetters: Queue): void {
    const period = props.sweepEvery ?? SWEEP_EVERY;
    this.#alarm(HEALER_ALARM.failed, props, {
      metric: this.function.metricErrors({ period, statistic: Stats.SUM }),
      periods: FAILED_SWEEPS,
      treatMissingData: TreatMissingData.MISSING,
      meaning: 'The healer fails, or is not run: what breaks now is healed by nobody.',
    });
    this.#alarm(HEALER_ALARM.deadLetters, props, {
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.SUM,
      }),
      periods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      meaning: 'An event that should have started a heal has failed for good.',
    });
  }

  #alarm(
    kind: HealerAlarmKind,
    { stackName, people }: VolumeHealerProps,
    { metric, periods, treatMissingData, meaning }: Watched,
  ): void {
    const alarm = new Alarm(this, kind, {
      alarmName: healerAlarmName(stackName, kind),
      alarmDescription: `${meaning} Runbook: docs/runbook.md#${kind}`,
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
  }
}
