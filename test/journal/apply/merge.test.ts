import { expect, test } from '@jest/globals';
import { isAlone, Merged } from '../../../journal/apply/merge.ts';
import { type FileRecord, identity, type JournalRecord, ROOT } from '../../../journal/record.ts';

const [A, B, D] = ['a', 'b', 'd'].map(identity) as [typeof ROOT, typeof ROOT, typeof ROOT];
const plain = { path: '', mode: 0o644, uid: 0, gid: 0, mtime: 1n, ctime: 2n, xattrs: {} };
const file = (identity: typeof A, content: FileRecord['content'], mode = 0o644): FileRecord => ({
  record: 'file',
  identity,
  ...plain,
  mode,
  size: 1,
  sha256: '',
  content,
});
const named = (name: string, identity: typeof A | null): JournalRecord => ({
  record: 'name',
  directory: ROOT,
  name,
  identity,
  path: name,
});
const merged = (...segments: JournalRecord[][]): Merged => {
  const all = new Merged();
  for (const [i, records] of segments.entries()) all.add(i + 1, records);
  return all;
};

test('of each thing what is stated last counts, in the order of that', () => {
  const { records } = merged([named('p', D), named('q', A)], [named('r', D), named('p', null)]);
  expect(records).toEqual([named('q', A), named('r', D), named('p', null)]);
});

test('content that is kept is what a segment before has, with what is known of it last', () => {
  const all = merged([file(A, 'here'), file(B, 'here')], [file(A, 'kept', 0o600)], [file(B, 'here')]);
  expect(all.records).toEqual([file(A, 'here', 0o600), file(B, 'here')]);
  expect([...all.contents]).toEqual([
    [A, 1],
    [B, 3],
  ]);
});

test('content that was stated before all of them stays kept', () => {
  expect(merged([file(A, 'kept')]).records).toEqual([file(A, 'kept')]);
});

test('what is gone takes its names along, and does not come back in one step', () => {
  const all = merged([{ record: 'gone', identity: A }]);
  expect(all.takes([file(A, 'here')])).toBe(false);
  expect(all.takes([{ record: 'gone', identity: A }, file(B, 'here')])).toBe(true);
});

test('a file of pieces, and what changed unheard, are by themselves', () => {
  expect(isAlone([file(A, [{ segment: 1, offset: 0, length: 1 }])])).toBe(true);
  expect(isAlone([{ record: 'doubt', why: 'it starts' }])).toBe(true);
  expect(isAlone([file(A, 'here'), file(B, 'kept'), named('a', A)])).toBe(false);
});
