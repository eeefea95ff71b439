import {
  bool,
  has,
  list,
  num,
  object,
  onlyKnown,
  type Properties,
  str,
  TemplateError,
} from '../cloudformation/template.ts';
import type { ResourcePolicy } from '../iam/resource-policies.ts';
import type { BucketSettings, Encryption, LifecycleRule } from './model.ts';

/** Encrypted by S3's own keys, and closed to the public: docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html, create-bucket-faq.html */
export const PLAIN_BUCKET: BucketSettings = {
  encryption: { algorithm: 'AES256', key: undefined, bucketKey: false },
  versioned: false,
  rules: [],
  blocksPublicPolicy: true,
};

/** docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const NAME = /^(?=.{3,63}$)[a-z0-9][a-z0-9.-]*[a-z0-9]$/;

/** @throws TemplateError */
export function checkName(name: string, path: string): string {
  if (!NAME.test(name)) throw new TemplateError(`${path}.BucketName`, `is no name of a bucket: ${name}`);
  return name;
}

/**
 * The properties of a bucket. Tags, access logs, the owner of objects, and what is for browsers, play no part.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
 * @throws TemplateError for what the simulation does not know
 */
export function readBucket(p: Properties): BucketSettings {
  onlyKnown(p, [
    ...['BucketName', 'BucketEncryption', 'LifecycleConfiguration', 'PublicAccessBlockConfiguration'],
    ...['VersioningConfiguration', 'Tags', 'LoggingConfiguration', 'OwnershipControls', 'CorsConfiguration'],
  ]);
  const versioning = object(p, 'VersioningConfiguration', { Status: undefined });
  const status = has(versioning, 'Status') ? str(versioning, 'Status') : 'Off';
  if (status !== 'Enabled' && status !== 'Off')
    throw new TemplateError(`${versioning.path}.Status`, `the simulation knows Enabled only, got ${status}`);
  const blocks = object(p, 'PublicAccessBlockConfiguration', { BlockPublicPolicy: true });
  return {
    encryption: encryptionOf(p),
    versioned: status === 'Enabled',
    rules: list(object(p, 'LifecycleConfiguration', { Rules: [] }), 'Rules', []).map(readRule),
    blocksPublicPolicy: bool(blocks, 'BlockPublicPolicy', false),
  };
}

function encryptionOf(p: Properties): Encryption {
  if (!has(p, 'BucketEncryption')) return PLAIN_BUCKET.encryption;
  const [rule, ...others] = list(object(p, 'BucketEncryption'), 'ServerSideEncryptionConfiguration');
  if (!rule || others.length > 0) throw new TemplateError(p.path, 'a bucket has one rule of encryption');
  onlyKnown(rule, ['BucketKeyEnabled', 'ServerSideEncryptionByDefault']);
  const given = object(rule, 'ServerSideEncryptionByDefault');
  onlyKnown(given, ['SSEAlgorithm', 'KMSMasterKeyID']);
  const algorithm = str(given, 'SSEAlgorithm');
  if (algorithm === 'AES256') return PLAIN_BUCKET.encryption;
  if (algorithm !== 'aws:kms' || !has(given, 'KMSMasterKeyID'))
    throw new TemplateError(given.path, 'the simulation knows AES256, and aws:kms with a key');
  return { algorithm, key: str(given, 'KMSMasterKeyID'), bucketKey: bool(rule, 'BucketKeyEnabled', false) };
}

/** Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html */
function readRule(p: Properties, n: number): LifecycleRule {
  onlyKnown(p, [
    ...['Id', 'Status', 'Prefix', 'ExpirationInDays', 'ExpirationDate', 'ExpiredObjectDeleteMarker'],
    ...['NoncurrentVersionExpiration', 'NoncurrentVersionExpirationInDays', 'AbortIncompleteMultipartUpload'],
  ]);
  const noncurrent = object(p, 'NoncurrentVersionExpiration', {});
  const abort = object(p, 'AbortIncompleteMultipartUpload', {});
  const days = (q: Properties, key: string) => (has(q, key) ? num(q, key) : undefined);
  return {
    id: str(p, 'Id', `rule-${n + 1}`),
    enabled: str(p, 'Status') === 'Enabled',
    prefix: str(p, 'Prefix', ''),
    expireDays: days(p, 'ExpirationInDays'),
    expireAt: has(p, 'ExpirationDate') ? Date.parse(str(p, 'ExpirationDate')) : undefined,
    expireMarkers: bool(p, 'ExpiredObjectDeleteMarker', false),
    noncurrentDays: days(noncurrent, 'NoncurrentDays') ?? days(p, 'NoncurrentVersionExpirationInDays'),
    keepNoncurrent: num(noncurrent, 'NewerNoncurrentVersions', 0),
    abortDays: days(abort, 'DaysAfterInitiation'),
  };
}

/** A fixed value of one of these makes a grant to everybody no public one. */
const FIXING: readonly string[] = [
  ...['aws:sourcearn', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:sourceowner', 'aws:sourceaccount', 'aws:userid'],
  ...['aws:principalorgid', 'aws:principalarn', 'aws:principalaccount', 'aws:sourceip', 'aws:resourceaccount'],
  ...['s3:x-amz-server-side-encryption-aws-kms-key-id', 's3:dataaccesspointaccount'],
];

/** Source: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("The meaning of 'public'") */
export function isPublic(policy: ResourcePolicy): boolean {
  return policy
    .to()
    .some(
      ({ allow, conditions }) =>
        allow &&
        !conditions.some(
          ({ operator, key, values }) =>
            FIXING.includes(key.toLowerCase()) && !/Not/.test(operator) && values.every((value) => !/[*?]/.test(value)),
        ),
    );
}
