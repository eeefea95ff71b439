import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CorsRule,
  HttpMethods,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { ANSWERS_PREFIX, answersPrefix, FILES_PREFIX, INTAKE_PREFIX, intakePrefix } from '../contract/intake.ts';
import { acknowledge, acknowledgeControl, granted } from './internal/acknowledge.ts';
import { allowKeyVia, named } from './internal/key-use.ts';
import { writtenOnce } from './internal/s3/written-once.ts';
import { type IntakeRules, rulesOf } from './props/intake-rules.ts';
import { keptBesideCopies } from './props/kept.ts';
import { checkProps, PROP } from './props/props.ts';

/** Answers, and the files of a folder, are needed for as long as their upload is there, which stands still while nobody takes it in. */
const MORE_DAYS = 7;
/** Days for which somebody who deleted or replaced what is no upload can get it back. */
const UNDELETE_DAYS = 1;
/** For so long a browser does not ask whether it may. */
const PREFLIGHT_SECONDS = 3600;
/** What is left half uploaded is billed, and seen by nobody. */
const ABORT_DAYS = 1;

/** Where courses are uploaded for the content volumes of a Remount, of this app or another: `docs/intake.md`. */
export interface IContentIntake extends IConstruct {
  /** Its bucket. What waits in it is never dropped. */
  readonly bucket: IBucket;
  /** What is taken. */
  readonly rules: Required<IntakeRules>;
  /** To upload courses for a content volume, each of its courses, and to read what came of them; never to read or to delete an upload. */
  grantUpload(grantee: IGrantable, volume: string): Grant;
  /**
   * To upload zips for every content volume, to go on with what was cut off, and to read what came of them; as little of it as that: for people who
   * operate all of them.
   */
  grantOperating(grantee: IGrantable): Grant;
  /** What hosts need: to read uploads, to answer each once, and to hide one that was not changed since; never to delete a version. */
  grantTake(grantee: IGrantable): Grant;
  /** What a gateway to S3 has to let through for hosts. */
  gatewayStatement(): PolicyStatement;
}

/** What says which bucket another stack's courses are uploaded into. */
export interface ContentIntakeAttributes {
  /** Name of the bucket, of this account and Region. It has to have versions. */
  readonly bucketName: string;
  /** Encrypts the bucket. */
  readonly key: IKey;
  /**
   * What the hosts of this stack take.
   * @default 20,000 names, 8 GiB, a hundred times the upload, 5 % of the volume are left
   */
  readonly rules?: IntakeRules;
}

/** What is taken, and how long uploads are kept. Each look for uploads is paid for: 6.57 USD a month a content volume. */
export interface ContentIntakeProps {
  /** Encrypts the bucket, by bucket keys: KMS is asked now and then, and not for each upload. */
  readonly key: IKey;
  /**
   * How long an upload is kept once it was answered, hidden: whole days, 1 to 365. It multiplies what uploads store. A copy of a volume that serves
   * without what was uploaded since takes that in again, so it is a day more than copies are kept at least.
   * @default 14 days, or a day more than the oldest copy is kept, whichever is longer
   */
  readonly keep?: Duration;
  /**
   * How long the copies of the volumes are kept.
   * @default 24 hours, as `SnapshotSchedule` does
   */
  readonly copiesKept?: Duration;
  /**
   * What is taken; the rest is refused, with a reason.
   * @default 20,000 names, 8 GiB, a hundred times the upload, 5 % of the volume are left
   */
  readonly rules?: IntakeRules;
  /**
   * Origins such as `https://authors.example.com`, or `*` alone: their pages may upload by presigned URL, in parts too, and read the answers. It gives
   * nobody a right: a URL has to be signed by who has it.
   * @default browsers let no page do it
   */
  readonly origins?: readonly string[];
}

abstract class ContentIntakeBase extends Construct implements IContentIntake {
  abstract readonly bucket: IBucket;
  abstract readonly rules: Required<IntakeRules>;
  protected abstract readonly key: IKey;

  /**
   * The list of what is below an answer's key says whether there is one. KMS: an upload in parts is sealed and opened by who sends it.
   * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html ("Multipart upload API and permissions")
   * @param volume name of the content volume
   * @throws SettingsError
   */
  grantUpload(grantee: IGrantable, volume: string): Grant {
    checkProps({ volume }, { volume: PROP.volumeName });
    const ofVolume = [intakePrefix(volume), `${FILES_PREFIX}${volume}/`].map((prefix) => `${prefix}*`);
    const answers = `${answersPrefix(volume)}*`;
    const objects = [...ofVolume, answers];
    this.#acknowledge(grantee, objects, 'Whoever uploads for a content volume does so for each of its courses');
    return this.#uploading(grantee, ofVolume, answers, sid(volume));
  }

