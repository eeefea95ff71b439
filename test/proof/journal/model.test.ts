import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explore } from '../../../proof/journal/explore.ts';
import { LEFT_OUT, RULES, SECOND_LINES } from '../../../proof/journal/rules.ts';
import { SETTINGS } from '../../../proof/journal/settings.ts';

/** Beyond so many states a search for what a rule prevents goes on in another setting. */
const MOST = 10_000;
/** The smaller ones first. */
const settings = Object.entries(SETTINGS).sort(([, a], [, b]) => a.bounds.crashes - b.bounds.crashes);

describe('the protocol of the journal, in every order of events within small bounds', () => {
  test.each(settings)('nothing that was acknowledged is lost: %s', (_, setting) => {
    const { failure, rests, cut } = explore(setting);
    expect(failure).toBeUndefined();
    expect(cut).toBe(false);
    // Something was compared at all.
    expect(rests).toBeGreaterThan(10);
  });

  test.each(LEFT_OUT)('each rule is needed: $rule', ({ rules }) => {
    const found = settings.some(([, setting]) => explore(setting, { ...RULES, ...rules }, MOST).failure !== undefined);
    expect(found).toBe(true);
  });

  // Where one of them turns out to be needed, the documentation says something that is not so.
  test.each(SECOND_LINES)('a second line of defence, and no more: $rule', ({ rules }) => {
    const explored = settings.map(([name, setting]) => ({ name, ...explore(setting, { ...RULES, ...rules }) }));
    expect(explored.filter(({ failure, cut }) => failure || cut)).toEqual([]);
  });
});

test('each rule that the model knows is in the documentation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/journal.md'), 'utf8');
  expect([...LEFT_OUT, ...SECOND_LINES].map(({ rule }) => rule).filter((rule) => !page.includes(rule))).toEqual([]);
});
