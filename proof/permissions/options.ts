import { FLAG, HELP_FLAG, MAX_SEED, readArguments, UsageError, whole } from '../../rehearsal/command/command.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';

export interface Options {
  readonly scenarios: readonly string[];
  /** Random schedules of faults that are played beside the scenarios. */
  readonly runs: number;
  readonly seed: number;
  readonly remove: 'statements' | 'actions' | undefined;
  readonly toTheEnd: boolean;
  readonly json: boolean;
}

const MAX_RUNS = 100_000;
const KINDS = ['statements', 'actions'] as const;

export const HELP = `Says what each role of the stack is allowed and never uses, in all scenarios and under faults; and takes each statement out in turn,
to see that a scenario fails without it and names it. Memory disks, virtual time, no AWS account.

Usage: npm run permissions -- [options]

  --remove KIND     statements: each statement of each role is taken out in turn; actions: each action of each
  --to-the-end      with --remove: plays on after the denied call, and lists every promise that is broken (takes long)
  --scenario NAME   plays these only (NAME,NAME); what they do not use is listed and is no failure (default: all of them).
                    operator: the commands of remount, with the policies that people get; by itself, all of these have to be used
  --runs N          random schedules of faults beside the scenarios, 0 to ${MAX_RUNS} (default 60)
  --seed N          whole number from 0 to ${MAX_SEED} (default 1); the same seed gives the same schedules
  --json            print the result as one JSON document on standard output
  --help            print this and stop

Exit codes: 0 everything that is allowed is used, and missed where it was taken out, or explained (proof/permissions/explained.ts);
1 something is not, or an explanation explains nothing any more, or a scenario broke a promise by itself; 2 wrong usage.
`;

/** Scenarios of one stack with one template: what a second one beside it may do is looked at by that scenario itself. */
export const SURVEYED: readonly string[] = Object.keys(SCENARIOS).filter(
  (name) => !SCENARIOS[name]?.neighbour && !SCENARIOS[name]?.next,
);

/** The commands of `remount`, with the policies that people get: played beside the scenarios, by this name. */
export const OPERATOR = 'operator';

export type Command = { readonly run: Options } | { readonly print: string };

/** @throws UsageError */
export function readOptions(args: readonly string[]): Command {
  const values = readArguments(args, {
    remove: { type: 'string' },
    'to-the-end': FLAG,
    scenario: { type: 'string' },
    runs: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    json: FLAG,
    help: HELP_FLAG,
  });
  if (values.help) return { print: HELP };
  const known = [...SURVEYED, OPERATOR];
  const scenarios = values.scenario === undefined ? known : values.scenario.split(',');
  const unknown = scenarios.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--scenario: received "${unknown}"; allowed: ${known.join(', ')}, with commas between them`);
  const remove = KINDS.find((kind) => kind === values.remove);
  if (values.remove !== undefined && !remove)
    throw new UsageError(`--remove: received "${values.remove}"; allowed: ${KINDS.join(', ')}`);
  if (values['to-the-end'] && !remove)
    throw new UsageError('--to-the-end: received without --remove; allowed: together with it');
  return {
    run: {
      scenarios,
      runs: whole('--runs', values.runs, 0, MAX_RUNS),
      seed: whole('--seed', values.seed, 0, MAX_SEED),
      remove,
      toTheEnd: values['to-the-end'],
      json: values.json,
    },
  };
}
