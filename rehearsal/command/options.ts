import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DISK_KIND, type DiskKind } from '../../simulator/disks/disks.ts';
import { ALL, SCENARIOS, UNDRILLED, UNJOURNALED } from '../scenarios/index.ts';
import { readContext } from '../world/context.ts';
import { UNUSUAL } from '../world/unusual.ts';
import { FLAG, HELP_FLAG, MAX_SEED, readArguments, UsageError, whole } from './command.ts';

const DEFAULT_SCENARIO = 'bad-wednesday';
/** What the bad Wednesday is compared with, by the option that asks for it. */
const LESS = { 'no-drills': UNDRILLED, 'no-journal': UNJOURNALED } as const;
/** Of the matrix: one for each of its settings. */
const ROWS = UNUSUAL.map(({ name }) => name);

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
  readonly matrix: MatrixOptions | undefined;
  /** The bad Wednesday is played as these as well, without something, and they are compared. */
  readonly compare: readonly string[];
  /** The simulated AWS stays there afterwards, for commands of other processes. */
  readonly hold: boolean;
  /** It is shown in a browser while it is played. */
  readonly watch: boolean;
  /** Where the page of the incident is written. */
  readonly page: string | undefined;
}

/** What is played of the matrix. */
export interface MatrixOptions {
  /** Names of the settings, of which there are eleven. */
  readonly rows: readonly string[];
  /** Each of these with each of the settings. `undefined`: each scenario once, with the settings that it is dealt to. */
  readonly scenarios: readonly string[] | undefined;
  /** At most so many with each of the settings. */
  readonly each: number;
}

export const HELP = `Plays an incident on the synthesized stack: a simulated AWS in virtual time, real XFS on loop devices where this
machine can, and the functions' bundles as they would be deployed.

Usage: npm run rehearse -- [options]

  --scenario NAME   what happens (default bad-wednesday); --list names them; several as NAME,NAME; all plays each of them
  --seed N          whole number from 0 to ${MAX_SEED} (default 1); the same seed gives the same log in virtual time
  --disks KIND      xfs (Linux, root) or memory (default: xfs where possible, else memory; the first lines say which)
  --no-drills       play the bad Wednesday without drills too, as it was in 2010, and show the difference in one table
  --no-journal      the same without the journal of files; together with --no-drills, all three in one table
  -c, --context KEY=VALUE
                    other settings, as cdk takes them: -c remount='{"region": "us-east-1"}' in the place of those of cdk.json;
                    a scenario that needs others is skipped, with the reason
  --matrix          play each scenario once, on memory disks, with one of eleven sound settings that are unusual; --seed deals them
                    out. With --scenario, these with each of the eleven
  --with NAME       of the matrix, these settings only: ${ROWS.join(', ')};
                    several as NAME,NAME
  --each N          of the matrix, at most N scenarios with each of the settings; --seed says which
  --hold            keep the stack there after the incident, for npm run remount -- status --rehearsal; Ctrl-C ends it
  --page FILE       write the page of the incident: one HTML file, for a phone and for two sheets of paper
  --watch           show the day in a browser while it is played, on 127.0.0.1, from the failure on as fast as it happens; Ctrl-C ends it
  --json            print the result as one JSON document on standard output
  --verbose         print every event, not only the story
  --list            list the scenarios and stop
  --help            print this and stop

Exit codes: 0 every promise was kept (the content is served and intact, or where that cannot be, a person knows);
1 a promise was broken (the last lines say which); 2 wrong usage or settings, or all was skipped; 3 this machine cannot run it (the line says why).
`;

const LIST = Object.entries(SCENARIOS)
  .map(
    ([name, scenario]) =>
      `${name.padEnd(22)} ${scenario.about}${scenario.notYet ? ` (not yet: ${scenario.notYet})` : ''}\n`,
  )
  .join('');

export type Command = { readonly run: Options } | { readonly print: string };

