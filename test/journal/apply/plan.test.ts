import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { plan } from '../../../journal/apply/plan.ts';
import { type FileRecord, type Identity, identity, type JournalRecord, ROOT } from '../../../journal/record.ts';
import { Spare } from '../reference/spare.ts';

const plain = { path: '', mode: 0o644, uid: 0, gid: 0, mtime: 1n, ctime: 2n, xattrs: {} };
const id = (name: string) => identity(name);
const contents = new Map<string, Buffer>();
function file(name: string, content: string, more: Partial<FileRecord> = {}): FileRecord {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  contents.set(sha256, bytes);
  return { record: 'file', identity: id(name), ...plain, size: bytes.length, sha256, content: 'here', ...more };
}
const directory = (name: string, more = {}): JournalRecord => ({
  record: 'directory',
  identity: id(name),
  ...plain,
  mode: 0o755,
  ...more,
});
const symlink = (name: string, target: string): JournalRecord => ({
  record: 'symlink',
  identity: id(name),
  ...plain,
  target,
});
const special = (name: string): JournalRecord => ({ record: 'special', identity: id(name), ...plain, type: 'fifo' });
const gone = (name: string): JournalRecord => ({ record: 'gone', identity: id(name) });
const named = (at: string, what: string | null): JournalRecord => {
  const [above = 'root', name = ''] = at.split('/');
  return {
    record: 'name',
    directory: above === '' ? ROOT : id(above),
    name,
    identity: what === null ? null : id(what),
    path: '',
  };
};

/** A spare that had these segments, each of which was begun again after every one of its actions. */
class Applied {
  readonly spare = new Spare((segment, of, offset) => Buffer.from(`${segment}:${of}:${offset}`));
  readonly local = this.spare.truth();
  #number = 0;

  apply(...records: JournalRecord[]): readonly Identity[] {
    const planned = plan(records, this.local);
    if (planned.state !== 'planned') throw new Error(planned.identity);
    const number = ++this.#number;
    const content = ({ sha256 }: FileRecord) => contents.get(sha256) ?? Buffer.alloc(0);
    for (let upTo = 0; upTo <= planned.actions.length; upTo++)
      for (const action of planned.actions.slice(0, upTo)) this.spare.do(action, number, content);
    this.local.apply(planned.changes);
    expect(this.local.plain).toEqual(this.spare.truth().plain);
    return planned.missing;
  }

  get tree(): Record<string, string> {
    const found: Record<string, string> = {};
    const walk = (at: Spare['root'], path: string) => {
      for (const [name, child] of at.entries) {
        found[`${path}${name}`] =
          child.kind === 'file' ? child.content.toString() : child.kind === 'symlink' ? `-> ${child.target}` : '/';
        walk(child, `${path}${name}/`);
      }
    };
    walk(this.spare.root, '');
    return found;
  }
  get trash(): Record<string, string> {
    return Object.fromEntries([...this.spare.trash].map(([key, node]) => [key, node.content.toString()]));
  }
  get limbo(): string[] {
    return [...this.spare.limbo.keys()];
  }
}

function applied(...segments: JournalRecord[][]): Applied {
  const all = new Applied();
  for (const segment of segments) expect(all.apply(...segment)).toEqual([]);
  return all;
}

/** `d/a` and `d/b`, with `a` also named at the top. */
const start = [
  directory('d'),
  file('a', 'A'),
  file('b', 'B'),
  named('/d', 'd'),
  named('d/a', 'a'),
  named('d/b', 'b'),
  named('/a', 'a'),
];

test('a name comes before or after what it is the name of, and the directory that it is in', () => {
  const { tree } = applied([
    named('e/a', 'a'),
    named('d/e', 'e'),
    named('/d', 'd'),
    file('a', 'A'),
    directory('e'),
    directory('d'),
  ]);
  expect(tree).toEqual({ d: '/', 'd/e': '/', 'd/e/a': 'A' });
});

