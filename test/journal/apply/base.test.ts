import { expect, test } from '@jest/globals';
import { afterSegment, type Base, MARGIN } from '../../../journal/apply/base.ts';
import type { JournalRecord } from '../../../journal/record.ts';
import { header } from '../segment/records.ts';

const MOMENT = 1_790_000_000_000;
const base: Base = { moment: MOMENT, passed: false };
const doubt: JournalRecord = { record: 'doubt', why: 'it starts' };

test.each<[string, { taken?: number; complete?: number | undefined }, JournalRecord[], Base | 'unfit']>([
  ['all before its moment is stated', { complete: MOMENT + MARGIN }, [], { ...base, passed: true }],
  ['not all is', { complete: MOMENT + MARGIN - 1 }, [], base],
  ['nobody can say how much is', { complete: undefined }, [], base],
  ['something went unheard', { taken: MOMENT }, [doubt], 'unfit'],
  ['something went unheard just before it', { taken: MOMENT - MARGIN }, [doubt], 'unfit'],
  ['something went unheard long before it', { taken: MOMENT - MARGIN - 1, complete: undefined }, [doubt], base],
])('where %s', (_, times, records, then) =>
  expect(afterSegment(base, { ...header, complete: 0, ...times }, records)).toEqual(then),
);

test('what the journal had is forgotten: no spare is sound that was made before', () => {
  const all: JournalRecord = { record: 'doubt', why: 'no index', all: true };
  const passed = { ...base, passed: true };
  expect(afterSegment(passed, { ...header, taken: MOMENT }, [all])).toBe('unfit');
  expect(afterSegment(passed, { ...header, taken: MOMENT - MARGIN - 1 }, [all])).toEqual(passed);
});

test('once it has passed its moment, it is as any spare', () =>
  expect(afterSegment({ ...base, passed: true }, { ...header, taken: MOMENT }, [doubt])).toEqual({
    ...base,
    passed: true,
  }));
