import type { Operation } from '../account/cloud.ts';
import type { Input } from '../ec2/input.ts';
import { limitOf, strict } from './input.ts';
import { abortion } from './lifecycle.ts';
import { shownKey } from './listing.ts';
import type { Upload } from './model.ts';
import { type Room, shownMoment } from './room.ts';

/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
const MOST = 1000;

/** Uploads in parts that nobody has completed or aborted: by key, and of each the oldest first. In pages, as `listing.ts` has them. */
export function uploadListing(room: Room): Readonly<Record<string, Operation>> {
  return { ListMultipartUploads: (input) => list(room, input) };
}

function list(room: Room, input: Input): object {
  strict(room.cloud, 'ListMultipartUploads', input, [
    ...['Prefix', 'KeyMarker', 'UploadIdMarker', 'MaxUploads', 'EncodingType'],
  ]);
  const { Prefix = '', KeyMarker, UploadIdMarker } = input as Readonly<Record<string, string | undefined>>;
  const limit = limitOf(input.MaxUploads, MOST, room.cloud.faults.pageItems);
  const rest = after(
    unfinished(room, input.Bucket).filter(({ key }) => key.startsWith(Prefix)),
    KeyMarker,
    UploadIdMarker,
  );
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const more = last !== undefined && page.length < rest.length;
  return {
    ...{ Bucket: room.bucket(input.Bucket).name, Prefix, IsTruncated: more },
    MaxUploads: typeof input.MaxUploads === 'number' ? Math.min(input.MaxUploads, MOST) : MOST,
    ...(KeyMarker !== undefined && { KeyMarker }),
    ...(UploadIdMarker !== undefined && { UploadIdMarker }),
    ...(page.length > 0 && { Uploads: page.map((upload) => shown(upload, input.EncodingType)) }),
    ...(more && { NextKeyMarker: shownKey(last.key, input.EncodingType), NextUploadIdMarker: last.id }),
  };
}

function shown({ id, key, startedAt, algorithm }: Upload, encoding: unknown): object {
  return {
    ...{ UploadId: id, Key: shownKey(key, encoding), Initiated: shownMoment(startedAt), StorageClass: 'STANDARD' },
    ...(algorithm && { ChecksumAlgorithm: algorithm, ChecksumType: 'COMPOSITE' }),
  };
}

/** "Additionally, uploads are sorted in ascending order within each key by the upload initiation time": API_ListMultipartUploads.html */
function unfinished(room: Room, bucket: unknown): Upload[] {
  const { uploads, settings } = room.bucket(bucket);
  const now = room.cloud.clock.now();
  return [...uploads.values()]
    .filter((upload) => (abortion(upload, settings.rules)?.at ?? Number.POSITIVE_INFINITY) > now)
    .sort((a, b) => inOrder(a.key, b.key) || a.startedAt - b.startedAt);
}

/** Without an id of an upload "only the keys lexicographically greater than the specified key-marker will be included". */
function after(all: readonly Upload[], key: string | undefined, id: string | undefined): readonly Upload[] {
  if (key === undefined) return all;
  const at = all.findLastIndex((upload) => upload.key === key && upload.id === id);
  return at >= 0 ? all.slice(at + 1) : all.filter((upload) => inOrder(upload.key, key) > 0);
}

function inOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