describe('names change, and content stays', () => {
  test.each<[string, JournalRecord[][], Record<string, string>]>([
    ['a directory is renamed', [[named('/d', null), named('/e', 'd')]], { a: 'A', e: '/', 'e/a': 'A', 'e/b': 'B' }],
    [
      'its new name is stated first',
      [[named('/e', 'd'), named('/d', null)]],
      { a: 'A', e: '/', 'e/a': 'A', 'e/b': 'B' },
    ],
    ['its new name is stated alone', [[named('/e', 'd')]], { a: 'A', e: '/', 'e/a': 'A', 'e/b': 'B' }],
    [
      'only that it is gone from there, and later where it is',
      [[named('/d', null)], [named('/e', 'd')]],
      { a: 'A', e: '/', 'e/a': 'A', 'e/b': 'B' },
    ],
    ['two names are exchanged', [[named('d/a', 'b'), named('d/b', 'a')]], { a: 'A', d: '/', 'd/a': 'B', 'd/b': 'A' }],
    [
      'a file and a directory are exchanged',
      [[named('/a', 'd'), named('/d', 'a')]],
      { d: 'A', a: '/', 'a/a': 'A', 'a/b': 'B' },
    ],
    [
      'a directory changes places with the one above it',
      [
        [directory('e'), named('d/e', 'e')],
        [named('d/e', null), named('/d', 'e'), named('e/d', 'd')],
      ],
      { a: 'A', d: '/', 'd/d': '/', 'd/d/a': 'A', 'd/d/b': 'B' },
    ],
    ['a hard link more', [[named('/c', 'b')]], { a: 'A', c: 'B', d: '/', 'd/a': 'A', 'd/b': 'B' }],
    ['a hard link less', [[named('/a', null)]], { d: '/', 'd/a': 'A', 'd/b': 'B' }],
    [
      'a directory gives way to a file',
      [[named('/d', 'b'), named('d/b', null), named('d/a', null), gone('d')]],
      { a: 'A', d: 'B' },
    ],
    [
      'and comes back',
      [
        [named('/d', 'b'), gone('d')],
        [directory('f'), named('/d', 'f'), named('f/b', 'b')],
      ],
      { a: 'A', d: '/', 'd/b': 'B' },
    ],
    [
      'a symlink in the place of a file',
      [[symlink('s', '../x'), named('/a', 's')]],
      { a: '-> ../x', d: '/', 'd/a': 'A', 'd/b': 'B' },
    ],
    [
      'a name is deleted and made again with another file',
      [[gone('b'), file('c', 'C'), named('d/b', 'c')]],
      { a: 'A', d: '/', 'd/a': 'A', 'd/b': 'C' },
    ],
    [
      'what was in a directory that is gone has moved',
      [[gone('d'), named('/d', null), named('/b', 'b')]],
      { a: 'A', b: 'B' },
    ],
    ['which is stated later', [[gone('d'), named('/d', null)], [named('/b', 'b')]], { a: 'A', b: 'B' }],
    ['something in a directory that is gone by now', [[named('d/c', 'b'), gone('d')]], { a: 'A' }],
  ])('%s', (_, segments, tree) => {
    const all = applied(start, ...segments);
    expect(all.tree).toEqual(tree);
    expect(
      [...new Set(Object.values(all.tree))].includes('B') || all.limbo.includes('b') || all.trash['2/b'] === 'B',
    ).toBe(true);
  });
});

test('new content comes to each of its names, and the old one into the trash', () => {
  const all = applied(start, [file('a', 'A2')]);
  expect(all.tree).toEqual({ a: 'A2', d: '/', 'd/a': 'A2', 'd/b': 'B' });
  expect(all.spare.root.entries.get('a')).toBe(all.spare.root.entries.get('d')?.entries.get('a'));
  expect([all.trash, all.limbo]).toEqual([{ '2/a': 'A' }, []]);
});

test('what is gone is in the trash, with all its names', () => {
  const all = applied(start, [gone('a'), named('/a', null), named('d/a', null)]);
  expect([all.tree, all.trash, all.limbo]).toEqual([{ d: '/', 'd/b': 'B' }, { '2/a': 'A' }, []]);
  const also = applied(start, [gone('a')]);
  expect(also.tree).toEqual(all.tree);
});

test('what has no name, and is not gone, waits in limbo', () => {
  const all = applied(start, [named('d/b', null)]);
  expect([all.trash, all.limbo]).toEqual([{}, ['b']]);
  all.apply(named('/c', 'b'));
  expect([all.tree.c, all.limbo]).toEqual(['B', []]);
});

