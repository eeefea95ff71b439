import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Exchange } from '../../../simulator/aws/account/cloud.ts';
import { disturb } from '../../../simulator/aws/account/failures.ts';
import { MISHAP } from '../../../simulator/aws/account/mishaps.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { openServices, type Services } from '../../../simulator/aws/account/services.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { clientFor } from '../../../simulator/aws/s3/callers.ts';
import { RACES } from '../../../simulator/aws/s3/conditions.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import { VirtualClock } from '../../../simulator/time/clock.ts';
import { Random } from '../../../simulator/time/random.ts';
import type { Hear } from '../play.ts';

const START = Date.parse('2026-01-07T00:00:00Z');
const BOUND_MS = 3_600_000;
const [BUCKET, SEALED] = ['bench', 'sealed'];
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/k';
const ROOT = { AWS: 'arn:aws:iam::111122223333:root' };
/** The SDK warns of what is done here on purpose. */
const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const bytes = (text: string) => Buffer.from(text);
const LARGE = Buffer.alloc(5 * 1024 ** 2, 'x');

function may(Action: string | string[], Resource = '*'): Principal {
  const Statement = { Effect: 'Allow', Action, Resource };
  return { name: 'bench', statements: () => readStatements({ Version: '2012-10-17', Statement }, 'bench') };
}

/** What every operation of S3 answers, and every error that the simulated S3 knows, by the real SDK. @returns status of each error code */
export async function playS3(directory: string, hear: Hear): Promise<ReadonlyMap<string, number>> {
  const [clock, disks] = [new VirtualClock(START), openDisks({ kind: 'memory' })];
  const s = openServices({ region: 'eu-west-1', clock, random: new Random(1), disks }, directory);
  const statuses = new Map<string, number>();
  s.cloud.witness = (exchange: Exchange) => {
    if (exchange.service === 's3') hear(exchange, 'calls of S3');
  };
  buckets(s);
  let done = false;
  clock.spawn('calls of S3', async () => {
    await new Caller(s, statuses).all();
    done = true;
  });
  await clock.run(START + BOUND_MS, () => done);
  disks.close();
  if (!done) throw new Error('the simulated S3 did not answer within an hour of virtual time');
  return statuses;
}

function buckets({ cloud, s3 }: Services): void {
  const KeyPolicy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: ROOT, Action: 'kms:*', Resource: '*' }],
  };
  cloud.keys.define(KEY, 'k', { path: 'Key', values: { KeyPolicy } });
  const ByKey = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY };
  const Encryption = [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: ByKey }];
  const Rule = {
    Id: 'all',
    Status: 'Enabled',
    ExpirationInDays: 30,
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  };
  s3.create(BUCKET);
  s3.define(SEALED, {
    path: SEALED,
    values: {
      BucketName: SEALED,
      BucketEncryption: { ServerSideEncryptionConfiguration: Encryption },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: { Rules: [Rule] },
    },
  });
}

class Caller {
  readonly #s: Services;
  readonly #statuses: Map<string, number>;

  constructor(s: Services, statuses: Map<string, number>) {
    this.#s = s;
    this.#statuses = statuses;
  }

  #client(who: Principal): S3Client {
    return clientFor(this.#s, who, (settings) => new S3Client({ ...settings, maxAttempts: 1, logger }));
  }

