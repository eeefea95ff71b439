import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Answers = z.record(z.string(), z.unknown());

/** Exit code and state of each run that is not `ok`. */
const REFUSED: Readonly<Record<string, keyof typeof EXIT>> = {
  'format by a stale link': 'noDevice',
  'mount by a stale link': 'noDevice',
  'check by a stale link': 'noDevice',
  'verify by a stale link': 'notMounted',
  'mount under another name': 'foreign',
  'verify under another name': 'foreign',
  'serve under another name': 'foreign',
  'mount of another': 'foreign',
  'check of another': 'foreign',
  'probe without any room': 'usage',
  'verify without any room': 'usage',
  'serve without any room': 'usage',
  'release without any room': 'usage',
  'check without any room': 'usage',
  'probe of a damaged canary': 'shutdown',
  'verify of a damaged directory': 'shutdown',
  'mount that moves': 'mounting',
  'mount that still moves': 'mounting',
  'mount that moves again': 'mounting',
  'mount that hangs': 'timeout',
  'probe read-only': 'shutdown',
  'serve over a directory': 'usage',
  'serve over a file': 'usage',
};

const FACTS = {
  untouched: true,
  'mounts at once': ['mount 0', 'mount 0', 'mount 0'],
  mountedFrom: true,
  notLinked: true,
  written: [],
  // The directory with a newline in its name, and the one that is named as an error is printed.
  unreadable: '2',
  serves: ['serve 0'],
  missed: '',
  progressed: true,
  checkBesideIt: 28,
  notMounted: true,
  strangers: [],
  stillServed: true,
  notOurs: 'not ours',
  canary: '2026-01-01T00:05:00Z',
};

describe('host verbs on real XFS', () => {
  for (const shell of ['dash', 'bash']) {
    realTest(`distinguish the volume's faults from the host's, and from none, in ${shell}`, () => {
      const answers = Answers.parse(runScript(join(import.meta.dirname, 'evidence.script.ts'), shell));
      for (const [name, answer] of Object.entries(answers)) {
        if (name in FACTS) continue;
        const state = REFUSED[name];
        const expected = state
          ? [EXIT[state], state]
          : [EXIT.ok, expect.stringMatching(/^(formatted|mounted|serving|released|verified)$/)];
        expect([name, answer]).toEqual([name, expected]);
      }
      expect(answers).toMatchObject(FACTS);
      for (const name of Object.keys(REFUSED)) expect(answers).toHaveProperty([name]);
    });
  }
});
