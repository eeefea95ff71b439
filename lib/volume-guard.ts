import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
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
  METRIC,
  metricNamespace,
  type SnapshotLock,
  scheduleTagValue,
  TAG,
  VERDICT,
  VOLUME_ROLE,
} from '../contract/contract.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledge, acknowledgeNoDeadLetters } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import { checkProps, PROP } from './internal/props.ts';
import { allowCounting } from './internal/subscribers-alarm.ts';
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
import type { Ledger } from './ledger.ts';
import { allowTelling } from './people-topic.ts';
import type { SnapshotSchedule } from './snapshot-schedule.ts';
import { allowRollout } from './software-rollout.ts';

/** What the guard keeps to: `LATE_MINUTES` in `lambda/core/guard/guard.ts` is reckoned from it. */
const EVERY = Duration.minutes(5);
/** Promises of DESIGN section 2, in minutes. */
const PROMISED = { [AGE_ALARM.recoveryPoint]: 60, [AGE_ALARM.verifiedRecoveryPoint]: 75 };

export interface VolumeGuardProps {
  /** Value of the tag `remount:stack`: the only volumes and snapshots that the guard may touch. */
  readonly stackName: string;
  /** Names of the content volumes. */
  readonly volumes: readonly string[];
  readonly schedule: SnapshotSchedule;
  readonly ledger: Ledger;
  readonly people: ITopic;
  /** Encrypts content volumes, and the ledger. */
  readonly key: IKey;
  /**
   * Drills verify recovery points here: the age of the newest verified one is published, and has an alarm.
   * @default false
   */
  readonly verified?: boolean;
  /**
   * The guard locks a verified recovery point of each content volume, about one a day: nobody can delete it for these days, and nothing
   * of this stack can unlock it. Needs {@link VolumeGuardProps.verified}.
   * @default none is locked
   */
  readonly lock?: SnapshotLock;
  /**
   * The host software that the guard brings to running instances, standbys first (decision 22).
   * @default it reaches them by other means: somebody sends `HostSoftware.document`
   */
  readonly software?: HostSoftware;
}

/** The guard: a function that is run every five minutes, and the alarms on what it publishes, and on its own failures. */
export class VolumeGuard extends Construct {
  readonly function: LambdaFunction;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeGuardProps) {
    super(scope, id);
    checkProps(props, { stackName: PROP.stackName, volumes: PROP.volumes, lock: PROP.lock.optional() });
    const { stackName, volumes, schedule, ledger, people, verified = false, lock } = props;
    if (lock && !verified)
      throw new Error('lock: received without verified; allowed: where drills verify recovery points');
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
      'The next round comes within minutes, and looks at everything again; an alarm tells of rounds that fail';
    acknowledgeNoDeadLetters(this.function, nextRound);
    acknowledge(this.function, 'Serverless-LambdaAsyncFailureDestination', nextRound);
    acknowledge(round, 'Serverless-EventBusDLQ', nextRound);
    this.#allowEc2(props);
    this.#allowTelling(props);
    for (const volume of volumes) {
      this.#ageAlarm(AGE_ALARM.recoveryPoint, METRIC.recoveryPointAge, volume, props);
      if (verified) this.#ageAlarm(AGE_ALARM.verifiedRecoveryPoint, METRIC.verifiedRecoveryPointAge, volume, props);
    }
    this.#ownAlarm(props);
    this.#tell(allowCounting(this.function, { stackName, people, every: EVERY }), people);
    if (props.software)
      this.#tell(
        allowRollout(this.function, props.software, { stackName, namespace: metricNamespace(stackName), every: EVERY }),
        people,
      );
  }

  #allow(statement: ConstructorParameters<typeof PolicyStatement>[0]): void {
    this.function.addToRolePolicy(new PolicyStatement(statement));
  }

  #allowEc2({ stackName, key, lock }: VolumeGuardProps): void {
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
    this.#allowHolding(stackName, volumes);
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

  /** Out of the schedule and in again, and nothing else of a volume that is served. */
  #allowHolding(stackName: string, volumes: string): void {
    const conditions = {
      StringEquals: ofRole(stackName, VOLUME_ROLE.current),
      ...onlyTags(TAG.schedule, TAG.held),
    };
    const written = {
      [`aws:RequestTag/${TAG.schedule}`]: scheduleTagValue(stackName),
      [`aws:RequestTag/${TAG.held}`]: 'true',
    };
    this.#allow({
      sid: 'HoldsVolumes',
      actions: ['ec2:CreateTags'],
      resources: [volumes],
      // Each call writes one of the two.
      conditions: { ...conditions, StringEqualsIfExists: written },
    });
    this.#allow({ sid: 'UnschedulesVolumes', actions: ['ec2:DeleteTags'], resources: [volumes], conditions });
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

  #allowTelling({ stackName, schedule, ledger, people }: VolumeGuardProps): void {
    this.#allow({ actions: ['dlm:GetLifecyclePolicy'], resources: [schedule.policy.attrArn] });
    this.#allow({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace(stackName) } },
    });
    ledger.grantNoting(this.function);
    allowTelling(this.function, people);
  }

  /**
   * One data point above what is promised is told; so is silence, for then nobody keeps the promise. It is told as INSUFFICIENT_DATA, in
   * which an alarm begins: a new stack tells nobody before the guard's first round. The keeper gives the first data point of a new volume,
   * so that a guard that is never run is silence as well.
   */
  #ageAlarm(kind: AgeAlarmKind, metricName: string, volume: string, { stackName, people }: VolumeGuardProps): void {
    const minutes = PROMISED[kind];
    const what = kind === AGE_ALARM.recoveryPoint ? 'completed snapshot' : 'verified snapshot';
    const alarm = new Alarm(this, `${kind}-${volume}`, {
      alarmName: alarmName(stackName, volume, kind),
      alarmDescription: `${volume}: the newest ${what} is more than ${minutes} minutes old, or nobody looks. Runbook: docs/runbook.md#${kind}`,
      metric: new Metric({
        namespace: metricNamespace(stackName),
        metricName,
        dimensionsMap: { [METRIC.volumeDimension]: volume },
        statistic: Stats.MAXIMUM,
        period: EVERY,
      }),
      threshold: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: TreatMissingData.MISSING,
    });
    this.#tell(alarm, people);
    alarm.addInsufficientDataAction(new SnsAction(people));
  }

  /** Three runs in a row that failed: one or two are made up for by the next. Lambda counts every run, so silence is told too. */
  #ownAlarm({ stackName, people }: VolumeGuardProps): void {
    const alarm = new Alarm(this, 'Failed', {
      alarmName: guardAlarmName(stackName),
      alarmDescription:
        'The guard fails, or is not run: recovery points may grow old. Runbook: docs/runbook.md#recovery-point',
      metric: this.function.metricErrors({ period: EVERY, statistic: Stats.SUM }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      treatMissingData: TreatMissingData.MISSING,
    });
    this.#tell(alarm, people);
    alarm.addInsufficientDataAction(new SnsAction(people));
  }

  #tell(alarm: Alarm, people: ITopic): void {
    alarm.addAlarmAction(new SnsAction(people));
    alarm.addOkAction(new SnsAction(people));
  }
}
