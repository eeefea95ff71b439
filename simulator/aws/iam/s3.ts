import type { AuthorizationRequest, Context } from './iam.ts';
import { type Input, type Operations, text, type World } from './input.ts';

/** Members of an input, and the condition keys that they are. */
type Keys = Readonly<Record<string, string>>;

/**
 * Not asked for where the header is not sent: a policy that wants one has to say `Null` or nothing.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html, and the Service Authorization Reference for Amazon S3
 */
const WRITE_KEYS: Keys = {
  IfNoneMatch: 's3:if-none-match',
  IfMatch: 's3:if-match',
  ServerSideEncryption: 's3:x-amz-server-side-encryption',
  SSEKMSKeyId: 's3:x-amz-server-side-encryption-aws-kms-key-id',
};
const LIST_KEYS: Keys = { Prefix: 's3:prefix', Delimiter: 's3:delimiter', MaxKeys: 's3:max-keys' };

export function bucketArn(bucket: string, { partition }: Pick<World, 'partition'>): string {
  return `arn:${partition}:s3:::${bucket}`;
}

function keys(input: Input, named: Keys): Context {
  const given = Object.entries(named).filter(([member]) => input[member] !== undefined);
  return Object.fromEntries(given.map(([member, key]) => [key, String(input[member])]));
}

function onObject(action: string, input: Input, world: World, context: Context = {}): AuthorizationRequest {
  const resource = `${bucketArn(text(input, 'Bucket'), world)}/${text(input, 'Key')}`;
  return { action: `s3:${action}`, resources: [resource], context };
}

/**
 * What makes an object; the other steps of a multipart upload make none, so that a policy can ask for a condition of those that do alone.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
function write(makes: boolean) {
  return (input: Input, world: World): AuthorizationRequest[] => {
    const context = { ...keys(input, WRITE_KEYS), 's3:ObjectCreationOperation': String(makes) };
    const writes = onObject('PutObject', input, world, context);
    // "You must have the s3:PutObject and s3:GetObject permissions": conditional-writes.html, under If-Match.
    return input.IfMatch === undefined ? [writes] : [writes, onObject('GetObject', input, world)];
  };
}

/** Of one version by its id it is another action: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, API_DeleteObject.html */
function ofVersion(action: string) {
  return (input: Input, world: World): AuthorizationRequest[] => {
    const { VersionId: id } = input;
    if (id === undefined) return [onObject(action, input, world)];
    return [onObject(`${action}Version`, input, world, { 's3:VersionId': String(id) })];
  };
}

/**
 * "You must have the s3:DeleteObject and s3:GetObject permissions": docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html; the key is
 * in conditional-delete-enforce.html
 */
function remove(input: Input, world: World): AuthorizationRequest[] {
  if (input.IfMatch === undefined) return ofVersion('DeleteObject')(input, world);
  return [
    onObject('DeleteObject', input, world, { 's3:if-match': String(input.IfMatch) }),
    onObject('GetObject', input, world),
  ];
}

/** Whoever may list a bucket: also what decides whether a key that is not there is distinguished from one that may not be read. */
export function listing(input: Input, world: World): AuthorizationRequest[] {
  const resources = [bucketArn(text(input, 'Bucket'), world)];
  return [{ action: 's3:ListBucket', resources, context: keys(input, LIST_KEYS) }];
}

function versions(input: Input, world: World): AuthorizationRequest[] {
  return listing(input, world).map((asked) => ({ ...asked, action: 's3:ListBucketVersions' }));
}

/** No prefix is a condition of it: docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
function uploads(input: Input, world: World): AuthorizationRequest[] {
  return listing({ Bucket: input.Bucket }, world).map((asked) => ({
    ...asked,
    action: 's3:ListBucketMultipartUploads',
  }));
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html; mpuoverview.html#mpuAndPermissions */
export const s3: Operations = {
  GetObject: ofVersion('GetObject'),
  HeadObject: ofVersion('GetObject'),
  DeleteObject: remove,
  PutObject: write(true),
  CompleteMultipartUpload: write(true),
  CreateMultipartUpload: write(false),
  UploadPart: write(false),
  AbortMultipartUpload: (input, world) => [onObject('AbortMultipartUpload', input, world)],
  ListParts: (input, world) => [onObject('ListMultipartUploadParts', input, world)],
  ListMultipartUploads: uploads,
  ListObjectsV2: listing,
  ListObjectVersions: versions,
};
