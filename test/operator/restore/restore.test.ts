import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { fetchAll } from '../../../operator/restore/fetch.ts';
import { Aside, Occupied } from '../../../operator/restore/place.ts';
import { doubtedOf, entriesOf, wantedOf } from '../../../operator/restore/plan.ts';
import { NoJournal, type Told, tellPast } from '../../../operator/restore/read.ts';
import { at, directory, doubt, file, gone, name, piece, Segments, START, sha256, symlink, VOLUME } from './segments.ts';

const lab = mkdtempSync(join(tmpdir(), 'restore-'));
afterAll(() => rmSync(lab, { recursive: true }));
const slept: number[] = [];
const waiting = { sleep: async (ms: number) => void slept.push(ms) };

const tell = ({ journal }: Segments, path: string, moment: number): Promise<Told> =>
  tellPast(journal, { volume: VOLUME, path, at: moment }, waiting);

let made = 0;
/** Restores, as the command does. @returns what is there then, and what failed */
async function restore(
  segments: Segments,
  path: string,
  moment: number,
  { into = join(lab, `${++made}`), replace = false } = {},
) {
  const told = await tell(segments, path, moment);
  const found = told.past.find(path);
  const entries = found.state === 'there' ? entriesOf(told, found.identity) : [];
  const aside = new Aside(into);
  try {
    const { files, failed } = await fetchAll(segments.journal, wantedOf(entries), aside.files, waiting);
    const kept = entries.filter(({ identity }) => !failed.has(identity));
    const unset = aside.make(kept, files);
    aside.place(kept, path.split('/').at(-1) || VOLUME, replace);
    return {
      told,
      entries,
      into,
      failed,
      unset,
      lacks: entries.flatMap(({ names, lack }) => (lack ? [[names.join('/'), lack]] : [])),
    };
  } finally {
    aside.clear();
  }
}
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

/** A course that is changed, renamed and deleted, a second each. */
const story = async () => {
  const made = new Segments();
  await made.add([directory('d', 'c'), name('root', 'c', 'd'), file('f', 'c/a', 'one'), name('d', 'c/a', 'f')]);
  await made.add([file('f', 'c/a', 'two')]);
  await made.add([name('root', 'c', null), name('root', 'new', 'd')]);
  await made.add([file('g', 'new/b', 'three'), name('d', 'new/b', 'g')]);
  await made.add([name('root', 'new', null), gone('d'), gone('f'), gone('g')]);
  return made;
};

describe('a moment', () => {
  test('is before a change, after it, and under the name that a directory had then', async () => {
    const segments = await story();
    const one = await restore(segments, 'c', at(1) + 500);
    expect(read(one.into, 'c/a')).toBe('one');
    expect(one.told).toMatchObject({
      since: { number: 1, at: at(1) },
      asOf: { number: 1, at: at(1) },
      complete: at(1),
    });
    const two = await restore(segments, 'c/a', at(2));
    expect(readdirSync(two.into)).toEqual(['a']);
    expect(read(two.into, 'a')).toBe('two');
    const four = await restore(segments, 'new', at(4));
    expect([read(four.into, 'new/a'), read(four.into, 'new/b')]).toEqual(['two', 'three']);
  });

  test('before which a thing was deleted has it no more, and the number that says so is known', async () => {
    const segments = await story();
    const told = await tell(segments, 'new/a', at(9));
    expect([told.past.find('new/a').state, told.last]).toEqual(['free', { number: 5, at: at(5) }]);
    expect((await tell(segments, 'c/a', at(9))).last).toEqual({ number: 3, at: at(3) });
    expect((await tell(segments, 'never', at(9))).last).toBeUndefined();
  });

  test('before the first number is none that the journal knows of', async () => {
    const told = await tell(await story(), 'c', at(0));
    expect(told).toMatchObject({ asOf: undefined, since: { number: 1, at: at(1) } });
  });

  test('is by the clock of S3 where that of a host is ahead, and never goes back', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')]);
    await segments.add([file('f', 'a', 'two')], { taken: at(9000) });
    await segments.add([file('f', 'a', 'three')], { taken: at(3) - 9_000_000 });
    expect(read((await restore(segments, 'a', at(2))).into, 'a')).toBe('one');
    expect(read((await restore(segments, 'a', at(4))).into, 'a')).toBe('three');
    expect((await tell(segments, 'a', at(9))).asOf).toEqual({ number: 3, at: at(3) });
  });
});

