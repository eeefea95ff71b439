import { beforeEach, describe, expect, test } from '@jest/globals';
import { type JournalRecord, type Key, ROOT } from '../../../journal/record.ts';
import { type Batch, LIMITS } from '../../../journal/write/batch.ts';
import { DirtySet, OPEN } from '../../../journal/write/dirty.ts';
import { Gatherer } from '../../../journal/write/gather.ts';
import { Unreadable } from '../../../journal/write/source.ts';
import { MemoryStage, Owner, Time } from '../reference/owner.ts';
import { MemoryIndex } from './memory-index.ts';

const LARGE = 100;
let time: Time;
let dirty: DirtySet;
let index: MemoryIndex;
let owner: Owner;
let gatherer: Gatherer;
let number: number;
/** What happens while the writer reads: done once. */
let meanwhile: (() => void) | undefined;
let reads: number;

beforeEach(() => {
  [time, dirty, index, number, meanwhile, reads] = [new Time(), new DirtySet(), new MemoryIndex(), 0, undefined, 0];
  owner = new Owner(
    time,
    (change) => dirty.note(change, time.ms),
    () => undefined,
  );
  const read = owner.read.bind(owner);
  owner.read = (identity, stretch, sink) => {
    reads++;
    return read(identity, stretch, async (chunk) => {
      await sink(chunk);
      const now = meanwhile;
      meanwhile = undefined;
      now?.();
    });
  };
  gatherer = new Gatherer({
    dirty,
    index,
    source: owner,
    clock: time,
    limits: { ...LIMITS, large: LARGE, bytes: 400 },
  });
  dirty.add({ of: 'node', identity: owner.files.root.identity }, 0);
});

function gather(): Promise<Batch> {
  dirty.heardUpTo(time.ms);
  return gatherer.gather(new MemoryStage());
}
function acknowledge(batch: Batch): void {
  index.apply({ nodes: batch.nodes, names: batch.names });
  gatherer.acknowledged(batch, ++number);
}
/** What is stated after so many milliseconds, in short. */
async function stated(ms: number): Promise<string[]> {
  time.ms += ms;
  const batch = await gather();
  acknowledge(batch);
  return batch.records.map(inShort);
}
function inShort(record: JournalRecord): string {
  switch (record.record) {
    case 'file': {
      const content =
        typeof record.content === 'string'
          ? record.content
          : record.content.map((p) => `${p.segment}:${p.offset}+${p.length}`);
      return `file ${record.path} ${content} ${record.size}${record.changing ? ' changing' : ''}`;
    }
    case 'name':
      return `name ${record.path} ${record.identity ? 'is' : 'is free'}`;
    case 'piece':
      return `piece ${record.path} ${record.offset}+${record.length}`;
    case 'gone':
    case 'doubt':
      return record.record;
    default:
      return `${record.record} ${record.path}`;
  }
}
const bytes = (length: number) => Buffer.alloc(length, 'x');

test('a new file is stated with its name and its directory, and then nothing more', async () => {
  owner.files.write('a', bytes(5));
  expect(await stated(999)).toEqual([]);
  expect(await stated(2)).toEqual(['directory ', 'file a here 5', 'name a is']);
  expect(await stated(5000)).toEqual([]);
});

test('renamed, linked and of another mode, it is not read again', async () => {
  owner.files.write('a', bytes(5));
  await stated(1001);
  owner.files.rename('a', 'b');
  owner.files.link('b', 'c');
  owner.files.attributes('b', { mode: 0o600 });
  reads = 0;
  expect((await stated(1001)).sort()).toEqual([
    'directory ',
    'file b kept 5',
    'name a is free',
    'name b is',
    'name c is',
  ]);
  expect(reads).toBe(0);
});

test('but where changes may have been lost it is', async () => {
  owner.files.write('a', bytes(5));
  await stated(1001);
  owner.files.rename('a', 'b');
  dirty.note({ change: 'overflow' }, time.ms);
  reads = 0;
  expect(await stated(1001)).toContain('file b kept 5');
  expect(reads).toBe(1);
});

test('written again with the same content, it is not sent again', async () => {
  owner.files.write('a', bytes(5));
  await stated(1001);
  owner.files.write('a', bytes(5));
  time.ms += 1001;
  const batch = await gather();
  expect([batch.records.map(inShort), batch.stage.size]).toEqual([['file a kept 5'], 0]);
});

test('a file that is open is taken with its name after a minute, or once it is closed', async () => {
  owner.files.open(1, 'a');
  owner.files.append(1, bytes(3));
  expect(await stated(5000)).toEqual(['directory ']);
  expect(await stated(OPEN - 5000)).toEqual(['file a here 3', 'name a is']);
  owner.files.append(1, bytes(3));
  expect(await stated(5000)).toEqual([]);
  owner.files.close(1);
  expect(await stated(1001)).toEqual(['file a here 6']);
});

