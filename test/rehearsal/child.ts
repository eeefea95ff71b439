import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the project as a user would: another process, this Node. */
export function node(script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
    encoding: 'utf8',
    cwd: ROOT,
    // Jest's own options for Node are not the user's. The CDK's check of the template against CloudFormation's schemas takes a third of
    // the time of such a script; the stack's own tests and `npm run synth` have it.
    env: { ...process.env, NODE_OPTIONS: '', CDK_VALIDATION: 'false', ...env },
    maxBuffer: 64 * 2 ** 20,
  });
  return { code: status, stdout, stderr };
}
