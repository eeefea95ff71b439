/** Tests on real disks: in scripts of their own, because Jest's processes are in no private namespace. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from '@jest/globals';

/** Runs a script of this folder's tests with Node, outside Jest, and returns the JSON on its last line of output. */
export function runScript(path: string, ...args: readonly string[]): unknown {
  const result = spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' });
  const last = result.stdout.trim().split('\n').at(-1) ?? '';
  if (result.status !== 0) throw new Error(`${path}: exit ${result.status}: ${result.stderr}${result.stdout}`);
  return JSON.parse(last);
}

/** Why this machine cannot run real disks; `undefined` when it can. Asked once a test file. */
function obstacle(): string | undefined {
  const answer = runScript(join(import.meta.dirname, 'available.script.ts'));
  return typeof answer === 'string' ? answer : undefined;
}

/**
 * A test on real disks. Where they cannot be had it is skipped, with the reason in its name; in CI that is a failure,
 * because there a skipped proof would pass for one.
 */
export function realDiskTest(): (name: string, body: () => void | Promise<void>) => void {
  const reason = obstacle();
  return (name, body) => {
    if (reason === undefined) test(name, body);
    else if (process.env.CI === 'true') {
      test(name, () => {
        throw new Error(`CI must run this test, but: ${reason}`);
      });
    } else test.skip(`${name} (not run: ${reason})`, body);
  };
}
