import { createHash } from 'node:crypto';
import type { Cloud } from '../account/cloud.ts';
import { serverError } from '../account/mishaps.ts';
import type { Input } from '../ec2/input.ts';
import type { Principal } from '../iam/account.ts';
import { missingForObject } from '../iam/key-uses.ts';
import type { Bucket } from './bucket.ts';
import { s3Error } from './errors.ts';
import type { Encryption } from './model.ts';

export const ENCRYPTION_MEMBERS = ['ServerSideEncryption', 'SSEKMSKeyId', 'BucketKeyEnabled'] as const;

/**
 * What S3 asks of a key, and when. A read asks to decrypt; a write to make a data key and, as a bucket's own key is verified, to decrypt.
 * Sources: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_GetObject.html, API_UploadPart.html,
 * API_CompleteMultipartUpload.html (each under "Permissions"); docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export const KEY_USE = {
  read: ['Decrypt'],
  write: ['GenerateDataKey', 'Decrypt'],
} as const;

/** How a new object is encrypted: as it was asked for, and else as the bucket does it. */
export function encryptionFor(bucket: Bucket, input: Input): Encryption {
  const { encryption } = bucket.settings;
  const { ServerSideEncryption: asked, SSEKMSKeyId, BucketKeyEnabled } = input;
  if (asked === undefined) {
    if (SSEKMSKeyId !== undefined)
      throw s3Error('InvalidArgument', 'A key needs the header x-amz-server-side-encryption with aws:kms.');
    return BucketKeyEnabled === undefined ? encryption : { ...encryption, bucketKey: BucketKeyEnabled === true };
  }
  if (asked === 'AES256') return { algorithm: 'AES256', key: undefined, bucketKey: false };
  if (asked !== 'aws:kms') throw new Error(`the simulated S3 does not know the encryption ${String(asked)}`);
  const key = typeof SSEKMSKeyId === 'string' ? SSEKMSKeyId : undefined;
  if (key === undefined) throw new Error("the simulated S3 does not know AWS's own key for S3: name one");
  const bucketKey = BucketKeyEnabled === undefined ? encryption.bucketKey : BucketKeyEnabled === true;
  return { algorithm: 'aws:kms', key, bucketKey };
}

/**
 * Asks for the key. How long S3 goes on with a bucket's own key without asking is not documented ("limited time"): here it always asks,
 * so nobody can count on it. What S3 answers where KMS is out is documented nowhere: as where S3 fails itself.
 * Sources: docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html; ErrorResponses.html (KMS.DisabledException)
 * @throws ServiceError
 */
export function askForKey(
  cloud: Cloud,
  principal: Principal,
  { algorithm, key, bucketKey }: Encryption,
  objectArn: string,
  actions: readonly string[],
): void {
  if (algorithm !== 'aws:kms' || key === undefined) return;
  if (!cloud.keys.get(key)) throw s3Error('KMS.NotFoundException', `Key '${key}' does not exist`);
  // "S3 Bucket Keys use the bucket ARN as encryption context": the same page.
  const arn = bucketKey ? objectArn.slice(0, objectArn.indexOf('/')) : objectArn;
  const missing = missingForObject(cloud, principal, key, actions, arn);
  if (missing) {
    cloud.say('iam', `denied: ${principal.name} may not ${missing}`);
    throw s3Error('AccessDenied', `${principal.name} is not authorized to perform: ${missing}`);
  }
  // What it says of one that is to be deleted its list of codes does not have: as of one that is disabled.
  if (cloud.faults.keyState !== 'Enabled') throw s3Error('KMS.DisabledException', `${key} is disabled.`);
  if (cloud.faults.outages.of('kms', cloud.clock.now())) throw serverError('s3');
}

/** As an answer has it. */
export function shownEncryption({ algorithm, key, bucketKey }: Encryption): object {
  return {
    ServerSideEncryption: algorithm,
    ...(algorithm === 'aws:kms' && { SSEKMSKeyId: key, BucketKeyEnabled: bucketKey }),
  };
}

/**
 * The MD5 of what was put only where S3's own keys encrypt it.
 * Source: docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html ("ETag")
 */
export function etagOf(bytes: Uint8Array, { algorithm }: Encryption, salt: string): string {
  const sum = createHash('md5').update(bytes);
  return `"${(algorithm === 'aws:kms' ? sum.update(salt) : sum).digest('hex')}"`;
}
