import { describe, expect, test } from '@jest/globals';
import { listed, SAID } from '../../contract/listed.ts';
import { briefly, described } from '../../lambda/core/world/answers.ts';
import { check, promiseText } from '../../rehearsal/judge/checks.ts';

const names = (count: number) => Array.from({ length: count }, (_, n) => `f${n + 1}`);

describe('a list in a line that people read', () => {
  test('is said whole where it is short', () => {
    expect(listed(names(SAID), { rest: 'the log' })).toBe('f1, f2, f3, f4, f5');
    expect(listed([], { rest: 'the log' })).toBe('');
  });

  test('else its first few, how many more there are, and where they are', () => {
    expect(listed(names(464), { rest: 'the log' })).toBe('f1, f2, f3, f4, f5, and 459 more (the log)');
    expect(listed(names(4), { rest: 'the log', most: 3, between: '; ' })).toBe('f1; f2; f3; and 1 more (the log)');
  });

  test('what a verb printed of hundreds of files', () => {
    const detail = names(464).join('; ');
    expect(briefly(detail)).toMatch(/^f1; .*; f10; and 454 more \(what the verb printed, in Systems Manager\)$/);
    expect(described({ result: 'altered', values: {}, detail })).toBe(`altered: ${briefly(detail)}`);
    expect(briefly('shut down')).toBe('shut down');
  });
});

describe('a promise in one line', () => {
  test('says what was seen as such, and denies nothing', () => {
    expect(promiseText(check('no call is denied', true, []))).toBe('no call is denied; seen: none');
    expect(promiseText(check('never two writers', true, [], 'none seen'))).toBe('never two writers; seen: none seen');
    expect(promiseText(check('served', false, 'no'))).toBe('served; seen: no');
  });

  test('names a few of many, and the result has them all', () => {
    const broken = check('no call is denied', false, names(464));
    expect(broken.seen).toBe('f1; f2; f3; f4; f5; and 459 more (all of them: --json)');
    expect(broken.all).toEqual(names(464));
    expect(check('no call is denied', false, names(SAID))).not.toHaveProperty('all');
  });
});
