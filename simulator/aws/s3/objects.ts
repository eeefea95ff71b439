import type { Call } from '../account/call.ts';
import type { Operation } from '../account/cloud.ts';
import type { Input } from '../ec2/input.ts';
import type { Bucket } from './bucket.ts';
import { CHECKSUM_MEMBERS, checkedSum, checkMd5, shown } from './checksums.ts';
import { checkMatch } from './conditions.ts';
import { askForKey, ENCRYPTION_MEMBERS, encryptionFor, etagOf, KEY_USE, shownEncryption } from './encryption.ts';
import { s3Error } from './errors.ts';
import { bodyOf, contentTypeOf, keyOf, metadataOf, strict } from './input.ts';
import type { StoredObject, Version } from './model.ts';
import { type Room, shownExpiry, shownMoment } from './room.ts';

type Found = Version & { readonly object: StoredObject };

/** Objects, one at a time. Reads after writes, and lists, are strongly consistent: docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel */
export function objects(room: Room): Readonly<Record<string, Operation>> {
  return {
    PutObject: (input, _, call) => put(room, input, call),
    GetObject: (input, _, call) => get(room, input, call),
    HeadObject: (input, _, call) => head(room, input, call),
    DeleteObject: (input, _, call) => remove(room, input, call),
  };
}

const WRITTEN = ['Key', 'Body', 'ContentLength', 'ContentMD5', 'ContentType', 'Metadata', 'IfMatch', 'IfNoneMatch'];

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
function put(room: Room, input: Input, call: Call): object {
  const { cloud } = room;
  strict(cloud, 'PutObject', input, [...WRITTEN, ...CHECKSUM_MEMBERS, ...ENCRYPTION_MEMBERS]);
  const bucket = room.bucket(input.Bucket);
  const key = keyOf(input);
  const metadata = metadataOf(input);
  const bytes = bodyOf(input);
  checkMd5(input, bytes);
  const checksum = checkedSum(input, bytes);
  const encryption = encryptionFor(bucket, input);
  askForKey(cloud, call.principal, encryption, `${bucket.arn}/${key}`, KEY_USE.write);
  room.conditions.check(call, bucket, key);
  const etag = etagOf(bytes, encryption, `${key} ${call.sentAt}`);
  const { id, at } = bucket.put(key, {
    ...{ bytes, etag, metadata, contentType: contentTypeOf(input), checksum, encryption },
  });
  return {
    ETag: etag,
    ...shown(checksum),
    ...shownEncryption(encryption),
    ...shownExpiry(bucket, key, at),
    ...versionId(bucket, id),
  };
}

const READ = ['Key', 'Range', 'IfMatch', 'VersionId', 'ChecksumMode'];

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
function get(room: Room, input: Input, call: Call): object {
  strict(room.cloud, 'GetObject', input, READ);
  const bucket = room.bucket(input.Bucket);
  const found = locate(room, bucket, input, call);
  const { object } = found;
  askForKey(room.cloud, call.principal, object.encryption, `${bucket.arn}/${keyOf(input)}`, KEY_USE.read);
  checkMatch(input.IfMatch, object.etag);
  const range = rangeOf(input.Range, object.bytes.length);
  if (!range) return { ...shownObject(bucket, found, input), Body: Uint8Array.from(object.bytes) };
  const [from, to] = range;
  // Of a part of an object there is no checksum.
  return {
    ...shownObject(bucket, found, { ...input, ChecksumMode: undefined }),
    ContentLength: to - from + 1,
    ContentRange: `bytes ${from}-${to}/${object.bytes.length}`,
    Body: Uint8Array.from(object.bytes.subarray(from, to + 1)),
  };
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
function head(room: Room, input: Input, call: Call): object {
  strict(room.cloud, 'HeadObject', input, READ);
  if (input.Range !== undefined) throw new Error('the simulated HeadObject knows no Range');
  const bucket = room.bucket(input.Bucket);
  const found = locate(room, bucket, input, call);
  const { encryption, etag } = found.object;
  // The key is needed for the checksum alone.
  if (input.ChecksumMode === 'ENABLED')
    askForKey(room.cloud, call.principal, encryption, `${bucket.arn}/${keyOf(input)}`, KEY_USE.read);
  checkMatch(input.IfMatch, etag);
  return shownObject(bucket, found, input);
}

/**
 * What is not there is deleted all the same, unless that is on a condition, which is of the current version.
 * Sources: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html; docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
function remove(room: Room, input: Input, call: Call): object {
  strict(room.cloud, 'DeleteObject', input, ['Key', 'VersionId', 'IfMatch']);
  const bucket = room.bucket(input.Bucket);
  const key = keyOf(input);
  const { VersionId: wanted } = input;
  if (wanted === undefined) {
    room.conditions.check(call, bucket, key);
    const marker = bucket.remove(key);
    return marker ? { DeleteMarker: true, VersionId: marker.id } : {};
  }
  const gone = bucket.removeVersion(key, String(wanted));
  if (!bucket.settings.versioned) return {};
  return { VersionId: String(wanted), ...(gone && !gone.object && { DeleteMarker: true }) };
}

/** @throws ServiceError NoSuchKey, NoSuchVersion, MethodNotAllowed; AccessDenied to those who may not list the bucket */
function locate(room: Room, bucket: Bucket, input: Input, call: Call): Found {
  const key = keyOf(input);
  const { VersionId: wanted } = input;
  const current = bucket.current(key);
  if (wanted === undefined && current) return current;
  const version = bucket.versions(key).find(({ id }) => id === wanted);
  if (version?.object) return { ...version, object: version.object };
  // "If the specified version is a delete marker, the response returns a 405 Method Not Allowed error."
  if (version) throw s3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.');
  room.access.mustList(call);
  if (wanted !== undefined) throw s3Error('NoSuchVersion', 'The specified version does not exist.');
  throw s3Error('NoSuchKey', 'The specified key does not exist.');
}

function shownObject(bucket: Bucket, { id, at, object }: Found, { Key, ChecksumMode }: Input): object {
  return {
    AcceptRanges: 'bytes',
    LastModified: shownMoment(at),
    ContentLength: object.bytes.length,
    ContentType: object.contentType,
    ETag: object.etag,
    Metadata: { ...object.metadata },
    ...(ChecksumMode === 'ENABLED' && shown(object.checksum)),
    ...shownEncryption(object.encryption),
    ...shownExpiry(bucket, String(Key), at),
    ...versionId(bucket, id),
  };
}

function versionId({ settings }: Bucket, id: string): { readonly VersionId?: string } {
  return settings.versioned ? { VersionId: id } : {};
}

/**
 * The first and the last byte. "Amazon S3 doesn't support retrieving multiple ranges of data per GET request."
 * Sources: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, RFC 9110 section 14
 * @throws ServiceError InvalidRange where nothing of it is there
 */
function rangeOf(range: unknown, size: number): readonly [number, number] | undefined {
  if (range === undefined) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(String(range)) ?? [];
  if (first === '' && last === '') throw new Error(`the simulated S3 does not know the range ${String(range)}`);
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (from > to) throw s3Error('InvalidRange', 'The requested range is not satisfiable');
  return [from, to];
}
