import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Answers = z.record(z.string(), z.unknown());
const Verb = z.tuple([z.number(), z.record(z.string(), z.string()), z.string()]);

type State = keyof typeof EXIT | `ok ${string}`;
interface Expected {
  readonly state: State;
  /** Of what it prints. */
  readonly keys?: Readonly<Record<string, unknown>>;
  /** On standard error. */
  readonly says?: RegExp;
}
const sound = (files: number, more: Readonly<Record<string, string>> = {}): Expected => ({
  state: 'ok sound',
  keys: { files: `${files}`, checked: `${files}`, unlisted: '0', changed: '0', complete: 'true', ...more },
});
const STOPPERS = ['mount', 'serve', 'release'].flatMap((name) => [30, 100, 800].map((ms) => `${name} after ${ms} ms`));

/** What each run must answer. Six courses of five files and a manifest, twelve odd names and their manifest. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  blank: { state: 'unmountable' },
  'in service': { state: 'busy' },
  empty: sound(0),
  'index too early': { state: 'ok', keys: { written: '0' } },
  index: { state: 'ok', keys: { written: '1' } },
  'index again': { state: 'ok', keys: { written: '0' } },
  sound: sound(49, { listed: '42', canary: '2026-01-01T00:00:00Z' }),
  'sound again': sound(49),
  'another seed': sound(49),
  changed: {
    ...sound(47, { listed: '42', unlisted: '1', changed: '4', unreadable: '1' }),
    says: /^not readable by nobody: courses\/c5\/a\.js$/,
  },
  altered: {
    state: 'altered',
    keys: { changed: '0', complete: 'true' },
    says: /^differs: courses\/c1\/index.html\nmissing: courses\/c2\/a.js\nmissing: courses\/c3\/media\/one.bin\n.*two.bin\nremount: 4 files/,
  },
  'altered, but just before the copy': sound(46, { changed: '4' }),
  'malformed manifest': { state: 'altered', says: /^differs: courses\/c1\/manifest.sha256\nremount: 1 / },
  'manifest from Windows': sound(50, { listed: '42', unlisted: '1' }),
  'empty manifest': { state: 'altered', says: /^differs: courses\/c1\/manifest.sha256\nremount: 1 / },
  'empty manifest, not yet written': sound(50, { listed: '37', unlisted: '5', changed: '1' }),
  'xfs_repair exits 1': { state: 'corrupt' },
  'xfs_repair exits 126': { state: 'usage' },
  'xfs_repair exits 127': { state: 'usage' },
  ...Object.fromEntries([134, 137, 139, 255].map((code) => [`xfs_repair exits ${code}`, { state: 'interrupted' }])),
  EIO: { state: 'unreadable' },
  'EIO, and the kernel says that the device fails': { state: 'unreadable' },
  'EIO, and the kernel reports damage': { state: 'shutdown' },
  'EIO, and no log': { state: 'shutdown' },
  'EIO of the canary': { state: 'unreadable' },
  'EIO of the name': { state: 'unreadable' },
  'no canary': { state: 'noCanary' },
  full: sound(51, { unlisted: '2' }),
  'large directory': sound(5050, { listed: '5042' }),
  'budget for the fresh': { state: 'ok sound', keys: { complete: 'false', checked: '50', deferred: '1' } },
  budget: { state: 'ok sound', keys: { complete: 'false', checked: '50', deferred: '1' } },
  deadline: { state: 'timeout' },
  'check, and release of another': { state: 'ok sound' },
  'release of another': { state: 'ok released' },
  'index beside a bad one': { state: 'unreadable', keys: { volumeId: 'vol-0000000000000000c', written: '1' } },
  'sent twice, first': { state: 'interrupted' },
  'sent twice, second': { state: 'ok sound' },
  'checked, and another': { state: 'interrupted' },
  'beside another': { state: 'busy', keys: { checking: 'vol-0000000000000000b' } },
  'release, for the other': { state: 'ok released' },
  'beside one that runs': { state: 'busy', keys: { checking: 'vol-0000000000000000c' } },
  'beside one that hangs': { state: 'ok sound' },
  'release after a kill': { state: 'ok released' },
  'index, and release': { state: 'interrupted' },
  'release under index': { state: 'ok released' },
  'seed ""': { state: 'usage' },
  'seed "x"': { state: 'usage' },
  'seed "-1"': { state: 'usage' },
  'seed "12345678901"': { state: 'usage' },
  'no device': { state: 'noDevice' },
  ...Object.fromEntries(STOPPERS.map((name) => [`check, and ${name}`, { state: 'interrupted' as const }])),
};

const NOTHING_LEFT = { run: [], mounts: [], lists: ['serving'] };
/** What else the script saw. */
const FACTS = {
  manifestKept: true,
  oddManifest: '',
  indexAsides: ['canary', 'formatted'],
  left: NOTHING_LEFT,
  leftByDeadline: NOTHING_LEFT,
  leftAfterKill: { ...NOTHING_LEFT, run: expect.anything() },
  mountedAfterKill: false,
  writtenAnew: 0,
  bare: '',
  wentOn: false,
  ...Object.fromEntries(STOPPERS.flatMap((name) => [[`left by ${name}`, NOTHING_LEFT]])),
};
/** Other verbs that the script needs. */
const DONE = ['format', 'mount', 'serve', 'release', 'mount beta', 'serve beta', 'release beta', ...STOPPERS];

describe('the check of a copy, on real XFS', () => {
  for (const shell of ['dash', 'bash']) {
    realTest(`answers as documented, and yields, in ${shell}`, () => {
      const answers = Answers.parse(runScript(join(import.meta.dirname, 'check.script.ts'), shell));
      for (const name of DONE) expect([name, answers[name]]).toEqual([name, [EXIT.ok, expect.anything(), '']]);
      for (const [name, { state, keys = {}, says }] of Object.entries(EXPECTED)) {
        const [code, printed, stderr] = Verb.parse(answers[name]);
        const [key = '', said = key] = state.split(' ');
        const exit = Object.entries(EXIT).find(([other]) => other === key)?.[1];
        const expected = state === 'ok' ? keys : { ...keys, state: said };
        expect([name, code, printed]).toEqual([name, exit, expect.objectContaining(expected)]);
        const silent = key === 'ok' && says === undefined;
        expect([name, stderr]).toEqual([name, silent ? '' : expect.stringMatching(says ?? /remount: ./)]);
      }
      const facts = Object.fromEntries(
        Object.entries(answers).filter(([name]) => !(name in EXPECTED) && !DONE.includes(name)),
      );
      expect(facts).toEqual(FACTS);
    });
  }
});
