import { expect, test } from '@jest/globals';
import { holds, verdictText, weigh } from '../../../proof/conformance/known.ts';
import { readOptions } from '../../../proof/conformance/options.ts';
import { document, text } from '../../../proof/conformance/table.ts';
import { UsageError } from '../../../rehearsal/command/command.ts';

const KNOWN = [{ finding: 'ssm:Find input.Id', reason: 'it is so' }];

test('what is found and listed holds, and is shown with its reason', () => {
  const weighed = weigh(['ssm:Find input.Id: too long'], KNOWN);
  expect(holds(weighed)).toBe(true);
  expect(verdictText(weighed, 'nothing')).toBe('ssm:Find input.Id (it is so)');
  expect(verdictText(weigh([], []), 'nothing')).toBe('nothing');
});

test('what is found and not listed does not hold, nor what is listed and found no more', () => {
  expect(holds(weigh(['ec2:Find input.Id: too long', 'ssm:Find input.Id'], KNOWN))).toBe(false);
  expect(holds(weigh([], KNOWN))).toBe(false);
  expect(verdictText(weigh([], KNOWN), 'nothing')).toBe('NO LONGER SEEN, take it off the list: ssm:Find input.Id');
});

test.each([
  [['--only', 'nobody']],
  [['--scenario', 'nothing']],
  [['--runs', '-1']],
  [['--write', '--scenario', 'locked']],
  [['--only', 'policies', '--scenario', 'locked']],
  [['--only', 'policies', '--runs', '1']],
])('%j is refused', (args) => expect(() => readOptions(args)).toThrow(UsageError));

test('a verdict that does not hold is seen in the text, and a cell breaks no table', () => {
  const verdicts = [{ asked: 'a|b', of: 'somebody 1.0', said: 'two\nlines', ok: false }];
  const behaviours = [{ behaviour: 'x', source: 's', ours: 'a', moto: 'b', ministack: 'c' }];
  expect(text([{ part: 'models', verdicts }])).toMatch(/FAILS {2}a\|b[\s\S]*0 of 1 hold/);
  expect(document([{ part: 'models', verdicts, behaviours }])).toContain(
    '| models | a\\|b | somebody 1.0 | two lines |',
  );
});
