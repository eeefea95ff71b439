import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { VolumeMarker } from '../../../../host/agent/journal/marker.ts';
import { Sender } from '../../../../host/agent/journal/send.ts';
import { MemoryJournal } from './memory-store.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 7, 12);
const directory = mkdtempSync(join(tmpdir(), 'remount-send-'));
const path = join(directory, 'segment');
writeFileSync(path, 'a segment');
afterAll(() => rmSync(directory, { recursive: true }));

let journal: MemoryJournal;
let now: number;
let restated: number[];
beforeEach(() => {
  now = NOW;
  restated = [];
  journal = new MemoryJournal();
  journal.now = () => now;
});

const marker = (acknowledged: number, of: Partial<VolumeMarker> = {}): VolumeMarker => ({
  ...{ volume: 'alpha', term: 1, writer: 'i-1', run: 2, acknowledged, fenced: false, sealed: true },
  ...of,
});
const senderOf = () =>
  new Sender({
    store: journal,
    clock: { wall: () => BigInt(now) * 1_000_000n },
    pause: async () => {},
    stopping: () => false,
    restate: (number) => restated.push(number),
    trouble: () => {},
  });
async function send(sender: Sender, { term, writer, run }: VolumeMarker = marker(0), sum = 's'): Promise<number> {
  return sender.send({ path, size: 9, sum }, { term, writer, run, kind: 'segment' });
}
/** Numbers that somebody has written. */
function has(numbers: readonly number[], of: Partial<VolumeMarker> = {}): void {
  const { term, writer, run } = { ...marker(0), run: 1, ...of };
  for (const number of numbers)
    journal.objects.set(number, {
      signature: { term, writer, run, sum: `${number}`, kind: 'segment' },
      bytes: Buffer.alloc(0),
    });
}
async function firstAfter(acknowledged: number, of: Partial<VolumeMarker> = {}): Promise<number> {
  const sender = senderOf();
  await sender.start(marker(acknowledged, of));
  return send(sender, marker(acknowledged, of));
}

test('a journal begins at 1', async () => {
  expect(await firstAfter(0)).toBe(1);
});

test('what is kept is followed by the next number', async () => {
  has([4, 5]);
  expect(await firstAfter(5)).toBe(6);
});

test('of what has expired in part, the true end is found', async () => {
  has([9]);
  expect(await firstAfter(5)).toBe(10);
  expect(restated).toEqual([9]);
});

test('where all has expired nobody has written so late a number', async () => {
  expect(await firstAfter(5)).toBe(NOW);
  // And who starts with the same marker once more, before it knows of that.
  expect(await firstAfter(5)).toBe(NOW + 1);
  // All of that expires, too.
  journal.objects.clear();
  now += 20 * DAY;
  expect(await firstAfter(NOW + 1)).toBe(NOW + 20 * DAY);
  journal.objects.clear();
  now += 20 * DAY;
  expect(await firstAfter(5)).toBe(NOW + 40 * DAY);
});

test('what is due and still there says nothing of what stood after it', async () => {
  has([5]);
  journal.due.add(5);
  expect(await firstAfter(5)).toBe(NOW);
});

test('numbers never go back, whatever the clock says', async () => {
  expect(await firstAfter(NOW + 7)).toBe(NOW + 8);
});

test('who was stopped for a day looks again before it writes', async () => {
  const sender = senderOf();
  await sender.start(marker(0));
  expect(await send(sender)).toBe(1);
  now += DAY - 1;
  expect(await send(sender)).toBe(2);
  // Nobody else has written: it goes on.
  now += DAY;
  expect(await send(sender)).toBe(3);
  now += 30 * DAY;
  journal.objects.clear();
  expect(await send(sender)).toBe(now);
  expect(await send(sender)).toBe(now + 1);
});

test('who was stopped for a month does not write a number of its own that its successor has sealed, and that has expired', async () => {
  const sender = senderOf();
  await sender.start(marker(0));
  expect(await send(sender)).toBe(1);
  journal.objects.clear();
  has([40], { term: 2, writer: 'i-2' });
  now += 30 * DAY;
  await expect(send(sender)).rejects.toThrow('fenced by term 2');
  expect([...journal.objects.keys()]).toEqual([40]);
});

test('stopped while S3 does not answer, and asked again after a day, it looks before it writes', async () => {
  const sender = senderOf();
  await sender.start(marker(0));
  expect(await send(sender)).toBe(1);
  let calls = 0;
  journal.mishap = () => {
    if (++calls > 1) return undefined;
    now += 30 * DAY;
    journal.objects.clear();
    has([40], { term: 2, writer: 'i-2' });
    return 'lost';
  };
  await expect(send(sender)).rejects.toThrow('fenced by term 2');
  expect([...journal.objects.keys()]).toEqual([40]);
});
