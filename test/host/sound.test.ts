import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Answers = z.record(z.string(), z.unknown());
const Verb = z.tuple([z.number(), z.record(z.string(), z.string()), z.string()]);

type Keys = Readonly<Record<string, unknown>>;
const none = expect.not.stringMatching(/./);

/** What each check must answer: its state, some keys, and what it says on standard error. */
const EXPECTED: Readonly<Record<string, readonly [keyof typeof EXIT | 'sound', Keys, unknown]>> = {
  forms: ['sound', { listed: '22', changed: '0', suspect: '0', odd: '11', manifests: '12', unlisted: '5' }, none],
  'forms, and damage under them': [
    'altered',
    { changed: '0' },
    expect.stringMatching(/differs: courses\/forms\/sub\/b\n/),
  ],
  'damage under backslashes': ['altered', {}, expect.stringMatching(/^differs: courses\/windows\/sub\/b\nremount: 1 /)],
  ...Object.fromEntries(
    [
      'a digit that is none any more',
      'a blank that is none any more',
      'zeros',
      'a name that is a zero now',
      'a zero in a name',
    ].map((label) => [
      `rot of one line: ${label}`,
      ['altered', {}, expect.stringMatching(/^differs: courses\/single\/manifest.sha256\nremount: 1 /)],
    ]),
  ),
  'a symlink turned, a directory put in the place of another': ['sound', { suspect: '0' }, none],
  'the clock was set back, then a change': ['sound', { changed: '2', suspect: '0' }, none],
  'damage beside a file from the future': ['altered', {}, expect.stringMatching(/^differs: courses\/plain\/a\n/)],
  'overwritten in place just before the copy': ['sound', { complete: 'true' }, expect.anything()],
  'the same copy again': ['sound', {}, expect.anything()],
  'the next copy has its time': ['sound', { changed: '1', suspect: '0' }, none],
  'rot in a copy of a live volume': ['sound', { suspect: '1', changed: '1' }, 'suspect: differs: courses/rotten/a'],
  'the same rot in the next': ['altered', { suspect: '0' }, expect.stringMatching(/^differs: courses\/rotten\/a\n/)],
  'and in one after that': ['altered', { suspect: '0' }, expect.stringMatching(/^differs: courses\/rotten\/a\n/)],
  sound: ['sound', { suspect: '0', changed: '1' }, none],
  'a suspect': ['sound', { suspect: '1' }, 'suspect: differs: courses/rotten/a'],
  'another suspect': ['sound', { suspect: '0', changed: '2' }, none],
  'a third suspect': ['sound', { suspect: '1' }, 'suspect: differs: courses/third/a'],
  'a third suspect, looked at again': ['sound', { suspect: '1' }, 'suspect: differs: courses/third/a'],
  'rot in a copy that was unmounted': ['altered', {}, expect.stringMatching(/^differs: courses\/rotten\/a\n/)],
  'an attribute that was being set': ['sound', { attributes: 'read', blockget: 'done' }, none],
  'the same, and attributes cannot be read': ['usage', {}, expect.stringMatching(/getfattr/)],
  'the same, and another finding': ['corrupt', {}, expect.stringMatching(/INCOMPLETE/)],
  ...Object.fromEntries(
    ['size=4k', 'size=8k', 'size=12k', 'size=16k', 'size=28k', 'nr_inodes=5', 'nr_inodes=6', 'nr_inodes=10'].map(
      (room) => [`no room for lists, ${room}`, ['usage', {}, expect.stringMatching(/remount: /)]],
    ),
  ),
  'xfs_db dies': ['sound', { blockget: 'skipped' }, none],
  'xfs_db has no memory': ['sound', { blockget: 'skipped' }, none],
  'xfs_db takes too long': ['sound', { blockget: 'skipped' }, none],
  'xfs_db finds something': ['corrupt', {}, expect.stringMatching(/^block 0\/7 claimed by two\n/)],
  'free space cannot be asked for': ['interrupted', {}, expect.stringMatching(/killed/)],
  'xfs_repair finds the device in use': ['busy', {}, expect.stringMatching(/in use/)],
  'xfs_repair is asked': ['sound', {}, none],
  'time is shared out': ['sound', { complete: 'true' }, none],
  'changed half a minute before the copy': ['sound', { suspect: '0' }, none],
  'damaged two minutes before the copy': ['altered', {}, expect.stringMatching(/^differs: courses\/rotten\/a\n/)],
  'large files, and a path too long': ['sound', { deferred: '2', complete: 'false', unlisted: '7' }, none],
  'the same, and a small file is damaged': [
    'altered',
    { deferred: '2' },
    expect.stringMatching(/^differs: courses\/rotten\/a\n/),
  ],
  'a change in a time that came twice': ['sound', { changed: '2', suspect: '0' }, none],
  ...Object.fromEntries(
    [
      'the manifest is from after that time',
      'the file is from before that time',
      'a clock that was wrong by days',
      'no time at all',
    ].map((label) => [label, ['altered', {}, expect.stringMatching(/^differs: courses\/third\/a\n/)]]),
  ),
};

describe('what is odd and sound, beside damage of the same looks, on real XFS', () => {
  realTest('is kept apart', () => {
    const { share, given, turned, ...answers } = Answers.parse(runScript(join(import.meta.dirname, 'sound.script.ts')));
    expect(Object.keys(answers)).toEqual(Object.keys(EXPECTED));
    for (const [name, [state, keys, says]] of Object.entries(EXPECTED)) {
      const [code, printed, stderr] = Verb.parse(answers[name]);
      const exit = state === 'sound' ? EXIT.ok : EXIT[state];
      expect([name, code, printed]).toEqual([name, exit, expect.objectContaining({ ...keys, state })]);
      expect([name, stderr]).toEqual([name, says]);
    }
    // An hour back, and a minute more; the newest twenty. A clock that is right notes nothing.
    expect(turned).toEqual([Array.from({ length: 20 }, () => [-61, 0]), []]);
    // Its time may have come to the disk by itself.
    const [, written] = Verb.parse(answers['overwritten in place just before the copy']);
    expect(Number(written.suspect) + Number(written.changed)).toBe(1);
    // Of xfs_db, of attributes, of fresh files, of the others.
    expect(given).toEqual(['240', '240', '301', '600']);
    // Half of the memory that is free, whatever else this machine does meanwhile.
    expect(share).toBeGreaterThan(0.35);
    expect(share).toBeLessThan(0.7);
  });
});