test('a name whose file is replaced all the time is stated within seconds', async () => {
  const found: string[] = [];
  for (let i = 0; i < 8; i++) {
    owner.files.write('new', bytes(i + 1));
    owner.files.rename('new', 'a');
    found.push(...(await stated(500)));
  }
  expect(found.filter((line) => line === 'name a is').length).toBeGreaterThan(0);
});

test('what changes while it is read is marked, and stated again', async () => {
  owner.files.write('a', bytes(6));
  meanwhile = () => owner.files.write('a', bytes(4));
  expect(await stated(1001)).toContain('file a here 4 changing');
  expect(await stated(1001)).toEqual(['file a kept 4']);
});

test('what vanishes while it is read is not stated, and nor is its name', async () => {
  owner.files.write('a', bytes(6));
  meanwhile = () => owner.files.unlink('a');
  expect(await stated(1001)).toEqual(['directory ', 'name a is free']);
  expect((await stated(1001)).sort()).toEqual(['directory ', 'gone', 'name a is free']);
});

test('what was made and deleted since is said to be gone: a copy of the blocks may have it', async () => {
  owner.files.write('a', bytes(6));
  owner.files.unlink('a');
  expect((await stated(1001)).sort()).toEqual(['directory ', 'gone', 'name a is free']);
});

test('what has changed within the second is read again: its next change may show no other time', async () => {
  owner.files.write('a', bytes(6));
  dirty.take({ of: 'node', identity: owner.files.find('a')?.identity } as Key);
  // Taken along with its name, which a directory's scan found.
  time.ms = 500;
  owner.files.patch('a', 0, Buffer.from('y'));
  dirty.take({ of: 'node', identity: owner.files.find('a')?.identity } as Key);
  expect(await stated(501)).toContain('file a here 6');
  reads = 0;
  expect(await stated(1001)).toEqual(['file a kept 6']);
  expect(reads).toBe(1);
  expect(await stated(5000)).toEqual([]);
});

test('a directory that is gone takes its children along, which may be elsewhere', async () => {
  owner.files.mkdir('d');
  owner.files.write('d/a', bytes(1));
  owner.files.write('d/b', bytes(2));
  await stated(1001);
  owner.files.unlink('d/a');
  owner.files.rename('d/b', 'b');
  owner.files.unlink('d');
  // Nothing of it was heard but that the directory is another.
  for (const key of [...dirty.keys()]) dirty.take(key);
  dirty.add({ of: 'node', identity: index.name(owner.files.root.identity, 'd') } as Key, time.ms);
  expect(await stated(1001)).toEqual(['gone']);
  expect((await stated(1001)).sort()).toEqual(['file b kept 2', 'gone']);
});

describe('what an object of an earlier start names', () => {
  const force = (path: string) => {
    const identity = owner.files.find(path)?.identity;
    if (identity) dirty.add({ of: 'node', identity }, time.ms, { forced: true });
    dirty.add({ of: 'name', directory: owner.files.root.identity, name: path }, time.ms, { forced: true });
  };

  test('is stated anew, with its content, though the index has it', async () => {
    owner.files.write('a', bytes(5));
    await stated(1001);
    force('a');
    expect(gatherer.owes).toBe(true);
    expect((await stated(1001)).sort()).toEqual(['file a here 5', 'name a is']);
    expect(gatherer.owes).toBe(false);
  });

  test('is owed until a large file is read to its end', async () => {
    owner.files.write('a', bytes(150));
    await stated(1001);
    await stated(0);
    force('a');
    await stated(1001);
    expect([gatherer.owes, dirty.owes]).toEqual([true, false]);
    await stated(0);
    expect(gatherer.owes).toBe(false);
  });

  test('is said to be gone, also where it vanishes as it is read and the index never had it', async () => {
    owner.files.write('a', bytes(150));
    const key = { of: 'node', identity: owner.files.find('a')?.identity } as Key;
    dirty.take(key);
    dirty.add(key, time.ms, { forced: true });
    await stated(1001);
    owner.files.unlink('a');
    dirty.take(key);
    await stated(1001);
    expect(await stated(1001)).toEqual(['gone']);
  });
});

test('what is found to be gone and then has a name again is stated anew by the next segment', async () => {
  owner.files.write('a', bytes(5));
  await stated(1001);
  const a = owner.files.find('a')?.identity;
  const look = owner.look.bind(owner);
  owner.look = async (identity) => {
    if (identity !== a) return look(identity);
    owner.look = look;
    return undefined;
  };
  owner.files.attributes('a', { mode: 0o600 });
  owner.files.rename('a', 'b');
  dirty.take({ of: 'name', directory: owner.files.root.identity, name: 'a' });
  expect(await stated(1001)).toEqual(['gone', 'directory ']);
  expect(await stated(0)).toEqual(['file b here 5', 'name b is']);
});

