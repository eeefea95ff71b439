import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { EVIDENCE_PARTS } from '../mutants/evidence.ts';
import { MUTANTS } from '../mutants/list.ts';
import { OUTAGE_PARTS } from '../mutants/outages.ts';
import { PARTS } from '../mutants/scenarios.ts';
import { SCENARIOS } from '../rehearsal/scenarios/index.ts';

const ROOT = join(import.meta.dirname, '..');

test.each([...MUTANTS, ...PARTS, ...OUTAGE_PARTS, ...EVIDENCE_PARTS])(
  'what is broken is there, once: $rule',
  ({ edits }) => {
    for (const { file, code } of edits) expect(readFileSync(join(ROOT, file), 'utf8').split(code).length - 1).toBe(1);
  },
);

test('for each scenario the part that it proves is broken', () => {
  const played = [...MUTANTS, ...PARTS, ...OUTAGE_PARTS, ...EVIDENCE_PARTS].flatMap(({ play }) => play);
  expect(Object.keys(SCENARIOS).filter((name) => !played.includes(name))).toEqual([]);
});
