import { expect, test } from '@jest/globals';
import { untouched } from '../../../journal/apply/late.ts';
import { identity, type JournalRecord, type Key, ROOT } from '../../../journal/record.ts';
import { MemoryLocal } from '../reference/local.ts';

const [D, E, A, B, N] = ['d', 'e', 'a', 'b', 'n'].map(identity) as [
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
