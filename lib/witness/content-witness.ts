import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV, LEDGER } from '../../contract/contract.ts';
import { STARTS, WITNESS } from '../../contract/witness.ts';
import { acknowledge, acknowledgeControl, acknowledgeNoDeadLetters } from '../internal/acknowledge.ts';
import { remountFunction } from '../internal/function.ts';
import { named } from '../internal/key-use.ts';
import { type ILedger, tlsOnly } from '../ledger.ts';
import { checkProps, PROP } from '../props/props.ts';
import type { VolumeHealer } from '../volume-healer.ts';

/** Of an item, before it is given up: the alarm goes on beside it, and the host says it again. */
const RETRIES = 2;
const BATCH = 10;

/** A content volume, and where those are that watch it. */
export interface WatchedVolume {
  /** Its name. */
  readonly volumeName: string;
  /** Its zone: instances of that zone ask for it. */
  readonly availabilityZone: string;
}

/** What is watched. Nothing of it is paid for by the hour: docs/decisions/0041-witness.md. */
export interface ContentWitnessProps {
  /** Each is watched by all instances of its zone but its owner. */
  readonly volumes: readonly WatchedVolume[];
}

/** Whom a witness starts. */
export interface WitnessStarts {
  /** It is asked for a look, by its alias, and believes nothing that it has not seen. */
  readonly healer: VolumeHealer;
  /** Whose the owner is, and where it is noted how often a look was started. */
  readonly ledger: ILedger;
  /** Encrypts the logs of the starter. */
  readonly key: IKey;
}

/**
 * Standbys ask the owner's health page, every 2 s, and say when three times there was no good answer: by an item of a table, whose stream
 * starts a function that starts a look, once a minute for each content volume at most. Alarms go on beside it.
 */
export class ContentWitness extends Construct {
  /** One item for each content volume. Instances write them, and read none. */
  readonly table: TableV2;
  /** What is watched, and from where. */
  readonly volumes: readonly WatchedVolume[];
  #starter: LambdaFunction | undefined;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentWitnessProps) {
    super(scope, id);
    checkProps({ volumes: props.volumes.map(({ volumeName }) => volumeName) }, { volumes: PROP.volumes });
    this.volumes = props.volumes;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: LEDGER.partitionKey, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      dynamoStream: StreamViewType.NEW_IMAGE,
      resourcePolicy: tlsOnly(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const word = 'It holds what instances say of each other at the moment, and nobody decides by it';
    acknowledge(this.table, 'AwsSolutions-DDB3', word);
    for (const rule of ['DynamoDBInBackupPlan', 'DynamoDBPITREnabled', 'DynamoDBTableEncryptedKMS'])
      acknowledgeControl(this.table, rule, word);
    this.node.addValidation({
      validate: () => (this.#starter ? [] : ['Nothing comes of what instances say: name the healer with starts']),
    });
  }

  /** To say that an owner does not answer, and nothing else: for instances. Source: as `Ledger.grantAsking` */
  grantSay(grantee: IGrantable): Grant {
    const saying = Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:PutItem'],
      resourceArns: [this.table.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${WITNESS.partition}*`] } },
    });
    return named(saying, 'SaysOwnerSilent');
  }

  /** What a gateway to DynamoDB has to let through for instances. */
  gatewayStatement(): PolicyStatement {
    return new PolicyStatement({
      sid: 'Witness',
      principals: [new StarPrincipal()],
      actions: ['dynamodb:PutItem'],
      resources: [this.table.tableArn],
    });
  }

  /** What instances say starts looks of this healer. What fails goes to its queue. Call it once. */
  starts({ healer, ledger, key }: WitnessStarts): LambdaFunction {
    const starter = remountFunction(this, 'Starter', 'witness', {
      key,
      description: 'Remount: starts a look where a standby says that an owner does not answer',
      timeout: Duration.seconds(30),
      environment: { [ENV.ledger]: ledger.table.tableName, [ENV.healer]: healer.live.functionArn },
    });
    this.#starter = starter;
    ledger.grantStarting(starter);
    const allow = (sid: string, actions: string[], resource: string) =>
      starter.addToRolePolicy(new PolicyStatement({ sid, actions, resources: [resource] }));
    allow('StartsLooks', ['lambda:InvokeFunction'], healer.live.functionArn);
    const stream = this.table.tableStreamArn as string;
    allow('ReadsStream', ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], stream);
    allow('ListsStreams', ['dynamodb:ListStreams'], '*');
    // Of the three actions that SqsDlq grants this is the one that is asked for
    // (https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html#dynamodb-on-failure-destination-permissions).
    allow('KeepsFailures', ['sqs:SendMessage'], healer.deadLetters.queueArn);
    acknowledge(starter, 'AwsSolutions-IAM5[Resource::*]', 'ListStreams has no resources, and Lambda asks for it');
    acknowledgeNoDeadLetters(starter, 'What a stream hands over and fails goes to the queue of the healer');
    const mapping = new EventSourceMapping(this, 'Stream', {
      target: starter,
      eventSourceArn: stream,
      // With the newest alone, what is written while the mapping begins would be missed; what is old the starter drops.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: BATCH,
      retryAttempts: RETRIES,
      maxRecordAge: Duration.millis(STARTS.freshMs),
      bisectBatchOnError: true,
      onFailure: { bind: () => ({ destination: healer.deadLetters.queueArn }) },
      filters: [FilterCriteria.filter({ eventName: FilterRule.or('INSERT', 'MODIFY') })],
    });
    // Lambda refuses a mapping of a role that may not read the stream.
    if (starter.role) mapping.node.addDependency(starter.role);
    return starter;
  }
}
