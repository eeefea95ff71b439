import type { Mutant } from '../mutant.ts';
import { ANSWERS } from './answers.ts';
import { CALLS } from './calls.ts';
import { CODES } from './codes.ts';
import { DISKS } from './disks.ts';
import { COVERS, HANDED, HEALS, IMPORTED, JUDGES } from './face.ts';
import { DEFAULTS, IDENTITY, WORDS } from './host.ts';
import { INTAKE } from './intake.ts';
import { JOURNAL } from './journal.ts';
import type { Slip } from './kind.ts';
import { PAGES } from './pages.ts';
import { PEOPLE, QUARANTINES } from './people.ts';
import { PROPERTIES } from './properties.ts';
import { REPORT } from './report.ts';
import { RESTORES } from './restore.ts';
import { STEPS } from './steps.ts';
import { STORED } from './stored.ts';
import { ALARMS, KEPT, LEAVE, STARTS } from './template.ts';
import { UPLOADS } from './uploads.ts';

/** By kind: what has been found to slip through tests. */
export const KINDS: Readonly<Record<string, readonly Slip[]>> = {
  'a step is left out': STEPS,
  'no answer is an empty one': CALLS,
  'only the first page': PAGES,
  'a property is lost': PROPERTIES,
  'a code means something else': CODES,
  'a word of an answer is not known': ANSWERS,
  'words of an errno mean something else': WORDS,
  'it is known by what may be another': IDENTITY,
  'a default': DEFAULTS,
  'only a disk shows it': DISKS,
  'an alarm is not heard': ALARMS,
  'it is not kept': KEPT,
  'leave for more than was meant': LEAVE,
  'people may more, or less': PEOPLE,
  'it is not started': STARTS,
  'a volume of a team is not copied': COVERS,
  'what another stack has': IMPORTED,
  'a volume is not healed': HEALS,
  'what is wrong is not said': JUDGES,
  'it gets lost on the way': HANDED,
  'the journal': JOURNAL,
  'the intake': INTAKE,
  'what is restored': RESTORES,
  'what is let go of': QUARANTINES,
  'an upload that was cut off': UPLOADS,
  'a page says otherwise': REPORT,
  'a page that is stored': STORED,
};

const SLIPS = Object.values(KINDS).flat();

/** Only the tests that notice are run on what is broken, and before it on the sound code those of the same file together. */
export const TEST_MUTANTS: readonly Mutant[] = Object.entries(KINDS).flatMap(([kind, slips]) =>
  slips.map(({ slip, file, code, instead, test, named }) => ({
    rule: `${kind}: ${slip}`,
    edits: [{ file, code, instead }],
    play: jest(test, [named]),
    notices: [{ test: named }],
    sound: jest(test, [...new Set(SLIPS.filter((s) => s.test === test).map((s) => s.named))]),
  })),
);

function jest(test: string, named: readonly string[]): readonly string[] {
  return [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...['--maxWorkers', '1', '--verbose', '--colors=false'],
    ...['--runTestsByPath', `test/${test}`],
    ...['--testNamePattern', named.map(escaped).join('|')],
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
