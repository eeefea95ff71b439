/** How long content is gone, in virtual time: with a spare and without, over many seeds of sampled latencies. */

import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { Written } from '../../simulator/disks/reads.ts';
import { type Ground, play } from '../faults/play.ts';
import { grounds } from '../faults/stacks.ts';
import { STORIES } from '../faults/stories.ts';
import { type Floor, floorOf, type HealthCheck } from './floor.ts';
import { percentile } from './percentile.ts';

const MAX_SEEDS = 5000;
/** With a spare: of the median run over its own floor, and of all runs over all floors, p50 and p99. */
const MOST_OVER_FLOOR = 1.15;
/** MiB/s: what a gp3 volume reads at without paying more. The stack asks for no rate by itself. */
const RATE = 125;
/** What a volume of the default size may hold: 100 GiB in files of 256 KiB. */
const FULL: Written = { courses: 4000, files: 400_000, kib: 100 * 1024 * 1024, groups: 4 };

/** What is measured: a story of the simulation, on what content. Without more, on the little that the simulation uploads. */
interface Case {
  readonly name: string;
  readonly story: string;
  readonly content?: Written;
  /** MiB/s at which the volumes of drills and heals are loaded, as if they asked for it. */
  readonly rate?: number;
}
const CASES: readonly Case[] = [
  { name: 'spare', story: 'spare' },
  { name: 'spare, with the witness', story: 'witness' },
  { name: 'spare-without-ec2', story: 'spare-without-ec2' },
  { name: 'file-system (no spare)', story: 'file-system' },
  { name: 'spare, 100 GiB of content, no rate', story: 'spare', content: FULL },
  { name: `spare, 100 GiB of content, at ${RATE} MiB/s`, story: 'spare', content: FULL, rate: RATE },
  { name: 'no spare, 100 GiB of content, no rate', story: 'file-system', content: FULL },
  { name: `no spare, 100 GiB of content, at ${RATE} MiB/s`, story: 'file-system', content: FULL, rate: RATE },
];

