import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

realTest(
  'what is taken in is in the journal, as are changes to it and its deletion, and a new owner knows of both',
  () => {
    expect(runScript(join(import.meta.dirname, 'journaled.script.ts'))).toEqual({
      first: ['done', true, 'one of a/b/c/deep.txt'],
      'on the spare': ['one of a/b/c/deep.txt1', []],
      'written below it': true,
      'heard below it': [],
      second: ['done', 'two of index.htmla\nindex.html\nmanifest.sha256', []],
      'in the trash': 'later',
      sound: 'sound',
      deleted: [['direct', 'other', 'course'], []],
      stopped: 'stopped',
      writer: 'stopped',
      'the new owner': ['direct', 'other', 'third'],
      'cut off': ['nothing', ['intake/alpha/fourth.zip']],
    });
  },
);
