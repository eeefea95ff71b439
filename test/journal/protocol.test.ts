import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterLook, afterPut, atStart, goOn, readNext, type Signature } from '../../journal/protocol.ts';

const mine: Signature = { term: 3, writer: 'w1', run: 2, sum: 'x', kind: 'segment' };
const marker = { term: 3, writer: 'w1', run: 2, acknowledged: 7, fenced: false };
const other = (over: Partial<Signature>): Signature => ({ ...mine, ...over });

test.each([
  ['written', 'acknowledged'],
  ['taken', 'look'],
  ['unheard', 'look'],
  ['busy', 'again'],
] as const)('an answer that is "%s" leads to: %s', (answer, step) => expect(afterPut(answer)).toBe(step));

test.each([
  ['nothing', undefined, 'again'],
  ['its own object', mine, 'acknowledged'],
  ['a higher term', other({ term: 4, writer: 'w2' }), 'fenced'],
  ['a lower term', other({ term: 2, writer: 'w0' }), 'next'],
  ['an object of an earlier start of its own', other({ run: 1, sum: 'y' }), 'next'],
  ['another object of this start', other({ sum: 'y' }), 'notify'],
  ['an object of a later start of its own', other({ run: 3 }), 'notify'],
  ['another writer of its term', other({ writer: 'w2' }), 'notify'],
] as const)('who finds %s under its number: %s', (_, found, step) => expect(afterLook(mine, found)).toBe(step));

test.each([
  ['nothing', undefined, 'write'],
  ['its own', mine, 'read-on'],
  ['a lower term', other({ term: 2, writer: 'w0' }), 'read-on'],
  ['a higher term', other({ term: 4, writer: 'w2' }), 'fenced'],
  ['another writer of its term', other({ writer: 'w2' }), 'notify'],
] as const)('who starts and reads %s: %s', (_, found, step) => expect(atStart(marker, found)).toBe(step));

test('who was fenced writes never again, whatever it reads', () =>
  expect(atStart({ ...marker, fenced: true }, undefined)).toBe('fenced'));

describe('at the end of what there is', () => {
  const NOW = Date.UTC(2026, 0, 7);
  test.each([
    ['nothing is known of: the first', 0, false, 1],
    ['the last one is kept: the next', 5, true, 6],
    ['the last one has expired: the time, which no number has reached', 5, false, NOW],
    ['the last one is a later time than it is: the next all the same', NOW + 9, false, NOW + 10],
  ])('%s', (_, last, isKept, next) => expect(goOn(last, isKept, NOW)).toBe(next));
});

describe('a reader', () => {
  const signature = fc.record({
    term: fc.integer({ min: 1, max: 4 }),
    writer: fc.constantFrom('w0', 'w1'),
    run: fc.integer({ min: 0, max: 2 }),
    sum: fc.string(),
    kind: fc.constantFrom('segment' as const, 'seal' as const),
  });

  test('waits where nothing is, and is then where it was', () =>
    expect(readNext({ cursor: 4, term: 2 }, undefined)).toEqual({ take: 'wait', reading: { cursor: 4, term: 2 } }));

  test('takes every number once, and after a seal nothing of a lower term', () => {
    fc.assert(
      fc.property(fc.array(signature, { maxLength: 20 }), (objects) => {
        let reading = { cursor: 0, term: 0 };
        for (const [i, object] of objects.entries()) {
          const next = readNext(reading, object);
          const sealed = Math.max(0, ...objects.slice(0, i).flatMap((o) => (o.kind === 'seal' ? o.term : [])));
          expect(next.take).toBe(object.kind === 'segment' && object.term >= sealed ? 'apply' : 'skip');
          reading = next.reading;
          expect(reading.cursor).toBe(i + 1);
        }
      }),
    );
  });
});