describe('a reader', () => {
  test('passes over what carries a lower term after a seal', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')]);
    await segments.seal(2);
    await segments.add([file('f', 'a', 'late')]);
    await segments.add([file('f', 'a', 'two')], { term: 2 });
    await segments.add([name('root', 'a', null), gone('f')]);
    const { into, told } = await restore(segments, 'a', at(9));
    expect(read(into, 'a')).toBe('two');
    expect(told.asOf?.number).toBe(4);
  });

  test('also where the seal has expired', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'two'), name('root', 'a', 'f')], { number: 7, term: 2 });
    await segments.add([file('f', 'a', 'late')]);
    expect(read((await restore(segments, 'a', at(99))).into, 'a')).toBe('two');
  });

  test('says which numbers are not there, and what was stated before them', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')], { number: 4 });
    await segments.add([file('g', 'b', 'two'), name('root', 'b', 'g')], { number: 8 });
    const { told, entries } = await restore(segments, '', at(9));
    expect(told).toMatchObject({ since: { number: 4 }, missing: [[5, 7]], doubted: 8 });
    expect(doubtedOf(told, entries)).toBe(1);
  });

  test.each([
    ['another volume', { volume: 'beta' }, 'foreign'],
    ['another term', { term: 3 }, 'foreign'],
  ])('does not take a segment of %s, and says so', async (_, of, code) => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')]);
    await segments.add([file('f', 'a', 'two')], of);
    const object = segments.journal.objects.get(2);
    if (object) segments.journal.objects.set(2, { ...object, signature: { ...object.signature, term: 1 } });
    const { into, told } = await restore(segments, 'a', at(9));
    expect(read(into, 'a')).toBe('one');
    expect(told).toMatchObject({ damaged: [{ number: 2, code }], doubted: 2 });
  });

  test('believes nothing of an object whose sum is another', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')]);
    await segments.add([name('root', 'a', null)]);
    const object = segments.journal.objects.get(2);
    if (object) segments.journal.objects.set(2, { ...object, signature: { ...object.signature, sum: sha256('x') } });
    const { into, told } = await restore(segments, 'a', at(9));
    expect(read(into, 'a')).toBe('one');
    expect(told.damaged).toEqual([{ number: 2, code: 'sum' }]);
  });

  test('knows that changes went unheard, until a scan has found them', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')]);
    await segments.add([doubt()], { complete: undefined });
    expect((await tell(segments, 'a', at(2))).doubted).toBe(3);
    await segments.add([]);
    expect((await tell(segments, 'a', at(3))).doubted).toBeUndefined();
    await segments.add([doubt(true)]);
    await segments.add([]);
    expect((await tell(segments, 'a', at(9))).doubted).toBe(4);
  });

  test('of an empty journal says nothing of what was there', async () => {
    await expect(tell(new Segments(), 'a', at(1))).rejects.toThrow(NoJournal);
  });

  test('asks again where S3 is silent, and gives up in the end', async () => {
    const segments = await story();
    let silent = 3;
    segments.journal.mishap = () => (silent-- > 0 ? 'busy' : undefined);
    expect((await tell(segments, 'c', at(1))).asOf?.number).toBe(1);
    segments.journal.mishap = () => 'busy';
    await expect(tell(segments, 'c', at(1))).rejects.toThrow('S3 does not answer');
  });
});

