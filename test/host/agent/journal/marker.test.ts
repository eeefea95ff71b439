import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { deviceOf, replaceFile } from '../../../../host/agent/journal/durable.ts';
import { MarkerError, raiseRun, readMarker, writeMarker } from '../../../../host/agent/journal/marker.ts';

let directory: string;
let device: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'marker-'));
  mkdirSync(join(directory, '.remount'));
  device = deviceOf(statSync(directory, { bigint: true }).dev);
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = () => join(directory, '.remount/journal');
const copy = () => join(directory, 'copy');
const mine = { volume: 'alpha', term: 3, writer: 'i-1' };
const raise = (of: Partial<typeof mine> = {}) =>
  raiseRun({ mountPoint: directory, device, copy: copy() }, { ...mine, ...of });

test('a file is replaced whole, and only on the device that is meant', async () => {
  writeFileSync(path(), 'old');
  await replaceFile(path(), 'new', device);
  expect([readFileSync(path(), 'utf8'), readdirSync(join(directory, '.remount'))]).toEqual(['new', ['journal']]);
  await expect(replaceFile(path(), 'newer', '0:1')).rejects.toThrow('the volume is on 0:1');
  expect(readFileSync(path(), 'utf8')).toBe('new');
});

test('device numbers are read as stat(2) packs them', () => {
  expect([deviceOf(0x10301n), deviceOf(0x700n), deviceOf(((0x12n << 12n) << 8n) | 0x10300n)]).toEqual([
    '259:1',
    '7:0',
    expect.any(String),
  ]);
});

test('each start of a writer has a run of its own, whichever of the two places is lost', async () => {
  expect(await raise()).toEqual({ ...mine, run: 1, acknowledged: 0, fenced: false, sealed: false });
  await writeMarker(path(), { ...mine, run: 1, acknowledged: 7, fenced: false, sealed: true });
  expect(await raise()).toMatchObject({ run: 2, acknowledged: 7, sealed: true });
  rmSync(copy());
  expect(await raise()).toMatchObject({ run: 3 });
  rmSync(path());
  // What was acknowledged is the volume's to say.
  expect(await raise()).toMatchObject({ run: 4, acknowledged: 0, sealed: false });
});

test('a new term goes on from what was acknowledged, and is not sealed yet', async () => {
  await raise();
  await writeMarker(path(), { ...mine, run: 5, acknowledged: 7, fenced: true, sealed: true });
  expect(await raise({ term: 4, writer: 'i-2' })).toEqual({
    volume: 'alpha',
    term: 4,
    writer: 'i-2',
    run: 1,
    acknowledged: 7,
    fenced: false,
    sealed: false,
  });
});

test('who is fenced stays so, also on another copy of its volume', async () => {
  const marker = await raise();
  await writeMarker(copy(), { ...marker, fenced: true });
  expect(await raise()).toMatchObject({ fenced: true });
});

test('a term that has ended, another writer of the same, another volume and a broken marker are refused', async () => {
  await raise();
  await expect(raise({ term: 2 })).rejects.toThrow('term 2 has ended: the marker is of term 3');
  await expect(raise({ writer: 'i-2' })).rejects.toThrow("term 3 is i-1's, and not i-2's");
  await expect(raise({ volume: 'beta' })).rejects.toThrow("the volume is alpha's, and not beta's");
  writeFileSync(path(), '{"term":');
  await expect(raise()).rejects.toThrow(MarkerError);
  expect(await readMarker(join(directory, 'none'))).toBeUndefined();
});
