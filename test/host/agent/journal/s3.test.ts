import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { JOURNAL_METADATA, journalKey } from '../../../../contract/journal.ts';
import { S3Journal } from '../../../../host/agent/journal/s3.ts';
import { journalClient } from '../../../../host/agent/journal/s3-client.ts';
import { Interrupted, StoreError } from '../../../../host/agent/journal/store.ts';
import type { Signature } from '../../../../journal/protocol.ts';
import type { Services } from '../../../../simulator/aws/account/services.ts';
import { clientFor } from '../../../../simulator/aws/s3/callers.ts';
import { ANYONE } from '../../../simulator/aws/lab.ts';
import { BUCKET, role, S3Lab } from '../../../simulator/aws/s3/s3-lab.ts';

const NOW = Date.UTC(2026, 0, 7, 12);
const directory = mkdtempSync(join(tmpdir(), 's3-journal-'));
afterAll(() => rmSync(directory, { recursive: true }));

let lab: S3Lab;
let journal: S3Journal;
const journalOf = (principal = ANYONE) =>
  new S3Journal(
    clientFor(lab as unknown as Services, principal, (settings) => journalClient(settings)),
    { bucket: BUCKET, volume: 'alpha', now: () => NOW },
  );
beforeEach(() => {
  lab = new S3Lab();
  journal = journalOf();
});

