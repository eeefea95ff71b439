import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { S3Intake } from '../../../../host/agent/intake/s3.ts';
import { type Heard, type Listed, type Page, textOf } from '../../../../host/agent/intake/store.ts';
import { journalClient } from '../../../../host/agent/journal/s3-client.ts';
import { Interrupted, StoreError } from '../../../../host/agent/journal/store.ts';
import { HttpBucket } from './http-bucket.ts';
import { MemoryBucket } from './memory-bucket.ts';

let http: HttpBucket;
let bucket: MemoryBucket;
let store: S3Intake;
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
async function open(pageSize = 1000, answerMs = 2000): Promise<void> {
  bucket = new MemoryBucket(pageSize);
  http = new HttpBucket(bucket);
  const client = journalClient({
    region: 'us-east-1',
    endpoint: await http.listen(),
    forcePathStyle: true,
    credentials,
  });
  store = new S3Intake(client, { bucket: 'uploads', deadlines: { answerMs, silenceMs: 500 } });
}
beforeEach(() => open());
afterEach(() => http.close());

const found = async <T>(of: Promise<Heard<T>>): Promise<T> => {
  const answer = await of;
  if (!answer.heard) throw new Error('unheard');
  return answer.found;
};
async function all<T>(list: (from?: string) => Promise<Heard<Page<T>>>): Promise<T[]> {
  const items: T[] = [];
  for (let from: string | undefined; ; ) {
    const page = await found(list(from));
    items.push(...page.items);
    if (page.next === undefined) return items;
    from = page.next;
  }
}

/** Of those that may not stand in XML, or are written otherwise in an address. */
const STRANGE = ['a.zip', 'b c+d.zip', 'e\u0001.zip', 'é\u{1f600}/ä&<.txt', 'f%2F.zip'];

test('what waits is listed page by page, whatever it is called', async () => {
  http.close();
  await open(2);
  for (const name of STRANGE) bucket.upload(`intake/alpha/${name}`, name);
  bucket.upload('intake/alphabet/a.zip', 'other');
  bucket.upload('intake/alpha/gone.zip', 'x');
  bucket.remove('intake/alpha/gone.zip');
  const items = await all((from) => store.list('intake/alpha/', from));
  expect(items.map(({ key }) => key).sort()).toEqual(STRANGE.map((name) => `intake/alpha/${name}`).sort());
  expect(items[0]).toMatchObject({ size: 5, modified: bucket.clock - 6000 });
  for (const { key } of items) expect(await textOf((await found(store.read(key))) as never, 100)).toBe(key.slice(13));
  expect(http.requests.filter((request) => request.includes('list-type'))).toHaveLength(3);
});

test('versions are listed newest first, with the marker that hides them, over pages', async () => {
  for (const pageSize of [1, 2, 3, 100]) {
    http.close();
    await open(pageSize);
    const versions = ['one', 'two', 'three'].map((text) => bucket.upload('intake/alpha/a.zip', text));
    const other = bucket.upload('intake/alpha/b.zip', 'b');
    bucket.remove('intake/alpha/a.zip');
    bucket.remove('intake/alpha/c.zip');
    const items = await all<Listed>((from) => store.versions('intake/alpha/', from));
    const said = items.map((one) => (one.marker ? [one.key, 'marker'] : [one.key, one.version]));
    const expected = [
      ['intake/alpha/a.zip', 'marker'],
      ...versions.reverse().map((version) => ['intake/alpha/a.zip', version]),
      ['intake/alpha/b.zip', other],
    ];
    expect(said.filter(([key]) => key !== 'intake/alpha/c.zip')).toEqual(expected);
    expect(items.find((one) => !one.marker && one.version === other)).toMatchObject({
      size: 1,
      modified: bucket.clock,
    });
  }
});

