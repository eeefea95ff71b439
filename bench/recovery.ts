/** How long content is gone, in virtual time: with a spare and without, over many seeds of sampled latencies. */
import { parseArgs } from 'node:util';
import { withDirectory } from '../rehearsal/rehearse.ts';
import { grounds } from '../rehearsal/simulation/ground.ts';
import { type Played, play } from '../rehearsal/simulation/play.ts';
import { STORIES } from '../rehearsal/simulation/stories.ts';

const MAX_SEEDS = 5000;
const EXIT_USAGE = 2;
const STORIES_MEASURED = ['spare', 'spare-without-ec2', 'file-system'] as const;

const HELP = `Measures recovery in the simulated AWS, in virtual time: from a file system that shuts down to content that is served again.
Latencies are sampled anew with each seed; the same seeds give the same figures on any machine.

Usage: npm run bench:recovery -- [options]

  --seeds N  how many: whole number from 1 to ${MAX_SEEDS} (default 200)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

Exit codes: 0 measured; 1 content stayed away in a run; 2 wrong usage.
`;

interface Figures {
  readonly story: string;
  readonly seeds: number;
  /** Seconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** Median of the part until the alarm has started the healer. Seconds. */
  readonly detection: number;
}

/** Wrong usage: one line that names the option, what was received and what is allowed. */
class UsageError extends Error {}

/** @throws UsageError */
function readOptions(): { readonly seeds: number; readonly json: boolean; readonly help: boolean } {
  let values: { seeds: string; json: boolean; help: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('\n')[0]}; --help lists the options`);
  }
  const seeds = Number(values.seeds);
  if (!/^\d+$/.test(values.seeds) || seeds < 1 || seeds > MAX_SEEDS)
    throw new UsageError(`--seeds: received "${values.seeds}"; allowed: a whole number from 1 to ${MAX_SEEDS}`);
  return { seeds, json: values.json, help: values.help };
}

/** The value below which this part of the sorted values lies. */
function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** From the blow to the first command that the healer sends: the alarm has gone off by then. Milliseconds. */
function detectionOf({ log }: Played): number {
  const struck = log.findIndex((h) => h.who === 'failure');
  const heard = log.findIndex((h, i) => i > struck && h.who.startsWith('i-') && h.what.startsWith('probe: exit'));
  return (log[heard]?.at ?? Number.NaN) - (log[struck]?.at ?? Number.NaN);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  return withDirectory(async (directory) => {
    const stacks = await grounds(directory, STORIES_MEASURED);
    const figures: Figures[] = [];
    let lost = 0;
    for (const name of STORIES_MEASURED) {
      const [ground, story] = [stacks.get(name), STORIES[name]];
      if (!ground || !story) throw new Error(`no story ${name}`);
      const recovery: number[] = [];
      const detection: number[] = [];
      for (let seed = 1; seed <= options.seeds; seed++) {
        const played = await play(ground, { story, seed, schedule: [] });
        if (played.recoveryMs === undefined) lost++;
        else recovery.push(played.recoveryMs / 1000);
        detection.push(detectionOf(played) / 1000);
      }
      const [p50, p99] = [percentile(recovery, 0.5), percentile(recovery, 0.99)];
      figures.push({
        story: name,
        seeds: options.seeds,
        p50,
        p99,
        most: Math.max(...recovery),
        detection: percentile(detection, 0.5),
      });
      if (!options.json)
        process.stdout.write(
          `${name.padEnd(18)} p50 ${p50.toFixed(0).padStart(4)} s   p99 ${p99.toFixed(0).padStart(4)} s   most ${Math.max(
            ...recovery,
          )
            .toFixed(0)
            .padStart(4)} s   of which detection ${percentile(detection, 0.5).toFixed(0)} s (p50)\n`,
        );
    }
    if (options.json) process.stdout.write(`${JSON.stringify({ figures, lost }, null, 1)}\n`);
    else if (lost > 0) process.stdout.write(`content stayed away in ${lost} runs\n`);
    return lost > 0 ? 1 : 0;
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
