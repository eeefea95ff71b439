import { type GetObjectCommandOutput, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { Interrupted } from './store.ts';

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

/** Status of an answer; `undefined` where none came. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** 408, and `RequestTimeout` with 400: the service did not get all of it in time. 429: slow down. */
export function isPassing(status: number, error: unknown): boolean {
  return status >= 500 || status === 429 || status === 408 || (error as Error).name === 'RequestTimeout';
}

/** Nothing was sent: the file on the root disk cannot be read, or there are no credentials. */
export function isOurs(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === 'CredentialsProviderError' || code === 'ENOENT';
}

/**
 * Bytes of an object, which break off where none comes for so long.
 *
 * @param length how many there are: a stream that was cut off before anybody read it ends without an error
 * @throws Interrupted
 */
export async function* streamed(
  body: GetObjectCommandOutput['Body'],
  silenceMs: number,
  length = 0,
): AsyncGenerator<Uint8Array> {
  const stream = body as (AsyncIterable<Uint8Array> & { destroy?(): void }) | undefined;
  if (!stream) return;
  const iterator = stream[Symbol.asyncIterator]();
  let read = 0;
  try {
    for (;;) {
      const next = await within(silenceMs, iterator.next());
      if (next.done && read < length) throw new Error(`${read} of ${length} bytes`);
      if (next.done) return;
      read += next.value.length;
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
