import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { S3Intake } from '../../../host/agent/intake/s3.ts';
import { type Heard, type Page, textOf } from '../../../host/agent/intake/store.ts';
import { journalClient } from '../../../host/agent/journal/s3-client.ts';
import { HttpS3 } from '../../../simulator/disks/xfs/agent/http-s3.ts';

const PREFIX = 'intake/alpha/';
const KEY = `${PREFIX}b c+d&é.zip`;
const version = (key: string, id: string, text: string | undefined, at = 0) => ({
  ...{ key, version: id, modified: 1_700_000_000_000 + at, etag: `"${id}"` },
  bytes: text === undefined ? undefined : Buffer.from(text),
});

let s3: HttpS3;
let store: S3Intake;
/** As the agent on a host asks. */
beforeEach(async () => {
  s3 = new HttpS3();
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const endpoint = await s3.listen();
  const client = journalClient({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  store = new S3Intake(client, { bucket: 'uploads' });
  s3.uploads.give('uploads', [version(KEY, 'v2', 'new', 2000), version(KEY, 'v1', 'old')]);
});
afterEach(() => s3.close());

const found = async <T>(of: Promise<Heard<T>>): Promise<T> => {
  const answer = await of;
  if (!answer.heard) throw new Error('unheard');
  return answer.found;
};
const read = async (id?: string) => {
  const opened = await found(store.read(KEY, id));
  return opened && [opened.version, await textOf(opened, 100)];
};

test('the newest of a key waits, whatever it is called; older ones are read by their version', async () => {
  const { items } = await found(store.list(PREFIX));
  expect(items).toEqual([{ key: KEY, modified: 1_700_000_002_000, size: 3 }]);
  expect(await read()).toEqual(['v2', 'new']);
  expect(await read('v1')).toEqual(['v1', 'old']);
  expect(await read('v0')).toBeUndefined();
});

test('what has another tag is not hidden; what is hidden is listed as a version, behind a marker', async () => {
  expect(await found(store.hide(KEY, '"v1"'))).toBe('changed');
  expect(await found(store.hide(KEY, '"v2"'))).toBe('hidden');
  expect((await found(store.list(PREFIX))).items).toEqual([]);
  expect(await read()).toBeUndefined();
  const { items } = await found(store.versions(PREFIX));
  expect(items.map((one) => (one.marker ? 'marker' : one.version))).toEqual(['marker', 'v2', 'v1']);
  expect(s3.uploads.acts()).toEqual([{ act: 'hide', bucket: 'uploads', key: KEY, etag: '"v2"' }]);
  expect(s3.uploads.acts()).toEqual([]);
});

test('an answer is written once', async () => {
  expect(await found(store.answer('answers/alpha/b/v2.json', '{}'))).toBe('written');
  expect(await found(store.answer('answers/alpha/b/v2.json', '{ }'))).toBe('taken');
  expect(s3.uploads.acts().map((act) => act.act)).toEqual(['write']);
});

test('lists have pages of a thousand, and each key once', async () => {
  const keys = Array.from({ length: 2500 }, (_, n) => `${PREFIX}${n}.zip`);
  s3.uploads.give(
    'uploads',
    keys.map((key) => version(key, 'v', 'x')),
  );
  for (const list of ['list', 'versions'] as const) {
    const listed: string[] = [];
    let pages = 0;
    for (let from: string | undefined; ; pages++) {
      const page: Page<{ readonly key: string }> = await found<Page<{ readonly key: string }>>(
        store[list](PREFIX, from),
      );
      listed.push(...page.items.map(({ key }) => key));
      from = page.next;
      if (from === undefined) break;
    }
    expect([list, pages, listed]).toEqual([list, 2, keys.toSorted()]);
  }
});

test('nobody is idle while something waits, or is asked for between two looks', async () => {
  const idle = () => s3.uploads.idle('uploads', PREFIX, 2, 60_000);
  const came: string[] = [];
  const waiting = idle().then((is) => came.push(`idle: ${is}`));
  await store.list(PREFIX);
  await found(store.hide(KEY, '"v2"'));
  await store.list(PREFIX);
  await read('v1');
  await store.list(PREFIX);
  expect(came).toEqual([]);
  await store.list(PREFIX);
  await waiting;
  expect(came).toEqual(['idle: true']);
  s3.uploads.give('uploads', [version(KEY, 'v3', 'x')]);
  expect(await s3.uploads.idle('uploads', PREFIX, 1, 1)).toBe(false);
});
