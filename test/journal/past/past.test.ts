import { describe, expect, test } from '@jest/globals';
import { ContradictionError, Past } from '../../../journal/past/past.ts';
import { type Identity, ROOT } from '../../../journal/record.ts';
import { directory, file, gone, id, name, type Part, piece, symlink } from '../../operator/restore/segments.ts';

/** As segments with these records leave it. */
function past(...segments: readonly (readonly Part[])[]): Past {
  const made = new Past();
  for (const [i, parts] of segments.entries())
    made.apply(
      i + 1,
      timesOf(i + 1),
      parts.map(({ record }) => record),
    );
  made.end();
  return made;
}
/** Each has all changes of before, and is made long after the one before. */
const timesOf = (number: number) => ({ taken: number * 600_000, complete: number * 600_000 });
const there = (identity: string) => ({ state: 'there', identity });
const below = (made: Past, from: Identity = ROOT, path = ''): string[] =>
  made
    .children(from)
    .flatMap(([one, child]) => [`${path}${one}`, ...below(made, child, `${path}${one}/`)])
    .sort();

const COURSE = [directory('d', 'c'), name('root', 'c', 'd'), file('f', 'c/a', 'one'), name('d', 'c/a', 'f')];

describe('what stands at a path', () => {
  test('is found by names, and what nobody states is not known to be nothing', () => {
    const made = past(COURSE);
    expect(made.find('c/a')).toEqual(there('f'));
    expect(made.find('')).toEqual(there('root'));
    expect(made.find('c/b')).toEqual({ state: 'unknown' });
    expect(made.find('c/a/b')).toEqual({ state: 'free' });
    expect(made.node(id('f'))).toMatchObject({ number: 1, content: { segment: 1 } });
  });

  test('goes with a directory that is renamed, and nothing below it is stated again', () => {
    const made = past(COURSE, [name('root', 'c', null), name('root', 'new', 'd')]);
    expect(made.find('new/a')).toEqual(there('f'));
    expect(made.find('c')).toEqual({ state: 'free' });
    expect(made.find('c/a')).toEqual({ state: 'free' });
  });

  test('is another thing once its name was deleted and made again', () => {
    const made = past(COURSE, [name('d', 'c/a', null), gone('f')], [file('g', 'c/a', 'two'), name('d', 'c/a', 'g')]);
    expect(made.find('c/a')).toEqual(there('g'));
    expect(made.node(id('f'))).toBeUndefined();
  });

  test('is one file under all of its names', () => {
    const made = past(COURSE, [name('d', 'c/b', 'f')], [file('f', 'c/b', 'two')]);
    expect([made.find('c/a'), made.find('c/b')]).toEqual([there('f'), there('f')]);
    expect(made.node(id('f'))?.content).toEqual({ segment: 3 });
  });

  test('has the content that was stated before, where that is kept', () => {
    const kept = (text: string) => file('f', 'c/a', text, { content: 'kept', mode: 0o600 });
    expect(past(COURSE, [kept('one')]).node(id('f'))).toMatchObject({ number: 2, content: { segment: 1 } });
    expect(past([kept('one')]).node(id('f'))?.content).toBeUndefined();
    // Of another content nothing was stated.
    expect(past(COURSE, [kept('two')]).node(id('f'))?.content).toBeUndefined();
  });
});

describe('what was there before the first number', () => {
  test('stands where its path says, until a name says otherwise', () => {
    const made = past([file('f', 'c/sub/a', 'one')]);
    expect(made.find('c/sub/a')).toEqual(there('f'));
    expect(made.find('c/sub/b')).toEqual({ state: 'unknown' });
    made.apply(2, timesOf(2), [name('root', 'c', null).record]);
    expect(made.find('c/sub/a')).toEqual({ state: 'free' });
  });

  test('is in the directory that is stated later, under what that is called then', () => {
    const made = past(
      [file('f', 'c/a', 'one')],
      [directory('d', 'c')],
      [],
      [name('root', 'c', null), name('root', 'n', 'd')],
    );
    expect(made.find('n/a')).toEqual(there('f'));
    expect(below(made)).toEqual(['n', 'n/a']);
  });

  test('is nowhere, where a name on its way was stated before all was known of that time', () => {
    const moved = [name('root', 'old', 'd'), directory('e', 'c'), name('root', 'c', 'e')];
    const made = past(COURSE, [file('x', 'c/x', 'one')], moved);
    expect([made.find('c/x'), made.find('old/x')]).toEqual([{ state: 'unknown' }, { state: 'unknown' }]);
    expect(past(COURSE, [file('x', 'c/x', 'one')], [], moved).find('old/x')).toEqual(there('x'));
  });

  test('is where a name in it says that its directory is', () => {
    const made = past([name('d', 'c/a', null)], [name('d', 'c/b', 'g')]);
    expect(made.find('c/a')).toEqual({ state: 'free' });
    expect(made.find('c/b')).toEqual(there('g'));
    expect(made.node(id('g'))).toBeUndefined();
  });

  test('is not put back where a name was given up, nor below what is no directory', () => {
    const late = past(COURSE, [name('d', 'c/a', null)], [file('f', 'c/a', 'one')]);
    expect(late.find('c/a')).toEqual({ state: 'free' });
    const link = past([symlink('l', 'c', '/etc'), name('root', 'c', 'l')], [file('f', 'c/passwd', 'x')]);
    expect(link.find('c/passwd')).toEqual({ state: 'free' });
    expect(below(link)).toEqual(['c']);
  });

  test('is what it is stated to be, whatever was supposed while it had a name alone', () => {
    const made = past([name('root', 'c', 'd')], [name('d', 'c/a', 'f'), piece('f', 'c/a', 0, Buffer.from('o'))]);
    expect(made.kind(id('d'))).toBe('directory');
    expect(made.find('c/a')).toEqual(there('f'));
    made.apply(3, timesOf(3), [symlink('f', 'c/a', 'x').record]);
    expect(made.kind(id('f'))).toBe('symlink');
    expect(made.find('c/a')).toEqual(there('f'));
  });
});

test('an identity that is another thing after numbers that are not there is that, and of one segment nothing is two', () => {
  const made = past(COURSE, [file('d', 'c', 'now a file'), name('root', 'c', 'd')]);
  expect(made.kind(id('d'))).toBe('file');
  expect(made.find('c/a')).toEqual({ state: 'free' });
  const two = [file('x', 'x', '1'), name('x', 'x/y', 'z')].map(({ record }) => record);
  expect(() => made.apply(3, timesOf(3), two)).toThrow(ContradictionError);
  expect(made.find('c')).toEqual(there('d'));
});
