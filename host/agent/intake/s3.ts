import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { isOurs, isPassing, statusOf, streamed } from '../journal/s3-client.ts';
import { StoreError } from '../journal/store.ts';
import type { Heard, IntakeStore, Listed, Opened, Page, Waiting } from './store.ts';

export interface Deadlines {
  /** Of each request, up to the first byte of its answer. Milliseconds. @default 10,000 */
  readonly answerMs?: number;
  /** Without one more byte of an object that is being read. @default 10,000 */
  readonly silenceMs?: number;
}

const DEFAULTS = { answerMs: 10_000, silenceMs: 10_000 };
const NOT_FOUND = 404;
/** Of a conditional request whose condition does not hold. */
const FAILED = 412;
/** Another request for this key is under way. */
const CONFLICT = 409;

const text = z.string().check(z.minLength(1));
const modified = z.pipe(
  z.date(),
  z.transform((date) => date.getTime()),
);
const VERSION = z.object({
  Key: text,
  VersionId: text,
  LastModified: modified,
  ETag: text,
  Size: z.int().check(z.nonnegative()),
});
const WAITING = z.object({ Key: text, LastModified: modified, Size: z.int().check(z.nonnegative()) });
const OPENED = z.object({ VersionId: text, LastModified: modified, ETag: text, ContentLength: z.int() });
/** What S3 answers of a bucket that has, or had, no versions. */
const NONE = 'null';

/** The bucket of uploads. */
export class S3Intake implements IntakeStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #deadlines: Required<Deadlines>;

  constructor(client: S3Client, of: { readonly bucket: string; readonly deadlines?: Deadlines }) {
    this.#client = client;
    this.#bucket = of.bucket;
    this.#deadlines = { ...DEFAULTS, ...of.deadlines };
  }

  async list(Prefix: string, from?: string): Promise<Heard<Page<Waiting>>> {
    return this.#heard(`list ${Prefix}`, async () => {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix,
        EncodingType: 'url',
        ...(from === undefined ? {} : { ContinuationToken: from }),
      });
      const { Contents = [], NextContinuationToken } = await this.#client.send(command, this.#soon());
      const items = Contents.map((one) => z.parse(WAITING, one)).map(({ Key, LastModified, Size }) => ({
        key: decoded(Key),
        modified: LastModified,
        size: Size,
      }));
      return { items, next: NextContinuationToken };
    });
  }

  async versions(Prefix: string, from?: string): Promise<Heard<Page<Listed>>> {
    return this.#heard(`list versions of ${Prefix}`, async () => {
      const [KeyMarker, VersionIdMarker] = from === undefined ? [] : (JSON.parse(from) as [string, string]);
      const command = new ListObjectVersionsCommand({
        Bucket: this.#bucket,
        Prefix,
        EncodingType: 'url',
        ...(KeyMarker === undefined ? {} : { KeyMarker, VersionIdMarker }),
      });
      const { Versions = [], DeleteMarkers = [], ...rest } = await this.#client.send(command, this.#soon());
      const versions = Versions.map((one) => z.parse(VERSION, one)).map((one) => {
        const { Key, VersionId, LastModified, ETag, Size } = one;
        return {
          key: decoded(Key),
          version: VersionId,
          modified: LastModified,
          etag: ETag,
          size: Size,
          marker: false as const,
        };
      });
      const markers = DeleteMarkers.filter((one) => one.IsLatest).map(({ Key = '' }) => ({
        key: decoded(Key),
        marker: true as const,
      }));
      return { items: merged(versions, markers), next: nextOf(rest) };
    });
  }

  async read(Key: string, version?: string): Promise<Heard<Opened | undefined>> {
    return this.#heard(`read ${Key}`, async () => {
      const command = new GetObjectCommand({
        Bucket: this.#bucket,
        Key,
        ChecksumMode: 'ENABLED',
        ...(version === undefined ? {} : { VersionId: version }),
      });
      // Until it answers, and no longer: reading may take minutes.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), this.#deadlines.answerMs);
      try {
        const answer = await this.#client.send(command, { abortSignal: late.signal });
        const read = z.safeParse(OPENED, answer);
        if (!read.success || read.data.VersionId === NONE)
          throw new StoreError('refused', `${Key} has no version: the bucket has to be versioned`);
        const { VersionId, LastModified, ETag, ContentLength } = read.data;
        const bytes = streamed(answer.Body, this.#deadlines.silenceMs);
        return {
          ...{ key: Key, version: VersionId, modified: LastModified, etag: ETag, size: ContentLength, bytes },
          close: () => (answer.Body as { destroy?(): void } | undefined)?.destroy?.(),
        };
      } catch (error) {
        if (statusOf(error) === NOT_FOUND) return undefined;
        throw error;
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async answer(Key: string, body: string): Promise<Heard<'written' | 'taken'>> {
    return this.#heard(`write ${Key}`, async () => {
      const command = new PutObjectCommand({
        Bucket: this.#bucket,
        Key,
        Body: body,
        ContentType: 'application/json',
        IfNoneMatch: '*',
      });
      try {
        await this.#client.send(command, this.#soon());
        return 'written';
      } catch (error) {
        if (statusOf(error) === FAILED) return 'taken';
        throw error;
      }
    });
  }

  async hide(Key: string, etag: string): Promise<Heard<'hidden' | 'changed'>> {
    return this.#heard(`hide ${Key}`, async () => {
      try {
        const command = new DeleteObjectCommand({ Bucket: this.#bucket, Key, IfMatch: etag });
        await this.#client.send(command, this.#soon());
        return 'hidden';
      } catch (error) {
        if (statusOf(error) === FAILED || statusOf(error) === NOT_FOUND) return 'changed';
        throw error;
      }
    });
  }

  async #heard<T>(what: string, call: () => Promise<T>): Promise<Heard<T>> {
    try {
      return { heard: true, found: await call() };
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const status = statusOf(error);
      const passing = status === undefined ? !isOurs(error) : status === CONFLICT || isPassing(status, error);
      if (passing) return { heard: false };
      const { name, message } = error as Error;
      throw new StoreError('refused', `could not ${what}: ${name} (${status ?? 'no answer'}): ${message}`, error);
    }
  }

  #soon() {
    return { abortSignal: AbortSignal.timeout(this.#deadlines.answerMs) };
  }
}

/**
 * S3 has both in the order of keys, and of each the newest first; so a marker stands before the versions that it hides. Of a marker without any on this page they are on the next
 * one, or are no more.
 */
function merged(versions: readonly (Listed & { marker: false })[], markers: readonly (Listed & { marker: true })[]) {
  const hidden = new Map(markers.map((marker) => [marker.key, marker]));
  const items: Listed[] = [];
  for (const version of versions) {
    const marker = hidden.get(version.key);
    if (marker && items.at(-1)?.key !== version.key) items.push(marker);
    items.push(version);
  }
  const last = markers.at(-1);
  if (last && !versions.some(({ key }) => key === last.key)) items.push(last);
  return items;
}

function nextOf(page: { IsTruncated?: boolean; NextKeyMarker?: string; NextVersionIdMarker?: string }) {
  return page.IsTruncated ? JSON.stringify([decoded(page.NextKeyMarker ?? ''), page.NextVersionIdMarker]) : undefined;
}

/** Keys may have what XML may not: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_RequestSyntax, `encoding-type`. */
function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
