import { parseArgs } from 'node:util';
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

/** Wrong usage: one line that names the option, what was received and what is allowed. */
class UsageError extends Error {}

interface Options {
  readonly runs: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
function readOptions(args: readonly string[]): Options {
  let values: { runs: string; json: boolean; help: boolean };
  try {
    const flag = { type: 'boolean', default: false } as const;
    const options = { runs: { type: 'string', default: '5' }, json: flag, help: { ...flag, short: 'h' } } as const;
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split('\n')[0] : error}; --help lists the options`);
  }
  const runs = Number(values.runs);
  if (!/^\d+$/.test(values.runs) || runs < 1 || runs > MAX_RUNS)
    throw new UsageError(`--runs: received "${values.runs}"; allowed: a whole number from 1 to ${MAX_RUNS}`);
  return { ...values, runs };
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

function main(): void {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const progress = process.stderr.isTTY ? (text: string) => process.stderr.write(`\r\x1b[K${text}`) : () => undefined;
  const rows = inDirectory((directory) => measure(cases(directory), options.runs, progress));
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(options.json ? `${JSON.stringify({ node: process.version, rows }, null, 1)}\n` : table(rows));
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
