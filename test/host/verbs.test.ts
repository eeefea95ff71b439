import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Answers = z.record(z.string(), z.unknown());
const Verb = z.tuple([z.number(), z.string(), z.string()]);

/** What each run must answer: the name of its exit code, and for 0 the state it prints. */
const EXPECTED: Record<string, keyof typeof EXIT | `ok ${string}`> = {
  'probe without device': 'notMounted',
  'mount without device': 'noDevice',
  'format without device': 'noDevice',
  'verify without device': 'notMounted',
  'serve without device': 'notMounted',
  'release without device': 'ok released',
  'unused without device': 'ok unused',
  'mount blank': 'unmountable',
  'format first': 'ok formatted',
  'format again': 'ok formatted',
  'mount first': 'ok mounted',
  'mount again': 'ok mounted',
  'verify fresh': 'noCanary',
  'unused mounted': 'busy',
  'unused served': 'busy',
  'serve first': 'ok serving',
  'serve again': 'ok serving',
  'probe first': 'ok serving',
  'probe again': 'ok serving',
  'verify first': 'ok verified',
  'verify again': 'ok verified',
  'real clock': 'ok serving',
  'format serving': 'notBlank',
  'drain first': 'ok none',
  'drain again': 'ok none',
  'drain without term': 'usage',
  'drain what is not mounted': 'notMounted',
  'verify unreadable file': 'ok verified',
  'verify unreadable directory': 'ok verified',
  'probe unreadable': 'unreadable',
  'probe full': 'ok serving',
  'probe torn canary': 'noCanary',
  'probe without canary': 'noCanary',
  'serve mends': 'ok serving',
  'probe hangs': 'timeout',
  'probe still hangs': 'timeout',
  'unused while it hangs': 'busy',
  'probe after the hang': 'ok serving',
  'probe of another': 'notMounted',
  'release busy': 'busy',
  'probe after busy': 'notMounted',
  'mount still there': 'ok mounted',
  'serve after busy': 'ok serving',
  'format second': 'ok formatted',
  'mount second': 'ok mounted',
  'probe hangs through a replacement': 'timeout',
  'serve second': 'ok serving',
  'probe beside the hang': 'ok serving',
  'release replaced': 'ok released',
  'release replaced again': 'ok released',
  'format after serving': 'notBlank',
  'unused first': 'ok unused',
  'unused again': 'ok unused',
  'unused mounted elsewhere': 'busy',
  'unused mounted by another': 'busy',
  'unused read': 'busy',
  'unused after all': 'ok unused',
  'probe shut down': 'shutdown',
  'mount shut down': 'shutdown',
  'verify shut down': 'shutdown',
  'serve shut down': 'shutdown',
  'format shut down': 'shutdown',
  'release first': 'ok released',
  'release again': 'ok released',
  'format bytes at the start': 'notBlank',
  'format bytes at a quarter': 'notBlank',
  'format bytes at the end': 'notBlank',
  'format a swap signature': 'notBlank',
  'format another XFS': 'notBlank',
  'format completes what was cut off': 'ok formatted',
  'mount completed': 'ok mounted',
  'format with an upload, mounted': 'notBlank',
  'release with an upload': 'ok released',
  'format with an upload': 'notBlank',
  'volume ""': 'usage',
  'volume "Alpha"': 'usage',
  'volume "a"': 'usage',
  'volume "a-"': 'usage',
  'volume "a\\nb"': 'usage',
  'volume "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"': 'usage',
  'id ""': 'usage',
  'id "vol-"': 'usage',
  'id "vol-1234567"': 'usage',
  'id "vol-000000000000000000"': 'usage',
  'id "vol-0123456G"': 'usage',
  'id "vol-0123456/.."': 'usage',
  'id "snap-01234567"': 'usage',
  'no such user': 'usage',
};

/** What is no failure, and yet reported to people. */
const NAMED: Readonly<Record<string, string>> = {
  'verify unreadable file': 'not readable by nobody: courses/one/index.html',
  'verify unreadable directory':
    "not readable by nobody: '/mnt/remount/vol-0000000000000000a/courses/one': Permission denied",
};

/** What else the script saw. */
const FACTS = {
  options: ['noatime', 'nodev', 'nosuid', 'rw'],
  unreadableFile: '1',
  unreadableDirectory: '1',
  link: true,
  marker: 'vol-0000000000000000a\n',
  asidesLeft: [],
  realClock: true,
  fullSaid: true,
  leftInRun: [],
  heldBy: 'other',
  // What hung wrote to the volume that it was sent to, and not to the next.
  canaries: ['2026-01-01T00:09:00Z', '2026-01-01T00:00:00Z'],
  linkKept: true,
  linkGone: true,
  datagrams: [
    'Serving:1|g|#Volume:alpha-with-a-long-name',
    'UsedPercent:N|g|#Volume:alpha-with-a-long-name',
    'ProbeMilliseconds:N|g|#Volume:alpha-with-a-long-name',
    'Serving:0|g|#Volume:alpha-with-a-long-name',
  ],
  'untouched bytes at the start': true,
  'untouched bytes at a quarter': true,
  'untouched bytes at the end': true,
  'untouched a swap signature': true,
  'untouched another XFS': true,
};

describe('host verbs on real XFS', () => {
  for (const shell of ['dash', 'bash']) {
    realTest(`answer as documented, each time they run, in ${shell}`, () => {
      const answers = Answers.parse(runScript(join(import.meta.dirname, 'verbs.script.ts'), shell));
      const facts = Object.fromEntries(Object.entries(answers).filter(([name]) => !(name in EXPECTED)));
      expect(facts).toEqual(FACTS);
      for (const [name, expected] of Object.entries(EXPECTED)) {
        const [code, state, stderr] = Verb.parse(answers[name]);
        const [key = '', printed = key] = expected.split(' ');
        expect([name, code, state]).toEqual([name, Object.entries(EXIT).find(([name]) => name === key)?.[1], printed]);
        // Failures say why, in words; success says nothing.
        if (name in NAMED) expect([name, stderr]).toEqual([name, NAMED[name]]);
        else if (key === 'ok') expect([name, stderr]).toEqual([name, '']);
        else expect([name, stderr]).toEqual([name, expect.stringMatching(/remount: ./)]);
      }
    });
  }
});
