import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Input } from '../ec2/input.ts';
import { s3Error } from './errors.ts';
import { ALGORITHMS, type Algorithm, type Checksum } from './model.ts';

/** Members in which a checksum comes, and goes. Others are not known. */
export const CHECKSUM_MEMBERS = ['ChecksumAlgorithm', 'ChecksumCRC32', 'ChecksumSHA256'] as const;
const SIZES: Readonly<Record<Algorithm, number>> = { CRC32: 4, SHA256: 32 };
const MD5_BYTES = 16;

/** @throws ServiceError where the bytes are not those that were meant */
export function checkMd5(input: Input, bytes: Uint8Array): void {
  const { ContentMD5 } = input;
  if (ContentMD5 === undefined) return;
  wellFormed(ContentMD5, MD5_BYTES);
  if (createHash('md5').update(bytes).digest('base64') !== ContentMD5) throw badDigest();
}

/**
 * The checksum that was sent along, or that the SDK takes by itself; where there is none, S3 keeps one of a kind that is not known here,
 * and none is shown. Source: docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * @throws ServiceError BadDigest or InvalidDigest
 */
export function checkedSum(input: Input, bytes: Uint8Array): Checksum | undefined {
  const given = ALGORITHMS.filter((algorithm) => input[`Checksum${algorithm}`] !== undefined);
  if (given.length > 1) throw s3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const algorithm = given[0] ?? algorithmOf(input);
  if (!algorithm) return undefined;
  const value = digest(algorithm, bytes).toString('base64');
  const said = input[`Checksum${algorithm}`];
  if (said !== undefined) {
    wellFormed(said, SIZES[algorithm]);
    if (said !== value) throw badDigest();
  }
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** @throws Error for an algorithm that the simulation does not know */
export function algorithmOf({ ChecksumAlgorithm: named }: Input): Algorithm | undefined {
  const found = ALGORITHMS.find((algorithm) => algorithm === named);
  if (named !== undefined && !found)
    throw new Error(`the simulated S3 knows the checksums ${ALGORITHMS.join(' and ')} only, got ${String(named)}`);
  return found;
}

/** Of the parts' checksums: "checksum of checksums", docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export function composite(algorithm: Algorithm, parts: readonly Checksum[]): Checksum {
  const all = Buffer.concat(parts.map(({ value }) => Buffer.from(value, 'base64')));
  const value = `${digest(algorithm, all).toString('base64')}-${parts.length}`;
  return { algorithm, value, type: 'COMPOSITE' };
}

/** As an answer has it. */
export function shown(checksum: Checksum | undefined): object {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

function digest(algorithm: Algorithm, bytes: Uint8Array): Buffer {
  if (algorithm === 'SHA256') return createHash('sha256').update(bytes).digest();
  const sum = Buffer.alloc(SIZES.CRC32);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

function wellFormed(value: unknown, bytes: number): void {
  const text = String(value);
  const decoded = Buffer.from(text, 'base64');
  if (decoded.length !== bytes || decoded.toString('base64') !== text)
    throw s3Error('InvalidDigest', 'The Content-MD5 or checksum value that you specified is not valid.');
}

function badDigest() {
  return s3Error(
    'BadDigest',
    'The Content-MD5 or checksum value that you specified did not match what the server received.',
  );
}
