import { availableParallelism } from 'node:os';
import { FLAG, HELP_FLAG, MAX_SEED, readArguments, UsageError, whole } from '../../rehearsal/command/command.ts';
import { type Fault, readSchedule, scheduleText } from './schedule.ts';
import { STORIES } from './stories.ts';

export interface SimulateOptions {
  readonly runs: number;
  readonly seed: number;
  /** Real minutes after which no run is begun any more. */
  readonly minutes: number;
  readonly scenarios: readonly string[];
  readonly exhaustive: boolean;
  /** Runs that are left out at the beginning. */
  readonly from: number;
  readonly durable: boolean;
  readonly threads: number;
  readonly replay: readonly Fault[] | undefined;
  readonly json: boolean;
}

const MAX_RUNS = 10_000_000;
const MAX_MINUTES = 24 * 60;
const MAX_THREADS = 64;

/** Names in lines that fit a terminal, under the words that say what an option does. */
function wrapped(names: readonly string[]): string {
  const lines = [''];
  for (const [n, name] of names.entries()) {
    const word = n < names.length - 1 ? `${name}, ` : name;
    if (`${lines.at(-1)}${word}`.length > COLUMNS) lines.push('');
    lines[lines.length - 1] += word;
  }
  return lines.map((line) => `${' '.repeat(20)}${line.trimEnd()}`).join('\n');
}
const COLUMNS = 100;

export const HELP = `Heals simulated incidents in virtual time while faults happen: throttled, failed, denied, slow and lost calls, stale answers,
functions that die, hosts that hang, triggers that come twice, late or never, clocks that are off.

Usage: npm run simulate -- [options]

  --runs N          random schedules of two or three faults, 0 to ${MAX_RUNS} (default 100)
  --exhaustive      first every single fault at every point of every scenario: hundreds of thousands of runs for all of them,
                    so those come first that are like none of a scenario before
  --seed S          whole number from 0 to ${MAX_SEED} (default 1); the same seed gives the same runs
  --minutes M       begin no run after this many real minutes, above 0 up to ${MAX_MINUTES} (default: no limit)
  --threads N       runs side by side, 1 to ${MAX_THREADS} (default: one for each core); the result is the same for any number
  --from N          leaves out the first N runs, which were played before: so it goes on where --minutes ended (default 0)
  --scenario NAMES  plays some of these only, with commas between (default: all of them):
${wrapped(Object.keys(STORIES))}
  --replay TEXT     play one schedule, as a failure prints it, and print its log; needs one --scenario
  --durable         the deployed bundle on the real durable SDK, which is slower; of faults at steps the first happens, at
                    triggers and clocks none
  --json            print the result as one JSON document on standard output
  --help            print this and stop

Exit codes: 0 every promise was kept in every run; 1 one was broken (the output names it, and the command that plays it
again); 2 wrong usage.
`;

export type Command = { readonly run: SimulateOptions } | { readonly print: string };

/** @throws UsageError */
export function readOptions(args: readonly string[]): Command {
  const values = readArguments(args, {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    from: { type: 'string', default: '0' },
    scenario: { type: 'string' },
    threads: { type: 'string' },
    exhaustive: FLAG,
    durable: FLAG,
    replay: { type: 'string' },
    json: FLAG,
    help: HELP_FLAG,
  });
  if (values.help) return { print: HELP };
  const names = Object.keys(STORIES);
  const scenarios = values.scenario?.split(',') ?? names;
  const unknown = scenarios.find((name) => !Object.hasOwn(STORIES, name));
  if (unknown !== undefined)
    throw new UsageError(`--scenario: received "${unknown}"; allowed: ${names.join(', ')}, with commas between`);
  if (values.replay !== undefined && (values.scenario === undefined || scenarios.length > 1))
    throw new UsageError(
      `--replay: received with ${values.scenario === undefined ? 'no' : scenarios.length} scenarios; allowed: together with --scenario and the one that it belongs to`,
    );
  return {
    run: {
      runs: whole('--runs', values.runs, 0, MAX_RUNS),
      seed: whole('--seed', values.seed, 0, MAX_SEED),
      minutes: minutes(values.minutes),
      scenarios: [...new Set(scenarios)],
      exhaustive: values.exhaustive,
      from: whole('--from', values.from, 0, MAX_RUNS),
      durable: values.durable,
      threads:
        values.threads === undefined ? availableParallelism() : whole('--threads', values.threads, 1, MAX_THREADS),
      replay: values.replay === undefined ? undefined : schedule(values.replay),
      json: values.json,
    },
  };
}

function minutes(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > MAX_MINUTES)
    throw new UsageError(`--minutes: received "${text}"; allowed: a number above 0, up to ${MAX_MINUTES}`);
  return value;
}

/**
 * A replay whose faults did not happen says nothing of them.
 *
 * @param fired faults that happened
 * @param points how often each point of the run was passed
 * @throws UsageError naming the first that did not
 */
export function checkFired(
  schedule: readonly Fault[],
  { fired, points }: { readonly fired: readonly Fault[]; readonly points: ReadonlyMap<string, number> },
): void {
  const happened = fired.map((fault) => scheduleText([fault]));
  const left = schedule.find((fault) => !happened.includes(scheduleText([fault])));
  if (!left) return;
  const passed = points.get(left.point);
  const allowed = passed
    ? `${left.point}#1 to ${left.point}#${passed}, while faults still happen`
    : `a point of this run: ${[...points.keys()].sort().join(', ')}`;
  throw new UsageError(`--replay: received "${scheduleText([left])}", which did not happen; allowed: ${allowed}`);
}

function schedule(text: string): Fault[] {
  try {
    return readSchedule(text);
  } catch (error) {
    throw new UsageError(`--replay: ${(error as Error).message}`);
  }
}
