import { expect, test } from '@jest/globals';
import { journalKey, journalPrefix } from '../../contract/journal.ts';

test('keys sort as their numbers do', () => {
  const numbers = [1, 2, 9, 10, 99, 100, 123_456_789, Number.MAX_SAFE_INTEGER];
  expect(numbers.map((n) => journalKey('alpha', n)).sort()).toEqual(numbers.map((n) => journalKey('alpha', n)));
  expect(journalKey('alpha', 17)).toBe('journal/alpha/00000000000000000017');
});

test.each([0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])('%d is no number', (n) => {
  expect(() => journalKey('alpha', n)).toThrow(RangeError);
});

test("no volume's objects are below another's", () => {
  expect(journalKey('alpha-2', 1).startsWith(journalPrefix('alpha'))).toBe(false);
});