  /** Whatever comes of it. */
  async #try(command: object, who = may('*')): Promise<Readonly<Record<string, unknown>>> {
    try {
      // Each command types the client's answer by itself.
      return { ...((await this.#client(who).send(command as never)) as object) };
    } catch (error) {
      const { name, $metadata } = error as { readonly name: string; readonly $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode;
      // What the SDK makes of a HEAD is no code of S3.
      if (status !== undefined && !(command instanceof HeadObjectCommand)) this.#statuses.set(name, status);
      return {};
    }
  }

  async all(): Promise<void> {
    for (const Bucket of [BUCKET, SEALED]) {
      await this.#objects(Bucket);
      await this.#parts(Bucket);
    }
    await this.#refusals();
    await this.#trouble();
  }

  async #objects(Bucket: string): Promise<void> {
    const [Body, Metadata] = [bytes('one'), { term: '7' }];
    const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
    for (const Key of ['a/1', 'a/2', 'b/1', 'c'])
      await this.#try(new PutObjectCommand({ Bucket, Key, Body, Metadata, ChecksumSHA256, IfNoneMatch: '*' }));
    const { ETag } = await this.#try(new PutObjectCommand({ Bucket, Key: 'c', Body, ContentType: 'text/plain' }));
    await this.#try(new PutObjectCommand({ Bucket, Key: 'c', Body: bytes('two'), IfMatch: String(ETag) }));
    await this.#try(new PutObjectCommand({ Bucket, Key: 'c', Body, IfNoneMatch: '*' }));
    await this.#try(new PutObjectCommand({ Bucket, Key: 'c', Body, IfMatch: String(ETag) }));
    await this.#try(new GetObjectCommand({ Bucket, Key: 'a/1' }));
    await this.#try(new GetObjectCommand({ Bucket, Key: 'a/1', Range: 'bytes=1-' }));
    await this.#try(new HeadObjectCommand({ Bucket, Key: 'a/1', ChecksumMode: 'ENABLED' }));
    const { NextContinuationToken } = await this.#try(new ListObjectsV2Command({ Bucket }));
    await this.#try(new ListObjectsV2Command({ Bucket, ContinuationToken: String(NextContinuationToken) }));
    await this.#try(new ListObjectsV2Command({ Bucket, Delimiter: '/', StartAfter: 'a/1', MaxKeys: 10, Prefix: '' }));
    const gone = await this.#try(new PutObjectCommand({ Bucket, Key: 'd', Body }));
    await this.#try(new DeleteObjectCommand({ Bucket, Key: 'd', IfMatch: '"x"' }));
    await this.#try(new DeleteObjectCommand({ Bucket, Key: 'd', IfMatch: String(gone.ETag) }));
    await this.#try(new DeleteObjectCommand({ Bucket, Key: 'd', IfMatch: String(gone.ETag) }));
    const { VersionId } = await this.#try(new DeleteObjectCommand({ Bucket, Key: 'c' }));
    const listed = await this.#try(new ListObjectVersionsCommand({ Bucket, Prefix: 'a/', EncodingType: 'url' }));
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = listed;
    const from = typeof KeyMarker === 'string' && { KeyMarker, VersionIdMarker: String(VersionIdMarker) };
    await this.#try(new ListObjectVersionsCommand({ Bucket, ...from, MaxKeys: 10 }));
    if (typeof VersionId !== 'string') return;
    await this.#try(new GetObjectCommand({ Bucket, Key: 'c', VersionId }));
    await this.#try(new GetObjectCommand({ Bucket, Key: 'c', VersionId: 'f'.repeat(32) }));
    await this.#try(new DeleteObjectCommand({ Bucket, Key: 'c', VersionId }));
  }

  async #parts(Bucket: string): Promise<void> {
    const Key = 'parts';
    const { UploadId: id } = await this.#try(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'SHA256' }),
    );
    const at = { Bucket, Key, UploadId: String(id) };
    const parts: { PartNumber: number; ETag: string; ChecksumSHA256: string }[] = [];
    for (const [n, Body] of [LARGE, bytes('two'), bytes('three')].entries()) {
      const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
      const { ETag } = await this.#try(new UploadPartCommand({ ...at, PartNumber: n + 1, Body, ChecksumSHA256 }));
      parts.push({ PartNumber: n + 1, ETag: String(ETag), ChecksumSHA256 });
    }
    await this.#try(new ListPartsCommand(at));
    await this.#try(new ListPartsCommand({ ...at, PartNumberMarker: '2', MaxParts: 10 }));
    const [one, two] = parts;
    const named = [
      [],
      [two, one],
      [one, two, parts[2]],
      [{ ...one, ETag: '"x"' }],
      [one, { PartNumber: 2 }],
      [one, two],
    ];
    for (const each of named) {
      const MultipartUpload = { Parts: each.flatMap((part) => (part ? [part] : [])) };
      await this.#try(new CompleteMultipartUploadCommand({ ...at, MultipartUpload, IfNoneMatch: '*' }));
    }
    await this.#try(new AbortMultipartUploadCommand(at));
    const { UploadId } = await this.#try(new CreateMultipartUploadCommand({ Bucket, Key }));
    await this.#try(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'SHA256' }));
    await this.#try(new CreateMultipartUploadCommand({ Bucket, Key: 'q' }));
    const begun = await this.#try(new ListMultipartUploadsCommand({ Bucket, Prefix: 'p', EncodingType: 'url' }));
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = begun;
    const from = typeof KeyMarker === 'string' && { KeyMarker, UploadIdMarker: String(UploadIdMarker) };
    await this.#try(new ListMultipartUploadsCommand({ Bucket, ...from, MaxUploads: 10 }));
    await this.#try(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: String(UploadId) }));
  }

  /** What S3 does not take. */
  async #refusals(): Promise<void> {
    const [Bucket, Key, Body] = [BUCKET, 'x', bytes('one')];
    const put = (more: object, who?: Principal) => this.#try(new PutObjectCommand({ Bucket, Key, Body, ...more }), who);
    await put({ Bucket: 'none' });
    await put({}, may('s3:GetObject'));
    await put({ Key: 'k'.repeat(1025) });
    await put({ Metadata: { m: 'x'.repeat(2048) } });
    await put({ ContentLength: 5 * 1024 ** 3 + 1 });
    await put({ ContentLength: 4 });
    await put({ Body: Readable.from([Body]) });
    await put({ ContentMD5: createHash('md5').update('two').digest('base64') });
    await put({ ContentMD5: 'x' });
    await put({ IfNoneMatch: '"x"' });
    await put({ IfMatch: '"x"' });
    await put({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: `${KEY}2` });
    await this.#try(new GetObjectCommand({ Bucket, Key }));
    await this.#try(new GetObjectCommand({ Bucket, Key }), may('s3:GetObject'));
    await this.#try(new HeadObjectCommand({ Bucket, Key }));
    await this.#try(new GetObjectCommand({ Bucket, Key: 'a/1', Range: 'bytes=9-' }));
    await this.#try(new ListObjectsV2Command({ Bucket, ContinuationToken: 'x' }));
  }

  /** What goes wrong on the way, and beside it. */
  async #trouble(): Promise<void> {
    const { cloud, s3 } = this.#s;
    const put = (more: object = {}) =>
      this.#try(new PutObjectCommand({ Bucket: SEALED, Key: 'y', Body: bytes('one'), ...more }));
    for (const how of Object.values(MISHAP)) {
      disturb(this.#s, { service: 's3', operation: 'PutObject', how, times: 1, ms: 90_000 });
      await put();
    }
    s3.conditions.races = RACES.conflict;
    disturb(this.#s, { service: 's3', operation: 'PutObject', how: MISHAP.overdue, times: 1, ms: 90_000 });
    for (let n = 0; n < 2; n++) await put({ Key: 'z', IfNoneMatch: '*' });
    cloud.faults.keyRevoked = true;
    await put();
    cloud.faults.keyRevoked = false;
    cloud.faults.outages.set('s3', OUTAGE.refuses, cloud.clock.now(), cloud.clock.now() + 1000);
    await put();
  }
}