test('an object is read as its current version or as another one; what is not there is said to be', async () => {
  const first = bucket.upload('k', 'one');
  const second = bucket.upload('k', 'two');
  expect(await found(store.read('k'))).toMatchObject({ key: 'k', version: second, size: 3, modified: bucket.clock });
  expect(await textOf((await found(store.read('k', first))) as never, 100)).toBe('one');
  expect(await found(store.read('other'))).toBeUndefined();
  bucket.remove('k');
  expect(await found(store.read('k'))).toBeUndefined();
  expect(await textOf((await found(store.read('k', second))) as never, 100)).toBe('two');
});

test('an answer is written once, and an upload hidden where it is the one that was meant', async () => {
  const text = '{"state":"done"}';
  expect([await found(store.answer('answer', text)), await found(store.answer('answer', 'other'))]).toEqual([
    'written',
    'taken',
  ]);
  expect(bucket.answered('answer')).toEqual({ state: 'done' });
  bucket.upload('k', 'one');
  const etag = (await found(store.read('k')))?.etag ?? '';
  bucket.upload('k', 'two');
  expect(await found(store.hide('k', etag))).toBe('changed');
  expect(bucket.current('k')).toEqual(['k']);
  expect(await found(store.hide('k', (await found(store.read('k')))?.etag ?? ''))).toBe('hidden');
  expect(await found(store.hide('k', etag))).toBe('changed');
  expect(bucket.current('k')).toEqual([]);
});

describe('what comes of a call', () => {
  const calls: Readonly<Record<string, () => Promise<Heard<unknown>>>> = {
    list: () => store.list('p'),
    versions: () => store.versions('p'),
    read: () => store.read('k'),
    answer: () => store.answer('k', 'x'),
    hide: () => store.hide('k', '"e"'),
  };

  test.each(Object.keys(calls))(
    '%s: one request, however it ends; unheard, or refused with its error',
    async (name) => {
      const call = calls[name] as () => Promise<Heard<unknown>>;
      for (const [status, code] of [
        [503, 'SlowDown'],
        [500, 'InternalError'],
        [409, 'ConditionalRequestConflict'],
        [429, 'SlowDown'],
        [400, 'RequestTimeout'],
      ] as const) {
        http.fails = () => [status, code];
        http.requests.length = 0;
        expect([status, await call()]).toEqual([status, { heard: false }]);
        expect(http.requests).toHaveLength(1);
      }
      http.fails = () => [403, 'AccessDenied'];
      const refused = await call().catch((error: unknown) => error);
      expect([(refused as StoreError).code, (refused as Error).message.includes('AccessDenied')]).toEqual([
        'refused',
        true,
      ]);
      http.close();
      expect(await call()).toEqual({ heard: false });
    },
  );

  test('an object takes as long as it takes, as long as something comes', async () => {
    http.close();
    await open(1000, 300);
    bucket.upload('k', Buffer.alloc(65536 * 8, 'a'));
    http.slow = 100;
    expect((await textOf((await found(store.read('k'))) as never, 2 ** 20)).length).toBe(65536 * 8);
  });

  test('one that breaks off, or stalls, is interrupted', async () => {
    bucket.upload('k', Buffer.alloc(65536 * 4, 'a'));
    bucket.mishap = () => 'broken';
    await expect(found(store.read('k')).then((read) => textOf(read as never, 2 ** 20))).rejects.toBeInstanceOf(
      Interrupted,
    );
    bucket.mishap = () => undefined;
    http.slow = 1000;
    await expect(found(store.read('k')).then((read) => textOf(read as never, 2 ** 20))).rejects.toBeInstanceOf(
      Interrupted,
    );
  });

  test('a bucket without versions is refused: it would lose the order of uploads', async () => {
    bucket.upload('k', 'one');
    Object.defineProperty(bucket, 'read', {
      value: async () => ({
        heard: true,
        found: {
          ...(await new MemoryBucket().read('k')),
          version: 'null',
          key: 'k',
          modified: 1000,
          etag: '"e"',
          size: 0,
          bytes: [],
        },
      }),
    });
    await expect(store.read('k')).rejects.toBeInstanceOf(StoreError);
  });
});
