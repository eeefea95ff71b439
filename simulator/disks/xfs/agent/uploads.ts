import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { UploadAct, UploadVersion } from '../../uploads.ts';

/** Of a page of a list. Source: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, API_ListObjectVersions.html */
const PAGE = 1000;
/** Of a version in an address and a list. */
const MARKER = 'marker';

/**
 * The buckets of uploads as the S3 of hosts' agents has them, by key and version: lists, reads, answers that are written once, and hiding on a condition. What
 * is asked beside that is refused.
 */
export class Uploads {
  /** By bucket and key, the newest first. */
  readonly #buckets = new Map<string, Map<string, UploadVersion[]>>();
  /** By bucket: its keys in their order. */
  readonly #orders = new Map<string, readonly string[]>();
  #acts: UploadAct[] = [];
  /** By bucket and prefix: how often a list in a row had nothing, and nothing else was asked in between. */
  readonly #quiet = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  has(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /** All that the bucket has now. */
  give(bucket: string, versions: readonly UploadVersion[]): void {
    const keys = new Map<string, UploadVersion[]>();
    for (const one of versions) keys.set(one.key, [...(keys.get(one.key) ?? []), one]);
    this.#buckets.set(bucket, keys);
    this.#orders.delete(bucket);
    this.#quiet.clear();
  }

  /** One more version, as somebody's upload. */
  add(bucket: string, version: UploadVersion): void {
    const keys = this.#keys(bucket);
    const before = keys.get(version.key);
    keys.set(version.key, [version, ...(before ?? [])]);
    if (!before) this.#orders.delete(bucket);
  }

  /** What agents wrote and hid since this was asked last, in that order. */
  acts(): UploadAct[] {
    const acts = this.#acts;
    this.#acts = [];
    return acts;
  }

