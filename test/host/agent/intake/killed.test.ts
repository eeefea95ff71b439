import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

realTest('killed at any call, nothing is lost, half, taken in twice or older than before', () => {
  expect(runScript(join(import.meta.dirname, 'killed.script.ts'))).toEqual({
    'a new course': [true, []],
    'a course that replaces one': [true, []],
    'a folder': [true, []],
    'one that is refused': [true, []],
    'taken over without its note, and deleted': [],
  });
});

realTest(
  'processes are killed while they take in what strangers upload, stream what is large, and say what waits',
  () => {
    expect(runScript(join(import.meta.dirname, 'processes.script.ts'))).toEqual({
      usage: ['state=usage 64', 'state=usage 64', 'state=usage 64'],
      'nothing mounted': 'state=notMounted 21',
      kills: 15,
      answered: ['done', 'refused'],
      sentence: '"../x" leads out of the course. Names have to lead into the course: pack from within its directory.',
      'numbers are in the journal': true,
      sound: '8 sound',
      'of the last round': '8',
      'nothing outside': ['.intake', '.remount', 'courses', '8'],
      'a second one': 'state=busy 28',
      large: ['done', true],
      gauges: ['IntakeDone|c', 'IntakeOldestSeconds|g', 'IntakeRefused|c', 'IntakeWaiting|g'].map(
        (said) => `${said}|#Volume:alpha`,
      ),
      stopped: 'state=stopped 0',
      writer: 'state=stopped 0',
      unmounted: 'state=gone 0',
    });
  },
);
