import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

realTest('a snapshot is brought up by the journal, whatever is lost besides', () => {
  expect(runScript(join(import.meta.dirname, 'recovery.script.ts'))).toEqual({
    flushed: true,
    drained: 'drained',
    'from a snapshot': [],
    'flushed by the next': true,
    'small segments': true,
    'a follower over a change of owner': [],
    'flushed after an overflow': true,
    overflowed: true,
    // A spare that has passed its base does not mind.
    'after an overflow': [],
    'flushed without an index': true,
    'unfit without an index': 'string',
    'a new base': [true, []],
    unsealed: 'unsealed',
    'not flushed': false,
    'flushed at last': true,
    'watched to the end': [null, []],
  });
});
