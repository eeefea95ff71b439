/** How long content is gone, in virtual time: with a spare and without, over many seeds of sampled latencies. */
import type { Services } from '../rehearsal/cloud/services.ts';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../rehearsal/command.ts';
import { withDirectory } from '../rehearsal/rehearse.ts';
import { grounds } from '../rehearsal/simulation/ground.ts';
import { type Ground, play } from '../rehearsal/simulation/play.ts';
import { STORIES } from '../rehearsal/simulation/stories.ts';
import { type Floor, floorOf, type HealthCheck } from './floor.ts';

const MAX_SEEDS = 5000;
/** With a spare: of the median run over its own floor, and of all runs over all floors, p50 and p99. */
const MOST_OVER_FLOOR = 1.15;
const STORIES_MEASURED = ['spare', 'spare-without-ec2', 'file-system'] as const;

const HELP = `Measures recovery in the simulated AWS, in virtual time: from a file system that shuts down to content that is served again.
Latencies are sampled anew with each seed; the same seeds give the same figures on any machine.

Usage: npm run bench:recovery -- [options]

  --seeds N  how many: whole number from 1 to ${MAX_SEEDS} (default 200)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

With a spare, each run is held against its floor: the least that could be, put together from what was sampled in that very run. It is
made of detection, by the alarm's own rules; the lease; mount and verify of the spare; release by the old owner; the ledger's write;
serve; and the load balancer's health checks, with no time between them.

Exit codes: 0 measured; 1 content stayed away in a run, or with a spare the median run, or all runs together (p50, p99),
took more than ${MOST_OVER_FLOOR} times the floor; 2 wrong usage.
`;

/** Percentiles over the seeds. */
interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

interface Figures {
  readonly story: string;
  readonly seeds: number;
  /** Seconds. */
  readonly recovery: Spread;
  /** Seconds: with a spare only. */
  readonly floor?: { readonly detection: Spread; readonly ordered: Spread; readonly bare: Spread };
  /** Of each run's recovery over its own floors; and the part of the runs that take too many times the ordered one. */
  readonly ratio?: {
    readonly ordered: Spread;
    readonly bare: Spread;
    readonly over: number;
    /** Of all recoveries over all floors: median over median, and 99th percentile over 99th percentile. */
    readonly together: Pick<Spread, 'p50' | 'p99'>;
  };
}

/** @throws UsageError */
function readOptions(): { readonly seeds: number; readonly json: boolean; readonly help: boolean } {
  const values = readArguments(process.argv.slice(2), {
    seeds: { type: 'string', default: '200' },
    json: FLAG,
    help: HELP_FLAG,
  });
  return { ...values, seeds: whole('--seeds', values.seeds, 1, MAX_SEEDS) };
}

/** The value below which this part of the sorted values lies. */
function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function spread(values: readonly number[]): Spread {
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), most: Math.max(...values) };
}

/** The target group that tells whether alpha is served, as the template has it. */
function healthCheckOf(template: unknown): HealthCheck {
  const { Resources } = template as { Resources: Record<string, { Properties?: Record<string, unknown> }> };
  const group = Object.values(Resources).find((r) => r.Properties?.HealthCheckPath === '/healthz/alpha')?.Properties;
  const [seconds, threshold] = [Number(group?.HealthCheckIntervalSeconds), Number(group?.HealthyThresholdCount)];
  if (!(seconds > 0 && threshold > 0)) throw new Error('the template has no health check of alpha');
  return { intervalMs: seconds * 1000, threshold };
}

async function measure(ground: Ground, name: string, seeds: number): Promise<Figures & { readonly lost: number }> {
  const story = STORIES[name];
  if (!story) throw new Error(`no story ${name}`);
  const healthCheck = healthCheckOf(ground.template);
  const recovery: number[] = [];
  const floors: Floor[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    let services: Services | undefined;
    const show = (shown: Services) => {
      services = shown;
    };
    const { recoveryMs, log } = await play(ground, { story, seed, schedule: [], show });
    if (recoveryMs === undefined || !services) continue;
    recovery.push(recoveryMs / 1000);
    if (story.drills) floors.push(floorOf(services, log, healthCheck));
  }
  const over = (of: (floor: Floor) => number) =>
    floors.map((floor, i) => (1000 * (recovery[i] ?? Number.NaN)) / of(floor));
  const [all, floor] = [spread(recovery), spread(floors.map((f) => f.ordered / 1000))];
  const seconds = (of: (floor: Floor) => number) => spread(floors.map((floor) => of(floor) / 1000));
  return {
    story: name,
    seeds,
    lost: seeds - recovery.length,
    recovery: all,
    ...(story.drills && {
      floor: {
        detection: seconds((f) => f.detection),
        ordered: seconds((f) => f.ordered),
        bare: seconds((f) => f.bare),
      },
      ratio: {
        ordered: spread(over((f) => f.ordered)),
        bare: spread(over((f) => f.bare)),
        over: over((f) => f.ordered).filter((r) => r > MOST_OVER_FLOOR).length / floors.length,
        together: { p50: all.p50 / floor.p50, p99: all.p99 / floor.p99 },
      },
    }),
  };
}

function lines({ story, recovery, floor, ratio, lost }: Figures & { readonly lost: number }): string {
  const row = (what: string, { p50, p99, most }: Spread, digits = 1, unit = ' s') => {
    const cell = (label: string, value: number) => `   ${label} ${value.toFixed(digits).padStart(5)}${unit}`;
    return `  ${what.padEnd(40)}${cell('p50', p50)}${cell('p99', p99)}${cell('most', most)}\n`;
  };
  const away = lost > 0 ? `  content stayed away in ${lost} runs\n` : '';
  const floors =
    floor && ratio
      ? row('of which detection', floor.detection) +
        row('floor', floor.ordered) +
        row('floor, were the old owner fenced beside', floor.bare) +
        row('recovery / floor, run by run', ratio.ordered, 2, '  ') +
        row('recovery / floor with fencing beside', ratio.bare, 2, '  ') +
        `  p50 / p50 ${ratio.together.p50.toFixed(2)}, p99 / p99 ${ratio.together.p99.toFixed(2)}; ` +
        `runs over ${MOST_OVER_FLOOR} times their floor: ${(100 * ratio.over).toFixed(0)}%\n`
      : '';
  return `${story}\n${row('recovery', recovery)}${floors}${away}`;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  return withDirectory(async (directory) => {
    const stacks = await grounds(directory, STORIES_MEASURED);
    const rows: (Figures & { readonly lost: number })[] = [];
    for (const name of STORIES_MEASURED) {
      const ground = stacks.get(name);
      if (!ground) throw new Error(`no stack of ${name}`);
      const figures = await measure(ground, name, options.seeds);
      rows.push(figures);
      if (!options.json) process.stdout.write(lines(figures));
    }
    const slow = rows.filter(
      ({ ratio }) => ratio && !(Math.max(ratio.ordered.p50, ratio.together.p50, ratio.together.p99) <= MOST_OVER_FLOOR),
    );
    if (options.json)
      process.stdout.write(`${JSON.stringify({ figures: rows, mostOverFloor: MOST_OVER_FLOOR }, null, 1)}\n`);
    for (const { story } of slow) process.stderr.write(`${story}: more than ${MOST_OVER_FLOOR} times its floor\n`);
    return slow.length > 0 || rows.some(({ lost }) => lost > 0) ? EXIT.failed : EXIT.ok;
  });
}

await runCommand('Recovery could not be measured', main);
