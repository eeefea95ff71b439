import { Buffer } from 'node:buffer';
import type { Cloud } from '../account/cloud.ts';
import { type Input, onlyMembers } from '../ec2/input.ts';
import { s3Error } from './errors.ts';

/** Of a key, in UTF-8: docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html. Bytes. */
const KEY_BYTES = 1024;
/** Of all of a user's metadata, names and values: docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html. Bytes. */
const METADATA_BYTES = 2048;
/** Of one PUT, and of one part: docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html, qfacts.html. Bytes. */
export const PUT_BYTES = 5 * 1024 ** 3;
/** What S3 calls a body of which nobody says what it is. */
const BINARY = 'application/octet-stream';

/** Members that every call may have. */
const EVERYWHERE = ['Bucket', 'ExpectedBucketOwner'];

/** @throws Error for a member that the simulation does not know; ServiceError where the bucket is somebody else's */
export function strict(cloud: Cloud, operation: string, input: Input, known: readonly string[]): void {
  onlyMembers(operation, input, [...EVERYWHERE, ...known]);
  const { ExpectedBucketOwner: owner } = input;
  if (owner !== undefined && owner !== cloud.account) throw s3Error('AccessDenied', 'Access Denied');
}

/** @throws ServiceError */
export function keyOf({ Key }: Input): string {
  if (typeof Key !== 'string' || Key === '') throw s3Error('InvalidArgument', 'A key must be given.');
  if (Buffer.byteLength(Key) > KEY_BYTES) throw s3Error('KeyTooLongError', 'Your key is too long');
  return Key;
}

/**
 * The body, as it was sent.
 * @throws ServiceError EntityTooLarge, IncompleteBody. Error for a body that has not been read yet: the SDK's streams are, on their way here
 */
export function bodyOf({ Body, ContentLength: length }: Input): Uint8Array {
  if (typeof length === 'number' && length > PUT_BYTES)
    throw s3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  const bytes = Body === undefined ? new Uint8Array() : typeof Body === 'string' ? Buffer.from(Body) : Body;
  if (!(bytes instanceof Uint8Array)) throw new Error('the simulated S3 takes bytes and texts');
  if (length !== undefined && length !== bytes.length)
    throw s3Error(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
    );
  // What the caller does with its buffer afterwards is its own affair.
  return Uint8Array.from(bytes);
}

/**
 * Names go as headers: S3 keeps them in small letters. Values of other than ASCII are written in a way that is not known here.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 * @throws ServiceError MetadataTooLarge
 */
export function metadataOf({ Metadata = {} }: Input): Record<string, string> {
  const given = Object.entries(Metadata as Readonly<Record<string, string>>);
  const strange = given.find(([name, value]) => !/^[!-~]+$/.test(name) || !/^[ -~]*$/.test(value));
  if (strange) throw new Error(`the simulated S3 does not know metadata like ${strange.join('=')}`);
  const size = given.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > METADATA_BYTES)
    throw s3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size');
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
}

export function contentTypeOf({ ContentType }: Input): string {
  return typeof ContentType === 'string' ? ContentType : BINARY;
}

/** The most that a list gives at once, and that it may. */
export function limitOf(asked: unknown, most: number, now: number): number {
  if (asked !== undefined && (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 0))
    throw s3Error('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647');
  return Math.min(asked ?? most, most, now);
}
