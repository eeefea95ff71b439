import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Uploads } from './uploads.ts';

/** What S3 does with a request. `held`: it waits for the next state; whoever does not wait so long has asked nothing. */
export const S3_STATE = { answers: 'answers', held: 'held', fails: 'fails' } as const;
export type S3State = (typeof S3_STATE)[keyof typeof S3_STATE];

interface Stored {
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An S3 on a port of this machine: GET, HEAD, PUT that holds to `If-None-Match: *`, and the first key of a list; buckets of uploads have versions besides. */
export class HttpS3 {
  /** By path, bucket first. */
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Uploads();
  #written: string[] = [];
  readonly #server: Server;
  readonly #held = new Set<() => void>();
  #state: S3State = S3_STATE.answers;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await bodyOf(request);
      // Whoever has gone meanwhile has written nothing.
      if (body && (await this.#turn(response))) this.#answer(request, response, body);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  set state(state: S3State) {
    this.#state = state;
    if (state === S3_STATE.held) return;
    for (const go of this.#held) go();
    this.#held.clear();
  }

  /** What was written since this was asked last, in that order. */
  written(): (Stored & { readonly path: string })[] {
    const paths = this.#written;
    this.#written = [];
    return paths.flatMap((path) => {
      const stored = this.objects.get(path);
      return stored ? [{ path, ...stored }] : [];
    });
  }

  async #turn(response: ServerResponse): Promise<boolean> {
    if (this.#state === S3_STATE.held)
      await new Promise<void>((resolve) => {
        this.#held.add(resolve);
        response.once('close', () => {
          this.#held.delete(resolve);
          resolve();
        });
      });
    return !response.destroyed;
  }

  #answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    if (this.#state === S3_STATE.fails) {
      response.writeHead(503).end('<Error><Code>ServiceUnavailable</Code></Error>');
      return;
    }
    const [key = '', query = ''] = request.url?.split('?') ?? [];
    if (this.uploads.has(key.split('/')[1] ?? '')) {
      this.uploads.answer(request, response, bytes);
      return;
    }
    if (request.method === 'GET' && query.includes('list-type=2')) {
      response.writeHead(200).end(this.#list(key, new URLSearchParams(query)));
      return;
    }
    if (request.method === 'PUT') {
      if (request.headers['if-none-match'] !== '*' || this.objects.has(key)) {
        response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
        return;
      }
      const given = Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-'));
      this.objects.set(key, { bytes, metadata: Object.fromEntries(given) as Record<string, string> });
      this.#written.push(key);
      response.writeHead(200).end();
      return;
    }
    const found = this.objects.get(key);
    if (found) response.writeHead(200, { ...found.metadata, 'content-length': found.bytes.length });
    else response.writeHead(404);
    if (request.method === 'HEAD') response.end();
    else response.end(found?.bytes ?? '<Error><Code>NoSuchKey</Code></Error>');
  }

  /** One key at the most: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
  #list(bucket: string, query: URLSearchParams): string {
    const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? ''];
    const top = `${bucket.replace(/\/$/, '')}/`;
    const keys = [...this.objects.keys()]
      .filter((path) => path.startsWith(top))
      .map((path) => decodeURIComponent(path.slice(top.length)));
    const [first] = keys.filter((key) => key.startsWith(prefix) && key > after).sort();
    const found = first === undefined ? '' : `<Contents><Key>${first}</Key></Contents>`;
    return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${found}</ListBucketResult>`;
  }
}

/** @returns `undefined` where it breaks off */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}
