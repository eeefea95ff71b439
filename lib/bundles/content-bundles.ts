import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BUNDLE_PREFIX } from '../../contract/contract.ts';
import { acknowledge, acknowledgeControl, granted } from '../internal/acknowledge.ts';
import { allowKeyVia, named } from '../internal/key-use.ts';

/** The least that a lifecycle rule knows: docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html */
const KEEP = Duration.days(1);
const OBJECTS = `${BUNDLE_PREFIX}*`;

/** What is brought out of copies, and by which key it is encrypted. */
export interface ContentBundlesProps {
  /** Encrypts the bucket, by a bucket key. */
  readonly key: IKey;
}

/**
 * Where what is brought out of a copy (decision 46) waits for whoever asked for it: a day, after which it is gone. What is in it is on the copy, too; it is
 * paid for by the GB and day. It outlives the stack, for a bucket that is not empty cannot be deleted with it.
 */
export class ContentBundles extends Construct {
  /** Its bucket. */
  readonly bucket: Bucket;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, props: ContentBundlesProps) {
    super(scope, id);
    this.#key = props.key;
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: props.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ prefix: BUNDLE_PREFIX, expiration: KEEP, abortIncompleteMultipartUploadAfter: KEEP }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#acknowledgeBucket();
  }

  /**
   * For hosts: to write, and to read nothing. What is more than 8 MiB goes in parts, which S3 opens again to put them together.
   * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html ("Multipart upload API and permissions", with AWS KMS)
   */
  grantWrite(grantee: IGrantable): Grant {
    const writing = Grant.addToPrincipal({
      grantee,
      actions: ['s3:PutObject'],
      resourceArns: [this.bucket.arnForObjects(OBJECTS)],
    });
    // By the names that a journal gives them: who has both has each once.
    const sealing = allowKeyVia(grantee, this.#key, 's3', ['kms:GenerateDataKey'], 'SealsObjects').combine(
      allowKeyVia(grantee, this.#key, 's3', ['kms:Decrypt'], 'OpensObjects'),
    );
    const construct = granted(grantee);
    if (construct)
      acknowledge(
        construct,
        `AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(this.bucket.node.defaultChild as never)}.Arn>/${OBJECTS}]`,
        'Each archive has an id of its own as its name',
      );
    return named(writing, 'WritesBundles').combine(sealing);
  }

  /** What a gateway to S3 has to let through for it. */
  gatewayStatement(): PolicyStatement {
    return new PolicyStatement({
      sid: 'Bundles',
      principals: [new StarPrincipal()],
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects(OBJECTS)],
      conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
    });
  }

  #acknowledgeBucket(): void {
    const logged = 'Each object is gone after a day, and the execution that made it says who asked for it and when';
    acknowledge(this.bucket, 'AwsSolutions-S1', logged);
    acknowledgeControl(this.bucket, 'S3BucketLoggingEnabled', logged);
    const again = 'What is in it is on the copy that it came from, and can be brought out again';
    acknowledgeControl(this.bucket, 'S3BucketReplicationEnabled', again);
    acknowledgeControl(this.bucket, 'S3BucketVersioningEnabled', again);
  }
}
