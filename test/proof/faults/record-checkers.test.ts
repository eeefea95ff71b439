import { expect, test } from '@jest/globals';
import { drainedUpTo } from '../../../proof/faults/checkers/records.ts';
import type { Happening } from '../../../simulator/aws/account/happening.ts';

const NEW = 'vol-0aaaaaaaa';
const UP_TO = Date.parse('2026-01-07T01:05:16.003Z');

/** A command that ended at this moment on what takes over. */
function ended(at: number, verb: string, upTo?: number, volumeId = NEW): Happening {
  const values: Readonly<Record<string, string>> = upTo === undefined ? {} : { upTo: new Date(upTo).toISOString() };
  const of = { instanceId: 'i-a', exitCode: 0 };
  return { at, who: 'i-a', what: 'in words', event: { kind: 'command', verb, volumeId, values, ...of } };
}

test('what takes over has what any heal read onto it, the furthest', () => {
  const log = [ended(10, 'drain', UP_TO), ended(20, 'drain', UP_TO - 1), ended(30, 'drain')];
  expect(drainedUpTo(log, NEW, 30)).toBe(UP_TO);
});

test.each([
  ['read later than the record', [ended(31, 'drain', UP_TO)]],
  ['of another volume', [ended(10, 'drain', UP_TO, 'vol-0bbbbbbbb')]],
  ['of another verb', [ended(10, 'follow', UP_TO)]],
  ['without a moment', [ended(10, 'drain')]],
  ['nothing at all', []],
])('and nothing of what is %s', (_, log) => {
  expect(drainedUpTo(log, NEW, 30)).toBe(0);
});
