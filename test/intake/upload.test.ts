import { describe, expect, test } from '@jest/globals';
import { answerKey } from '../../contract/intake.ts';
import { decide, isNewer, type Stamp } from '../../intake/decide.ts';
import { answeredAs, uploadOf } from '../../intake/upload.ts';

describe('a key names a course and a form', () => {
  test.each([
    ['course-1.zip', { form: 'zip', course: 'course-1' }],
    ['course 2 é.zip', { form: 'zip', course: 'course 2 é' }],
    ['a.sha256', { form: 'folder', course: 'a' }],
    ['a/film.mp4', { form: 'file', course: 'a', name: 'film.mp4' }],
    ['a/b/c.zip', { form: 'file', course: 'a', name: 'b/c.zip' }],
    ['a.zip/b', { form: 'file', course: 'a.zip', name: 'b' }],
    ['course', { code: 'course', why: 'form' }],
    ['course.tar.gz', { code: 'course', why: 'form' }],
    ['.zip', { code: 'course', why: 'empty' }],
    ['/a', { code: 'course', why: 'empty' }],
    ['..zip', { code: 'course', why: 'hidden' }],
    ['../a', { code: 'course', why: 'hidden' }],
    ['.intake/a', { code: 'course', why: 'hidden' }],
    [`${'n'.repeat(201)}.zip`, { code: 'course', why: 'long' }],
    ['a\\b.zip', { code: 'course', why: 'characters' }],
    ['a\nb.zip', { code: 'course', why: 'characters' }],
    ['manifest.sha256.zip', { code: 'course', why: 'characters' }],
  ])('%j', (rest, expected) => {
    expect(uploadOf('alpha', `intake/alpha/${rest}`)).toEqual(expected);
  });

  test("another volume's key is none of this one's", () => {
    expect(() => uploadOf('alpha', 'intake/alphabet/a.zip')).toThrow(RangeError);
  });

  test('its answer has a key of its own, below the course where it names one', () => {
    expect(answeredAs('alpha', 'intake/alpha/a.zip')).toBe('a');
    expect(answeredAs('alpha', 'intake/alpha/../b.txt')).toBe('..%2Fb.txt');
    expect(answerKey('alpha', 'a', 'v/1')).toBe('answers/alpha/a/v%2F1.json');
  });
});

describe('an upload is taken in', () => {
  const stamp = (version: string, modified = 5000, key = 'zip'): Stamp => ({ key, version, modified });
  const nothing = { carried: undefined, noted: undefined };

  test('where the volume never had one', () => {
    expect(decide(stamp('1'), nothing)).toEqual({ decision: 'take' });
  });

  test('where S3 has it as a newer version of what is there, whatever the times say', () => {
    const begunEarlier = stamp('2', 1000);
    expect(decide(begunEarlier, { ...nothing, carried: stamp('1') })).toEqual({ decision: 'take' });
    expect(decide(begunEarlier, { ...nothing, noted: stamp('1') })).toEqual({ decision: 'take' });
  });

  test('once: not where the course carries it, or where a note says that it did before it was deleted', () => {
    expect(decide(stamp('1'), { ...nothing, carried: stamp('1') })).toEqual({ decision: 'held' });
    expect(decide(stamp('1'), { ...nothing, noted: stamp('1') })).toEqual({ decision: 'held' });
    expect(decide(stamp('1'), { carried: stamp('9', 9000, 'folder'), noted: stamp('1') })).toEqual({
      decision: 'held',
    });
  });

  test('not over one of another key that is newer; of two of one second the key decides', () => {
    for (const held of ['carried', 'noted']) {
      const newer = stamp('1', 6000, 'folder');
      expect(decide(stamp('1'), { ...nothing, [held]: newer })).toEqual({ decision: 'superseded', by: newer });
      expect(decide(stamp('1'), { ...nothing, [held]: stamp('1', 4000, 'folder') })).toEqual({ decision: 'take' });
      expect(decide(stamp('1'), { ...nothing, [held]: stamp('1', 5000, 'a') })).toEqual({ decision: 'take' });
      expect(decide(stamp('1', 5000, 'a'), { ...nothing, [held]: stamp('1') })).toMatchObject({
        decision: 'superseded',
      });
    }
  });

  test('the same version under another key is another upload', () => {
    expect(decide(stamp('1', 5000, 'b'), { ...nothing, carried: stamp('1', 5000, 'a') })).toEqual({ decision: 'take' });
    expect(isNewer(stamp('1', 5000, 'b'), stamp('1', 5000, 'a'))).toBe(true);
    expect(isNewer(stamp('1', 5000, 'a'), stamp('1', 5000, 'b'))).toBe(false);
  });
});
