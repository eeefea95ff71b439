import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeNotifier } from '../../rehearsal/command/progress.ts';
import { cases, inDirectory, measure, type Row } from './measure.ts';

const MAX_RUNS = 100;

const HELP = `Measures how long a synthesis and a rehearsal take, each as a whole process, against a CDK app with an empty stack on
the same machine. Figures are medians of the wall clock; compare ratios, for seconds differ from machine to machine.

Usage: npm run bench -- [options]

  --runs N   how often each is run, after once to warm up: whole number from 1 to ${MAX_RUNS} (default 5)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

Exit codes: 0 measured; 1 a command failed (its output follows); 2 wrong usage.
What this machine cannot run (real disks: Linux, root, XFS) is skipped, with the reason.
`;

interface Options {
  readonly runs: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
function readOptions(args: readonly string[]): Options {
  const values = readArguments(args, { runs: { type: 'string', default: '5' }, json: FLAG, help: HELP_FLAG });
  return { ...values, runs: whole('--runs', values.runs, 1, MAX_RUNS) };
}

function table(rows: readonly Row[]): string {
  const line = (name: string, ...cells: string[]) => `${name.padEnd(32)}${cells.map((c) => c.padStart(9)).join('')}\n`;
  const lines = rows.map((row) => {
    if ('skipped' in row) return `${row.name.padEnd(32)}  skipped: ${row.skipped}\n`;
    const { name, seconds, median, ratio } = row;
    const figures = [median, Math.min(...seconds), Math.max(...seconds)].map((s) => `${s.toFixed(2)} s`);
    return line(name, ...figures, ratio.toFixed(2));
  });
  return line('', 'median', 'least', 'most', 'ratio') + lines.join('');
}

function main(): number {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const { notify, clear } = makeNotifier(process.stderr);
  const rows = inDirectory((directory) => measure(cases(directory), options.runs, notify));
  clear();
  process.stdout.write(options.json ? `${JSON.stringify({ node: process.version, rows }, null, 1)}\n` : table(rows));
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);
