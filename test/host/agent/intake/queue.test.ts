import { beforeEach, describe, expect, test } from '@jest/globals';
import { Queue } from '../../../../host/agent/intake/queue.ts';
import { MemoryBucket } from './memory-bucket.ts';

let bucket: MemoryBucket;
let queue: Queue;
beforeEach(() => {
  bucket = new MemoryBucket();
  queue = new Queue(bucket, 'alpha');
});
const look = () => queue.look(() => {});
const all = () => {
  const keys: string[] = [];
  for (let key = queue.next(); key !== undefined; key = queue.next()) keys.push(key.slice('intake/alpha/'.length));
  return keys;
};

describe('what waits', () => {
  test('is handed out oldest first, each once, until it is given back', async () => {
    for (const [key, modified] of [
      ['b', 3],
      ['a', 2],
      ['c', 1],
    ] as const)
      bucket.upload(`intake/alpha/${key}`, key, modified * 1000);
    bucket.upload('intake/beta/a', 'other');
    expect(await look()).toEqual({ waiting: 3, oldest: 1000 });
    expect(all()).toEqual(['c', 'a', 'b']);
    await look();
    expect(all()).toEqual([]);
    queue.release('intake/alpha/a');
    await look();
    expect(all()).toEqual(['a']);
  });

  test('comes last where a process has died of it', async () => {
    for (const key of ['a', 'b', 'c']) bucket.upload(`intake/alpha/${key}`, key);
    queue.postpone('intake/alpha/a');
    await look();
    expect(all()).toEqual(['b', 'c', 'a']);
  });

  test('a hundred thousand do not make the first wait: it is there after one page, and all come, with a thousand in mind', async () => {
    const keys = Array.from(
      { length: 100_000 },
      (_, i) => `intake/alpha/${String((i * 7919) % 100_000).padStart(6, '0')}`,
    );
    bucket.list = pagesOf(keys);
    let [pages, first] = [0, ''];
    await queue.look(() => {
      pages++;
      if (pages === 1) first = queue.next() ?? '';
    });
    expect([pages, first]).toEqual([100, keys[0]]);
    expect(queue.size).toBe(1000);
    // The oldest of all, but for what was taken.
    expect(all()).toEqual(keys.slice(1, 1001).map((key) => key.slice('intake/alpha/'.length)));
  });

  test('without an answer of S3 nothing is known', async () => {
    bucket.mishap = () => 'lost';
    expect(await look()).toBeUndefined();
    bucket.mishap = () => undefined;
    expect(await look()).toEqual({ waiting: 0, oldest: undefined });
  });
});

/** A bucket whose keys are as old as they stand in a list; the first page has the oldest one, so that it can be known. */
function pagesOf(keys: readonly string[]): MemoryBucket['list'] {
  const items = keys.map((key, i) => ({ key, modified: i * 1000, size: 1 }));
  const [oldest, ...rest] = items;
  const sorted = [...(oldest ? [oldest] : []), ...rest.sort((one, other) => (one.key < other.key ? -1 : 1))];
  return async (_, from = '0') => {
    const at = Number(from);
    const next = at + 1000 < sorted.length ? `${at + 1000}` : undefined;
    return { heard: true, found: { items: sorted.slice(at, at + 1000), next } };
  };
}