test('what came with a directory that was not known is found in it', async () => {
  owner.files.mkdir('d');
  owner.files.write('d/a', bytes(3));
  for (const key of [...dirty.keys()]) dirty.take(key);
  // As it comes out of `.remount`, where nobody listens.
  owner.files.rename('d', 'e');
  expect(await stated(1001)).toEqual(['directory ', 'name d is free', 'directory e', 'name e is']);
  expect(await stated(1001)).toEqual(['file e/a here 3', 'name e/a is']);
});

test.each([5, 150])('what cannot be read, of %d bytes, is tried again, and holds up nothing else', async (size) => {
  owner.files.write('a', bytes(size));
  owner.files.write('b', bytes(2));
  const read = owner.read;
  const a = owner.files.find('a')?.identity;
  owner.read = async (identity, stretch, sink) => {
    if (identity !== a) return read(identity, stretch, sink);
    owner.read = read;
    throw new Unreadable();
  };
  time.ms += 1001;
  const batch = await gather();
  acknowledge(batch);
  expect([batch.unreadable, batch.records.map(inShort)]).toEqual([['a'], ['directory ', 'file b here 2', 'name b is']]);
  expect(batch.stage.size).toBe(2);
  await stated(1001);
  await stated(1001);
  expect(index.node(a as typeof ROOT)?.size).toBe(size);
});

describe('a large file', () => {
  test('goes into pieces, and is stated with its name once they are acknowledged', async () => {
    owner.files.write('a', bytes(250));
    expect(await stated(1001)).toEqual(['directory ', 'piece a 0+100', 'piece a 100+100', 'piece a 200+50']);
    expect(await stated(0)).toEqual(['file a 1:0+100,1:100+100,1:200+50 250', 'name a is']);
    expect(await stated(5000)).toEqual([]);
  });

  test('without its holes', async () => {
    owner.files.write('a', bytes(16));
    owner.files.patch('a', 160, bytes(16));
    await stated(1001);
    expect(await stated(0)).toEqual(['file a 1:0+16,1:160+16 176', 'name a is']);
  });

  test('leaves room for others, and they for it', async () => {
    owner.files.write('a', bytes(1000));
    await stated(1001);
    for (const name of ['b', 'c', 'd', 'e', 'f', 'g']) owner.files.write(name, bytes(90));
    const found = await stated(1001);
    expect(found.filter((line) => line.startsWith('piece')).length).toBeGreaterThanOrEqual(2);
    expect(found.filter((line) => line.startsWith('file')).length).toBeGreaterThanOrEqual(2);
  });

  test('that changes meanwhile is stated all the same, marked, and again', async () => {
    owner.files.write('a', bytes(150));
    meanwhile = () => owner.files.patch('a', 0, Buffer.from('y'));
    await stated(1001);
    expect(await stated(0)).toEqual(['file a 1:0+100,1:100+50 150 changing', 'name a is']);
    await stated(1001);
    expect(await stated(0)).toEqual(['file a 3:0+100,3:100+50 150']);
  });

  test('that vanishes is gone', async () => {
    owner.files.write('a', bytes(150));
    await stated(1001);
    owner.files.unlink('a');
    expect(await stated(0)).toEqual(['name a is free']);
    expect((await stated(1001)).sort()).toEqual(['directory ', 'gone']);
  });
});

test('a segment says up to when all is stated', async () => {
  const since = (batch: Batch) =>
    batch.complete === undefined ? undefined : batch.complete - Number(time.offset / 1_000_000n);
  expect(since(await gather())).toBeUndefined();
  await stated(1001);
  time.ms = 10_000;
  dirty.heardUpTo(time.ms);
  owner.files.write('a', bytes(5));
  time.ms = 10_500;
  expect(since(await gather())).toBe(10_000);
  time.ms = 12_000;
  expect(since(await gather())).toBe(12_000);
  dirty.note({ change: 'overflow' }, time.ms);
  const batch = await gather();
  expect([since(batch), batch.records.map(inShort)]).toEqual([undefined, ['doubt']]);
  // What a scan finds changed after the last moment at which all was known.
  dirty.scanBegins();
  dirty.add({ of: 'node', identity: ROOT }, 20_000);
  dirty.scanEnds();
  expect(since(await gather())).toBe(12_000);
  time.ms = 22_000;
  expect(since(await gather())).toBe(22_000);
});
