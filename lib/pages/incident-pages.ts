import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV, LEDGER } from '../../contract/contract.ts';
import { PAGE_PREFIX } from '../../contract/incident-pages.ts';
import { acknowledge, acknowledgeControl, acknowledgeNoDeadLetters } from '../internal/acknowledge.ts';
import { placeOf, remountFunction } from '../internal/function.ts';
import { allowKeyVia } from '../internal/key-use.ts';
import type { ILedger } from '../ledger.ts';
import { checkProps, lengthOf, PROP, stackNameOf } from '../props/props.ts';
import { fail } from '../props/refusal.ts';

const KEEP = Duration.days(365);
/** Days for which a page that was written over, or deleted by mistake, can be got back; and until what was left half uploaded goes. */
const UNDELETE_DAYS = 7;
const ABORT_DAYS = 1;

/** A record of a stream is there for a day. What S3 did not take within six hours is not written: `remount incident` makes it of the record. */
const GIVEN_UP = Duration.hours(6);
/** The most that Lambda takes: what bounds it is its age. Source: docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const RETRIES = 10_000;
/** Pages of a batch are written one after the other, in less than a second each; of an S3 that hangs the first one takes 25 s (`lambda/aws/patience.ts`). */
const BATCH = 10;
const TIMEOUT = Duration.minutes(1);

/** How long the pages of incidents are kept, and what they are made of. What is stored is paid for: some 30 KB a heal. */
export interface IncidentPagesProps {
  /**
   * The Remount that it is of, for its name stands on the pages.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** Its stream has the record of each incident. One of another stack needs its `tableStreamArn`. */
  readonly ledger: ILedger;
  /** Encrypts the pages, by bucket keys, and the ledger that they are made of. */
  readonly key: IKey;
  /**
   * How long a page is kept: whole days, 1 to 3650. The record in the ledger stays.
   * @default a year
   */
  readonly keep?: Duration;
}

/**
 * The page of each incident, as a file in a bucket: `incidents/VOLUME/ID.html`. A function of its own writes it once the healer has recorded how a heal
 * ended, out of the ledger's stream: no heal waits for it, or knows of it (decision 47).
 */
export class IncidentPages extends Construct {
  /** Its bucket. It is private, and outlives the stack. */
  readonly bucket: Bucket;
  /** What writes. Its metric `Errors` says that a page could not be written, and is tried again. */
  readonly function: LambdaFunction;
  /** How long a page is kept. */
  readonly keep: Duration;
  readonly #key: IKey;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: IncidentPagesProps) {
    super(scope, id);
    const { ledger, key, keep = KEEP } = props;
    checkProps({ keep: lengthOf.days(keep) }, { keep: PROP.incidentPageDays });
    const stackName = stackNameOf(this, props.stackName);
    const stream = ledger.table.tableStreamArn;
    if (stream === undefined) fail('ledger', 'one without a stream', 'one with its tableStreamArn');
    this.#key = key;
    this.keep = keep;
    this.bucket = this.#makeBucket();
    this.function = remountFunction(this, 'Function', 'page', {
      key,
      description: 'Remount: writes the page of each incident',
      timeout: TIMEOUT,
      environment: {
        [ENV.stack]: stackName,
        [ENV.place]: placeOf(this),
        [ENV.pages]: this.bucket.bucketName,
      },
    });
    this.#allowWriting();
    ledger.grantFollowing(this.function);
    this.#follow(stream);
  }

  #makeBucket(): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.#key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      lifecycleRules: [
        {
          prefix: PAGE_PREFIX,
          expiration: this.keep,
          noncurrentVersionExpiration: Duration.days(UNDELETE_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(ABORT_DAYS),
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const logged = 'Who reads a page is in the trail of the account, where it has one; nothing is decided by a page';
    acknowledge(bucket, 'AwsSolutions-S1', logged);
    acknowledgeControl(bucket, 'S3BucketLoggingEnabled', logged);
    acknowledgeControl(bucket, 'S3BucketReplicationEnabled', 'Each page can be made anew of its record in the ledger');
    return bucket;
  }

  #allowWriting(): void {
    this.function.addToRolePolicy(
      new PolicyStatement({ sid: 'WritesPages', actions: ['s3:PutObject'], resources: [this.#objects()] }),
    );
    // With a bucket key the bucket's is opened, too: docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    allowKeyVia(this.function, this.#key, 's3', ['kms:GenerateDataKey', 'kms:Decrypt'], 'SealsPages');
    acknowledge(
      this.function,
      `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)}.Arn>/${PAGE_PREFIX}*]`,
      'A page is named by its content volume and by the id of a heal, which nobody knows at synthesis',
    );
  }

  /** Of heals that have ended, whatever came of them. A filter is on `dynamodb` alone: docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html */
  #follow(stream: string): void {
    const mapping = new EventSourceMapping(this, 'Stream', {
      target: this.function,
      eventSourceArn: stream,
      // With the newest alone, what is written while the mapping begins would be missed.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: BATCH,
      retryAttempts: RETRIES,
      maxRecordAge: GIVEN_UP,
      bisectBatchOnError: true,
      filters: [
        FilterCriteria.filter({
          dynamodb: {
            Keys: { [LEDGER.sortKey]: { S: FilterRule.beginsWith(LEDGER.incident) } },
            NewImage: { outcome: { S: FilterRule.notEquals('open') } },
          },
        }),
      ],
    });
    // Lambda refuses a mapping of a role that may not read the stream.
    if (this.function.role) mapping.node.addDependency(this.function.role);
    const anew =
      'What it could not write is in its metrics and log, and can be made anew of the record, by remount incident';
    acknowledgeNoDeadLetters(this.function, anew);
    acknowledge(mapping, 'Serverless-LambdaEventSourceMappingDestination', anew);
  }

  #objects(): string {
    return this.bucket.arnForObjects(`${PAGE_PREFIX}*`);
  }
}
