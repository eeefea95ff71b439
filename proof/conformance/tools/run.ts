import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const GUARD = join(import.meta.dirname, 'guard.py');
/** The guard's word for a command whose time was over. */
const TIME_OVER = 124;
/** Of what a command prints, this much is kept: its end. Characters. */
const KEPT = 4_000_000;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  readonly seconds: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A command below the guard: when this process ends, however it does, it ends, and all that it started. */
export function guarded(command: readonly string[], { seconds, cwd, env }: RunOptions): ChildProcess {
  return spawn('python3', [GUARD, String(seconds), ...command], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. A code other than 0 is for the caller to judge. @throws Error when its time is over, or it cannot be started */
export function run(command: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = guarded(command, options);
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
        text[stream] = (text[stream] + chunk).slice(-KEPT);
      });
    child.once('error', (error) => reject(new Error(`${command[0]} could not be started: ${error.message}`)));
    child.once('close', (code) => {
      if (code === TIME_OVER)
        reject(new Error(`${command.join(' ')} did not end within ${options.seconds} s: ${lastLines(text)}`));
      else resolve({ code: code ?? 1, ...text });
    });
  });
}

/** @throws Error with the last lines that it printed, when it fails */
export async function must(command: readonly string[], options: RunOptions): Promise<Ran> {
  const ran = await run(command, options);
  if (ran.code !== 0) throw new Error(`${command.join(' ')}: exit code ${ran.code}: ${lastLines(ran)}`);
  return ran;
}

export function lastLines(
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  lines = 12,
): string {
  return `${stdout}\n${stderr}`.trim().split('\n').slice(-lines).join('\n');
}
