import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

realTest('a spare that needs another base has what was stated since, and a base that lacks something says so', () => {
  expect(runScript(join(import.meta.dirname, 'unfit.script.ts'))).toEqual({
    flushed: true,
    unfit: 'string',
    'flushed after it': true,
    'nothing is applied': 'string',
    // It does not say that it is as the owner was.
    taken: ['drained', false, []],
    dark: 'unsealed',
    'on a third host': ['undrained', true],
    'what is not there': ['undrained', 'served'],
    'and goes on': true,
    'sealed at last': true,
    'stated anew': ['drained', []],
    expired: 'what is before number N is not in the journal any more',
    // The seal is at the true end, where the owner before meets it; and nobody waits for what does not come.
    'taken over': ['undrained', true, true, 'what is before number N is not in the journal any more'],
  });
});
