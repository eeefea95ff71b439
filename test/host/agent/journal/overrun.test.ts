import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

realTest('a flush ends beside writers that do not pause, where more has changed than is kept in mind of', () => {
  expect(runScript(join(import.meta.dirname, 'overrun.script.ts'))).toEqual({
    flushed: true,
    'flushed meanwhile': true,
    'they were still writing': true,
  });
});
