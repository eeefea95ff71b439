import { spawnSync } from 'node:child_process';
import { test as always, expect } from '@jest/globals';
import { must, run } from '../../../proof/conformance/tools/run.ts';

/** The guard is Python's, as conformance is; nothing else here needs it. */
const test = spawnSync('python3', ['--version']).status === 0 ? always : always.skip;

/** Leaves a process behind that has left its group, and says which. */
const RUNAWAY = 'setsid sleep 600 & echo $!; sleep 600';

const lives = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('a command that ends is shown with its code and what it printed', async () => {
  expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 7'], { seconds: 300 })).toEqual({
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  await expect(must(['sh', '-c', 'echo why; exit 7'], { seconds: 300 })).rejects.toThrow(/exit code 7: why/);
});

test('a command whose time is over is ended, with what it had started', async () => {
  const failure = await run(['sh', '-c', RUNAWAY], { seconds: 2 }).catch((error: Error) => error.message);
  expect(failure).toMatch(/did not end within 2 s/);
  const pid = Number(/: (\d+)$/m.exec(String(failure))?.[1]);
  expect(pid).toBeGreaterThan(0);
  expect(lives(pid)).toBe(false);
});
