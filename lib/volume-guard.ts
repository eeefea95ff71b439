import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type Metric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  AGE_ALARM,
  type AgeAlarmKind,
  alarmName,
  ENV,
  guardAlarmName,
  metricNamespace,
  type SnapshotLock,
  TAG,
  VERDICT,
  VOLUME_ROLE,
} from '../contract/contract.ts';
import type { IContentVolume } from './content-volume.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledge, acknowledgeNoDeadLetters } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import { runbookLink } from './internal/runbook.ts';
import { allowCounting, subscribersMetric } from './internal/subscribers-alarm.ts';
import { allowHolding } from './internal/tagging-permissions.ts';
import {
  acknowledgeTagged,
  allowDescribing,
  allowKeyUse,
  ec2Arns,
  notQuarantined,
  ofRole,
  onlyTags,
  withoutTags,
} from './internal/volume-permissions.ts';
import { namesOf } from './internal/volume-targets.ts';
import type { ILedger } from './ledger.ts';
import { allowNotifying } from './people-topic.ts';
import { checkProps, lengthOf, PROP, stackNameOf } from './props/props.ts';
import type { ISnapshotSchedule } from './snapshot-schedule.ts';
import { allowRollout, hostsBehindMetric } from './software-rollout.ts';

/** What the guard keeps to: `LATE_MINUTES` in `lambda/core/guard/guard.ts` is reckoned from it. */
const EVERY = Duration.minutes(5);
/** What is promised of both ages, in minutes: docs/runbook.md#recovery-point says what to do beyond. */
export const PROMISED = { [AGE_ALARM.recoveryPoint]: 60, [AGE_ALARM.verifiedRecoveryPoint]: 75 };

/** Whose recovery points are kept young, and which are locked. */
export interface VolumeGuardProps {
  /**
   * The Remount that it may touch: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** Whose recovery points are kept young. The guard is made after them. Each has two alarms, or one where nothing is verified. */
  readonly volumes: readonly IContentVolume[];
  /** What copies them: the guard sees that it is as it was deployed. */
  readonly schedule: ISnapshotSchedule;
  /** Where it keeps its notes, and reads the leases. */
  readonly ledger: ILedger;
  /** Who is notified, by it and by its alarms. */
  readonly people: ITopic;
  /** Encrypts content volumes, and the ledger. */
  readonly key: IKey;
  /**
   * Drills verify recovery points here: the age of the newest verified one is published, and has an alarm.
   * @default false: nothing is said of verified recovery points, and none can be locked
   */
  readonly verified?: boolean;
  /**
   * The guard locks a verified recovery point of each content volume, about one a day: nobody can delete it for this time (1 to 365
   * days; 0 for none), and nothing of this stack can unlock it. About 1.1 snapshots a day of each volume are paid for, until their lock
   * ends, whatever becomes of the rest. Needs {@link VolumeGuardProps.verified}.
   * @default none is locked
   */
  readonly lockFor?: Duration;
  /**
   * `governance`: whoever may unlock can end a lock. `compliance`: nobody can, the root user included.
   * @default 'governance': the root user of the account has a way out
   */
  readonly lockMode?: SnapshotLock['mode'];
  /**
   * The host software that the guard brings to running instances, standbys first (decision 22).
   * @default it reaches them by other means: somebody sends `HostSoftware.document`
   */
  readonly software?: HostSoftware;
}