describe('what is restored', () => {
  test('is as it was: modes, times, links, and names that are no UTF-8', async () => {
    const segments = new Segments();
    await segments.add([
      directory('d', 'c', { mode: 0o550, mtime: 1_500_000_000_000_000_000n }),
      name('root', 'c', 'd'),
      file('f', 'c/a', 'one', { mode: 0o444 }),
      name('d', 'c/a', 'f'),
      name('d', 'c/also', 'f'),
      name('d', 'c/odd\udcff\n', 'f'),
      symlink('l', 'c/link', '/etc/passwd'),
      name('d', 'c/link', 'l'),
    ]);
    const { into, lacks } = await restore(segments, 'c', at(9));
    expect(lacks).toEqual([]);
    const stat = lstatSync(join(into, 'c/a'));
    expect([stat.mode & 0o7777, stat.nlink, stat.mtimeMs]).toEqual([0o444, 3, 1_767_700_000_500]);
    const top = lstatSync(join(into, 'c'));
    expect([top.mode & 0o7777, top.mtimeMs]).toEqual([0o550, 1_500_000_000_000]);
    expect(readlinkSync(join(into, 'c/link'))).toBe('/etc/passwd');
    const names = readdirSync(join(into, 'c'), { encoding: 'buffer' }).map((one) => one.toString('latin1'));
    expect(names.sort()).toEqual(['a', 'also', 'link', 'odd\xff\n']);
    // Nothing of the making is left.
    expect(readdirSync(into)).toEqual(['c']);
  });

  test('is a large file of pieces, holes and all; without a piece it is named', async () => {
    const [head, tail] = [Buffer.from('head'), Buffer.from('tail')];
    const whole = Buffer.concat([head, Buffer.alloc(6), tail, Buffer.alloc(2)]);
    const content = [
      { segment: 1, offset: 0, length: 4 },
      { segment: 2, offset: 10, length: 4 },
    ];
    const segments = new Segments();
    await segments.add([piece('f', 'big', 0, head)]);
    await segments.add([piece('f', 'big', 10, tail)]);
    await segments.add([file('f', 'big', whole, { content }), name('root', 'big', 'f')]);
    expect(readFileSync(join((await restore(segments, 'big', at(9))).into, 'big')).equals(whole)).toBe(true);
    segments.journal.objects.delete(1);
    expect((await restore(segments, '', at(9))).lacks).toEqual([['big', 'missing']]);
  });

  test('is a large file as a whole or not at all: without a piece in between it is named', async () => {
    const [head, tail] = [Buffer.from('head'), Buffer.from('tail')];
    const content = [
      { segment: 1, offset: 0, length: 4 },
      { segment: 2, offset: 4, length: 4 },
    ];
    const segments = new Segments();
    await segments.add([piece('f', 'big', 0, head)]);
    await segments.add([piece('f', 'big', 4, tail)]);
    await segments.add([file('f', 'big', 'headtail', { content }), name('root', 'big', 'f')]);
    segments.journal.objects.delete(2);
    const { lacks, failed } = await restore(segments, '', at(9));
    expect([lacks, [...failed]]).toEqual([[['big', 'missing']], []]);
  });

  test('is nothing whose sha256 is another: that is named, and the rest restored', async () => {
    const content = [{ segment: 1, offset: 0, length: 4 }];
    const segments = new Segments();
    await segments.add([piece('f', 'big', 0, Buffer.from('head')), file('g', 'ok', 'ok'), name('root', 'ok', 'g')]);
    await segments.add([file('f', 'big', 'HEAD', { content }), name('root', 'big', 'f')]);
    const { into, failed } = await restore(segments, '', at(9));
    expect([...failed]).toEqual([['f', `its sha256 is not ${sha256('HEAD')}, which number 1 states`]]);
    expect(readdirSync(join(into, VOLUME))).toEqual(['ok']);
  });

  test('is nothing of a segment that is damaged behind its index', async () => {
    const segments = new Segments();
    await segments.add([file('f', 'a', Buffer.alloc(300 * 1024, 'a')), name('root', 'a', 'f')]);
    await segments.add([file('g', 'b', 'b'), name('root', 'b', 'g')]);
    // Of a large one the index is read, unless something is taken from it.
    segments.damage(1, 5000);
    const { into, failed, told } = await restore(segments, '', at(9));
    expect(told.damaged).toEqual([]);
    expect([...failed]).toEqual([['f', 'number 1 is damaged: content']]);
    expect(readdirSync(join(into, VOLUME))).toEqual(['b']);
  });

  test('is not what the journal does not have, which is named', async () => {
    const segments = new Segments();
    await segments.add([
      file('f', 'c/kept', 'old', { content: 'kept' }),
      name('d', 'c/old', 'g'),
      file('h', 'c/new', 'new'),
    ]);
    const { lacks, into } = await restore(segments, 'c', at(9));
    expect(lacks).toEqual([
      ['kept', 'content'],
      ['old', 'unstated'],
    ]);
    expect(readdirSync(join(into, 'c'))).toEqual(['new']);
  });

  test('stays where it belongs, whatever names the journal has', async () => {
    const outside = join(lab, 'outside');
    mkdirSync(outside);
    const segments = new Segments();
    await segments.add([
      directory('d', 'c'),
      name('root', 'c', 'd'),
      symlink('l', 'c/sub', outside),
      name('d', 'c/sub', 'l'),
      file('f', 'c/a', 'one'),
      name('d', 'c/a', 'f'),
    ]);
    // Below a link, above the top, at an absolute path: each is no segment, or has no such place.
    await segments.add([file('g', 'c/sub/evil', 'evil')]);
    await segments.add([name('l', 'c/sub/worse', 'f')]);
    await segments.add([file('h', '../outside/evil', 'evil')]);
    await segments.add([{ record: { ...name('d', 'c/x', 'f').record, name: '../../outside/evil' } as never }]);
    await segments.add([file('i', `${outside}/evil`, 'evil')]);
    const { into, told } = await restore(segments, 'c', at(3));
    expect(readdirSync(outside)).toEqual([]);
    expect(readdirSync(join(into, 'c')).sort()).toEqual(['a']);
    expect(told.damaged).toEqual([]);
    const { told: all } = await restore(segments, 'c', at(99));
    expect(all.damaged.map(({ number, code }) => [number, code])).toEqual([
      [4, 'index'],
      [5, 'index'],
      [6, 'index'],
    ]);
    expect([readdirSync(outside), existsSync(join(lab, 'evil'))]).toEqual([[], false]);
  });
});

describe('what is there already', () => {
  test('stays, and nothing is left beside it', async () => {
    const into = join(lab, 'occupied');
    mkdirSync(into);
    writeFileSync(join(into, 'a'), 'mine');
    const segments = new Segments();
    await segments.add([file('f', 'a', 'one'), name('root', 'a', 'f')]);
    await expect(restore(segments, 'a', at(9), { into })).rejects.toThrow(Occupied);
    expect([readdirSync(into), read(into, 'a')]).toEqual([['a'], 'mine']);
  });

  test('goes where it is to be replaced, a directory with all that is in it, which may not be written to', async () => {
    const segments = await story();
    const { into } = await restore(segments, 'c', at(1));
    mkdirSync(join(into, 'c/more/deep'), { recursive: true, mode: 0o500 });
    await restore(segments, 'c', at(2), { into, replace: true });
    expect([readdirSync(into), readdirSync(join(into, 'c')), read(into, 'c/a')]).toEqual([['c'], ['a'], 'two']);
  });

  test('a directory that was made for nothing goes again', async () => {
    const into = join(lab, 'for', 'nothing');
    new Aside(into).clear();
    expect([existsSync(join(lab, 'for')), START]).toEqual([false, at(0)]);
  });
});
