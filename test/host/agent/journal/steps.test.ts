import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

realDiskTest()('a step of several segments that was begun is done again as it was, wherever it was left off', () => {
  expect(runScript(join(import.meta.dirname, 'steps.script.ts'))).toEqual({
    there: ['. ./p ./q threetwo'],
    many: true,
    unsynced: { transactions: 1, early: [] },
  });
});
