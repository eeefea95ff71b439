import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();

/** What each run must answer: the name of its exit code, and for 0 the state it prints. */
const EXPECTED: Record<string, keyof typeof EXIT | `ok ${string}`> = {
  'freeze with nothing served': 'ok frozen',
  freeze: 'ok frozen',
  'freeze again': 'ok frozen',
  'freeze for another snapshot': 'busy',
  'probe frozen': 'ok serving',
  thaw: 'ok thawed',
  'thaw again': 'ok thawed',
  'probe thawed': 'ok serving',
  'dry run': 'ok idle',
  'pre-script': 'ok frozen',
  'post-script': 'ok thawed',
  'no command': 'usage',
  'another command': 'usage',
  'no UUID': 'usage',
  'freeze for a while': 'ok frozen',
  'thaw too late': 'overdue',
  'thaw too late again': 'ok thawed',
  'freeze after a slow sync': 'timeout',
  'freeze after a slow probe': 'timeout',
  'freeze that is slow': 'timeout',
  'freeze that crosses its thaw': 'ok frozen',
  'probe before its time is over': 'ok serving',
  'probe after its time': 'ok serving',
  'probe of the other': 'ok serving',
  'thaw of what probes thawed': 'overdue',
  'freeze over a leftover': 'ok frozen',
  'mount frozen': 'ok mounted',
  'thaw after the mount': 'overdue',
  'serve frozen': 'ok serving',
  'freeze before release': 'busy',
  'thaw the rest': 'ok thawed',
  'release frozen': 'ok released',
  'mount what was released': 'ok mounted',
  'thaw after the release': 'overdue',
  'freeze with one shut down': 'shutdown',
};

/** What else the script saw: for writers, whether they could write. */
const FACTS = {
  frozen: [false, false, true],
  probe: 'true',
  watched: 2,
  heldOpen: true,
  watchdogsGone: true,
  thawed: [true, true],
  left: [],
  dryRun: true,
  preScript: false,
  frozenForAWhile: false,
  watchdogThawed: [true, true, []],
  killedAnywhere: [],
  afterSlowSync: [true, true, []],
  afterSlowProbe: [true, true, []],
  afterSlowFreeze: [true, true, []],
  afterCrossing: [true, true, []],
  probeBefore: 'true',
  stillFrozen: true,
  probeThawed: [true, true],
  overLeftover: false,
  mountThaws: [true, false],
  serveThaws: true,
  writerWentOn: 0,
  unmounted: true,
  mountedAgain: true,
  soundOneThawed: true,
};

describe('freeze and thaw on real XFS', () => {
  for (const shell of ['dash', 'bash']) {
    realTest(`leave nothing frozen, whatever happens, in ${shell}`, () => {
      const answers = z
        .record(z.string(), z.unknown())
        .parse(runScript(join(import.meta.dirname, 'freeze.script.ts'), shell));
      expect(answers).toMatchObject(FACTS);
      for (const [name, expected] of Object.entries(EXPECTED)) {
        const [code, state, stderr] = z.tuple([z.number(), z.string(), z.string()]).parse(answers[name]);
        const [key = '', printed = key] = expected.split(' ');
        expect([name, code, state]).toEqual([name, Object.entries(EXIT).find(([n]) => n === key)?.[1], printed]);
        expect([name, stderr !== '']).toEqual([name, key !== 'ok']);
      }
    });
  }
});
