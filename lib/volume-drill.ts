import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ENV, type HostVerb, METRIC, metricNamespace, TAG, VERDICT, VOLUME_ROLE } from '../contract/contract.ts';
import type { IContentVolume } from './content-volume.ts';
import { acknowledge, acknowledgeNoDeadLetters } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import type { HostDocuments } from './internal/host-documents.ts';
import { remountMetric } from './internal/metric.ts';
import {
  acknowledgeTagged,
  allowDescribing,
  allowVolumeCreation,
  ec2Arns,
  notQuarantined,
  ofRole,
  onlyTags,
  ours,
  withoutTags,
} from './internal/volume-permissions.ts';
import { namesOf, VolumeRules } from './internal/volume-targets.ts';
import type { ILedger } from './ledger.ts';
import { allowNotifying } from './people-topic.ts';
import { checkProps, PROP, stackNameOf } from './props/props.ts';

/** A drill looks for the answer of a check of 27 minutes, and tidies up. */
const EXECUTION_TIMEOUT = Duration.hours(1);
/** For snapshots that no event reported: events are delivered on a best-effort basis. */
const SWEEP = Duration.minutes(10);

const NEXT_SWEEP =
  'The next sweep looks at every snapshot again; the age of the verified recovery point has an alarm of its own';

const WORST = { statistic: Stats.MINIMUM, period: Duration.hours(1) };
const VERBS: readonly HostVerb[] = ['check', 'release'];

/** What is drilled, how fast, and what a drill says something of. */
export interface VolumeDrillProps {
  /**
   * The Remount that it may touch: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /**
   * What is drilled: each completed snapshot of each. Multiplies volumes: each has a second one, the spare, of the same size and speed, and
   * a third while a drill runs; and it has four metrics.
   */
  readonly volumes: readonly IContentVolume[];
  /** Where it keeps its turns, and what it found. */
  readonly ledger: ILedger;
  /** What it runs on instances. Made with bundles, a file, a course or a folder is brought out of a copy when somebody asks. */
  readonly documents: HostDocuments;
  /** Who is notified of damage. */
  readonly people: ITopic;
  /** Encrypts content volumes. */
  readonly key: IKey;
  /**
   * MiB/s at which a drill's volume is loaded from its snapshot: 100 to 300, or 0. Paid for by rate x GiB of data in the snapshot, in full for
   * each drill: it multiplies by volumes, by what they hold, and by copies a day, and may come to more than the volumes themselves. What
   * one of these units costs was not found in AWS's documentation, so nothing asks for a rate by itself. Find out before you do.
   * @default 0: blocks come when they are read, for nothing; checks take longer, and what a check had no time for is cold in the spare
   */
  readonly initializationMiBs?: number;
  /**
   * Percent by which files, bytes or manifests may fall from one verified copy to the next: 1 to 99. Beyond it people are notified, and the
   * older copy is kept, and paid for, for a week.
   * @default 20
   */
  readonly fallPercent?: number;
  /**
   * In how many drills all content is read: 1 to 96. Each reads what changed since the copy before, and one of so many parts of everything
   * else: it costs time on the standby by that much less, and a file that rots is found by that much later.
   * @default 24: within a day, at one copy an hour
   */
  readonly readAllEvery?: number;
  /**
   * Whether the spare follows the journal of files. `documents` must have been made with it.
   * @default false
   */
  readonly journaled?: boolean;
}

/**
 * The drill: a Lambda durable function that restores, mounts and checks each completed snapshot on the standby, tags it verified or
 * rejected, and keeps the volume of the newest one that passed as the spare. It deletes nothing: what it discards, the guard deletes.
 */
