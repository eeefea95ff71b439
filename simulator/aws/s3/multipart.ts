import { createHash } from 'node:crypto';
import type { Call } from '../account/call.ts';
import type { Operation } from '../account/cloud.ts';
import type { Input } from '../ec2/input.ts';
import type { Principal } from '../iam/account.ts';
import type { Bucket } from './bucket.ts';
import { algorithmOf, CHECKSUM_MEMBERS, checkedSum, checkMd5, composite, shown } from './checksums.ts';
import { conflict } from './conditions.ts';
import { askForKey, ENCRYPTION_MEMBERS, encryptionFor, etagOf, KEY_USE, shownEncryption } from './encryption.ts';
import { s3Error } from './errors.ts';
import { bodyOf, contentTypeOf, keyOf, limitOf, metadataOf, strict } from './input.ts';
import { abortion } from './lifecycle.ts';
import type { Checksum, Upload, UploadedPart } from './model.ts';
import { type Room, shownExpiry, shownMoment } from './room.ts';

/** docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const LEAST_PART_BYTES = 5 * 1024 ** 2;
const MOST_PARTS = 10_000;
const LISTED_PARTS = 1000;

/** Large objects in parts: nothing of them is there before they are completed. Source: docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
export function multipart(room: Room): Readonly<Record<string, Operation>> {
  return {
    CreateMultipartUpload: (input, principal) => create(room, input, principal),
    UploadPart: (input, principal) => uploadPart(room, input, principal),
    CompleteMultipartUpload: (input, _, call) => complete(room, input, call),
    AbortMultipartUpload(input) {
      strict(room.cloud, 'AbortMultipartUpload', input, ['Key', 'UploadId']);
      const bucket = room.bucket(input.Bucket);
      bucket.uploads.delete(find(room, bucket, input).id);
      return {};
    },
    ListParts: (input, principal) => listParts(room, input, principal),
  };
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html. The bucket's settings are those of this moment. */
function create(room: Room, input: Input, principal: Principal): object {
  const { cloud } = room;
  strict(cloud, 'CreateMultipartUpload', input, [
    ...['Key', 'ContentType', 'Metadata', 'ChecksumAlgorithm'],
    ...ENCRYPTION_MEMBERS,
  ]);
  const bucket = room.bucket(input.Bucket);
  const key = keyOf(input);
  const encryption = encryptionFor(bucket, input);
  askForKey(cloud, principal, encryption, `${bucket.arn}/${key}`, KEY_USE.write);
  const algorithm = algorithmOf(input);
  const upload: Upload = {
    id: room.newId(),
    key,
    startedAt: cloud.clock.now(),
    metadata: metadataOf(input),
    contentType: contentTypeOf(input),
    encryption,
    algorithm,
    parts: new Map(),
    initiator: principal,
    conflicted: false,
  };
  bucket.uploads.set(upload.id, upload);
  const ends = abortion(upload, bucket.settings.rules);
  return {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.id,
    ...(algorithm && { ChecksumAlgorithm: algorithm, ChecksumType: 'COMPOSITE' }),
    ...(ends && { AbortDate: new Date(ends.at), AbortRuleId: ends.rule }),
    ...shownEncryption(encryption),
  };
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html. A part that is sent again takes the place of the one before. */
function uploadPart(room: Room, input: Input, principal: Principal): object {
  const { cloud } = room;
  strict(cloud, 'UploadPart', input, [
    ...['Key', 'UploadId', 'PartNumber', 'Body', 'ContentLength', 'ContentMD5'],
    ...CHECKSUM_MEMBERS,
  ]);
  const bucket = room.bucket(input.Bucket);
  const upload = find(room, bucket, input);
  const { PartNumber: n } = input;
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > MOST_PARTS)
    throw s3Error('InvalidArgument', `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  const bytes = bodyOf(input);
  checkMd5(input, bytes);
  const checksum = checkedSum(input, bytes);
  // "This checksum algorithm must be the same for all parts and it match the checksum value supplied in the CreateMultipartUpload request."
  if (upload.algorithm && checksum && checksum.algorithm !== upload.algorithm)
    throw s3Error('InvalidRequest', `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm}`);
  askForKey(cloud, principal, upload.encryption, `${bucket.arn}/${upload.key}`, KEY_USE.read);
  const etag = etagOf(bytes, upload.encryption, `${upload.id} ${n}`);
  upload.parts.set(n, { bytes, etag, checksum, at: cloud.clock.now() });
  const { ChecksumType: _, ...sums } = shown(checksum) as Readonly<Record<string, unknown>>;
  return { ETag: etag, ...sums, ...shownEncryption(upload.encryption) };
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
function complete(room: Room, input: Input, call: Call): object {
  const { cloud } = room;
  strict(cloud, 'CompleteMultipartUpload', input, ['Key', 'UploadId', 'MultipartUpload', 'IfMatch', 'IfNoneMatch']);
  const bucket = room.bucket(input.Bucket);
  const upload = find(room, bucket, input);
  const { key, encryption, metadata, contentType, algorithm } = upload;
  const parts = chosen(upload, input);
  askForKey(cloud, call.principal, encryption, `${bucket.arn}/${key}`, KEY_USE.write);
  // "On a 409 failure you should re-initiate the multipart upload with CreateMultipartUpload and re-upload each part": so it stays one.
  if (upload.conflicted) throw conflict();
  try {
    room.conditions.check(call, bucket, key);
  } catch (error) {
    upload.conflicted = (error as Error).name === conflict().name;
    throw error;
  }
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const sums = parts.flatMap(({ checksum }) => (checksum ? [checksum] : []));
  const checksum = algorithm && sums.length === parts.length ? composite(algorithm, sums) : undefined;
  const etag = combined(parts);
  bucket.uploads.delete(upload.id);
  const { id, at } = bucket.put(key, { bytes, etag, metadata, contentType, checksum, encryption });
  return {
    Bucket: bucket.name,
    Key: key,
    Location: `https://${bucket.name}.s3.${cloud.region}.amazonaws.com/${encodeURIComponent(key)}`,
    ETag: etag,
    ...shown(checksum),
    ...shownEncryption(encryption),
    ...shownExpiry(bucket, key, at),
    ...(bucket.settings.versioned && { VersionId: id }),
  };
}

