import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ENV, type HostVerb, metricNamespace, TAG, VOLUME_ROLE } from '../contract/contract.ts';
import { acknowledge, acknowledgeNoDeadLetters } from './internal/acknowledge.ts';
import { remountFunction } from './internal/function.ts';
import type { HostDocuments } from './internal/host-documents.ts';
import { allowDescribing, allowVolumeCreation, ec2Arns, ofRole, onlyTags } from './internal/volume-permissions.ts';
import type { ILedger } from './ledger.ts';
import { allowNotifying } from './people-topic.ts';
import { stackNameOf } from './props/props.ts';
import { fail } from './props/refusal.ts';

const VERBS: readonly HostVerb[] = ['probe', 'grow'];

/** What the keeper works with. */
export interface VolumeKeeperProps {
  /**
   * The Remount that its volumes belong to: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** Where it reads who may act on a volume. */
  readonly ledger: ILedger;
  /** What it runs on instances. */
  readonly documents: HostDocuments;
  /** Who is notified of what a rollback leaves as it is. */
  readonly people: ITopic;
  /** Encrypts content volumes. */
  readonly key: IKey;
}

/** The function behind the custom resource of every content volume: adopts, restores, or makes blank where nothing ever existed. */
export class VolumeKeeper extends Construct {
  /** Invoked by CloudFormation, for each content volume that is made, changed or deleted. */
  readonly function: LambdaFunction;
  /** The Remount that its volumes belong to. */
  readonly stackName: string;
  readonly #claimed = new Set<string>();

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: VolumeKeeperProps) {
    super(scope, id);
    this.stackName = stackNameOf(this, props.stackName);
    const { stackName } = this;
    this.function = remountFunction(this, 'Function', 'keep', {
      description: 'Remount: adopts, restores, creates or grows content volumes',
      // It waits for a heal to end, and for a modification to take.
      timeout: Duration.minutes(8),
      key: props.key,
      environment: {
        [ENV.stack]: stackName,
        [ENV.key]: props.key.keyArn,
        [ENV.ledger]: props.ledger.table.tableName,
        [ENV.topic]: props.people.topicArn,
        [ENV.documents]: props.documents.namesOf(VERBS),
      },
    });
    props.ledger.grantReading(this.function);
    allowNotifying(this.function, props.people);
    this.function.addToRolePolicy(
      new PolicyStatement({
        sid: 'AsksForRollbacks',
        actions: ['cloudformation:DescribeStacks'],
        resources: [Stack.of(this).stackId],
      }),
    );
    this.function.addToRolePolicy(
      new PolicyStatement({
        sid: 'BeginsAges',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace(stackName) } },
      }),
    );
    allowDescribing(this.function, [
      'ec2:DescribeVolumes',
      'ec2:DescribeVolumesModifications',
      'ec2:DescribeSnapshots',
    ]);
    this.function.addToRolePolicy(
      new PolicyStatement({
        sid: 'GrowsVolumes',
        actions: ['ec2:ModifyVolume'],
        resources: [ec2Arns(Stack.of(this), 'volume')],
        conditions: { StringEquals: ofRole(stackName, VOLUME_ROLE.current) },
      }),
    );
    props.documents.grantRun(this.function, VERBS, stackName);
    allowVolumeCreation(this.function, Stack.of(this), stackName, props.key, {
      role: VOLUME_ROLE.current,
      blank: true,
      tags: onlyTags('Name', TAG.stack, TAG.volume, TAG.generation, TAG.role, TAG.schedule, TAG.blank),
    });
    acknowledgeNoDeadLetters(
      this.function,
      'CloudFormation waits for the answer, and fails the deployment that gets none',
    );
    acknowledge(
      this.function,
      'AwsSolutions-IAM5[Resource::*]',
      'EC2 describe calls and PutMetricData have no resources; the namespace of the latter is bound by a condition',
    );
  }

  /**
   * Two claims of one name would be two resources that answer for one volume, and each would change it to its own wishes.
   *
   * @throws SettingsError
   */
  claim(name: string): void {
    if (this.#claimed.has(name)) fail('name', name, 'each name once');
    this.#claimed.add(name);
  }
}