const HELP = `Measures recovery in the simulated AWS, in virtual time: from a file system that shuts down to content that is served again.
Latencies are sampled anew with each seed; the same seeds give the same figures on any machine.

Usage: npm run bench:recovery -- [options]

  --seeds N  how many: whole number from 1 to ${MAX_SEEDS} (default 200)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

With a spare, each run is held against its floor: the least that could be, put together from what was sampled in that very run. It is
made of detection, by the alarm's own rules; the lease; mount and verify of the spare, or the old owner's word and its release, whichever takes
longer; what the journal has; the ledger's write; serve; and the load balancer's health checks, with no time between them.

Volumes made from snapshots load lazily (docs/decisions/0026-lazy-loading.md). Of a large one it is said how long serving stays slow: until
its rate has loaded everything, or, where there is no rate, until one reader has read everything once.

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
  /** Seconds from then on until no block is late any more. */
  readonly slow?: Spread;
  /** Seconds: with a spare only. */
  readonly floor?: { readonly detection: Spread; readonly all: Spread };
  /** Of each run's recovery over its own floor; and the part of the runs that take too many times that. */
  readonly ratio?: {
    readonly all: Spread;
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

function spread(values: readonly number[]): Spread {
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), most: Math.max(...values) };
}

/** The target group that says whether alpha is served, as the template has it. */
function healthCheckOf(template: unknown): HealthCheck {
  const { Resources } = template as { Resources: Record<string, { Properties?: Record<string, unknown> }> };
  const group = Object.values(Resources).find((r) => r.Properties?.HealthCheckPath === '/healthz/alpha')?.Properties;
  const [seconds, threshold] = [Number(group?.HealthCheckIntervalSeconds), Number(group?.HealthyThresholdCount)];
  if (!(seconds > 0 && threshold > 0)) throw new Error('the template has no health check of alpha');
  return { intervalMs: seconds * 1000, threshold };
}

/** Of the volume that serves, seconds. */
function slowness({ cloud, ec2 }: Services, struckAt: number, recoveryMs: number): number {
  const serving = [...ec2.volumes.values()].find((v) => v.tags[TAG.role] === VOLUME_ROLE.current);
  return cloud.loading.slowFor(serving?.id ?? '', struckAt + recoveryMs) / 1000;
}

async function measure(
  ground: Ground,
  measured: Case,
  seeds: number,
  done: (seeds: number) => void,
): Promise<Figures & { readonly lost: number }> {
  const story = STORIES[measured.story];
  if (!story) throw new Error(`no story ${measured.story}`);
  const slow: number[] = [];
  const healthCheck = healthCheckOf(ground.template);
  const recovery: number[] = [];
  const floors: Floor[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    let services: Services | undefined;
    const show = (shown: Services) => {
      services = shown;
      Object.assign(shown.cloud.loading, { standsFor: measured.content, unaskedRate: measured.rate ?? 0 });
    };
    const { recoveryMs, log } = await play(ground, { story, seed, schedule: [], show });
    done(seed);
    if (recoveryMs === undefined || !services) continue;
    recovery.push(recoveryMs / 1000);
    const struckAt = log.find(({ who }) => who === 'failure')?.at;
    if (measured.content && struckAt !== undefined) slow.push(slowness(services, struckAt, recoveryMs));
    if (story.drills) floors.push(floorOf(services, log, healthCheck));
  }
  const over = floors.map((floor, i) => (1000 * (recovery[i] ?? Number.NaN)) / floor.all);
  const [all, floor] = [spread(recovery), spread(floors.map((f) => f.all / 1000))];
  return {
    story: measured.name,
    seeds,
    lost: seeds - recovery.length,
    recovery: all,
    ...(slow.length > 0 && { slow: spread(slow) }),
    ...(story.drills && {
      floor: { detection: spread(floors.map((f) => f.detection / 1000)), all: floor },
      ratio: {
        all: spread(over),
        over: over.filter((r) => r > MOST_OVER_FLOOR).length / floors.length,
        together: { p50: all.p50 / floor.p50, p99: all.p99 / floor.p99 },
      },
    }),
  };
}

function lines({ story, recovery, slow, floor, ratio, lost }: Figures & { readonly lost: number }): string {
  const row = (what: string, { p50, p99, most }: Spread, digits = 1, unit = ' s') => {
    const cell = (label: string, value: number) => `   ${label} ${value.toFixed(digits).padStart(5)}${unit}`;
    return `  ${what.padEnd(40)}${cell('p50', p50)}${cell('p99', p99)}${cell('most', most)}\n`;
  };
  const late = slow ? row('slow from then on, for', slow, 0) : '';
  const away = lost > 0 ? `  content stayed away in ${lost} runs\n` : '';
  const floors =
    floor && ratio
      ? row('of which detection', floor.detection) +
        row('floor', floor.all) +
        row('recovery / floor, run by run', ratio.all, 2, '  ') +
        `  p50 / p50 ${ratio.together.p50.toFixed(2)}, p99 / p99 ${ratio.together.p99.toFixed(2)}; ` +
        `runs over ${MOST_OVER_FLOOR} times their floor: ${(100 * ratio.over).toFixed(0)}%\n`
      : '';
  return `${story}\n${row('recovery', recovery)}${late}${floors}${away}`;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  return withDirectory(async (directory) => {
    const progress = makeProgress(process.stderr);
    process.stderr.write('Synthesizing the stacks ...\n');
    const stacks = await grounds(directory, [...new Set(CASES.map(({ story }) => story))]);
    const rows: (Figures & { readonly lost: number })[] = [];
    for (const [n, measured] of CASES.entries()) {
      const ground = stacks.get(measured.story);
      if (!ground) throw new Error(`no stack of ${measured.story}`);
      const figures = await measure(ground, measured, options.seeds, (done) =>
        progress.show(`${n + 1} of ${CASES.length}: ${measured.name}: seeds`, done, options.seeds),
      );
      progress.clear();
      rows.push(figures);
      if (!options.json) process.stdout.write(lines(figures));
    }
    const slow = rows.filter(
      ({ ratio }) => ratio && !(Math.max(ratio.all.p50, ratio.together.p50, ratio.together.p99) <= MOST_OVER_FLOOR),
    );
    if (options.json)
      process.stdout.write(`${JSON.stringify({ figures: rows, mostOverFloor: MOST_OVER_FLOOR }, null, 1)}\n`);
    for (const { story } of slow) process.stderr.write(`${story}: more than ${MOST_OVER_FLOOR} times its floor\n`);
    return slow.length > 0 || rows.some(({ lost }) => lost > 0) ? EXIT.failed : EXIT.ok;
  });
}

await runCommand('Recovery could not be measured', main);