/** The parts that are named, in their order. @throws ServiceError MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, InvalidRequest */
function chosen({ parts, algorithm }: Upload, { MultipartUpload: given }: Input): UploadedPart[] {
  const named = (given as { readonly Parts?: readonly Input[] } | undefined)?.Parts ?? [];
  if (named.length === 0) throw s3Error('MalformedXML', 'The XML you provided was not well-formed');
  const found = named.map((one, n) => {
    const before = named[n - 1];
    if (before && Number(before.PartNumber) >= Number(one.PartNumber))
      throw s3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    const part = parts.get(Number(one.PartNumber));
    const said = algorithm && one[`Checksum${algorithm}`];
    if (algorithm && said === undefined)
      throw s3Error(
        'InvalidRequest',
        `The upload was created using a ${algorithm} checksum: each part has to name its own.`,
      );
    if (!part || part.etag !== one.ETag || (algorithm && said !== part.checksum?.value))
      throw s3Error('InvalidPart', 'One or more of the specified parts could not be found.');
    return part;
  });
  if (found.slice(0, -1).some(({ bytes }) => bytes.length < LEAST_PART_BYTES))
    throw s3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  return found;
}

/** Not the MD5 of the whole: docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html ("ETag") */
function combined(parts: readonly UploadedPart[]): string {
  const sums = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${createHash('md5').update(Buffer.concat(sums)).digest('hex')}-${parts.length}"`;
}

/** Source: docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html. In pages that are shorter than they may be, as other lists. */
function listParts(room: Room, input: Input, principal: Principal): object {
  strict(room.cloud, 'ListParts', input, ['Key', 'UploadId', 'MaxParts', 'PartNumberMarker']);
  const bucket = room.bucket(input.Bucket);
  const upload = find(room, bucket, input);
  askForKey(room.cloud, principal, upload.encryption, `${bucket.arn}/${upload.key}`, KEY_USE.read);
  const limit = limitOf(input.MaxParts, LISTED_PARTS, room.cloud.faults.pageItems);
  const marker = Number(input.PartNumberMarker ?? 0);
  const all = [...upload.parts].sort(([a], [b]) => a - b).filter(([n]) => n > marker);
  const page = all.slice(0, limit);
  const last = page.at(-1)?.[0];
  const ends = abortion(upload, bucket.settings.rules);
  return {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    PartNumberMarker: String(marker),
    ...(last !== undefined && { NextPartNumberMarker: String(last) }),
    MaxParts: typeof input.MaxParts === 'number' ? Math.min(input.MaxParts, LISTED_PARTS) : LISTED_PARTS,
    IsTruncated: all.length > page.length,
    ...(page.length > 0 && { Parts: page.map(([n, part]) => shownPart(n, part)) }),
    StorageClass: 'STANDARD',
    ...(ends && { AbortDate: new Date(ends.at), AbortRuleId: ends.rule }),
    ...(upload.algorithm && { ChecksumAlgorithm: upload.algorithm, ChecksumType: 'COMPOSITE' }),
  };
}

function shownPart(PartNumber: number, { at, etag, bytes, checksum }: UploadedPart): object {
  const sum: Checksum | undefined = checksum;
  return {
    PartNumber,
    LastModified: shownMoment(at),
    ETag: etag,
    Size: bytes.length,
    ...(sum && { [`Checksum${sum.algorithm}`]: sum.value }),
  };
}

/** @throws ServiceError NoSuchUpload, also for one that a lifecycle rule has aborted */
function find({ cloud }: Room, bucket: Bucket, input: Input): Upload {
  const key = keyOf(input);
  const upload = bucket.uploads.get(String(input.UploadId));
  const ends = upload && abortion(upload, bucket.settings.rules);
  if (upload && ends && ends.at <= cloud.clock.now()) bucket.uploads.delete(upload.id);
  if (!upload || upload.key !== key || !bucket.uploads.has(upload.id))
    throw s3Error('NoSuchUpload', 'The specified multipart upload does not exist.');
  return upload;
}
