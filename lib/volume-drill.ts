import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ENV, metricNamespace, TAG, VERDICT, VOLUME_ROLE } from '../contract/contract.ts';
import { acknowledge, acknowledgeNoDeadLetters } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import type { HostDocuments } from './internal/host-documents.ts';
import { checkProps, PROP } from './internal/props.ts';
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
import { targetsByRule } from './internal/volume-targets.ts';
import type { Ledger } from './ledger.ts';
import { allowTelling } from './people-topic.ts';

/** A drill looks for the answer of a check of 27 minutes, and tidies up. */
const EXECUTION_TIMEOUT = Duration.hours(1);
/** For snapshots of which no event told: events are delivered on a best-effort basis. */
const SWEEP = Duration.minutes(10);

const NEXT_SWEEP =
  'The next sweep looks at every snapshot again; the age of the verified recovery point has an alarm of its own';

export interface VolumeDrillProps {
  /** Value of the tag `remount:stack`: the only volumes, snapshots and instances that a drill may touch. */
  readonly stackName: string;
  /** Names of the content volumes. */
  readonly volumes: readonly string[];
  readonly ledger: Ledger;
  readonly documents: HostDocuments;
  /** Whom damage is told to. */
  readonly people: ITopic;
  /** Encrypts content volumes. */
  readonly key: IKey;
  /** MiB/s at which a drill's volume is loaded from its snapshot: 100 to 300, or 0 for as fast as it happens to be. */
  readonly initializationMiBs: number;
  /** Percent by which files, bytes or manifests may fall between two copies without a word: 1 to 99. */
  readonly fallPercent: number;
}

/**
 * The drill: a Lambda durable function that restores, mounts and checks each completed snapshot on the standby, tags it verified or
 * rejected, and keeps the volume of the newest one that passed as the spare. It deletes nothing: what it discards, the guard deletes.
 */
export class VolumeDrill extends Construct {
  readonly function: LambdaFunction;
  readonly live: Alias;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeDrillProps) {
    super(scope, id);
    checkProps(props, {
      stackName: PROP.stackName,
      volumes: PROP.volumes,
      initializationMiBs: PROP.initializationMiBs,
      fallPercent: PROP.fallPercent,
    });
    this.function = remountFunction(this, 'Function', 'drill', {
      key: props.key,
      description: 'Remount: proves that snapshots can be mounted, and keeps a spare',
      durableConfig: { executionTimeout: EXECUTION_TIMEOUT, retentionPeriod: Duration.days(7) },
      environment: {
        [ENV.stack]: props.stackName,
        [ENV.ledger]: props.ledger.table.tableName,
        [ENV.topic]: props.people.topicArn,
        [ENV.initializationRate]: Tokenization.stringifyNumber(props.initializationMiBs),
        [ENV.fallPercent]: Tokenization.stringifyNumber(props.fallPercent),
      },
    });
    this.live = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
      // Said of the alias, for that is what is invoked. The next sweep comes anyway.
      retryAttempts: 0,
    });
    props.ledger.grantActing(this.function);
    allowTelling(this.function, props.people);
    props.documents.grantRunning(this.function, props.stackName, ['check', 'release']);
    this.#allow(props);
    acknowledgeNoDeadLetters(this.function, NEXT_SWEEP);
    acknowledge(this.live, 'Serverless-LambdaAsyncFailureDestination', NEXT_SWEEP);
    this.#start(props.volumes);
  }

  #allow({ stackName, key }: VolumeDrillProps): void {
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
    for (const [number, targets] of targetsByRule(this.live, volumes, 'drill', SWEEP).entries()) {
      const completed = new Rule(this, `Completed${number}`, {
        description: 'Remount: drills a snapshot when it is completed',
        eventPattern: {
          source: ['aws.ec2'],
          detailType: ['EBS Snapshot Notification'],
          detail: { event: ['createSnapshot'], result: ['succeeded'] },
        },
        targets,
      });
      const sweep = new Rule(this, `Sweep${number}`, {
        description: 'Remount: drills snapshots of which no event told',
        schedule: Schedule.rate(SWEEP),
        targets,
      });
      for (const rule of [completed, sweep]) acknowledge(rule, 'Serverless-EventBusDLQ', NEXT_SWEEP);
    }
  }
}
