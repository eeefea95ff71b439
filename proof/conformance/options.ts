import { FLAG, HELP_FLAG, readArguments, UsageError, whole } from '../../rehearsal/command/command.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import { PARTS } from './parts/index.ts';

export interface Options {
  readonly parts: readonly string[];
  readonly scenarios: readonly string[];
  readonly runs: number;
  readonly json: boolean;
  /** Writes `docs/conformance.md`. */
  readonly write: boolean;
}

export type Command = { readonly run: Options } | { readonly print: string };

const MAX_RUNS = 100_000;

const HELP = `Holds the stack and its simulated AWS against things that nobody here wrote: AWS's service models and validators, emulators of other
makers, the real agents' code, the real web server. No AWS account. Python's part is installed by the command itself, pinned, into .cache/.

Usage: npm run conformance -- [options]

  --only PART       these parts only (PART,PART); what the others would say is not said:
${Object.entries(PARTS)
  .map(([name, { about }]) => `                      ${name.padEnd(12)} ${about}\n`)
  .join('')}  --scenario NAME   of the part "models": plays these only (NAME,NAME; default: all of them)
  --runs N          of the part "models": random schedules of faults, 0 to ${MAX_RUNS} (default 20)
  --write           write what was said into docs/conformance.md; with all parts, and all scenarios
  --json            print the result as one JSON document on standard output
  --help            print this and stop

Exit codes: 0 nobody found what is not expected, and everything expected was found; 1 somebody did, or something expected was not (the lines
say which), or an emulator did not start; 2 wrong usage; 3 this machine lacks what a part needs (the line says what; with CI=true that is 1).
`;

/** @throws UsageError */
export function readOptions(args: readonly string[]): Command {
  const values = readArguments(args, {
    only: { type: 'string' },
    scenario: { type: 'string' },
    runs: { type: 'string' },
    write: FLAG,
    json: FLAG,
    help: HELP_FLAG,
  });
  if (values.help) return { print: HELP };
  const parts = named('--only', values.only, Object.keys(PARTS));
  const scenarios = named('--scenario', values.scenario, Object.keys(SCENARIOS));
  for (const option of ['scenario', 'runs'] as const)
    if (values[option] !== undefined && !parts.includes('models'))
      throw new UsageError(
        `--${option}: received "${values[option]}" with --only ${values.only}; allowed: with the part models`,
      );
  if (values.write && (values.only !== undefined || values.scenario !== undefined))
    throw new UsageError('--write: received with --only or --scenario; allowed: with everything');
  const runs = whole('--runs', values.runs ?? '20', 0, MAX_RUNS);
  return { run: { parts, scenarios, runs, json: values.json, write: values.write } };
}

function named(option: string, given: string | undefined, known: readonly string[]): readonly string[] {
  if (given === undefined) return known;
  const names = given.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`${option}: received "${unknown}"; allowed: ${known.join(', ')}`);
  return names;
}
