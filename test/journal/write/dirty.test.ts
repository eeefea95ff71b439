import { describe, expect, test } from '@jest/globals';
import { identity, type Key, keyText, ROOT } from '../../../journal/record.ts';
import { DirtySet, OPEN, SETTLE } from '../../../journal/write/dirty.ts';

const FILE = identity('131.6');
const node: Key = { of: 'node', identity: FILE };
const name = (name: string): Key => ({ of: 'name', directory: ROOT, name });
const due = (dirty: DirtySet, now: number) => dirty.due(now).map(keyText);

test('what was written and closed is due a second after its last change', () => {
  const dirty = new DirtySet();
  dirty.note({ change: 'content', target: FILE, closed: false }, 0);
  dirty.note({ change: 'content', target: FILE, closed: true }, 700);
  expect(due(dirty, 700 + SETTLE - 1)).toEqual([]);
  expect(due(dirty, 700 + SETTLE)).toEqual(['node 131.6']);
  expect(dirty.take(node)).toMatchObject({ content: true, open: false, forced: false });
  expect(due(dirty, 10 * OPEN)).toEqual([]);
});

test('what stays open, or changes all the time, is due every minute', () => {
  const dirty = new DirtySet();
  dirty.note({ change: 'content', target: FILE, closed: false }, 0);
  expect(due(dirty, OPEN - 1)).toEqual([]);
  expect(dirty.isOpen(FILE)).toBe(true);
  expect(due(dirty, OPEN)).toEqual(['node 131.6']);
  dirty.take(node);
  for (let now = OPEN; now < 2 * OPEN; now += 500) {
    expect(due(dirty, now)).toEqual([]);
    dirty.note({ change: 'attributes', target: FILE }, now);
  }
  expect(due(dirty, 2 * OPEN)).toEqual(['node 131.6']);
});

test('a name that changes all the time is due every second', () => {
  const dirty = new DirtySet();
  for (let now = 0; now < SETTLE; now += 100) dirty.note({ change: 'named', directory: ROOT, name: 'a' }, now);
  expect(due(dirty, SETTLE)).toEqual(['name root/a']);
});

test('a name makes its directory dirty, and what it is the name of; neither by its content', () => {
  const dirty = new DirtySet();
  dirty.note({ change: 'named', directory: ROOT, name: 'a', target: FILE }, 0);
  expect(due(dirty, SETTLE).sort()).toEqual(['name root/a', 'node 131.6', 'node root']);
  expect(dirty.take(node)).toMatchObject({ content: false });
});

test('the longest dirty comes first, and says since when something is', () => {
  const dirty = new DirtySet();
  expect(dirty.since).toBeUndefined();
  for (const [at, key] of [name('b'), name('a'), node].entries()) dirty.add(key, at);
  dirty.add(name('b'), 5);
  expect(due(dirty, OPEN)).toEqual(['name root/b', 'name root/a', 'node 131.6']);
  expect(dirty.since).toBe(0);
});

test('what changes after it was taken is dirty again', () => {
  const dirty = new DirtySet();
  dirty.add(node, 0);
  dirty.take(node);
  dirty.note({ change: 'attributes', target: FILE }, 1);
  expect(due(dirty, 1 + SETTLE)).toEqual(['node 131.6']);
});

test('nothing has to settle for one who is in a hurry', () => {
  const dirty = new DirtySet();
  dirty.note({ change: 'content', target: FILE, closed: false }, 0);
  dirty.hurry(true);
  expect([due(dirty, 0), dirty.settles(FILE, 0)]).toEqual([['node 131.6'], undefined]);
  dirty.hurry(false);
  expect([due(dirty, 0), dirty.settles(FILE, 0)]).toEqual([[], OPEN]);
});

describe('up to when every change is taken', () => {
  test('nobody can know before all was heard once', () => {
    const dirty = new DirtySet();
    dirty.add(node, 0);
    dirty.heardUpTo(5);
    expect(dirty.takenUpTo).toBeUndefined();
    dirty.take(node);
    expect(dirty.takenUpTo).toBe(5);
  });

  test('a change that is heard of late came after the last moment at which all was known', () => {
    const dirty = new DirtySet();
    dirty.heardUpTo(5);
    dirty.note({ change: 'attributes', target: FILE }, 9);
    dirty.heardUpTo(8);
    expect(dirty.takenUpTo).toBe(5);
  });

  test('what is deferred, or was dropped for a scan to find again, is dirty since it was', () => {
    const dirty = new DirtySet(3);
    dirty.heardUpTo(5);
    dirty.add(node, 9);
    const taken = dirty.take(node);
    dirty.heardUpTo(10);
    if (taken) dirty.defer(taken);
    expect(dirty.takenUpTo).toBe(5);
    dirty.take(node);
    dirty.heardUpTo(20);
    for (let i = 0; i < 3; i++) dirty.add(name(`${i}`), 20);
    if (taken) dirty.defer(taken);
    expect(dirty.take(node)).toBeUndefined();
    for (let i = 0; i < 3; i++) dirty.take(name(`${i}`));
    dirty.scanBegins();
    dirty.heardUpTo(30);
    dirty.add(node, 40);
    dirty.scanEnds();
    expect(dirty.takenUpTo).toBe(5);
  });
});

describe('a scan is wanted', () => {
  test('where changes were lost, and there is doubt until it is over', () => {
    const dirty = new DirtySet();
    expect([dirty.doubt, dirty.scanWanted]).toEqual([false, undefined]);
    dirty.note({ change: 'overflow' }, 0);
    expect([dirty.doubt, dirty.scanWanted]).toEqual([true, 'changes were lost']);
    dirty.scanBegins();
    expect([dirty.doubt, dirty.scanWanted]).toEqual([true, undefined]);
    dirty.scanEnds();
    expect(dirty.doubt).toBe(false);
  });

  test('and what is lost while it runs wants another', () => {
    const dirty = new DirtySet();
    dirty.scanBegins();
    dirty.note({ change: 'overflow' }, 0);
    dirty.scanEnds();
    expect([dirty.doubt, dirty.scanWanted]).toEqual([true, 'changes were lost']);
  });

  test('where too much is dirty at once; what was there before is kept, and what no scan finds', () => {
    const dirty = new DirtySet(10);
    dirty.heardUpTo(5);
    for (let i = 0; i < 20; i++) dirty.add(name(`${i}`), 10 + i);
    dirty.add(name('3'), 40, { content: true });
    dirty.add(node, 50, { forced: true });
    expect([dirty.size, dirty.scanWanted]).toEqual([11, 'too much has changed at once']);
    const [first] = dirty.due(1_000_000);
    expect([first, dirty.take(name('3'))]).toMatchObject([name('0'), { first: 13, last: 40, content: true }]);
    expect([dirty.take(name('12')), dirty.take(node)]).toMatchObject([undefined, { forced: true }]);
    expect(dirty.enough).toBe(5);
  });
});
