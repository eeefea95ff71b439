import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Version } from '../../../../host/agent/intake/store.ts';
import type { MemoryBucket } from './memory-bucket.ts';

/** A bucket with versions on a port of this machine, as S3 speaks: what the intake asks, and the upload of a stranger. */
export class HttpBucket {
  readonly bucket: MemoryBucket;
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(errorOf('InternalError', error.message));
    });
  });
  /** A status for each request instead of an answer; `undefined`: it is answered. */
  fails: (request: string) => readonly [number, string] | undefined = () => undefined;
  /** Milliseconds between two stretches of an object that is read. */
  slow = 0;

  constructor(bucket: MemoryBucket) {
    this.bucket = bucket;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://s3');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const said = `${request.method} ${key}${[...url.searchParams.keys()].filter((name) => name !== 'x-id').map((name) => `?${name}`)}`;
    this.requests.push(said);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = this.fails(said);
    if (fault) {
      response.writeHead(fault[0]).end(errorOf(fault[1]));
      return;
    }
    if (request.method === 'PUT') return this.#put(request, response, { key, body: Buffer.concat(chunks) });
    if (request.method === 'DELETE') return this.#delete(request, response, key);
    if (key !== '') return this.#get(response, key, url.searchParams.get('versionId') ?? undefined);
    return url.searchParams.has('versions') ? this.#versions(response, url) : this.#list(response, url);
  }

  async #put(request: IncomingMessage, response: ServerResponse, { key, body }: { key: string; body: Buffer }) {
    if (request.headers['if-none-match'] === undefined) {
      response.writeHead(200, { 'x-amz-version-id': this.bucket.upload(key, body) }).end();
      return;
    }
    const answer = await this.bucket.answer(key, body.toString());
    if (answer.heard && answer.found === 'written') response.writeHead(200).end();
    else response.writeHead(412).end(errorOf('PreconditionFailed'));
  }

  async #delete(request: IncomingMessage, response: ServerResponse, key: string) {
    const etag = request.headers['if-match'];
    if (etag === undefined) return void response.writeHead(403).end(errorOf('AccessDenied'));
    if (!this.bucket.current(key).includes(key)) return void response.writeHead(404).end(errorOf('NoSuchKey'));
    const hidden = await this.bucket.hide(key, etag);
    if (hidden.heard && hidden.found === 'hidden') response.writeHead(204).end();
    else response.writeHead(412).end(errorOf('PreconditionFailed'));
  }

  async #get(response: ServerResponse, key: string, version: string | undefined) {
    const answer = await this.bucket.read(key, version);
    if (!answer.heard || !answer.found) {
      response.writeHead(404).end(errorOf('NoSuchKey'));
      return;
    }
    const { bytes, ...of } = answer.found;
    response.writeHead(200, {
      'content-length': of.size,
      etag: of.etag,
      'x-amz-version-id': of.version,
      'last-modified': new Date(of.modified).toUTCString(),
    });
    response.flushHeaders();
    const slow = this.slow;
    const paced = async function* () {
      for await (const chunk of bytes) {
        if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow));
        yield chunk;
      }
    };
    // Whoever breaks off has heard enough.
    Readable.from(paced())
      .on('error', () => response.destroy())
      .pipe(response);
  }

  async #list(response: ServerResponse, { searchParams }: URL) {
    const found = await this.bucket.list(
      searchParams.get('prefix') ?? '',
      searchParams.get('continuation-token') ?? undefined,
    );
    if (!found.heard) throw new Error('unheard');
    const { items, next } = found.found;
    const contents = items.map(({ key, modified, size }) => {
      const when = new Date(modified).toISOString();
      return `<Contents><Key>${encoded(key)}</Key><LastModified>${when}</LastModified><Size>${size}</Size></Contents>`;
    });
    const more = next === undefined ? '' : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`;
    const truncated = `<IsTruncated>${next !== undefined}</IsTruncated>`;
    response.end(
      `<ListBucketResult><EncodingType>url</EncodingType>${contents.join('')}${truncated}${more}</ListBucketResult>`,
    );
  }

  async #versions(response: ServerResponse, { searchParams }: URL) {
    const found = await this.bucket.versions(
      searchParams.get('prefix') ?? '',
      searchParams.get('version-id-marker') ?? undefined,
    );
    if (!found.heard) throw new Error('unheard');
    const { items, next } = found.found;
    const listed = items.map((one) =>
      one.marker
        ? `<DeleteMarker><Key>${encoded(one.key)}</Key><VersionId>m</VersionId><IsLatest>true</IsLatest></DeleteMarker>`
        : versionOf(one),
    );
    const last = items.at(-1)?.key ?? '';
    const more =
      next === undefined
        ? ''
        : `<NextKeyMarker>${encoded(last)}</NextKeyMarker><NextVersionIdMarker>${next}</NextVersionIdMarker>`;
    const truncated = `<IsTruncated>${next !== undefined}</IsTruncated>`;
    response.end(
      `<ListVersionsResult><EncodingType>url</EncodingType>${listed.join('')}${truncated}${more}</ListVersionsResult>`,
    );
  }
}

function versionOf({ key, version, modified, etag, size }: Version): string {
  const when = new Date(modified).toISOString();
  return `<Version><Key>${encoded(key)}</Key><VersionId>${version}</VersionId><IsLatest>false</IsLatest><LastModified>${when}</LastModified><ETag>${escaped(etag)}</ETag><Size>${size}</Size></Version>`;
}

/** As `encoding-type=url` has it. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
function errorOf(code: string, message = code): string {
  return `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
}
