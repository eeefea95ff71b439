import type { Operation } from '../account/cloud.ts';
import type { Input } from '../ec2/input.ts';
import { limitOf, strict } from './input.ts';
import { shownKey } from './listing.ts';
import type { Version } from './model.ts';
import { type Room, shownMoment } from './room.ts';

/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
const MOST = 1000;

interface Entry {
  readonly key: string;
  readonly version: Version;
  readonly latest: boolean;
}

/** All versions of a bucket's keys, delete markers too: by key, and of each the newest first. In pages, as `listing.ts` has them. */
export function versionListing(room: Room): Readonly<Record<string, Operation>> {
  return { ListObjectVersions: (input) => list(room, input) };
}

function list(room: Room, input: Input): object {
  strict(room.cloud, 'ListObjectVersions', input, [
    ...['Prefix', 'KeyMarker', 'VersionIdMarker', 'MaxKeys', 'EncodingType'],
  ]);
  const { Prefix = '', KeyMarker, VersionIdMarker } = input as Readonly<Record<string, string | undefined>>;
  const limit = limitOf(input.MaxKeys, MOST, room.cloud.faults.pageItems);
  const rest = after(entries(room, input.Bucket, Prefix), KeyMarker, VersionIdMarker);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const of = ({ key, version, latest }: Entry) => ({
    ...{ Key: shownKey(key, input.EncodingType), VersionId: version.id, IsLatest: latest },
    LastModified: shownMoment(version.at),
  });
  const versions = page.flatMap((entry) => {
    const { object } = entry.version;
    if (!object) return [];
    return [{ ...of(entry), ETag: object.etag, Size: object.bytes.length, StorageClass: 'STANDARD' }];
  });
  const markers = page.filter(({ version }) => !version.object).map(of);
  const more = last !== undefined && page.length < rest.length;
  return {
    ...{ Name: room.bucket(input.Bucket).name, Prefix, MaxKeys: MOST, IsTruncated: more },
    ...(versions.length > 0 && { Versions: versions }),
    ...(markers.length > 0 && { DeleteMarkers: markers }),
    ...(more && { NextKeyMarker: shownKey(last.key, input.EncodingType), NextVersionIdMarker: last.version.id }),
  };
}

function entries(room: Room, bucket: unknown, prefix: string): Entry[] {
  return [...room.bucket(bucket).keys(prefix)].flatMap(([key, versions]) =>
    versions.toReversed().map((version, n) => ({ key, version, latest: n === 0 })),
  );
}

/** "Specifies the key to start with", and the version of it: both are of the page before. */
function after(all: readonly Entry[], key: string | undefined, version: string | undefined): readonly Entry[] {
  if (key === undefined) return all;
  const at = all.findLastIndex((entry) => entry.key === key && (version === undefined || entry.version.id === version));
  if (at >= 0) return all.slice(at + 1);
  const next = all.findIndex((entry) => Buffer.compare(Buffer.from(entry.key), Buffer.from(key)) > 0);
  return next < 0 ? [] : all.slice(next);
}
