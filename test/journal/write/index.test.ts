import { expect, test } from '@jest/globals';
import { identity, keyText, ROOT } from '../../../journal/record.ts';
import { differences, differs, type Known, type Listing } from '../../../journal/write/index.ts';
import { MemoryIndex } from './memory-index.ts';

const [A, B] = [identity('131.1'), identity('132.1')];
const known = (ctime: bigint, size: number): Known => ({ kind: 'file', ctime, size, mtime: 0n, sha256: '' });

function found(
  listing: Record<string, [identity: typeof A, ctime: bigint, size: number]>,
  index: MemoryIndex,
): string[] {
  const map: Listing = new Map(
    Object.entries(listing).map(([name, [identity, ctime, size]]) => [name, { identity, ctime, size }]),
  );
  return [...differences(ROOT, map, index)].map(keyText).sort();
}

const index = new MemoryIndex();
index.apply({
  nodes: new Map([
    [A, known(50n, 3)],
    [B, known(60n, 4)],
  ]),
  names: [
    { directory: ROOT, name: 'a', identity: A },
    { directory: ROOT, name: 'b', identity: B },
  ],
});

test.each<[string, Parameters<typeof found>[0], string[]]>([
  ['nothing', { a: [A, 50n, 3], b: [B, 60n, 4] }, []],
  ['a newer change', { a: [A, 51n, 3], b: [B, 60n, 4] }, ['node 131.1']],
  ['an older change: the clock was set back', { a: [A, 49n, 3], b: [B, 60n, 4] }, ['node 131.1']],
  ['another size', { a: [A, 50n, 2], b: [B, 60n, 4] }, ['node 131.1']],
  ['a name that is gone', { b: [B, 60n, 4] }, ['name root/a', 'node 131.1']],
  [
    'two names for each other',
    { a: [B, 60n, 4], b: [A, 50n, 3] },
    ['name root/a', 'name root/a', 'name root/b', 'name root/b', 'node 131.1', 'node 132.1'],
  ],
  ['something new', { a: [A, 50n, 3], b: [B, 60n, 4], c: [identity('133.1'), 1n, 1] }, ['name root/c', 'node 133.1']],
])('a scan that finds %s', (_, listing, keys) => expect(found(listing, index)).toEqual(keys));

test('what was stated while it changed differs whatever it looks like', () => {
  expect(differs({ ctime: 50n, size: 3 }, known(50n, 3))).toBe(false);
  expect(differs({ ctime: 50n, size: 3 }, { ...known(50n, 3), unsure: true })).toBe(true);
});