/** The guard: a function that is run every five minutes, and the alarms on what it publishes, and on its own failures. */
export class VolumeGuard extends Construct {
  /** Its code. It is run by its rule, and by nobody else: two rounds at once would see the same need. */
  readonly function: LambdaFunction;
  /** The Remount that it guards. */
  readonly stackName: string;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeGuardProps) {
    super(scope, id);
    this.stackName = stackNameOf(this, props.stackName);
    const { stackName } = this;
    const { schedule, ledger, people, verified = false, lockMode = 'governance' } = props;
    const volumes = namesOf(props.volumes, stackName);
    const lockFor = props.lockFor && lengthOf.days(props.lockFor);
    checkProps(
      { volumes, lockFor, lockMode },
      { volumes: PROP.volumes, lockFor: PROP.lockDays.optional(), lockMode: PROP.lockMode },
    );
    const lock = lockFor ? { days: lockFor, mode: lockMode } : undefined;
    if (lock && !verified)
      throw new Error('lockFor: received without verified; allowed: where drills verify recovery points');
    this.node.addDependency(...props.volumes);
    const stack = Stack.of(this);
    this.function = remountFunction(this, 'Function', 'guard', {
      key: props.key,
      description: 'Remount: keeps recovery points young, and clears away old ones',
      // Two runs beside each other would see the same need.
      timeout: EVERY.minus(Duration.minutes(1)),
      // The next run comes anyway.
      retryAttempts: 0,
      maxEventAge: EVERY,
      environment: {
        [ENV.stack]: stackName,
        [ENV.ledger]: ledger.table.tableName,
        [ENV.topic]: people.topicArn,
        [ENV.volumes]: stack.toJsonString(volumes),
        [ENV.policy]: stack.toJsonString(schedule.deployed),
        [ENV.verified]: String(verified),
        ...(props.software && {
          [ENV.software]: stack.toJsonString({
            version: props.software.version,
            document: props.software.document.ref,
          }),
        }),
        ...(lock && { [ENV.lock]: stack.toJsonString(lock) }),
      },
    });
    const round = new Rule(this, 'Round', {
      description: 'Remount: looks after the recovery points of every content volume',
      schedule: Schedule.rate(EVERY),
      targets: [
        new LambdaTarget(this.function, {
          event: RuleTargetInput.fromObject({}),
          retryAttempts: 0,
          maxEventAge: EVERY,
        }),
      ],
    });
    const nextRound =
      'The next round comes within minutes, and looks at everything again; an alarm reports rounds that fail';
    acknowledgeNoDeadLetters(this.function, nextRound);
    acknowledge(this.function, 'Serverless-LambdaAsyncFailureDestination', nextRound);
    acknowledge(round, 'Serverless-EventBusDLQ', nextRound);
    this.#allowEc2(props.key, lock);
    this.#allowNotifying(props);
    for (const volume of props.volumes) {
      this.#ageAlarm(AGE_ALARM.recoveryPoint, volume, volume.metricRecoveryPointAge(), people);
      if (verified)
        this.#ageAlarm(AGE_ALARM.verifiedRecoveryPoint, volume, volume.metricVerifiedRecoveryPointAge(), people);
    }
    this.#ownAlarm(people);
    this.#notify(allowCounting(this.function, { people, subscribers: this.metricSubscribers(), stackName }), people);
    if (props.software)
      this.#notify(
        allowRollout(this.function, props.software, { stackName, behind: this.metricHostsBehind() }),
        people,
      );
  }

  /** Confirmed subscriptions of the topic that people are notified by. By default the most of five minutes. */
  metricSubscribers(options?: MetricOptions): Metric {
    return subscribersMetric(this, { period: EVERY, ...options });
  }

  /** Instances that do not run the host software that is deployed. By default the least of five minutes. */
  metricHostsBehind(options?: MetricOptions): Metric {
    return hostsBehindMetric(this, { period: EVERY, ...options });
  }

  /** Rounds that failed. By default the sum of five minutes. */
  metricErrors(options?: MetricOptions): Metric {
    return this.function.metricErrors({ statistic: Stats.SUM, period: EVERY, ...options });
  }

  #allow(statement: ConstructorParameters<typeof PolicyStatement>[0]): void {
    this.function.addToRolePolicy(new PolicyStatement(statement));
  }

  #allowEc2(key: IKey, lock: SnapshotLock | undefined): void {
    const { stackName } = this;
    const stack = Stack.of(this);
    const [volumes, snapshots] = [ec2Arns(stack, 'volume'), ec2Arns(stack, 'snapshot')];
    const requested = { [`aws:RequestTag/${TAG.stack}`]: stackName, [`aws:RequestTag/${TAG.guard}`]: 'true' };
    // Of locks whether it makes any or not: people lock too, and a lock outlives the setting.
    allowDescribing(this.function, ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots', 'ec2:DescribeLockedSnapshots']);
    this.#allow({
      sid: 'CopiesCurrentVolumes',
      actions: ['ec2:CreateSnapshot'],
      resources: [volumes],
      conditions: { StringEquals: ofRole(stackName, VOLUME_ROLE.current) },
    });
    this.#allow({
      sid: 'MakesSnapshots',
      actions: ['ec2:CreateSnapshot'],
      resources: [snapshots],
      conditions: { StringEquals: requested },
    });
    this.#allow({
      sid: 'TagsNewSnapshots',
      actions: ['ec2:CreateTags'],
      resources: [snapshots],
      conditions: {
        StringEquals: { ...requested, 'ec2:CreateAction': 'CreateSnapshot' },
        // A verdict is a drill's to give, and nothing is marked at its birth.
        ...withoutTags(TAG.verdict, TAG.reap, TAG.held),
      },
    });
    allowHolding(this.function, stackName);
    this.#allowReaping(stackName, volumes, snapshots);
    if (lock) this.#allowLocking(stackName, snapshots, lock);
    // For a snapshot of an encrypted volume, docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
    allowKeyUse(this.function, key);
    acknowledge(
      this.function,
      'AwsSolutions-IAM5[Resource::*]',
      'Describe calls and PutMetricData have no resources; the namespace of the latter is narrowed by a condition',
    );
    for (const kind of ['volume', 'snapshot'] as const) acknowledgeTagged(this.function, kind);
  }

  /**
   * Its own copies, verified ones, for these days and no other time: so it cannot shorten a lock either. The mode is not a condition
   * key. To unlock is allowed to nobody.
   * Source: docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, LockSnapshot
   */
  #allowLocking(stackName: string, snapshots: string, { days }: SnapshotLock): void {
    const verified = {
      ...ofRole(stackName, VOLUME_ROLE.current),
      [`aws:ResourceTag/${TAG.guard}`]: 'true',
      [`aws:ResourceTag/${TAG.verdict}`]: VERDICT.verified,
    };
    this.#allow({
      sid: 'LocksSnapshots',
      actions: ['ec2:LockSnapshot'],
      resources: [snapshots],
      conditions: {
        StringEquals: verified,
        NumericEquals: { 'ec2:SnapshotLockDuration': Tokenization.stringifyNumber(days) },
      },
    });
  }

  /** It alone deletes, and only what it has marked before: never what is in quarantine, nor a volume that may serve. */
  #allowReaping(stackName: string, volumes: string, snapshots: string): void {
    const unused = ofRole(stackName, VOLUME_ROLE.scratch, VOLUME_ROLE.discarded);
    const mark = { [`aws:RequestTag/${TAG.reap}`]: 'true' };
    const marked = { [`aws:ResourceTag/${TAG.reap}`]: 'true' };
    const { StringEquals, ...rest } = notQuarantined(stackName);
    const kept = StringEquals as Record<string, string>;
    this.#allow({
      sid: 'MarksSnapshots',
      actions: ['ec2:CreateTags'],
      resources: [snapshots],
      conditions: { ...rest, StringEquals: { ...kept, ...mark }, ...onlyTags(TAG.reap) },
    });
    this.#allow({
      sid: 'DeletesSnapshots',
      actions: ['ec2:DeleteSnapshot'],
      resources: [snapshots],
      conditions: { ...rest, StringEquals: { ...kept, ...marked } },
    });
    this.#allow({
      sid: 'MarksVolumes',
      actions: ['ec2:CreateTags'],
      resources: [volumes],
      conditions: { StringEquals: { ...unused, ...mark }, ...onlyTags(TAG.reap) },
    });
    this.#allow({
      sid: 'DeletesVolumes',
      actions: ['ec2:DeleteVolume'],
      resources: [volumes],
      conditions: { StringEquals: { ...unused, ...marked } },
    });
  }

  #allowNotifying({ schedule, ledger, people }: VolumeGuardProps): void {
    this.#allow({ actions: ['dlm:GetLifecyclePolicy'], resources: [schedule.policyArn] });
    this.#allow({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace(this.stackName) } },
    });
    ledger.grantNoting(this.function);
    allowNotifying(this.function, people);
  }

  /**
   * One data point above what is promised is reported; so is silence, for then nobody keeps the promise. It is reported as INSUFFICIENT_DATA, in
   * which an alarm begins: a new stack notifies nobody before the guard's first round. The keeper gives the first data point of a new volume,
   * so that a guard that is never run is silence as well.
   */
  #ageAlarm(kind: AgeAlarmKind, { stackName, volumeName }: IContentVolume, metric: Metric, people: ITopic): void {
    const minutes = PROMISED[kind];
    const what = kind === AGE_ALARM.recoveryPoint ? 'completed snapshot' : 'verified snapshot';
    const alarm = new Alarm(this, `${kind}-${volumeName}`, {
      alarmName: alarmName(stackName, volumeName, kind),
      alarmDescription: `${volumeName}: the newest ${what} is more than ${minutes} minutes old, or nobody looks. ${runbookLink(this, kind)}`,
      metric,
      threshold: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: TreatMissingData.MISSING,
    });
    this.#notify(alarm, people);
    alarm.addInsufficientDataAction(new SnsAction(people));
  }

  /** Three runs in a row that failed: one or two are made up for by the next. Lambda counts every run, so silence is reported too. */
  #ownAlarm(people: ITopic): void {
    const alarm = new Alarm(this, 'Failed', {
      alarmName: guardAlarmName(this.stackName),
      alarmDescription: `The guard fails, or is not run: recovery points may grow old. ${runbookLink(this, 'recovery-point')}`,
      metric: this.metricErrors(),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      treatMissingData: TreatMissingData.MISSING,
    });
    this.#notify(alarm, people);
    alarm.addInsufficientDataAction(new SnsAction(people));
  }

  #notify(alarm: Alarm, people: ITopic): void {
    alarm.addAlarmAction(new SnsAction(people));
    alarm.addOkAction(new SnsAction(people));
  }
}