  /** Waits until nothing waits below a prefix, in so many looks in a row between which nothing else was asked. @returns whether that came in time */
  async idle(bucket: string, prefix: string, looks: number, withinMs: number): Promise<boolean> {
    const is = () => (this.#quiet.get(`${bucket} ${prefix}`) ?? 0) >= looks;
    if (is()) return true;
    return new Promise((resolve) => {
      const end = (came: boolean) => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(came);
      };
      const timer = setTimeout(() => end(false), withinMs);
      const listener = () => is() && end(true);
      this.#listeners.add(listener);
    });
  }

  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    const [, bucket = '', ...rest] = pathname.split('/');
    const said = { bucket, key: decodeURIComponent(rest.join('/')), headers: request.headers, searchParams, body };
    const { status, headers, text } = this.#done(request.method ?? '', said);
    response.writeHead(status, headers);
    response.end(request.method === 'HEAD' ? undefined : text);
  }

  #done(method: string, said: Said): Answer {
    const { key, searchParams, headers } = said;
    if (method === 'GET' && key === '' && searchParams.get('list-type') === '2') return this.#list(said);
    this.#quiet.clear();
    if (method === 'GET' && key === '' && searchParams.has('versions')) return this.#versions(said);
    if (method === 'GET' || method === 'HEAD') return this.#read(said);
    if (method === 'PUT' && headers['if-none-match'] === '*') return this.#write(said);
    if (method === 'DELETE' && headers['if-match'] !== undefined) return this.#hide(said);
    return refused(403, 'AccessDenied');
  }

  #keys(bucket: string): Map<string, UploadVersion[]> {
    return this.#buckets.get(bucket) ?? new Map();
  }

  *#sorted(bucket: string, prefix: string, after = ''): Generator<string> {
    const keys = this.#orders.get(bucket) ?? [...this.#keys(bucket).keys()].sort(inOrder);
    this.#orders.set(bucket, keys);
    const from = inOrder(after, prefix) > 0 ? after : prefix;
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (inOrder(keys[middle] ?? '', from) < 0) low = middle + 1;
      else high = middle;
    }
    for (; keys[low]?.startsWith(prefix); low++) if (keys[low] !== after) yield keys[low] ?? '';
  }

  #current(bucket: string, key: string): UploadVersion | undefined {
    const [newest] = this.#keys(bucket).get(key) ?? [];
    return newest?.bytes ? newest : undefined;
  }

  #list({ bucket, searchParams }: Said): Answer {
    const prefix = searchParams.get('prefix') ?? '';
    const after = searchParams.get('continuation-token') ?? searchParams.get('start-after') ?? '';
    const found: UploadVersion[] = [];
    for (const key of this.#sorted(bucket, prefix, after)) {
      const current = this.#current(bucket, key);
      if (current) found.push(current);
      if (found.length > PAGE) break;
    }
    const page = found.slice(0, PAGE);
    const more = page.length < found.length;
    const contents = page.map(
      (one) => `<Contents><Key>${encoded(one.key)}</Key>${momentOf(one)}<Size>${one.bytes?.length}</Size></Contents>`,
    );
    const next = more ? `<NextContinuationToken>${escaped(page.at(-1)?.key ?? '')}</NextContinuationToken>` : '';
    const text = `<ListBucketResult><EncodingType>url</EncodingType>${contents.join('')}<IsTruncated>${more}</IsTruncated>${next}</ListBucketResult>`;
    const place = `${bucket} ${prefix}`;
    if (found.length > 0) this.#quiet.delete(place);
    else this.#quiet.set(place, (this.#quiet.get(place) ?? 0) + 1);
    for (const listener of this.#listeners) listener();
    return { status: 200, text };
  }

  /** A page ends with a key: no key here has as many versions as a page has room for. */
  #versions({ bucket, searchParams }: Said): Answer {
    const keys = [...this.#sorted(bucket, searchParams.get('prefix') ?? '', searchParams.get('key-marker') ?? '')];
    const listed: string[] = [];
    let last = '';
    for (const key of keys) {
      if (listed.length >= PAGE) break;
      for (const [n, one] of (this.#keys(bucket).get(key) ?? []).entries()) listed.push(versionOf(one, n === 0));
      last = key;
    }
    const more = last !== '' && last !== keys.at(-1);
    const next = more
      ? `<NextKeyMarker>${encoded(last)}</NextKeyMarker><NextVersionIdMarker>${MARKER}</NextVersionIdMarker>`
      : '';
    const text = `<ListVersionsResult><EncodingType>url</EncodingType>${listed.join('')}<IsTruncated>${more}</IsTruncated>${next}</ListVersionsResult>`;
    return { status: 200, text };
  }

  #read({ bucket, key, searchParams }: Said): Answer {
    const id = searchParams.get('versionId');
    const found =
      id === null
        ? this.#current(bucket, key)
        : this.#keys(bucket)
            .get(key)
            ?.find(({ version }) => version === id);
    if (!found?.bytes) return refused(404, 'NoSuchKey');
    const headers = {
      'content-length': found.bytes.length,
      etag: found.etag,
      'x-amz-version-id': found.version,
      'last-modified': new Date(found.modified).toUTCString(),
    };
    return { status: 200, headers, text: found.bytes };
  }

  #write({ bucket, key, body }: Said): Answer {
    if (this.#current(bucket, key)) return refused(412, 'PreconditionFailed');
    this.add(bucket, { key, version: `here-${this.#acts.length}`, modified: Date.now(), etag: '"here"', bytes: body });
    this.#acts.push({ act: 'write', bucket, key, bytes: body });
    return { status: 200 };
  }

  #hide({ bucket, key, headers }: Said): Answer {
    const current = this.#current(bucket, key);
    if (!current) return refused(404, 'NoSuchKey');
    const etag = headers['if-match'] ?? '';
    if (current.etag !== etag) return refused(412, 'PreconditionFailed');
    this.add(bucket, { key, version: MARKER, modified: Date.now(), etag: '', bytes: undefined });
    this.#acts.push({ act: 'hide', bucket, key, etag });
    return { status: 204 };
  }
}

interface Said {
  readonly bucket: string;
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
  readonly searchParams: URLSearchParams;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly text?: string | Uint8Array;
}

function versionOf(one: UploadVersion, latest: boolean): string {
  const of = `<Key>${encoded(one.key)}</Key><VersionId>${one.version}</VersionId><IsLatest>${latest}</IsLatest>${momentOf(one)}`;
  if (!one.bytes) return `<DeleteMarker>${of}</DeleteMarker>`;
  return `<Version>${of}<ETag>${escaped(one.etag)}</ETag><Size>${one.bytes.length}</Size></Version>`;
}

function momentOf({ modified }: UploadVersion): string {
  return `<LastModified>${new Date(modified).toISOString()}</LastModified>`;
}

function refused(status: number, code: string): Answer {
  return { status, text: `<Error><Code>${code}</Code></Error>` };
}

/** By their bytes: docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html */
function inOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** As `encoding-type=url` has it. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
