import { EXIT, runCommand } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { promiseText } from '../../rehearsal/judge/checks.ts';
import { line } from '../../rehearsal/judge/report.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import { explore, type Tally } from './explore.ts';
import { checkFired, readOptions, type SimulateOptions } from './options.ts';
import { everySingle, type Passed, type Plan, plans, pointsOfStories } from './plans.ts';
import { type Ground, playPlan } from './play.ts';
import { grounds } from './stacks.ts';
import { failureLines, pagesTooOften, summary } from './summary.ts';
import { type Crew, openCrew } from './workers.ts';

/** Runs given out for each thread, so that none waits while the results of another are counted. */
const AHEAD = 4;

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2));
  if ('print' in command) {
    process.stdout.write(command.print);
    return EXIT.ok;
  }
  const options = command.run;
  return withDirectory(async (directory) => {
    const out = options.json ? process.stderr : process.stdout;
    out.write('Synthesizing the stacks ...\n');
    const stacks = await grounds(directory, options.scenarios);
    if (options.replay) return replay(options, options.replay, stacks);
    const crew = openCrew({ stacks, durable: options.durable }, options.threads);
    try {
      return await many(options, crew, out);
    } finally {
      await crew.close();
    }
  });
}

/** Plays one schedule, prints its log and what it broke. */
async function replay(
  { scenarios: [story = ''], seed, durable, json }: SimulateOptions,
  schedule: Plan['schedule'],
  stacks: ReadonlyMap<string, Ground>,
): Promise<number> {
  const played = await playPlan(stacks, { story, seed, schedule }, durable);
  if (json)
    process.stdout.write(`${JSON.stringify({ ...played, points: Object.fromEntries(played.points) }, null, 1)}\n`);
  else {
    process.stdout.write(played.log.map((happening) => `${line(happening)}\n`).join(''));
    const broken = played.broken.map((c) => `BROKEN  ${promiseText(c)}\n`).join('');
    process.stdout.write(broken || 'every promise was kept\n');
  }
  if (played.broken.length > 0) return EXIT.failed;
  // On the durable SDK some faults never happen: the help says which.
  if (!durable) checkFired(schedule, played);
  return EXIT.ok;
}

async function many(options: SimulateOptions, crew: Crew, out: NodeJS.WriteStream): Promise<number> {
  const { runs, seed, scenarios, exhaustive, from, threads } = options;
  const points = await pointsOfStories(options, crew.play);
  out.write(
    `Seed ${seed}; ${scenarios.length} scenarios; ${[...points.values()].reduce((n, p) => n + total(p), 0)} points\n`,
  );
  const { unlike, others } = exhaustive ? everySingle(scenarios, points) : { unlike: [], others: [] };
  if (exhaustive)
    out.write(`${unlike.length} single faults that are like none of a scenario before, then ${others.length} others\n`);
  const progress = makeProgress(out);
  const until = performance.now() + options.minutes * 60_000;
  const all = Math.max(0, unlike.length + others.length + runs - from);
  const show = ({ runs: done }: Tally) => progress.show('runs', done, all);
  const tally = await explore(plans(options, points), crew.play, until, show, threads * AHEAD);
  progress.clear();
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ...tally, at: tally.at.size, byPromise: Object.fromEntries(tally.byPromise), excuses: Object.fromEntries(tally.excuses) }, null, 1)}\n`,
    );
  else
    out.write(
      `${failureLines(tally)}${summary(tally)}${tally.cut ? `to go on: the same with --from ${from + tally.runs}\n` : ''}`,
    );
  return tally.failures.length > 0 || pagesTooOften(tally) ? EXIT.failed : EXIT.ok;
}

function total({ points }: Passed): number {
  return [...points.values()].reduce((sum, n) => sum + n, 0);
}

await runCommand('The simulation could not run', main);
