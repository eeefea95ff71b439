import { Readable } from 'node:stream';
import { s3Error } from '../s3/errors.ts';
import { ServiceError } from './service-error.ts';

/** What an operation of S3 sends or gets as it is, and not as a part of a text. */
type Input = Readonly<Record<string, unknown>>;

/**
 * A body that is a stream is read where the SDK would send it, in real time.
 * Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (MissingContentLength)
 * @throws ServiceError for a stream of which nobody says how long it is. Error for a kind of body that is not known here
 */
export async function withBytes(input: Input): Promise<Input> {
  const { Body } = input;
  if (Body === undefined || typeof Body === 'string' || Body instanceof Uint8Array) return input;
  if (!(Body instanceof Readable)) throw new Error('the simulated AWS takes bytes, texts and streams of Node.js');
  if (input.ContentLength === undefined)
    throw s3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  const chunks: Uint8Array[] = [];
  for await (const chunk of Body) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return { ...input, Body: Buffer.concat(chunks) };
}

/**
 * A body that was answered as a stream with the methods that the SDK gives it, of which one can be used, once.
 * Source: github.com/aws/aws-sdk-js-v3, README ("Streams")
 */
export function withStream(output: object): object {
  const { Body: bytes } = output as { readonly Body?: unknown };
  if (!(bytes instanceof Uint8Array)) return output;
  let used = false;
  const once = <T>(value: () => T) => {
    if (used) throw new Error('The stream has already been transformed.');
    used = true;
    return value();
  };
  const Body = Object.assign(Readable.from(bytes.length > 0 ? [Buffer.from(bytes)] : []), {
    transformToByteArray: async () => once(() => bytes),
    transformToString: async (encoding: BufferEncoding = 'utf8') => once(() => Buffer.from(bytes).toString(encoding)),
    transformToWebStream: () => once(() => new Blob([Uint8Array.from(bytes)]).stream()),
  });
  return { ...output, Body };
}

/**
 * An answer to HEAD has no body, and so an error of it no code: the SDK makes a name of the status alone (tried with its own parser).
 * Source: docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html ("it returns a generic code")
 */
export function withoutBody(error: unknown): unknown {
  if (!(error instanceof ServiceError)) return error;
  const { httpStatusCode } = error.$metadata;
  return new ServiceError(httpStatusCode === 404 ? 'NotFound' : 'Unknown', 'UnknownError', httpStatusCode);
}
