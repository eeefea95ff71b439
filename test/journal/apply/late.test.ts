import { describe, expect, test } from '@jest/globals';
import { untouched } from '../../../journal/apply/late.ts';
import { identity, type JournalRecord, type Key, ROOT } from '../../../journal/record.ts';
import { MemoryLocal } from '../reference/local.ts';

const [D, E, A, B, N, M] = ['d', 'e', 'a', 'b', 'n', 'm'].map(identity) as [
  typeof ROOT,
  typeof ROOT,
  typeof ROOT,
  typeof ROOT,
  typeof ROOT,
  typeof ROOT,
];
const node = (identity: typeof A): Key => ({ of: 'node', identity });
const name = (directory: typeof A, name: string): Key => ({ of: 'name', directory, name });
const named = (directory: typeof A, name: string, identity: typeof A | null): JournalRecord => ({
  record: 'name',
  directory,
  name,
  identity,
  path: '',
});
const plain = { path: '', mode: 0o644, uid: 0, gid: 0, mtime: 1n, ctime: 2n, xattrs: {} };
const file = (identity: typeof A): JournalRecord => ({
  record: 'file',
  identity,
  ...plain,
  size: 0,
  sha256: '',
  content: 'here',
});

/** `d/e/a` and `d/b`. */
const local = new MemoryLocal();
local.apply({
  kinds: new Map([
    [ROOT, 'directory'],
    [D, 'directory'],
    [E, 'directory'],
    [A, 'file'],
    [B, 'file'],
  ]),
  places: [
    { directory: ROOT, name: 'd', identity: D },
    { directory: D, name: 'e', identity: E },
    { directory: E, name: 'a', identity: A },
    { directory: D, name: 'b', identity: B },
  ],
  owed: new Map(),
});

test.each<[string, JournalRecord, Key[], 'apply' | 'left']>([
  ['content of what nobody touched', file(A), [node(B)], 'apply'],
  ['content of what was touched', file(A), [node(A)], 'left'],
  ['content of what was deleted', file(N), [node(N), name(ROOT, 'n')], 'left'],
  ['a name of what is new', named(ROOT, 'n', N), [node(B), node(ROOT)], 'apply'],
  ['a name that was touched', named(ROOT, 'n', N), [name(ROOT, 'n')], 'left'],
  ['a name whose file was written to is not taken away', named(E, 'a', null), [node(A)], 'left'],
  ['nor is a directory in which something was written', named(ROOT, 'd', null), [node(A)], 'left'],
  ['nor one in which something was made', named(ROOT, 'd', null), [name(E, 'new'), node(E)], 'left'],
  ['nor is it moved', named(ROOT, 'x', D), [node(A)], 'left'],
  ['nor is it gone', { record: 'gone', identity: D }, [name(E, 'a')], 'left'],
  ['what was touched beside it does not matter', named(D, 'e', null), [node(B), name(D, 'b'), node(D)], 'apply'],
  ['what is there already is no conflict', named(E, 'a', A), [name(E, 'a'), node(A)], 'apply'],
])('%s: %s', (_, record, touched, where) => {
  const late = untouched([record], touched, local);
  expect(late).toEqual(where === 'apply' ? { apply: [record], left: [] } : { apply: [], left: [record] });
});

describe('what hangs on what stays', () => {
  const applied = (records: JournalRecord[], touched: Key[]) => {
    const { apply, left } = untouched(records, touched, local);
    expect(new Set([...apply, ...left])).toEqual(new Set(records));
    return apply.map((record) => records.indexOf(record));
  };
  const directory = (identity: typeof A): JournalRecord => ({ record: 'directory', identity, ...plain });

  test('what is new and gets no name is not made, nor what would be in it', () => {
    const records = [directory(N), named(ROOT, 'n', N), file(M), named(N, 'm', M)];
    expect(applied(records, [name(ROOT, 'n')])).toEqual([]);
    expect(applied(records, [])).toEqual([0, 1, 2, 3]);
  });

  test('what has another name that is free is made', () => {
    const records = [file(N), named(ROOT, 'n', N), named(ROOT, 'm', N)];
    expect(applied(records, [name(ROOT, 'n')])).toEqual([0, 2]);
  });

  test('what comes without a name is made: the name may come later', () => {
    expect(applied([file(N)], [])).toEqual([0]);
  });

  test('what is here keeps its name, where the new one is somebody else’s', () => {
    const records = [named(D, 'b', null), named(ROOT, 'x', B)];
    expect(applied(records, [name(ROOT, 'x')])).toEqual([]);
    expect(applied(records, [])).toEqual([0, 1]);
    const moved = [named(D, 'e', null), named(ROOT, 'x', E)];
    expect(applied(moved, [name(ROOT, 'x')])).toEqual([]);
  });

  test('what is gone loses its name all the same', () => {
    const records: JournalRecord[] = [named(D, 'b', null), named(ROOT, 'x', B), { record: 'gone', identity: B }];
    expect(applied(records, [name(ROOT, 'x')])).toEqual([0, 2]);
  });
});
