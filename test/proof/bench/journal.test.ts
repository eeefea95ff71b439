import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { type AgentMeasured, agentTable, aims } from '../../../proof/bench/agent/table.ts';
import { treeMemoryOf } from '../../../proof/bench/kernel/process.ts';
import { node } from '../../rehearsal/child.ts';

const FILE = 'proof/bench/journal.ts';

const took = (seconds: number, cpu = seconds) => ({ seconds, cpu });
function measured(on: number, cpu: number, anonymous: number, resident: number): AgentMeasured {
  const ratios = { on: took(on, cpu), stuck: took(1), killed: took(0.9) };
  return {
    writers: [{ writer: '9 small files', off: took(2, 1), ...ratios, perSecond: 500, cpu: 1000 }],
    memory: { anonymous, resident },
    overflow: { files: 1000, find: 0.5, times: 7, cpu: 12 },
  };
}

describe('npm run bench:journal', () => {
  test.each([
    [['--files', '999'], '--files: received "999"; allowed: a whole number from 1000 to 1000000'],
    [['--agent', '--runs', '51'], '--runs: received "51"; allowed: a whole number from 1 to 50'],
    [['--agent', '--tree', '1000001'], '--tree: received "1000001"; allowed: a whole number from 1000 to 1000000'],
    [['--tree', '1000'], '--tree: received "1000"; allowed: with --agent alone'],
    [['--agent=1'], '--agent: received "1"; allowed: no value; --help lists the options'],
  ])('%j: says what is allowed', (args, said) => {
    expect(node(FILE, args)).toEqual({ code: 2, stdout: '', stderr: `${said}\n` });
  });

  test('--help lists each option', () => {
    const { code, stdout } = node(FILE, ['--help']);
    expect(code).toBe(0);
    for (const option of ['--agent', '--files', '--runs', '--tree', '--json', '--help'])
      expect(stdout).toContain(`\n  ${option} `);
  });
});

describe('the aims of the agent', () => {
  test('are kept up to 1.05 times and 128 MiB', () => {
    expect(aims(measured(1.05, 1.05, 128, 128)).filter((aim) => aim.includes('not kept'))).toEqual([]);
  });

  test('each is not kept by itself, with the worst that there was', () => {
    expect(aims(measured(1.06, 1.2, 129, 200))).toEqual([
      'a writer takes 1.05 times the clock: not kept, 1.06 times at the most (9 small files, on)',
      'a writer takes 1.05 times the CPU: not kept, 1.20 times at the most (9 small files, on)',
      '128 MiB of no file: not kept, 129 MiB',
      '128 MiB with programs and libraries: not kept, 200 MiB',
    ]);
    expect(aims(measured(1.06, 1.05, 1, 1)).filter((aim) => aim.includes('not kept'))).toHaveLength(1);
  });

  test('end the table, after what was measured', () => {
    const lines = agentTable(measured(1.02, 1.01, 1, 1)).split('\n');
    expect(lines[1]).toMatch(
      /^9 small files +2\.00 \(1\.00\) +1\.02 \(1\.01\) +1\.00 \(1\.00\) +0\.90 \(0\.90\) +500 +1000$/,
    );
    expect(lines[3]).toBe('An overflow, 1000 files: 7.00 times one find (0.50 s), 12 ms of CPU for a thousand files.');
  });
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('the memory of a process is that of all that it has started', async () => {
  const child = spawn(process.execPath, ['-e', 'console.log(); setTimeout(() => {}, 60000)']);
  try {
    await once(child.stdout, 'data');
    const its = treeMemoryOf(child.pid ?? 0);
    expect(its.anonymous).toBeGreaterThan(1);
    expect(its.resident).toBeGreaterThan(its.anonymous);
    const alone = process.memoryUsage().rss / 2 ** 20;
    expect(treeMemoryOf(process.pid).resident - alone).toBeGreaterThan(its.resident / 2);
  } finally {
    child.kill('SIGKILL');
  }
});
