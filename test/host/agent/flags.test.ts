import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { deployedFlags } from '../../../simulator/disks/xfs/agent/flags.ts';

const HOST = join(import.meta.dirname, '../../../host');

function limit(flags: readonly string[], name: string): number {
  return Number(flags.find((flag) => flag.startsWith(`--${name}=`))?.split('=')[1]);
}

// V8 begins to collect the old space where it has no more left than the young ones may take: with its default of 16 MiB each that is always so.
test.each([
  ['the journal’s agent', deployedFlags()],
  ['the witness', readFileSync(join(HOST, 'witness.sh'), 'utf8').match(/--max[\w=-]*/g) ?? []],
])('%s has young spaces that are small beside the old one', (_, flags) => {
  expect(limit(flags, 'max-semi-space-size') * 3).toBeLessThanOrEqual(limit(flags, 'max-old-space-size') / 4);
});
