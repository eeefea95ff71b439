import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
/** One a run; another with JOURNAL_SEED=n. */
const SEED = process.env.JOURNAL_SEED ?? '1';

realTest('whatever happens on a volume stands on its spare, also once that is an owner itself', () => {
  const script = join(import.meta.dirname, 'reference.script.ts');
  const { counts, ...said } = runScript(script, SEED, '3') as Record<string, unknown>;
  expect(said).toEqual({ seed: Number(SEED), taken: 'drained', fenced: 'fenced', again: 'fenced', stopped: 'stopped' });
  // All of it was met.
  const { unfit: _, ...met } = counts as Record<string, number>;
  for (const [what, count] of Object.entries(met)) expect([what, count > 0]).toEqual([what, true]);
});