test('attributes without content, and content in pieces with a hole', () => {
  const all = applied(start, [
    file('a', 'A', { content: 'kept', mode: 0o600, mtime: 7n }),
    directory('d', { mtime: 9n }),
  ]);
  expect(all.spare.root.entries.get('a')?.attributes).toMatchObject({ mode: 0o600, mtime: 7n });
  expect(all.spare.root.entries.get('d')?.attributes.mtime).toBe(9n);
  const whole = Buffer.from('1:b:0\0\0\x002:b:8');
  const { sha256 } = file('b', whole.toString());
  const content = [
    { segment: 1, offset: 0, length: 5 },
    { segment: 2, offset: 8, length: 5 },
  ];
  all.apply(file('b', '', { size: whole.length, sha256, content }));
  expect(all.tree['d/b']).toBe(whole.toString());
});

test('what is special is never made, and nothing is missed for it', () => {
  const all = applied(start, [special('f'), named('/a', 'f')], [named('/g', 'f'), named('/a', null)]);
  expect(all.tree).toEqual({ d: '/', 'd/a': 'A', 'd/b': 'B' });
});

describe('of two directories, each in the other, one has moved since', () => {
  const both = [directory('x'), directory('y'), named('/x', 'x'), named('/y', 'y')];
  test('and is put in its place once that is free', () => {
    const all = applied(both, [named('x/y', 'y'), named('y/x', 'x')]);
    expect(all.limbo).toHaveLength(1);
    all.apply(named('x/y', null), named('/z', 'y'));
    expect([all.tree, all.limbo]).toEqual([{ z: '/', 'z/x': '/' }, []]);
  });
  test('also where it is the other one that has moved', () => {
    const all = applied(both, [named('x/y', 'y'), named('y/x', 'x')]);
    all.apply(named('y/x', null), named('/z', 'x'));
    expect([all.tree, all.limbo]).toEqual([{ z: '/', 'z/y': '/' }, []]);
  });
});

describe('a place that a directory waits for', () => {
  /** `y` is in `x`, and `x` waits for its place in `y`. */
  const waiting = () => {
    const all = applied([directory('x'), directory('y'), named('/x', 'x'), named('/y', 'y')]);
    all.apply(named('x/y', 'y'), named('y/x', 'x'));
    expect([...all.local.owed()].map(([of]) => of)).toEqual(['x']);
    return all;
  };
  test('is no more, once something else is said of it', () => {
    const all = waiting();
    all.apply(named('y/x', null));
    all.apply(named('x/y', null), named('/y', 'y'));
    expect([all.tree, all.limbo]).toEqual([{ y: '/' }, ['x']]);
  });
  test('once the directory has another', () => {
    const all = waiting();
    all.apply(named('/z', 'x'));
    all.apply(named('x/y', null), named('/y', 'y'));
    expect([all.tree, all.limbo]).toEqual([{ y: '/', z: '/' }, []]);
  });
  test('once the directory of that place is gone', () => {
    const all = waiting();
    all.apply(gone('y'));
    expect([all.tree, all.limbo]).toEqual([{}, ['x']]);
  });
});

test('a directory that is stated twice is where it is stated last', () => {
  const twice = applied([directory('d'), named('/x', 'd'), named('/y', 'd')]);
  expect([twice.tree, twice.limbo]).toEqual([{ y: '/' }, []]);
  expect(applied(start, [named('/x', 'd'), named('/d', 'd')]).tree).toEqual(applied(start).tree);
});

test('a segment that was applied has nothing to change any more', () => {
  const all = applied(start);
  const before = all.tree;
  expect(all.apply(...start)).toEqual([]);
  expect(all.tree).toEqual(before);
});

test('what nobody stated is missing', () => {
  const all = applied(start);
  expect(all.apply(named('/x', 'nobody'), named('nowhere/x', 'a'), file('new', 'N', { content: 'kept' }))).toEqual([
    'new',
    'nobody',
    'nowhere',
  ]);
});

test.each<[string, JournalRecord[]]>([
  ['a file that is a directory here', [file('d', 'D')]],
  ['a name in a file', [named('a/x', 'b')]],
])('%s contradicts', (_, records) =>
  expect(plan(records, applied(start).local)).toMatchObject({ state: 'contradiction' }),
);
