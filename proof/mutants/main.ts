import { listed } from '../../contract/listed.ts';
import {
  EXIT,
  FLAG,
  HELP_FLAG,
  readArguments,
  runCommand,
  UsageError,
  whole,
} from '../../rehearsal/command/command.ts';
import { SCENARIO_MUTANTS } from './all.ts';
import { TEST_MUTANTS } from './kinds/index.ts';
import { MUTANTS } from './list.ts';
import type { Mutant } from './mutant.ts';
import { Copies, Player } from './play.ts';

const HELP = `Breaks the rules that the healer lives by in a copy of the code, one by one, and plays an incident on each: something
must notice. The sound code is played first, and must pass.

Usage: npm run mutants -- [options]

  --scenarios    breaks, instead, the part that each scenario proves, and plays that scenario: some twenty minutes
  --tests        breaks, instead, one line each of the kinds that tests overlook, and runs the test that is to notice it
  --only TEXT    only those whose description has this text in it
  --at-once N    so many at the same time, each in a copy of its own (1 to 8; default: 1)
  --help         print this and stop

Exit codes: 0 each of them was noticed; 1 one was not, or the sound code did not pass; 2 wrong usage.
`;
const OPTIONS = {
  scenarios: FLAG,
  tests: FLAG,
  only: { type: 'string', default: '' },
  'at-once': { type: 'string', default: '1' },
  help: HELP_FLAG,
} as const;

interface Wanted {
  readonly scenarios: boolean;
  readonly tests: boolean;
  readonly only: string;
}

/** Those to be played. @throws UsageError */
function chosen({ scenarios, tests, only }: Wanted): readonly Mutant[] {
  if (scenarios && tests) throw new UsageError('--tests: received together with --scenarios; allowed: one of the two');
  const all = scenarios ? SCENARIO_MUTANTS : tests ? TEST_MUTANTS : MUTANTS;
  const found = all.filter(({ rule }) => rule.includes(only));
  if (found.length > 0) return found;
  const rules = listed(
    all.map((mutant) => mutant.rule),
    { between: '; ', rest: 'all of them: proof/mutants' },
  );
  throw new UsageError(`--only: received "${only}"; allowed: a text that is in one of: ${rules}`);
}

async function playAll(mutants: readonly Mutant[], atOnce: number): Promise<number> {
  const copies = new Copies();
  const player = new Player();
  const waiting = [...mutants];
  let failed = 0;
  const work = async () => {
    const copy = copies.add();
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const { noticed, text } = await player.play(copy, mutant);
      const files = [...new Set(mutant.edits.map((e) => e.file))].join(', ');
      process.stdout.write(`${mutant.rule} (${files})\n  ${noticed ? '' : 'NOT NOTICED: '}${text}\n`);
      if (!noticed) failed++;
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    copies.remove();
  }
  return failed;
}

async function main(): Promise<number> {
  const values = readArguments(process.argv.slice(2), OPTIONS);
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const mutants = chosen(values);
  const failed = await playAll(mutants, whole('--at-once', values['at-once'], 1, 8));
  process.stdout.write(
    failed === 0 ? `all ${mutants.length} were noticed\n` : `${failed} of ${mutants.length} were not noticed\n`,
  );
  return failed === 0 ? EXIT.ok : EXIT.failed;
}

await runCommand('The rules could not be broken', main);
