import { describe, expect, test } from '@jest/globals';
import { LIMITS, overLimit, overRoom, type Room, Sizes } from '../../intake/limits.ts';
import { manifestOf, readList } from '../../intake/list.ts';
import { Names } from '../../intake/names.ts';
import { MOST_REFUSALS, type Refusal } from '../../intake/refusal.ts';
import { sentenceOf } from '../../intake/words.ts';

const GIB = 2 ** 30;

describe('what fits', () => {
  const room: Room = { size: 100 * GIB, free: 50 * GIB, inodes: 1000, freeInodes: 500 };
  const sizeOf = (files: number, bytes: number) => {
    const sizes = new Sizes();
    for (let i = 0; i < files; i++) sizes.add(`${i}`, bytes);
    return sizes.size(1);
  };

  test('blocks, directories and the manifest are counted, and a share of the volume is left', () => {
    expect(sizeOf(10, 1)).toMatchObject({ files: 10, directories: 1, bytes: 10, stored: (10 + 1 + 1) * 4096 });
    expect(overRoom(sizeOf(1, 44 * GIB), room, LIMITS)).toBeUndefined();
    expect(overRoom(sizeOf(1, 45 * GIB), room, LIMITS)).toMatchObject({
      code: 'noRoom',
      of: 'bytes',
      allowed: 45 * GIB,
    });
    expect(overRoom(sizeOf(447, 1), room, LIMITS)).toBeUndefined();
    expect(overRoom(sizeOf(448, 1), room, LIMITS)).toMatchObject({
      code: 'noRoom',
      of: 'inodes',
      wanted: 451,
      allowed: 450,
    });
    expect(overRoom(sizeOf(1, 1), { ...room, free: 0 }, LIMITS)).toMatchObject({ code: 'noRoom', of: 'bytes' });
  });

  test('a ratio counts beyond what nobody suspects; a size that is none is too large', () => {
    const most = LIMITS.unsuspected;
    expect(overLimit(most, 1, LIMITS)).toBeUndefined();
    expect(overLimit(most + 1, 1, LIMITS)).toMatchObject({ code: 'bomb', uploaded: 1 });
    expect(overLimit(most + 100, most / 100 + 1, LIMITS)).toBeUndefined();
    expect(overLimit(LIMITS.bytes, LIMITS.bytes, LIMITS)).toBeUndefined();
    for (const bytes of [LIMITS.bytes + 1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(overLimit(bytes, LIMITS.bytes, LIMITS)).toMatchObject({ code: 'tooLarge' });
  });
});

describe('the list of a folder', () => {
  const sum = (digit: string) => digit.repeat(64);
  const read = (text: string) => readList(text, { limits: LIMITS });

  test('as sha256sum writes it, of find or of a shell, in text or binary, by Windows too', () => {
    const { files, names } = read(`${sum('a')}  ./d/a b.txt\n${sum('B')} *b\r\n\n${sum('c')}  c\n`);
    expect(names.refusals).toEqual([]);
    expect(files).toEqual([
      { path: 'd/a b.txt', sha256: sum('a'), name: 'd/a b.txt' },
      { path: 'b', sha256: sum('b'), name: 'b' },
      { path: 'c', sha256: sum('c'), name: 'c' },
    ]);
    expect(names.directories).toBe(2);
  });

  test('what is none is said by its line, and names are judged as those of an archive', () => {
    const text = `${sum('a')}  a\n<html>\n${sum('a')} a\n\\${sum('a')}  a\\nb\n${sum('a')}  d/\n${sum('a')}  ../x\n${sum('a')}  a\n`;
    expect(read(text).names.refusals).toEqual([
      { code: 'list', line: 2 },
      { code: 'list', line: 3 },
      { code: 'list', line: 4 },
      { code: 'list', line: 5 },
      { code: 'outside', path: '../x', why: 'parent' },
      { code: 'twice', path: 'a', as: 'a', by: 'same' },
    ]);
  });

  test('a manifest is in the order of names, as sha256sum --check reads it', () => {
    const files = ['b', 'a/z', 'a'].map((path) => ({ path, sha256: sum('f') }));
    expect(manifestOf(files)).toBe(`${sum('f')}  a\n${sum('f')}  a/z\n${sum('f')}  b\n`);
  });
});

test('no more is looked at than is allowed, also of what is refused', () => {
  const names = new Names({ limits: { ...LIMITS, names: 100 } });
  for (let i = 0; i < 1000; i++) names.add(`../${i}`);
  expect(names.refusals[0]).toEqual({ code: 'tooMany', most: 100 });
  expect(names.refusals.length).toBeLessThanOrEqual(MOST_REFUSALS + 1);
  expect(names.add('fine')).toBeUndefined();
});

test('each refusal is a sentence that says what it is about', () => {
  const path = 'a "strange"\nname';
  const all: readonly (readonly [Refusal, string])[] = [
    [{ code: 'course', why: 'empty' }, 'no course'],
    [{ code: 'course', why: 'hidden' }, 'dot'],
    [{ code: 'course', why: 'long' }, '200'],
    [{ code: 'course', why: 'characters' }, 'characters'],
    [{ code: 'course', why: 'form' }, 'none of an upload'],
    [{ code: 'notZip' }, 'no zip'],
    [{ code: 'truncated' }, 'cut off'],
    [{ code: 'empty' }, 'No file'],
    [{ code: 'damaged', what: 'directory' }, 'damaged'],
    [{ code: 'damaged', what: 'data', path }, 'strange'],
    ...(['checksum', 'size', 'encrypted', 'overlap', 'ambiguous', 'missing', 'altered'] as const).map(
      (code) => [{ code, path }, 'strange'] as const,
    ),
    [{ code: 'method', path, method: 12 }, '12'],
    [{ code: 'tooMany', most: 7 }, '7'],
    [{ code: 'tooLarge', bytes: 20 * 2 ** 20, most: 5 }, '20 MiB'],
    [{ code: 'bomb', bytes: 1, uploaded: 2, most: 3 }, '3 times'],
    [{ code: 'noRoom', of: 'bytes', wanted: 5, allowed: -7 }, '0 bytes may'],
    [{ code: 'noRoom', of: 'inodes', wanted: 5, allowed: 4 }, '4 may'],
    ...(['absolute', 'parent', 'backslash', 'drive'] as const).map(
      (why) => [{ code: 'outside', path, why }, 'lead into the course'] as const,
    ),
    ...(['empty', 'own', 'hidden', 'manifest', 'control', 'encoding', 'long', 'deep'] as const).map(
      (why) => [{ code: 'name', path, why }, 'strange'] as const,
    ),
    ...(['link', 'character', 'block', 'fifo', 'socket', 'unknown'] as const).map(
      (kind) => [{ code: 'special', path, kind }, 'files and directories alone'] as const,
    ),
    [{ code: 'twice', path, as: 'b', by: 'same' }, 'twice'],
    [{ code: 'twice', path, as: 'b', by: 'unicode' }, 'Unicode'],
    [{ code: 'twice', path, as: 'b', by: 'case' }, 'case'],
    [{ code: 'fileAndDirectory', path }, 'a file and a directory'],
    [{ code: 'list', line: 4 }, 'Line 4'],
    [{ code: 'superseded', by: { key: 'k', version: 'v' } }, 'version v'],
  ];
  for (const [refusal, part] of all) {
    const sentence = sentenceOf(refusal);
    expect([refusal, sentence.includes(part), sentence.includes('\n'), /undefined|NaN/.test(sentence)]).toEqual([
      refusal,
      true,
      false,
      false,
    ]);
  }
});
