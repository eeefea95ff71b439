import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { JOURNAL_PREFIX } from '../contract/journal.ts';
import { acknowledge, acknowledgeControl, granted } from './internal/acknowledge.ts';
import { allowKeyVia, named } from './internal/key-use.ts';
import { writtenOnce } from './internal/s3/written-once.ts';
import { keptBesideCopies } from './props/kept.ts';

/** Days for which somebody who deleted an object by mistake can get it back. */
const UNDELETE_DAYS = 1;
/** Writers use one request an object. What another leaves half uploaded is billed, and seen by nobody. */
const ABORT_DAYS = 1;

/** The journals of the content volumes of a Remount, of this app or another. */
export interface IContentJournal extends IConstruct {
  /** Its bucket. It refuses to change an object, for whoever asks. */
  readonly bucket: IBucket;
  /** To read every object, and to learn of one that is not there that it is not. */
  grantRead(grantee: IGrantable): Grant;
  /** To write objects that are not there yet, and to read as {@link grantRead}; never to change or to delete one. */
  grantWrite(grantee: IGrantable): Grant;
  /** What a gateway to S3 has to let through for both. */
  gatewayStatement(): PolicyStatement;
}

/** What says which bucket has the journals of another stack. */
export interface ContentJournalAttributes {
  /** Name of the bucket, of this account and Region. */
  readonly bucketName: string;
  /** Encrypts the bucket. */
  readonly key: IKey;
}

/** How long changes are kept. What is stored is paid for, and each request to write or to read. */
export interface ContentJournalProps {
  /** Encrypts the bucket, by bucket keys: KMS is asked now and then, and not for each object. */
  readonly key: IKey;
  /**
   * How long an object is kept: whole days, 1 to 365. It multiplies what the journal stores: each file that was written in that time, once
   * for each time that it was closed.
   * @default 14 days, or a day more than the oldest copy is kept, whichever is longer
   */
  readonly keep?: Duration;
  /**
   * How long the copies of the volumes are kept: the journal reaches back a day further, because it is read from where a copy ends.
   * @default 24 hours, as `SnapshotSchedule` does
   */
  readonly copiesKept?: Duration;
}

abstract class ContentJournalBase extends Construct implements IContentJournal {
  abstract readonly bucket: IBucket;
  protected abstract readonly key: IKey;

  /**
   * Without leave to list, S3 answers 403 for an object that is not there, and a reader could not distinguish it from one that it may not read.
   * Source: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  grantRead(grantee: IGrantable): Grant {
    const reading = Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [this.#objects()] });
    const listing = Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
    });
    const opening = allowKeyVia(grantee, this.key, 's3', ['kms:Decrypt'], 'OpensObjects');
    this.#acknowledge(grantee);
    return named(reading, 'ReadsJournal').combine(named(listing, 'LearnsWhatIsNotThere')).combine(opening);
  }

  /**
   * The condition says once more what the bucket's policy demands of everybody: a role that is given more buckets keeps it.
   * Sources: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html; for the key,
   * docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
   */
  grantWrite(grantee: IGrantable): Grant {
    const writing = Grant.addToPrincipal({
      grantee,
      actions: ['s3:PutObject'],
      resourceArns: [this.#objects()],
      conditions: { Null: { 's3:if-none-match': 'false' } },
    });
    const sealing = allowKeyVia(grantee, this.key, 's3', ['kms:GenerateDataKey'], 'SealsObjects');
    return named(writing, 'WritesJournal').combine(sealing).combine(this.grantRead(grantee));
  }

  gatewayStatement(): PolicyStatement {
    return new PolicyStatement({
      sid: 'Journal',
      principals: [new StarPrincipal()],
      actions: ['s3:GetObject', 's3:PutObject', 's3:ListBucket'],
      resources: [this.bucket.bucketArn, this.#objects()],
      conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
    });
  }

  #objects(): string {
    return this.bucket.arnForObjects(`${JOURNAL_PREFIX}*`);
  }

  #acknowledge(grantee: IGrantable): void {
    const construct = granted(grantee);
    const bucket = this.bucket.node.defaultChild;
    if (!construct || !bucket) return;
    acknowledge(
      construct,
      `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(bucket as never)}.Arn>/${JOURNAL_PREFIX}*]`,
      'The objects of a journal have a number each; any instance may become the owner of any volume',
    );
  }
}

class ImportedContentJournal extends ContentJournalBase {
  readonly bucket: IBucket;
  protected readonly key: IKey;

  constructor(scope: Construct, id: string, { bucketName, key }: ContentJournalAttributes) {
    super(scope, id);
    this.bucket = Bucket.fromBucketAttributes(this, 'Bucket', { bucketName, encryptionKey: key });
    this.key = key;
  }
}

/**
 * Where the changes to the files of content volumes are kept, in order, each written once: `docs/journal.md`. The bucket takes an object
 * only where there is none of its name, and drops it when its time is over; it outlives the stack.
 */
export class ContentJournal extends ContentJournalBase {
  /** The journals of another stack, or of one that was deleted. */
  static fromContentJournalAttributes(
    scope: Construct,
    id: string,
    attributes: ContentJournalAttributes,
  ): IContentJournal {
    return new ImportedContentJournal(scope, id, attributes);
  }

  /** Its bucket. It refuses to change an object, for whoever asks, and outlives the stack. */
  readonly bucket: Bucket;
  /** How long an object is kept. */
  readonly keep: Duration;
  protected readonly key: IKey;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentJournalProps) {
    super(scope, id);
    this.key = props.key;
    this.keep = keptBesideCopies(props);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      lifecycleRules: [
        {
          expiration: this.keep,
          noncurrentVersionExpiration: Duration.days(UNDELETE_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(ABORT_DAYS),
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // The whole protocol stands on it.
    writtenOnce(this.bucket, 'WrittenOnce');
    this.#acknowledgeBucket();
  }

  #acknowledgeBucket(): void {
    const logged = 'Each object says who wrote it and when; logs of access would be as many objects again';
    acknowledge(this.bucket, 'AwsSolutions-S1', logged);
    acknowledgeControl(this.bucket, 'S3BucketLoggingEnabled', logged);
    acknowledgeControl(
      this.bucket,
      'S3BucketReplicationEnabled',
      'The journal is a copy of what the volumes hold; another Region is for verified snapshots',
    );
  }
}
