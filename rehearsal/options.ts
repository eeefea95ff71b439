import { FLAG, HELP_FLAG, MAX_SEED, readArguments, UsageError, whole } from './command.ts';
import { readContext } from './context.ts';
import { DISK_KIND, type DiskKind } from './disks/disks.ts';
import { ALL, SCENARIOS } from './scenarios/index.ts';

export interface Options {
  /** One name, several with commas between them, or all. */
  readonly scenario: string;
  readonly seed: number;
  /** `undefined`: real XFS where this machine can, else memory. */
  readonly disks: DiskKind | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  /** What `-c` gave, by key. */
  readonly context: Readonly<Record<string, string>>;
  /** Unusual settings, each with some of the scenarios. */
  readonly matrix: boolean;
  /** The bad Wednesday is played without drills as well, and the two are compared. */
  readonly compare: boolean;
}

export const HELP = `Plays an incident on the synthesized stack: a simulated AWS in virtual time, real XFS on loop devices where this
machine can, and the functions' bundles as they would be deployed.

Usage: npm run rehearse -- [options]

  --scenario NAME   what happens (default bad-wednesday); --list names them; several as NAME,NAME; all plays each of them
  --seed N          whole number from 0 to ${MAX_SEED} (default 1); the same seed gives the same log in virtual time
  --disks KIND      xfs (Linux, root) or memory (default: xfs where possible, else memory; the first lines say which)
  --no-drills       play the bad Wednesday without drills too, as it was in 2010, and show the difference in one table
  -c, --context KEY=VALUE
                    other settings, as cdk takes them: -c remount='{"region": "us-east-1"}' in the place of those of cdk.json;
                    a scenario that needs others is skipped, with the reason
  --matrix          play each scenario once, on memory disks, with one of ten sound settings that are unusual; --seed deals them out
  --json            print the result as one JSON document on standard output
  --verbose         print every event, not only the story
  --list            list the scenarios and stop
  --help            print this and stop

Exit codes: 0 every promise was kept (the content is served and intact, or where that cannot be, a person knows);
1 a promise was broken (the last lines say which); 2 wrong usage or settings, or all was skipped; 3 this machine cannot run it (the line says why).
`;

export type Command = { readonly run: Options } | { readonly print: string };

/** @throws UsageError */
export function readOptions(args: readonly string[]): Command {
  const values = readArguments(args, {
    scenario: { type: 'string', default: 'bad-wednesday' },
    seed: { type: 'string', default: '1' },
    disks: { type: 'string' },
    json: FLAG,
    verbose: FLAG,
    list: FLAG,
    context: { type: 'string', short: 'c', multiple: true, default: [] },
    matrix: FLAG,
    'no-drills': FLAG,
    help: HELP_FLAG,
  });
  const names = Object.keys(SCENARIOS);
  if (values.help) return { print: HELP };
  if (values.list)
    return {
      print: Object.entries(SCENARIOS)
        .map(
          ([name, scenario]) =>
            `${name.padEnd(22)} ${scenario.about}${scenario.notYet ? ` (not yet: ${scenario.notYet})` : ''}\n`,
        )
        .join(''),
    };
  const unknown = values.scenario.split(',').find((name) => name !== ALL && !Object.hasOwn(SCENARIOS, name));
  if (unknown !== undefined || values.scenario.includes(`${ALL},`) || values.scenario.includes(`,${ALL}`))
    throw new UsageError(
      `--scenario: received "${unknown ?? values.scenario}"; allowed: ${[...names, ALL].join(', ')}; --list describes them`,
    );
  const compare = values['no-drills'];
  if (compare && values.scenario !== 'bad-wednesday')
    throw new UsageError(`--no-drills: received with --scenario ${values.scenario}; allowed: with bad-wednesday`);
  const context = readContext(values.context);
  const { matrix } = values;
  const alone = ['scenario', 'disks', 'context', 'no-drills', 'json'].find((name) =>
    args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`) || (name === 'context' && /^-c/.test(arg))),
  );
  if (matrix && alone !== undefined)
    throw new UsageError(`--matrix: received with --${alone}; allowed: with --seed and --verbose`);
  const seed = whole('--seed', values.seed, 0, MAX_SEED);
  const kinds = Object.values(DISK_KIND);
  const disks = kinds.find((kind) => kind === values.disks);
  if (values.disks !== undefined && !disks)
    throw new UsageError(`--disks: received "${values.disks}"; allowed: ${kinds.join(', ')}`);
  const { scenario, json, verbose } = values;
  return { run: { scenario, seed, disks, json, verbose, compare, context, matrix } };
}
