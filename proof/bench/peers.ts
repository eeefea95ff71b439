/** Ways to get content back, side by side in the same simulated AWS: this project's, and published procedures. */
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import { grounds } from '../faults/stacks.ts';
import { CASES, compare, type Row, WAYS } from './peers/compare.ts';
import { tableOf } from './peers/table.ts';

const MAX_SEEDS = 1000;
const MAX_TYPING = 600;

const HELP = `Plays ways to get content back side by side, in virtual time: the healer, and published procedures as their sequences of calls, on the
same stack, after the same blow, with latencies from the same distributions. All begin with the same alarm.

Usage: npm run bench:peers -- [options]

  --seeds N   how many: whole number from 1 to ${MAX_SEEDS} (default 100)
  --typing S  seconds that a person takes for each step that is typed: whole number from 0 to ${MAX_TYPING} (default 15)
  --json      print the figures as one JSON document on standard output
  --help      print this and stop

Cells: seconds without content, p50 / p99. What each procedure is, and what is left out of it: docs/peers.md.

Exit codes: 0 measured; 1 a way of this project left content away where it has a spare; 2 wrong usage.
`;

async function main(): Promise<number> {
  const values = readArguments(process.argv.slice(2), {
    seeds: { type: 'string', default: '100' },
    typing: { type: 'string', default: '15' },
    json: FLAG,
    help: HELP_FLAG,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const seeds = whole('--seeds', values.seeds, 1, MAX_SEEDS);
  const typing = whole('--typing', values.typing, 0, MAX_TYPING);
  return withDirectory(async (directory) => {
    const progress = makeProgress(process.stderr);
    process.stderr.write('Synthesizing the stacks ...\n');
    const stacks = await grounds(directory, [...new Set(WAYS.map(({ story }) => story))]);
    const rows: Row[] = [];
    const played = WAYS.flatMap((way) => way.cases.map((of) => ({ way, of })));
    for (const [n, { way, of }] of played.entries()) {
      const ground = stacks.get(way.story);
      if (!ground) throw new Error(`no stack of ${way.story}`);
      progress.show(`${way.name}: ${CASES[of]}`, n + 1, played.length);
      const all = Array.from({ length: seeds }, (_, i) => i + 1);
      rows.push(await compare(ground, way, of, all, typing * 1000));
    }
    progress.clear();
    if (values.json) process.stdout.write(`${JSON.stringify({ schema: 1, seeds, typing, rows }, null, 1)}\n`);
    else process.stdout.write(tableOf(rows));
    return rows.some(({ way, served }) => way === 'spare' && served < seeds) ? EXIT.failed : EXIT.ok;
  });
}

await runCommand('Ways to get content back could not be compared', main);
