import { createReadStream } from 'node:fs';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { journalKey, journalPrefix, JOURNAL_METADATA as KEY } from '../../../contract/journal.ts';
import type { PutAnswer, Signature } from '../../../journal/protocol.ts';
import { isOurs, isPassing, statusOf, streamed } from './s3-client.ts';
import {
  type Body,
  type FirstAnswer,
  type JournalStore,
  type LookAnswer,
  type ReadAnswer,
  StoreError,
} from './store.ts';

export interface Deadlines {
  /** A segment of 40 MiB at 2 MiB/s. Milliseconds. @default 20,000 */
  readonly putMs?: number;
  /** @default 5000 */
  readonly lookMs?: number;
  /** Without one more byte of an object that is being read. @default 10,000 */
  readonly silenceMs?: number;
}

/** By so much a clock may be off that of S3, which answers no request that is off by more: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (`RequestTimeTooSkewed`) */
const SKEW_MS = 15 * 60_000;
const DEFAULTS = { putMs: 20_000, lookMs: 5000, silenceMs: 10_000 };

const counter = z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number));
const METADATA = z.object({
  [KEY.term]: counter,
  [KEY.writer]: z.string().check(z.minLength(1)),
  [KEY.run]: counter,
  [KEY.sum]: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  [KEY.kind]: z.enum(['segment', 'seal']),
});

export interface Shelf {
  readonly bucket: string;
  readonly volume: string;
  readonly deadlines?: Deadlines;
  /**
   * Milliseconds since 1970.
   * @default as requests are signed: the SDK corrects a clock that is too far off that of S3
   */
  readonly now?: () => number;
}

/** The journal of a content volume in its bucket. */
export class S3Journal implements JournalStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #volume: string;
  readonly #deadlines: Required<Deadlines>;
  readonly #now: () => number;

  constructor(client: S3Client, of: Shelf) {
    this.#client = client;
    this.#now = of.now ?? (() => Date.now() + client.config.systemClockOffset);
    this.#bucket = of.bucket;
    this.#volume = of.volume;
    this.#deadlines = { ...DEFAULTS, ...of.deadlines };
  }

  async put(number: number, { term, writer, run, sum, kind }: Signature, { path, size }: Body): Promise<PutAnswer> {
    const stream = createReadStream(path);
    // The request fails with it.
    stream.on('error', () => {});
    const command = new PutObjectCommand({
      ...this.#at(number),
      IfNoneMatch: '*',
      Body: stream,
      ContentLength: size,
      // S3 takes the bytes only where this is their sum.
      ChecksumSHA256: Buffer.from(sum, 'hex').toString('base64'),
      Metadata: {
        [KEY.term]: `${term}`,
        [KEY.writer]: writer,
        [KEY.run]: `${run}`,
        [KEY.sum]: sum,
        [KEY.kind]: kind,
      },
    });
    try {
      await this.#client.send(command, { abortSignal: AbortSignal.timeout(this.#deadlines.putMs) });
      return 'written';
    } catch (error) {
      const answer = putAnswer(error);
      if (answer) return answer;
      throw refused('write', number, error);
    } finally {
      stream.destroy();
    }
  }

  async look(number: number): Promise<LookAnswer> {
    try {
      const command = new HeadObjectCommand(this.#at(number));
      const { Metadata, Expiration } = await this.#client.send(command, this.#soon());
      const isDue = expiryOf(Expiration) <= this.#now() + SKEW_MS;
      return { answer: 'found', signature: signatureOf(number, Metadata), isDue };
    } catch (error) {
      return unread(number, error);
    }
  }

  async read(number: number): Promise<ReadAnswer> {
    // Until it answers: the bytes that follow may be taken much later, and only then anybody waits for them.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#deadlines.lookMs);
    try {
      const command = new GetObjectCommand(this.#at(number));
      const answer = await this.#client.send(command, { abortSignal: late.signal });
      const { Metadata, Body, ContentLength: size, LastModified } = answer;
      const signature = signatureOf(number, Metadata);
      const bytes = streamed(Body, this.#deadlines.silenceMs, size);
      return { answer: 'found', signature, bytes, size, written: LastModified?.getTime() };
    } catch (error) {
      return unread(number, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keys are listed in the order of their bytes, which is that of their numbers: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
  async first(from: number): Promise<FirstAnswer> {
    const prefix = journalPrefix(this.#volume);
    const after = from > 1 ? { StartAfter: journalKey(this.#volume, from - 1) } : {};
    try {
      for (let token: string | undefined; ; ) {
        const page = { MaxKeys: 1, ...(token === undefined ? after : { ContinuationToken: token }) };
        const command = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ...page });
        const { Contents, NextContinuationToken } = await this.#client.send(command, this.#soon());
        const key = Contents?.[0]?.Key;
        if (key !== undefined) return { answer: 'found', number: numberOf(key, prefix, from) };
        if (NextContinuationToken === undefined) return { answer: 'nothing', now: this.#now() };
        token = NextContinuationToken;
      }
    } catch (error) {
      const { answer } = unread(from, error);
      // Of a list: there is no such bucket.
      if (answer === 'nothing') throw refused('list what follows', from, error);
      return { answer };
    }
  }

  #at(number: number) {
    return { Bucket: this.#bucket, Key: journalKey(this.#volume, number) };
  }
  #soon() {
    return { abortSignal: AbortSignal.timeout(this.#deadlines.lookMs) };
  }
}

/**
 * 412 where the key exists, 409 where a conflicting operation, such as a delete of it, is under way:
 * docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
function putAnswer(error: unknown): PutAnswer | undefined {
  const status = statusOf(error);
  if (status === undefined) return isOurs(error) ? undefined : 'unheard';
  if (status === 412) return 'taken';
  return status === 409 || isPassing(status, error) ? 'busy' : undefined;
}

function unread(number: number, error: unknown): { readonly answer: 'nothing' | 'unheard' } {
  if (error instanceof StoreError) throw error;
  const status = statusOf(error);
  if (status === 404) return { answer: 'nothing' };
  if (status === undefined ? !isOurs(error) : isPassing(status, error)) return { answer: 'unheard' };
  // 403 says nothing of what is there: without s3:ListBucket it is the answer for what is not.
  throw refused('read', number, error);
}

/**
 * When a lifecycle rule ends an object; never, where none does. It may be there for a while after that.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html ("How to find when objects will expire")
 */
function expiryOf(header: string | undefined): number {
  const at = Date.parse(/expiry-date="([^"]*)"/.exec(header ?? '')?.[1] ?? '');
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}

function numberOf(key: string, prefix: string, least: number): number {
  const number = Number(key.slice(prefix.length));
  if (!(number >= least)) throw new StoreError('unsigned', `${key} is no number of a journal`);
  return number;
}

function refused(what: string, number: number, error: unknown): StoreError {
  const { name, message } = error as Error;
  const status = statusOf(error) ?? 'no answer';
  return new StoreError('refused', `could not ${what} number ${number}: ${name} (${status}): ${message}`, error);
}

function signatureOf(number: number, metadata: Record<string, string> | undefined): Signature {
  const read = z.safeParse(METADATA, metadata ?? {});
  if (!read.success) throw new StoreError('unsigned', `number ${number} carries no signature of a journal`);
  const { data } = read;
  return {
    term: data[KEY.term],
    writer: data[KEY.writer],
    run: data[KEY.run],
    sum: data[KEY.sum],
    kind: data[KEY.kind],
  };
}
