import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** What a synthesis reads. */
const SOURCES = ['bin', 'contract', 'lib', 'lambda', 'host', 'cdk.json', 'package.json', 'package-lock.json'];
/** Exit code of the rehearsal where this machine cannot play it; its line on standard error says why. */
const CANNOT = 3;

/** One command, run in a process of its own from start to end. */
export interface Case {
  readonly name: string;
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs before each run, outside of the measurement. */
  readonly before?: () => void;
}

export interface Figures {
  readonly name: string;
  /** Wall-clock times, in seconds, in the order of the runs. */
  readonly seconds: readonly number[];
  readonly median: number;
  /** Median over the median of the first case. */
  readonly ratio: number;
}

export interface Skipped {
  readonly name: string;
  readonly skipped: string;
}

export type Row = Figures | Skipped;

/** The cases, in a directory that they may write to. The first is what the others are measured against. */
export function cases(directory: string): Case[] {
  const { app, context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { app: string; context: object };
  const [command, ...synth] = app.split(' ');
  if (command !== 'node') throw new Error(`cdk.json: app starts with "${command}"; allowed: node`);
  const copy = join(directory, 'project');
  for (const source of SOURCES) cpSync(join(ROOT, source), join(copy, source), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const env = { CDK_OUTDIR: join(directory, 'out'), CDK_CONTEXT_JSON: JSON.stringify(context) };
  const rehearse = (disks: string) => ['rehearsal/main.ts', '--disks', disks];
  const cold = () => rmSync(join(copy, '.cache'), { recursive: true, force: true });
  return [
    { name: 'empty stack', args: ['proof/bench/empty.ts'], cwd: ROOT, env: { ...env, CDK_CONTEXT_JSON: '{}' } },
    { name: 'synth, as cdk.json runs it', args: synth, cwd: ROOT, env },
    { name: 'synth, without options of Node', args: ['bin/app.ts'], cwd: ROOT, env },
    { name: 'synth, with nothing cached', args: synth, cwd: copy, env, before: cold },
    { name: 'rehearse --disks memory', args: rehearse('memory'), cwd: ROOT, env: {} },
    { name: 'rehearse --disks xfs', args: rehearse('xfs'), cwd: ROOT, env: {} },
  ];
}

/**
 * Runs each case `runs` times and once before, unmeasured, to fill its caches. The cases take turns, so that a machine that is
 * slower for a while is so for all of them.
 *
 * @throws Error with what the command said, when one fails
 */
export function measure(all: readonly Case[], runs: number, progress: (text: string) => void): Row[] {
  const seconds = new Map(all.map((each) => [each.name, [] as number[]]));
  const skipped = new Map<string, string>();
  const of = all.length * (runs + 1);
  for (let run = 0; run <= runs; run++) {
    for (const [n, each] of all.entries()) {
      if (skipped.has(each.name)) continue;
      progress(
        `${run * all.length + n + 1} of ${of}: ${run === 0 ? 'warming up' : `run ${run} of ${runs}`}: ${each.name}`,
      );
      const took = once(each);
      if (typeof took === 'string') skipped.set(each.name, took);
      else if (run > 0) seconds.get(each.name)?.push(took);
    }
  }
  const base = median(seconds.get(all[0]?.name ?? '') ?? []);
  return all.map(({ name }) => {
    const reason = skipped.get(name);
    if (reason !== undefined) return { name, skipped: reason };
    const taken = seconds.get(name) ?? [];
    return { name, seconds: taken, median: median(taken), ratio: median(taken) / base };
  });
}

/** @returns seconds, or why it cannot be run here */
function once({ name, args, cwd, env, before }: Case): number | string {
  before?.();
  const start = performance.now();
  const child = spawnSync(process.execPath, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  const said = child.stderr.trim();
  if (child.status === CANNOT) return said.split('\n').at(-1) ?? '';
  if (child.status !== 0)
    throw new Error(`${name} ended with ${child.status ?? child.signal}: ${said || child.stdout.trim()}`);
  return seconds;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Hands over a directory, and takes it away again whatever happens. */
export function inDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'remount-bench-'));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