function segment(
  text: string,
  of: Partial<Signature> = {},
): { signature: Signature; body: { path: string; size: number } } {
  const path = join(directory, 'segment');
  writeFileSync(path, text);
  const sum = createHash('sha256').update(text).digest('hex');
  return {
    signature: { term: 3, writer: 'i-1', run: 2, sum, kind: 'segment', ...of },
    body: { path, size: text.length },
  };
}
const put = (number: number, text: string, of: Partial<Signature> = {}, by = journal) => {
  const { signature, body } = segment(text, of);
  return lab.within(() => by.put(number, signature, body));
};
async function textOf(number: number): Promise<string> {
  const found = await lab.within(() => journal.read(number));
  if (found.answer !== 'found') return found.answer;
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
/** What an HTTP server makes of each request, over a connection of its own. */
async function over<T>(answer: RequestListener, use: (journal: S3Journal) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = journalClient({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  try {
    return await use(new S3Journal(client, { bucket: BUCKET, volume: 'alpha', deadlines: { lookMs: 200 } }));
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
}
function signed(text: string): Record<string, string> {
  const metadata = Object.entries(segment(text).signature).map(([key, value]) => [
    `x-amz-meta-${JOURNAL_METADATA[key as keyof typeof JOURNAL_METADATA]}`,
    `${value}`,
  ]);
  return Object.fromEntries(metadata);
}
async function lengthOf(journal: S3Journal, afterMs: number): Promise<number> {
  const found = await journal.read(1);
  if (found.answer !== 'found') throw new Error(found.answer);
  await setTimeout(afterMs);
  let length = 0;
  for await (const chunk of found.bytes) length += chunk.length;
  return length;
}
const code = (error: unknown) => (error instanceof StoreError ? error.code : error);

test('an object is written once, and read with its signature', async () => {
  expect(await put(1, 'one')).toBe('written');
  expect(await put(1, 'other')).toBe('taken');
  expect(await lab.within(() => journal.look(1))).toEqual({
    answer: 'found',
    signature: segment('one').signature,
    isDue: false,
  });
  expect([await textOf(1), await textOf(2)]).toEqual(['one', 'nothing']);
  expect(await lab.within(() => journal.look(2))).toEqual({ answer: 'nothing' });
});

test('bytes that are not those of the sum are not taken', async () => {
  await expect(put(1, 'one', { sum: '0'.repeat(64) }).catch(code)).resolves.toBe('refused');
  expect(await textOf(1)).toBe('nothing');
});

describe('what cannot be answered has a name', () => {
  test('an object of somebody else', async () => {
    await lab.put(journalKey('alpha', 1));
    await expect(lab.within(() => journal.look(1)).catch(code)).resolves.toBe('unsigned');
  });

  test('a right that is missing: without the one to list, nothing is known of what is not there', async () => {
    const blind = journalOf(role({ Action: 's3:GetObject' }));
    await expect(lab.within(() => blind.look(1)).catch(code)).resolves.toBe('refused');
    await expect(put(1, 'one', {}, blind).catch(code)).resolves.toBe('refused');
  });
});

describe('bytes that follow an answer', () => {
  const LENGTH = 4_000_000;
  const head = (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': LENGTH, ...signed('one') });
  };

  test('may be taken later than the answer may take', async () => {
    const read = over(
      (_, response) => {
        head(response);
        response.end(Buffer.alloc(LENGTH));
      },
      (journal) => lengthOf(journal, 600),
    );
    await expect(read).resolves.toBe(LENGTH);
  });

  test.each([0, 300])('that break off are no whole object, where they are taken %d ms later', async (later) => {
    const read = over(
      (_, response) => {
        head(response);
        response.write(Buffer.alloc(1000), () => response.destroy());
      },
      (journal) => lengthOf(journal, later),
    );
    await expect(read).rejects.toThrow(Interrupted);
  });
});

test('a stream that ends before all has come is no whole object', async () => {
  const headers = Object.fromEntries([
    ['content-length', '10'],
    ...Object.entries(segment('one').signature).map(([key, value]) => [
      `x-amz-meta-${JOURNAL_METADATA[key as keyof typeof JOURNAL_METADATA]}`,
      `${value}`,
    ]),
  ]);
  const client = journalClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: async () =>
        ({ response: { statusCode: 200, headers, body: Readable.from([Buffer.from('abc')]) } }) as never,
    },
  });
  await expect(lengthOf(new S3Journal(client, { bucket: BUCKET, volume: 'alpha' }), 0)).rejects.toThrow(Interrupted);
});

describe('over a connection', () => {
  const answering = (status: number | Error, name = 'Error') =>
    new S3Journal(
      journalClient({
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        requestHandler: {
          handle: async () => {
            if (status instanceof Error) throw status;
            const body = Buffer.from(name === '' ? '' : `<Error><Code>${name}</Code></Error>`);
            return { response: { statusCode: status, headers: {}, body } } as never;
          },
        },
      }),
      { bucket: BUCKET, volume: 'alpha' },
    );
  const { signature, body } = {
    signature: segment('one').signature,
    body: { path: join(directory, 'segment'), size: 3 },
  };

  test.each([
    [200, '', 'written'],
    // An answer that begins as a success may end as an error.
    [200, 'InternalError', 'busy'],
    [412, 'PreconditionFailed', 'taken'],
    [409, 'ConditionalRequestConflict', 'busy'],
    [500, 'InternalError', 'busy'],
    [503, 'SlowDown', 'busy'],
    [400, 'RequestTimeout', 'busy'],
    [403, 'AccessDenied', 'refused'],
    [404, 'NoSuchBucket', 'refused'],
  ])('%d %s is %s', async (status, name, answer) => {
    segment('one');
    await expect(answering(status, name).put(1, signature, body).catch(code)).resolves.toBe(answer);
  });

  test('each call is one request, however it ends', async () => {
    let requests = 0;
    const counting = new S3Journal(
      journalClient({
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        requestHandler: {
          handle: async () => {
            requests++;
            return { response: { statusCode: 503, headers: {}, body: Buffer.from('') } } as never;
          },
        },
      }),
      { bucket: BUCKET, volume: 'alpha' },
    );
    segment('one');
    for (const call of [() => counting.put(1, signature, body), () => counting.look(1), () => counting.read(1)]) {
      requests = 0;
      await call();
      expect(requests).toBe(1);
    }
  });

  test('no answer is one that was not heard', async () => {
    const none = answering(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    expect([await none.put(1, signature, body), await none.look(1), await none.read(1)]).toEqual([
      'unheard',
      { answer: 'unheard' },
      { answer: 'unheard' },
    ]);
    expect(await answering(503, 'SlowDown').look(1)).toEqual({ answer: 'unheard' });
  });
});

test('the first number from one on, whatever has expired before it, and however short pages are', async () => {
  const first = (from: number) => lab.within(() => journal.first(from));
  expect(await first(1)).toEqual({ answer: 'nothing', now: NOW });
  for (const number of [7, 8, 12]) await put(number, `${number}`);
  expect(await first(1)).toEqual({ answer: 'found', number: 7 });
  expect(await first(8)).toEqual({ answer: 'found', number: 8 });
  expect(await first(9)).toEqual({ answer: 'found', number: 12 });
  expect(await first(13)).toEqual({ answer: 'nothing', now: NOW });
  // A page may be empty, and not the last: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html ("IsTruncated")
  const pages = ['<NextContinuationToken>x</NextContinuationToken><IsTruncated>true</IsTruncated>'];
  pages.push(`<Contents><Key>${journalKey('alpha', 5)}</Key></Contents>`);
  const paged: RequestListener = (_, response) => {
    response.end(`<ListBucketResult>${pages.shift()}</ListBucketResult>`);
  };
  expect(await over(paged, (store) => store.first(2))).toEqual({ answer: 'found', number: 5 });
  const silent: RequestListener = () => {};
  expect(await over(silent, (store) => store.first(2))).toEqual({ answer: 'unheard' });
});

test('where there is no bucket nobody knows what was written', async () => {
  const gone: RequestListener = (_, response) => {
    response.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
  };
  await expect(over(gone, (store) => store.first(2)).catch(code)).resolves.toBe('refused');
});

test.each([
  ['in an hour', 60, false],
  ['in ten minutes, by a clock that may be off', 10, true],
  ['an hour ago, and it is there all the same', -60, true],
  ['never', undefined, false],
] as const)('its time is over %s', async (_, minutes, isDue) => {
  const ends = minutes === undefined ? {} : { 'x-amz-expiration': expiry(Date.now() + minutes * 60_000) };
  const kept: RequestListener = (_request, response) => {
    response.writeHead(200, { ...signed('one'), ...ends }).end();
  };
  expect(await over(kept, (store) => store.look(1))).toMatchObject({ answer: 'found', isDue });
});

function expiry(at: number): string {
  return `expiry-date="${new Date(at).toUTCString()}", rule-id="a%20rule"`;
}