export class VolumeDrill extends Construct {
  /** Its code. Invoke `live`, and not this. */
  readonly function: LambdaFunction;
  /** The alias by which it is invoked, as a durable function must be. */
  readonly live: Alias;
  /** The Remount that it drills. */
  readonly stackName: string;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeDrillProps) {
    super(scope, id);
    this.stackName = stackNameOf(this, props.stackName);
    const { stackName } = this;
    const { initializationMiBs = 0, fallPercent = 20, readAllEvery = 24, journaled } = props;
    const verbs: readonly HostVerb[] = [
      ...VERBS,
      ...(journaled ? (['follow'] as const) : []),
      // Where there is somewhere to bring it.
      ...(props.documents.documents.bundle ? (['bundle'] as const) : []),
    ];
    const volumes = namesOf(props.volumes, stackName);
    checkProps(
      { volumes, initializationMiBs, fallPercent, readAllEvery },
      {
        volumes: PROP.volumes,
        initializationMiBs: PROP.initializationMiBs,
        fallPercent: PROP.fallPercent,
        readAllEvery: PROP.readAllEvery,
      },
    );
    this.function = remountFunction(this, 'Function', 'drill', {
      key: props.key,
      description: 'Remount: proves that snapshots can be mounted, and keeps a spare',
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: Duration.days(7) },
      environment: {
        [ENV.stack]: stackName,
        [ENV.ledger]: props.ledger.table.tableName,
        [ENV.topic]: props.people.topicArn,
        [ENV.documents]: props.documents.namesOf(verbs),
        [ENV.initializationRate]: Tokenization.stringifyNumber(initializationMiBs),
        [ENV.fallPercent]: Tokenization.stringifyNumber(fallPercent),
        [ENV.readAllEvery]: Tokenization.stringifyNumber(readAllEvery),
        ...(journaled && { [ENV.journal]: 'true' }),
      },
    });
    this.live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
      // Said of the alias, for that is what is invoked. The next sweep comes anyway.
      retryAttempts: 0,
    });
    props.ledger.grantActing(this.function);
    allowNotifying(this.function, props.people);
    props.documents.grantRun(this.function, verbs, stackName);
    this.#allow(stackName, props.key);
    acknowledgeNoDeadLetters(this.function, NEXT_SWEEP);
    acknowledge(this.live, 'Serverless-LambdaAsyncFailureDestination', NEXT_SWEEP);
    this.#start(volumes);
  }

  /** Of each drill of a content volume with a verdict: 1 where the copy passed, 0 where it was rejected. By default the least of an hour. */
  metricPassed(volume: IContentVolume, options?: MetricOptions): Metric {
    return remountMetric(volume, METRIC.drillPassed, { ...WORST, ...options });
  }

  /** Percent of the files that a drill was to read whose content was read and compared. By default the least of an hour. */
  metricCoverage(volume: IContentVolume, options?: MetricOptions): Metric {
    return remountMetric(volume, METRIC.drillCoverage, { ...WORST, ...options });
  }

  /** 1 where a check came to the end of the content, 0 where its time was over before. By default the least of an hour. */
  metricComplete(volume: IContentVolume, options?: MetricOptions): Metric {
    return remountMetric(volume, METRIC.drillComplete, { ...WORST, ...options });
  }

  /** Seconds from a drill's beginning to its end, with the wait for its turn. By default the longest of an hour. */
  metricDuration(volume: IContentVolume, options?: MetricOptions): Metric {
    return remountMetric(volume, METRIC.drillDuration, { ...WORST, statistic: Stats.MAXIMUM, ...options });
  }

  #allow(stackName: string, key: IKey): void {
    const stack = Stack.of(this);
    const [volumes, snapshots] = [ec2Arns(stack, 'volume'), ec2Arns(stack, 'snapshot')];
    const allow = (statement: ConstructorParameters<typeof PolicyStatement>[0]) =>
      this.function.addToRolePolicy(new PolicyStatement(statement));
    const made = ofRole(stackName, VOLUME_ROLE.scratch, VOLUME_ROLE.spare);
    const { StringEquals, ...rest } = notQuarantined(stackName);
    const sound = StringEquals as Record<string, string>;
    allowDescribing(this.function, [
      'ec2:DescribeVolumes',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ec2:DescribeSnapshots',
      'ssm:DescribeInstanceInformation',
    ]);
    allowVolumeCreation(this.function, stack, stackName, key, {
      role: VOLUME_ROLE.scratch,
      tags: withoutTags(TAG.schedule, TAG.held, TAG.blank, TAG.reap, TAG.verdict),
    });
    allow({
      sid: 'KeepsSpares',
      actions: ['ec2:CreateTags'],
      resources: [volumes],
      conditions: {
        StringEquals: { ...made, [`aws:RequestTag/${TAG.role}`]: VOLUME_ROLE.spare },
        ...onlyTags(TAG.role),
      },
    });
    allow({
      sid: 'Discards',
      actions: ['ec2:CreateTags'],
      resources: [volumes],
      conditions: {
        StringEquals: {
          // Once more, where the answer was lost.
          ...ofRole(stackName, VOLUME_ROLE.scratch, VOLUME_ROLE.spare, VOLUME_ROLE.discarded),
          [`aws:RequestTag/${TAG.role}`]: VOLUME_ROLE.discarded,
        },
        ...onlyTags(TAG.role),
      },
    });
    allow({
      sid: 'GivesVerdicts',
      actions: ['ec2:CreateTags'],
      resources: [snapshots],
      conditions: {
        StringEquals: { ...sound, [`aws:RequestTag/${TAG.verdict}`]: Object.values(VERDICT) },
        ...rest,
        ...onlyTags(TAG.verdict, TAG.drilledAt, TAG.dataUntil, TAG.filesRead, TAG.content, TAG.keptUntil, TAG.finding),
      },
    });
    allow({
      sid: 'MovesVolumes',
      actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      resources: [volumes],
      conditions: { StringEquals: made },
    });
    allow({
      sid: 'MovesVolumesOfInstances',
      actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      resources: [ec2Arns(stack, 'instance')],
      conditions: ours(stackName),
    });
    allow({
      sid: 'PublishesDrills',
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace(stackName) } },
    });
    acknowledge(
      this.function,
      'AwsSolutions-IAM5[Resource::*]',
      'Describe calls, GetCommandInvocation and PutMetricData have no resources; the namespace of the latter is narrowed by a condition',
    );
    for (const kind of ['volume', 'snapshot', 'instance'] as const) acknowledgeTagged(this.function, kind);
  }

  /** When a snapshot is completed (of any volume of the account: the event carries no tags), and now and then. */
  #start(volumes: readonly string[]): void {
    const rules = new VolumeRules(this.live, { key: 'drill', maxEventAge: SWEEP }, (number) => {
      const completed = new Rule(this, `Completed${number}`, {
        description: 'Remount: drills a snapshot when it is completed',
        eventPattern: {
          source: ['aws.ec2'],
          detailType: ['EBS Snapshot Notification'],
          detail: { event: ['createSnapshot'], result: ['succeeded'] },
        },
      });
      const sweep = new Rule(this, `Sweep${number}`, {
        description: 'Remount: drills snapshots that no event reported',
        schedule: Schedule.rate(SWEEP),
      });
      for (const rule of [completed, sweep]) acknowledge(rule, 'Serverless-EventBusDLQ', NEXT_SWEEP);
      return [completed, sweep];
    });
    for (const volume of volumes) rules.add(volume);
  }
}