/** @throws UsageError */
export function readOptions(args: readonly string[]): Command {
  const values = readArguments(args, {
    scenario: { type: 'string' },
    seed: { type: 'string', default: '1' },
    disks: { type: 'string' },
    json: FLAG,
    verbose: FLAG,
    list: FLAG,
    context: { type: 'string', short: 'c', multiple: true, default: [] },
    matrix: FLAG,
    with: { type: 'string' },
    each: { type: 'string' },
    'no-drills': FLAG,
    'no-journal': FLAG,
    hold: FLAG,
    page: { type: 'string' },
    watch: FLAG,
    help: HELP_FLAG,
  });
  if (values.help) return { print: HELP };
  if (values.list) return { print: LIST };
  const { json, verbose } = values;
  const scenario = values.scenario ?? DEFAULT_SCENARIO;
  checkScenario(scenario);
  const less = Object.keys(LESS).filter((name) => values[name as keyof typeof LESS]);
  if (less[0] !== undefined && scenario !== DEFAULT_SCENARIO)
    throw new UsageError(`--${less[0]}: received with --scenario ${scenario}; allowed: with ${DEFAULT_SCENARIO}`);
  const compare = less.map((name) => LESS[name as keyof typeof LESS]);
  const context = readContext(values.context);
  const matrix = matrixOptions(values);
  const seed = whole('--seed', values.seed, 0, MAX_SEED);
  const kinds = Object.values(DISK_KIND);
  const disks = kinds.find((kind) => kind === values.disks);
  if (values.disks !== undefined && !disks)
    throw new UsageError(`--disks: received "${values.disks}"; allowed: ${kinds.join(', ')}`);
  const { hold, page, watch } = values;
  const several = matrix !== undefined || compare.length > 0 || scenario === ALL || scenario.includes(',');
  if (hold && (several || json))
    throw new UsageError('--hold: received with more than one day to play, or --json; allowed: with one --scenario');
  if (watch && (several || json || hold))
    throw new UsageError(
      '--watch: received with more than one day to play, --hold or --json; allowed: with one --scenario',
    );
  if (page !== undefined) checkPage(page, several);
  return { run: { scenario, seed, disks, json, verbose, compare, hold, page, watch, context, matrix } };
}

/** Before the day is played: whoever waited for it would have nothing. */
function checkPage(page: string, several: boolean): void {
  if (several) throw new UsageError('--page: received with more than one day to play; allowed: with one --scenario');
  const folder = dirname(resolve(page));
  if (!existsSync(folder) || (existsSync(page) && !statSync(page).isFile()))
    throw new UsageError(`--page: received "${page}"; allowed: a file in a folder that is there`);
}

function checkScenario(scenario: string): void {
  const unknown = scenario.split(',').find((name) => name !== ALL && !Object.hasOwn(SCENARIOS, name));
  if (unknown !== undefined || scenario.includes(`${ALL},`) || scenario.includes(`,${ALL}`))
    throw new UsageError(
      `--scenario: received "${unknown ?? scenario}"; allowed: ${[...Object.keys(SCENARIOS), ALL].join(', ')}; --list describes them`,
    );
}

interface MatrixArguments {
  readonly matrix: boolean;
  readonly scenario?: string | undefined;
  readonly with?: string | undefined;
  readonly each?: string | undefined;
  readonly disks?: string | undefined;
  readonly context: readonly string[];
  readonly 'no-drills': boolean;
  readonly 'no-journal': boolean;
}

/** @throws UsageError */
function matrixOptions(values: MatrixArguments): MatrixOptions | undefined {
  const { matrix, scenario, with: only, each, disks, context } = values;
  if (!matrix) {
    for (const [name, value] of Object.entries({ with: only, each }))
      if (value !== undefined) throw new UsageError(`--${name}: received "${value}"; allowed: with --matrix`);
    return undefined;
  }
  const given = {
    '--context': context[0],
    '--disks': disks,
    '--no-drills': values['no-drills'] || undefined,
    '--no-journal': values['no-journal'] || undefined,
  };
  for (const [name, value] of Object.entries(given))
    if (value !== undefined)
      throw new UsageError(
        `--matrix: received with ${name}; allowed: with --scenario, --with, --each, --seed, --json and --verbose (it has settings of its own, and memory disks)`,
      );
  const rows = only?.split(',') ?? ROWS;
  const unknown = rows.find((name) => !ROWS.includes(name));
  if (unknown !== undefined) throw new UsageError(`--with: received "${unknown}"; allowed: ${ROWS.join(', ')}`);
  const all = Object.keys(SCENARIOS);
  return {
    rows,
    scenarios: scenario === ALL ? all : scenario?.split(','),
    each: each === undefined ? all.length : whole('--each', each, 1, all.length),
  };
}
