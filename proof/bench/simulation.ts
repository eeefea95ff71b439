/** How many heals the fault simulation plays in a second of processor time: what all its runs cost, and each story. */
import { EXIT, FLAG, HELP_FLAG, MAX_SEED, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import { plans, pointsOfStories } from '../faults/plans.ts';
import { grounds } from '../faults/stacks.ts';
import { STORIES } from '../faults/stories.ts';
import { openCrew } from '../faults/workers.ts';

const MAX_RUNS = 100_000;
const SLOWEST = 8;

const HELP = `Measures the fault simulation on one thread: heals in a second of processor time, with what the garbage collector and the
compiler take on other threads. The points of all stories are counted first, which warms it up.

Usage: npm run bench:simulation -- [options]

  --runs N  random schedules over all stories: whole number from 1 to ${MAX_RUNS} (default 2000)
  --seed S  whole number from 0 to ${MAX_SEED} (default 1); the same seed plays the same runs
  --json    print the figures as one JSON document on standard output
  --help    print this and stop

It is held against the real durable SDK, of which an execution takes 0.1 s at best.

Exit codes: 0 measured; 1 a run could not be played; 2 wrong usage.
`;

/** Processor time of one execution on the real durable SDK, at best. Seconds. */
const REAL_SECONDS = 0.1;

interface Cost {
  runs: number;
  heals: number;
  /** Of processor time. */
  ms: number;
}

/** @throws UsageError */
function readOptions() {
  const values = readArguments(process.argv.slice(2), {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    json: FLAG,
    help: HELP_FLAG,
  });
  return {
    ...values,
    runs: whole('--runs', values.runs, 1, MAX_RUNS),
    seed: whole('--seed', values.seed, 0, MAX_SEED),
  };
}

/** @returns by story */
async function measure(runs: number, seed: number): Promise<Map<string, Cost>> {
  const exploration = { runs, seed, scenarios: Object.keys(STORIES), exhaustive: false };
  const progress = makeProgress(process.stderr);
  return withDirectory(async (directory) => {
    process.stderr.write('Synthesizing the stacks ...\n');
    const crew = openCrew({ stacks: await grounds(directory, exploration.scenarios), durable: false }, 1);
    try {
      process.stderr.write(`Counting the points of ${exploration.scenarios.length} stories ...\n`);
      const points = await pointsOfStories(exploration, crew.play);
      const costs = new Map<string, Cost>();
      let done = 0;
      for (const plan of plans(exploration, points)) {
        const before = process.cpuUsage();
        const { heals } = await crew.play(plan);
        const { user, system } = process.cpuUsage(before);
        const cost = costs.get(plan.story) ?? { runs: 0, heals: 0, ms: 0 };
        costs.set(plan.story, cost);
        cost.runs++;
        cost.heals += heals;
        cost.ms += (user + system) / 1000;
        progress.show('runs', ++done, runs);
      }
      progress.clear();
      return costs;
    } finally {
      await crew.close();
    }
  });
}

function totalOf(costs: Iterable<Cost>): Cost {
  const total = { runs: 0, heals: 0, ms: 0 };
  for (const { runs, heals, ms } of costs) {
    total.runs += runs;
    total.heals += heals;
    total.ms += ms;
  }
  return total;
}

/** Names beside figures, the costliest first. */
function lines(costs: ReadonlyMap<string, Cost>, total: Cost): string {
  const perRun = ({ ms, runs }: Cost) => ms / runs;
  const slowest = [...costs].sort(([, a], [, b]) => perRun(b) - perRun(a)).slice(0, SLOWEST);
  const rows = slowest.map(
    ([story, cost]) => `  ${story.padEnd(30)}${perRun(cost).toFixed(1).padStart(7)} ms a run   ${cost.runs} runs\n`,
  );
  const rate = (1000 * total.heals) / total.ms;
  return (
    `${total.runs} runs, ${total.heals} heals: ${perRun(total).toFixed(1)} ms of processor time a run, ${rate.toFixed(1)} heals a second\n` +
    `${(rate * REAL_SECONDS).toFixed(1)} times as many as the real durable SDK can do\nThe costliest stories:\n${rows.join('')}`
  );
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const costs = await measure(options.runs, options.seed);
  const total = totalOf(costs.values());
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ seed: options.seed, ...total, stories: Object.fromEntries(costs) }, null, 1)}\n`
      : lines(costs, total),
  );
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);
