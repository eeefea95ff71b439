import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

realTest('the agent writes, follows, flushes and drains as a host starts it', () => {
  expect(runScript(join(import.meta.dirname, 'main.script.ts'))).toEqual({
    usage: ['64', '64', '64'],
    'nobody runs': ['stopped', '28'],
    flushed: 'flushed',
    'a second one': '28',
    'flushed again': { state: 'flushed', left: '0', code: '0' },
    status: ['running', true, expect.any(String), null, 'string'],
    following: ['running', true, 'true', null],
    drained: ['drained', 'true', null, true, true, 'string'],
    follower: 'stopped',
    'drained again': 'drained',
    'followed again': 'busy',
    differences: [],
    files: expect.any(Number),
    fenced: ['fenced', '34', 'fenced'],
    'the next owner': 'flushed',
    stopped: 'stopped',
    'all has expired': ['undrained', true, true, expect.stringMatching(/^what is before number \d{13} is not in the/)],
    'and it is written': ['flushed', true],
    'who had read all': [null, expect.stringMatching(/^another base is needed: what is before number \d{13} is not/)],
  });
});
