import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { EXIT } from '../../../contract/contract.ts';
import { realDiskTest, runScript } from './real-disk-test.ts';

const realTest = realDiskTest();

/** Size in GiB, courses, seed, state of the volume while it is done. */
const LIVES = [
  ['100', '40', '1', 'mounted'],
  ['10', '12', '2', 'detached'],
  ['1', '25', '3', 'mounted'],
  ['500', '4', '4', 'mounted'],
] as const;

describe('the planted inconsistency, on a real kernel', () => {
  for (const life of LIVES) {
    realTest(`stays hidden until its course is deleted: ${life.join(' ')}`, () => {
      const outcome = runScript(join(import.meta.dirname, 'plant.script.ts'), ...life);
      expect(outcome).toEqual({
        prepared: [EXIT.ok, EXIT.ok, EXIT.ok],
        tripping: [expect.stringContaining(`-${life[2]}-`)],
        damaged: [],
        probeBefore: EXIT.ok,
        sound: { before: true, after: false },
        deletedBefore: expect.any(Number),
        error: 'EIO',
        after: { probe: EXIT.shutdown, release: EXIT.ok, remount: EXIT.unmountable },
        restored: [EXIT.ok, EXIT.ok, EXIT.ok, EXIT.ok],
        saidCorruption: true,
      });
    });
  }
});
