import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromBytes, isName, standsForBytes, toBytes } from '../../journal/name.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  // Near UTF-8: pieces of it, in any order.
  fc.array(fc.constantFrom('é', '€', '😀', 'a', '\n'), { maxLength: 4 }).chain((parts) => {
    const all = Buffer.from(parts.join(''));
    return fc
      .tuple(fc.nat(all.length), fc.nat(all.length))
      .map(([a, b]) => Buffer.concat([all.subarray(a), all.subarray(0, b)]));
  }),
);

test('any bytes are a string, and come back, also through JSON', () => {
  fc.assert(
    fc.property(bytes, (some) => {
      const text = fromBytes(some);
      expect(Buffer.compare(toBytes(text), some)).toBe(0);
      expect(JSON.parse(JSON.stringify(text))).toBe(text);
      expect(standsForBytes(text)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('what is UTF-8 is read as people write it', () => {
  expect(fromBytes(Buffer.from('naïve 😀\n'))).toBe('naïve 😀\n');
  // Two of Latin-1, one of which would be UTF-8 with what follows it.
  expect(fromBytes(Buffer.from([0x61, 0xe9, 0xc3, 0xa9, 0xff]))).toBe('a\udce9é\udcff');
});

test('bytes of a character that are spelt one by one are no name: it would be a second name for the same bytes', () => {
  expect(standsForBytes('\udcc3\udca9')).toBe(false);
  expect(isName('\udcc3\udca9')).toBe(false);
  expect(isName('\ud800')).toBe(false);
  expect(() => toBytes('\ud800')).toThrow(RangeError);
});

test.each(['', '.', '..', 'a/b', 'a\0', 'ü'.repeat(128)])('%j is no name', (text) => expect(isName(text)).toBe(false));
test.each(['...', '-rf', 'new\nline', '\udcff', 'x'.repeat(255)])('%j is a name', (text) =>
  expect(isName(text)).toBe(true),
);
