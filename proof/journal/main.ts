import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, UsageError } from '../../rehearsal/command/command.ts';
import { explore } from './explore.ts';
import { LEFT_OUT, RULES } from './rules.ts';
import { SETTINGS, type Setting, WIDE } from './settings.ts';

const HELP = `Explores the protocol of the journal (docs/journal.md): every order in which two or three writers, an applier, a healer and an S3 that loses
answers can act, within small bounds. No state that can be reached may lose what was acknowledged, or apply what is not so.

Usage: npm run model -- [options]

  --wide       wider bounds, beside the small ones: three minutes, and some GiB of memory
  --left-out   explores with each rule left out in turn, too: each must be found
  --only TEXT  only settings whose name has this text in it
  --json       print the result as one JSON document on standard output
  --help       print this and stop

Exit codes: 0 nothing wrong was found, and each rule that was left out was; 1 something else; 2 wrong usage.
`;
const OPTIONS = {
  wide: FLAG,
  'left-out': FLAG,
  only: { type: 'string', default: '' },
  json: FLAG,
  help: HELP_FLAG,
} as const;
/** Beyond so many states a search for what a rule prevents goes on elsewhere. */
const MOST_LEFT_OUT = 100_000;

await runCommand('The model could not be explored', () => {
  const options = readArguments(process.argv.slice(2), OPTIONS);
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const all = Object.entries({ ...SETTINGS, ...(options.wide && WIDE) });
  const settings = all.filter(([name]) => name.includes(options.only));
  if (settings.length === 0)
    throw new UsageError(
      `--only: received "${options.only}"; allowed: a part of one of: ${all.map(([n]) => n).join('; ')}`,
    );
  const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);

  const explored = settings.map(([name, setting]) => {
    const { failure, states, rests } = explore(setting);
    say(`${failure ? 'BROKEN' : 'holds '}  ${name}: ${states} states, ${rests} at rest`);
    if (failure) say(`  ${failure.why}:\n${failure.way.map((what, i) => `  ${i + 1}. ${what}`).join('\n')}`);
    return { setting: name, states, rests, ...(failure && { failure }) };
  });
  const leftOut = options['left-out'] ? LEFT_OUT.map((each) => without(each, settings, say)) : [];
  if (options.json) process.stdout.write(`${JSON.stringify({ explored, leftOut })}\n`);
  const well = explored.every((e) => !('failure' in e)) && leftOut.every((e) => e.found !== undefined);
  return well ? EXIT.ok : EXIT.failed;
});

function without(
  { rule, rules }: (typeof LEFT_OUT)[number],
  settings: readonly (readonly [string, Setting])[],
  say: (line: string) => void,
) {
  for (const [name, setting] of settings) {
    const { failure } = explore(setting, { ...RULES, ...rules }, MOST_LEFT_OUT);
    if (!failure) continue;
    say(`found   without "${rule}", in ${failure.way.length} steps: ${failure.why}`);
    return { rule, found: { setting: name, ...failure } };
  }
  say(`UNFOUND without "${rule}" nothing goes wrong`);
  return { rule };
}
