import { createReadStream } from 'node:fs';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import * as z from 'zod/mini';
import { journalKey, JOURNAL_METADATA as KEY } from '../../../contract/journal.ts';
import type { PutAnswer, Signature } from '../../../journal/protocol.ts';
import { type Body, Interrupted, type JournalStore, type LookAnswer, type ReadAnswer, StoreError } from './store.ts';

export interface Deadlines {
  /** A segment of 40 MiB at 2 MiB/s. Milliseconds. @default 20,000 */
  readonly putMs?: number;
  /** @default 5000 */
  readonly lookMs?: number;
  /** Without one more byte of an object that is being read. @default 10,000 */
  readonly silenceMs?: number;
}

const DEFAULTS = { putMs: 20_000, lookMs: 5000, silenceMs: 10_000 };

/** The SDK would warn of each write that it does not try again; what came of a call is said by its answer. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** A client as the protocol needs it: the SDK never tries twice by itself, and takes no checksum beside the one that is given. */
export function journalClient(settings: S3ClientConfig = {}): S3Client {
  return new S3Client({
    ...settings,
    maxAttempts: 1,
    logger: SILENT,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

const counter = z.pipe(z.string().check(z.regex(/^\d{1,15}$/)), z.transform(Number));
const METADATA = z.object({
  [KEY.term]: counter,
  [KEY.writer]: z.string().check(z.minLength(1)),
  [KEY.run]: counter,
  [KEY.sum]: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  [KEY.kind]: z.enum(['segment', 'seal']),
});

/** The journal of a content volume in its bucket. */
export class S3Journal implements JournalStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #volume: string;
  readonly #deadlines: Required<Deadlines>;

  constructor(
    client: S3Client,
    of: { readonly bucket: string; readonly volume: string; readonly deadlines?: Deadlines },
  ) {
    this.#client = client;
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
      const { Metadata } = await this.#client.send(command, this.#soon());
      return { answer: 'found', signature: signatureOf(number, Metadata) };
    } catch (error) {
      return unread(number, error);
    }
  }

  async read(number: number): Promise<ReadAnswer> {
    try {
      const { Metadata, Body } = await this.#client.send(new GetObjectCommand(this.#at(number)), this.#soon());
      const signature = signatureOf(number, Metadata);
      return { answer: 'found', signature, bytes: streamed(Body, this.#deadlines.silenceMs) };
    } catch (error) {
      return unread(number, error);
    }
  }

  #at(number: number) {
    return { Bucket: this.#bucket, Key: journalKey(this.#volume, number) };
  }
  #soon() {
    return { abortSignal: AbortSignal.timeout(this.#deadlines.lookMs) };
  }
}

/** Status of an answer; `undefined` where none came. */
function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** 408, and `RequestTimeout` with 400: the service did not get all of it in time. 429: slow down. */
function isPassing(status: number, error: unknown): boolean {
  return status >= 500 || status === 429 || status === 408 || (error as Error).name === 'RequestTimeout';
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

/** Nothing was sent: the file on the root disk cannot be read, or there are no credentials. */
function isOurs(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === 'CredentialsProviderError' || code === 'ENOENT';
}

function unread(number: number, error: unknown): { readonly answer: 'nothing' | 'unheard' } {
  if (error instanceof StoreError) throw error;
  const status = statusOf(error);
  if (status === 404) return { answer: 'nothing' };
  if (status === undefined ? !isOurs(error) : isPassing(status, error)) return { answer: 'unheard' };
  // 403 says nothing of what is there: without s3:ListBucket it is the answer for what is not.
  throw refused('read', number, error);
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

async function* streamed(body: GetObjectCommandOutput['Body'], silenceMs: number): AsyncGenerator<Uint8Array> {
  const stream = body as (AsyncIterable<Uint8Array> & { destroy?(): void }) | undefined;
  if (!stream) return;
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(silenceMs, iterator.next());
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw new Interrupted('the object breaks off', { cause: error });
  } finally {
    stream.destroy?.();
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`silent for ${ms} ms`)), ms);
  });
  // Whoever loses the race fails unheard.
  promise.catch(() => {});
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