  /**
   * Volumes are not named: a statement for each of 14 is more than a managed policy holds, 6,144 characters (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
   * Which uploads in parts are not completed is asked of the whole bucket: a prefix is no condition of it, as it is of a list of versions
   * (docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
   */
  grantOperating(grantee: IGrantable): Grant {
    const [zips, answers] = [`${INTAKE_PREFIX}*.zip`, `${ANSWERS_PREFIX}*`];
    this.#acknowledge(grantee, [zips, answers], 'Whoever operates a stack uploads for each of its content volumes');
    const itself = [this.bucket.bucketArn];
    return this.#uploading(grantee, [zips], answers, '', ['s3:ListMultipartUploadParts'])
      .combine(give(grantee, 'FindsParts', ['s3:ListBucketMultipartUploads'], itself))
      .combine(give(grantee, 'FindsNewer', ['s3:ListBucketVersions'], itself, `${INTAKE_PREFIX}*`));
  }

  /**
   * @param of what ends the names of the statements
   * @param beside what else may be done with uploads
   */
  #uploading(
    grantee: IGrantable,
    uploads: readonly string[],
    answers: string,
    of: string,
    beside: readonly string[] = [],
  ): Grant {
    return give(grantee, `Uploads${of}`, ['s3:PutObject', ...beside], this.#objects(uploads))
      .combine(give(grantee, `ReadsAnswers${of}`, ['s3:GetObject'], this.#objects([answers])))
      .combine(give(grantee, `FindsAnswers${of}`, ['s3:ListBucket'], [this.bucket.bucketArn], answers))
      .combine(allowKeyVia(grantee, this.key, 's3', ['kms:GenerateDataKey', 'kms:Decrypt'], `Seals${of || 'Uploads'}`));
  }

  /**
   * Hiding names the upload that was answered, so a newer one is never hidden; it takes leave to read, too. Without leave to list, S3 answers 403
   * for what is not there.
   * Sources: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html, conditional-deletes.html, conditional-writes-enforce.html;
   * docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  grantTake(grantee: IGrantable): Grant {
    const give = (name: string, actions: string[], resourceArns: string[], ifGiven?: string) => {
      const conditions = ifGiven === undefined ? {} : { conditions: { Null: { [ifGiven]: 'false' } } };
      return named(Grant.addToPrincipal({ grantee, actions, resourceArns, ...conditions }), name);
    };
    const waiting = [`${INTAKE_PREFIX}*`];
    const all = [...waiting, `${FILES_PREFIX}*`, `${ANSWERS_PREFIX}*`];
    this.#acknowledge(grantee, all, 'Uploads have names of their own; any instance may become the owner of any volume');
    return give('FindsUploads', ['s3:ListBucket', 's3:ListBucketVersions'], [this.bucket.bucketArn])
      .combine(give('ReadsUploads', ['s3:GetObject'], this.#objects(all)))
      .combine(give('ReadsHiddenUploads', ['s3:GetObjectVersion'], this.#objects(waiting)))
      .combine(give('AnswersUploads', ['s3:PutObject'], this.#objects([`${ANSWERS_PREFIX}*`]), 's3:if-none-match'))
      .combine(give('HidesUploads', ['s3:DeleteObject'], this.#objects(waiting), 's3:if-match'))
      .combine(allowKeyVia(grantee, this.key, 's3', ['kms:Decrypt'], 'OpensObjects'))
      .combine(allowKeyVia(grantee, this.key, 's3', ['kms:GenerateDataKey'], 'SealsObjects'));
  }

  gatewayStatement(): PolicyStatement {
    return new PolicyStatement({
      sid: 'Intake',
      principals: [new StarPrincipal()],
      actions: [
        ...['s3:ListBucket', 's3:ListBucketVersions', 's3:GetObject', 's3:GetObjectVersion'],
        ...['s3:PutObject', 's3:DeleteObject'],
      ],
      resources: [this.bucket.bucketArn, ...this.#objects(['*'])],
      conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
    });
  }

  #objects(patterns: readonly string[]): string[] {
    return patterns.map((pattern) => this.bucket.arnForObjects(pattern));
  }

  #acknowledge(grantee: IGrantable, patterns: readonly string[], reason: string): void {
    const construct = granted(grantee);
    const bucket = this.bucket.node.defaultChild;
    if (!construct || !bucket) return;
    const arn = `<${Stack.of(this).getLogicalId(bucket as never)}.Arn>`;
    for (const pattern of patterns) acknowledge(construct, `AwsSolutions-IAM5[Resource::${arn}/${pattern}]`, reason);
  }
}

/** @param prefix of what may be listed. @default what is asked for is no list, or not of a prefix */
function give(grantee: IGrantable, name: string, actions: string[], resourceArns: string[], prefix?: string): Grant {
  const conditions = prefix === undefined ? {} : { conditions: { StringLike: { 's3:prefix': prefix } } };
  return named(Grant.addToPrincipal({ grantee, actions, resourceArns, ...conditions }), name);
}

/**
 * What a page asks for, and what its script reads: the version names the answer, the tag of each part ends an upload in parts.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
function corsRule(origins: readonly string[]): CorsRule {
  return {
    allowedOrigins: [...origins],
    allowedMethods: [HttpMethods.PUT, HttpMethods.POST, HttpMethods.GET, HttpMethods.HEAD],
    allowedHeaders: ['*'],
    exposedHeaders: ['ETag', 'x-amz-version-id'],
    maxAge: PREFLIGHT_SECONDS,
  };
}

/** A volume's name in that of a statement, which has letters and digits only. */
function sid(volume: string): string {
  return volume.replaceAll(/(?:^|-+)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}

class ImportedContentIntake extends ContentIntakeBase {
  readonly bucket: IBucket;
  readonly rules: Required<IntakeRules>;
  protected readonly key: IKey;

  constructor(scope: Construct, id: string, { bucketName, key, rules }: ContentIntakeAttributes) {
    super(scope, id);
    this.bucket = Bucket.fromBucketAttributes(this, 'Bucket', { bucketName, encryptionKey: key });
    this.key = key;
    this.rules = rulesOf(rules);
  }
}

/**
 * Where courses are uploaded, by whoever may put an object: the owner of a content volume takes each in whole, once it is in the journal, or refuses it
 * with a reason. Its hosts need a `ContentJournal`. It outlives the stack, and what waits in it is never dropped.
 */
export class ContentIntake extends ContentIntakeBase {
  /** The bucket of another stack, or of one that was deleted. @throws SettingsError */
  static fromContentIntakeAttributes(
    scope: Construct,
    id: string,
    attributes: ContentIntakeAttributes,
  ): IContentIntake {
    return new ImportedContentIntake(scope, id, attributes);
  }

  /** Its bucket. What waits in it is never dropped, and it outlives the stack. */
  readonly bucket: Bucket;
  /** What is taken. */
  readonly rules: Required<IntakeRules>;
  /** How long an upload is kept once it was answered. */
  readonly keep: Duration;
  protected readonly key: IKey;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentIntakeProps) {
    super(scope, id);
    this.key = props.key;
    this.rules = rulesOf(props.rules);
    this.keep = keptBesideCopies(props);
    const { origins = [] } = props;
    checkProps({ origins }, { origins: PROP.origins });
    const dropped = Duration.days(this.keep.toDays() + MORE_DAYS);
    const undeleted = Duration.days(UNDELETE_DAYS);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      ...(origins.length > 0 && { cors: [corsRule(origins)] }),
      lifecycleRules: [
        // What waits has no end. What is hidden has, and then the marker that hides nothing any more.
        { prefix: INTAKE_PREFIX, noncurrentVersionExpiration: this.keep, expiredObjectDeleteMarker: true },
        { prefix: FILES_PREFIX, expiration: dropped, noncurrentVersionExpiration: undeleted },
        { prefix: ANSWERS_PREFIX, expiration: dropped, noncurrentVersionExpiration: undeleted },
        { abortIncompleteMultipartUploadAfter: Duration.days(ABORT_DAYS) },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Answers alone: neither browsers nor `aws s3 cp` upload on a condition.
    writtenOnce(this.bucket, 'AnsweredOnce', ANSWERS_PREFIX);
    this.#acknowledgeBucket();
  }

  #acknowledgeBucket(): void {
    const logged =
      'Each upload has an answer beside it, and versions say when it came; logs of access would be as many objects again';
    acknowledge(this.bucket, 'AwsSolutions-S1', logged);
    acknowledgeControl(this.bucket, 'S3BucketLoggingEnabled', logged);
    acknowledgeControl(
      this.bucket,
      'S3BucketReplicationEnabled',
      'What was uploaded is on the volumes and in the journal; another Region is for verified snapshots',
    );
  }
}
