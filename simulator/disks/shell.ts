/** Runs the system's tools, synchronously. */
import { spawnSync } from 'node:child_process';

export interface ToolResult {
  readonly status: number;
  /** stdout and stderr, trimmed. */
  readonly stdout: string;
  readonly stderr: string;
}

/** No tool here takes longer, but xfs_repair of a large volume may need a while. Milliseconds. */
const TOOL_TIMEOUT_MS = 120_000;

/** The tools of file systems live in sbin, which is not on everybody's PATH. */
const PATH = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;

/** Runs a tool to its end, whatever its exit code. @throws Error when it cannot be run at all, or does not end */
export function tool(command: string, ...args: readonly string[]): ToolResult {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH, LC_ALL: 'C' },
    timeout: TOOL_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 2 ** 20,
  });
  if (result.error) throw new Error(`${command} could not be run: ${result.error.message}`, { cause: result.error });
  return { status: result.status ?? -1, stdout: result.stdout.trim(), stderr: result.stderr.trim() };
}

/** Runs a tool that must succeed, and returns its stdout. @throws Error with what it said */
export function must(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = tool(command, ...args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}: ${stderr || stdout}`);
  return stdout;
}

/** Whether a command of that name is on the PATH. */
export function hasTool(command: string): boolean {
  return tool('sh', '-c', 'command -v "$1"', 'sh', command).status === 0;
}
