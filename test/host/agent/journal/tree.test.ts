import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { identityOf, LABEL, labelOf } from '../../../../host/agent/journal/label.ts';
import { Tree } from '../../../../host/agent/journal/tree.ts';
import type { Handle } from '../../../../host/agent/kernel/handle.ts';
import { identity, ROOT } from '../../../../journal/record.ts';
import type { Known } from '../../../../journal/write/index.ts';

let directory: string;
let tree: Tree;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tree-'));
  tree = new Tree(join(directory, 'tree'), { durable: false });
});
afterEach(() => {
  tree.close();
  rmSync(directory, { recursive: true });
});

const A = identity('a');
const B = identity('b');
const file: Known = { kind: 'file', ctime: 1_790_000_000_123_456_789n, size: 5, mtime: -1n, sha256: '0'.repeat(64) };
const unsure: Known = { kind: 'directory', ctime: 1n, size: 0, mtime: 0n, unsure: true };

test('is what an acknowledged segment stated, also after it is opened again', () => {
  tree.transaction(() =>
    tree.applyIndex({
      nodes: new Map([
        [A, file],
        [B, unsure],
      ]),
      names: [
        { directory: ROOT, name: 'b\udcff\n', identity: B },
        { directory: B, name: 'ü', identity: A },
      ],
    }),
  );
  tree.close();
  tree = new Tree(join(directory, 'tree'), { durable: true });
  const { index, local } = tree;
  expect([index.node(A), index.node(B), index.name(ROOT, 'b\udcff\n'), index.name(ROOT, 'b')]).toEqual([
    file,
    unsure,
    B,
    undefined,
  ]);
  expect([[...index.names(B)], local.names(A), local.kind(A), [...local.children(ROOT)]]).toEqual([
    [['ü', A]],
    [{ directory: B, name: 'ü' }],
    'file',
    [['b\udcff\n', B]],
  ]);
  expect([...index.unnamed()]).toEqual([]);
  tree.applyIndex({ nodes: new Map([[B, undefined]]), names: [] });
  // With a directory all its names are gone; what was in it is named nowhere.
  expect([[...index.names(B)], [...index.unnamed()]]).toEqual([[], [A]]);
});

test('is all of a transaction or nothing of it', () => {
  const half = () =>
    tree.transaction(() => {
      tree.setNode(A, file);
      throw new Error('on the way');
    });
  expect(half).toThrow('on the way');
  expect(tree.node(A)).toBeUndefined();
});

test('keeps handles where they are not the identity', () => {
  const [one, other] = ['81aa', '81bb'] as Handle[];
  if (!one || !other) throw new Error('two handles');
  expect([tree.handleOf(A), tree.identityOf(one)]).toEqual(['a', '81aa']);
  tree.setHandle(A, one);
  tree.setHandle(A, other);
  expect([tree.handleOf(A), tree.identityOf(one), tree.identityOf(other)]).toEqual([other, '81aa', A]);
  tree.setNode(A, undefined);
  expect(tree.identityOf(other)).toBe('81bb');
});

test('is copied whole, and belongs to one', () => {
  tree.setNode(A, file);
  tree.settle(B, 5n);
  tree.copyTo(join(directory, 'copy'));
  const copy = new Tree(join(directory, 'copy'), { durable: false });
  expect([copy.node(A), copy.settled(B)]).toEqual([file, 5n]);
  expect(() => new Tree(join(directory, 'copy'), { durable: false })).toThrow('locked');
  copy.close();
});

test('a label counts on the inode alone that it was set on', () => {
  const [one, other] = ['81aa', '81bb'] as Handle[];
  if (!one || !other) throw new Error('two handles');
  const attributes = new Map([[LABEL, labelOf(A, one)]]);
  expect([identityOf(one, attributes), identityOf(other, attributes), identityOf(one, new Map())]).toEqual([
    A,
    '81bb',
    '81aa',
  ]);
});
