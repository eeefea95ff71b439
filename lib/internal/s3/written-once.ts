import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';

/**
 * Objects of a bucket are written on the condition that there is none, whoever writes them, a person with all rights included: so none ever changes. Creating an
 * upload in parts and its parts take no such header, and are no objects yet; the request that completes it is one of those that are held to it.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 *
 * @param prefix of the keys that are held to it
 */
export function writtenOnce(bucket: Bucket, sid: string, prefix = ''): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`${prefix}*`)],
      conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    }),
  );
}
