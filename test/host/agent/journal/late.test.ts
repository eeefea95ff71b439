import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const script = join(import.meta.dirname, 'late.script.ts');

realTest('what was not drained is applied later, onto what nobody has touched, and stated as it is there', () => {
  const story = {
    // A spare that follows has no need of another base, and has what the new owner has.
    unlike: [],
    aside: '',
    quiet: ['late', 'late', 'late', 'late', 'hard', 'link', 'new', 'old'],
    renamed: ['renamed', 'old', 'late'],
    emptied: ['mine'],
    // `comes` was made and deleted meanwhile; `gone` too, after it was written to.
    used: ['beside', 'new', 'old', 'mine', 'mine', 'late'],
    taken: ['gone', 'old', 'place', 'old', 'mine'],
    deep: ['x'],
    left: expect.arrayContaining(['used/comes', 'used/new', 'used/old', 'taken/old', 'taken/place']),
  };
  expect(runScript(script, 'rules')).toEqual({
    unsealed: { state: 'unsealed', ...story },
    undrained: { state: 'undrained', ...story },
  });
});

realTest('of a directory in which something changed unheard, nobody knows what came and went there', () => {
  expect(runScript(script, 'unheard')).toEqual({
    drained: 'undrained',
    // What was there then is known; what is new in another directory is, too.
    there: ['mine', 'late'],
    quiet: ['late'],
    left: ['used', 'used/new', 'used/new'],
  });
});

realTest(
  'a takeover that was not finished is done once more, and what was served meanwhile is as people left it',
  () => {
    expect(runScript(script, 'again')).toEqual({
      first: 'undrained',
      second: 'drained',
      'nobody had it': ['late', 'late'],
      unlike: [],
      served: 'undrained',
      'people had it': ['mine', 'late'],
    });
  },
);

/** One after another from LATE_SEED on. */
realTest('whatever people and the journal have to do with the same things, and whenever the agent is killed', () => {
  const said = runScript(script, process.env.LATE_SEED ?? '166', process.env.LATE_SEEDS ?? '3');
  const { counts, wrong } = said as Record<string, unknown>;
  expect(wrong).toEqual([]);
  expect(counts).toMatchObject({ rounds: Number(process.env.LATE_SEEDS ?? 3) });
});
