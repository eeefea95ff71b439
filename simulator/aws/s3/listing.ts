import type { Operation } from '../account/cloud.ts';
import type { Input } from '../ec2/input.ts';
import { s3Error } from './errors.ts';
import { limitOf, strict } from './input.ts';
import type { StoredObject, Version } from './model.ts';
import { type Room, shownMoment } from './room.ts';

/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const MOST_KEYS = 1000;

interface Entry {
  /** Where the next page begins after. */
  readonly last: string;
  readonly object?: object;
  readonly commonPrefix?: string;
}

/** The objects of a bucket, in pages. Pages may be shorter than was asked for: here they are, so that whoever reads one alone sees a part. */
export function listing(room: Room): Readonly<Record<string, Operation>> {
  return { ListObjectsV2: (input) => list(room, input) };
}

function list(room: Room, input: Input): object {
  strict(room.cloud, 'ListObjectsV2', input, [
    ...['Prefix', 'Delimiter', 'MaxKeys', 'StartAfter', 'ContinuationToken', 'EncodingType'],
  ]);
  const bucket = room.bucket(input.Bucket);
  const { Prefix = '', Delimiter, StartAfter, ContinuationToken } = input as Readonly<Record<string, string>>;
  const limit = limitOf(input.MaxKeys, MOST_KEYS, room.cloud.faults.pageItems);
  // "StartAfter can be any key in the bucket"; of both, the token counts.
  const after = ContinuationToken === undefined ? (StartAfter ?? '') : keyIn(ContinuationToken);
  const entries: Entry[] = [];
  let more = false;
  for (const [key, version] of bucket.objects(Prefix, after)) {
    const common = commonPrefix(key, Prefix, Delimiter);
    if (common !== undefined && (entries.at(-1)?.commonPrefix === common || after === common)) continue;
    if (entries.length === limit) {
      more = limit > 0;
      break;
    }
    entries.push(
      common === undefined
        ? { last: key, object: shown(shownKey(key, input.EncodingType), version) }
        : { last: common, commonPrefix: common },
    );
  }
  const contents = entries.flatMap(({ object }) => (object ? [object] : []));
  const prefixes = entries.flatMap(({ commonPrefix: Common }) => (Common === undefined ? [] : [{ Prefix: Common }]));
  return {
    Name: bucket.name,
    Prefix,
    MaxKeys: typeof input.MaxKeys === 'number' ? Math.min(input.MaxKeys, MOST_KEYS) : MOST_KEYS,
    KeyCount: entries.length,
    IsTruncated: more,
    ...(contents.length > 0 && { Contents: contents }),
    ...(prefixes.length > 0 && { CommonPrefixes: prefixes }),
    ...(Delimiter !== undefined && { Delimiter }),
    ...(StartAfter !== undefined && { StartAfter }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    ...(more && { NextContinuationToken: tokenOf(entries.at(-1)?.last ?? '') }),
  };
}

/** All keys that share the text up to the delimiter count as one: "CommonPrefixes". */
function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

function shown(Key: string, { at, object }: Version & { readonly object: StoredObject }): object {
  const { checksum, etag, bytes } = object;
  return {
    Key,
    LastModified: shownMoment(at),
    ETag: etag,
    ...(checksum && { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type }),
    Size: bytes.length,
    StorageClass: 'STANDARD',
  };
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html ("encoding-type") */
export function shownKey(key: string, encoding: unknown): string {
  return encoding === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/') : key;
}

/** "NextContinuationToken is obfuscated and is not a real key": nobody may make one up. */
const MARK = 'simulated:';

function tokenOf(key: string): string {
  return Buffer.from(`${MARK}${key}`).toString('base64');
}

function keyIn(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (!text.startsWith(MARK)) throw s3Error('InvalidArgument', 'The continuation token provided is incorrect');
  return text.slice(MARK.length);
}
