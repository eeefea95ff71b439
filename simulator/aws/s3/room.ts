import type { Cloud } from '../account/cloud.ts';
import type { Access } from './access.ts';
import type { Bucket } from './bucket.ts';
import type { Conditions } from './conditions.ts';
import { expiry } from './lifecycle.ts';

/** What all operations of S3 work with. */
export interface Room {
  readonly cloud: Cloud;
  readonly access: Access;
  readonly conditions: Conditions;
  /** @throws ServiceError NoSuchBucket */
  bucket(name: unknown): Bucket;
  /** Of a version, or of an upload. */
  newId(): string;
}

/** Moments have whole seconds, as in the headers of HTTP. */
export function shownMoment(at: number): Date {
  return new Date(Math.floor(at / 1000) * 1000);
}

/** `x-amz-expiration`. Source: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html ("Expiration") */
export function shownExpiry(bucket: Bucket, key: string, at: number): { readonly Expiration?: string } {
  const ends = expiry(key, at, bucket.settings.rules);
  if (!ends) return {};
  return {
    Expiration: `expiry-date="${new Date(ends.at).toUTCString()}", rule-id="${encodeURIComponent(ends.rule)}"`,
  };
}
