import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { read, shellLines } from '../docs/markdown.ts';
import { node } from '../rehearsal/child.ts';
import { type Holding, holding } from './holding.ts';

const HOLD = 'npm run rehearse -- ';
const REMOUNT = 'npm run remount -- ';
/** Those that ask: nobody is at a terminal here. */
const ASKING = ['heal', 'upload', 'restore'];
const directory = mkdtempSync(join(tmpdir(), 'ten-minutes-'));
const WRITTEN = ['incident.html', 'report.json', 'back'];

const [, section = ''] = read('docs/operate.md').split('\n## Ten minutes, without an account\n');
const lines = shellLines(section.split('\n## ')[0] ?? '').map((line) => line.replace(/\s+# .*$/, '').trim());
const words = (line: string) => [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));

let held: Holding;
beforeAll(async () => {
  const [first = ''] = lines;
  const [scenario, disks, held_, ...more] = words(first.replace(HOLD, '').replace(/--(scenario|disks) /g, ''));
  expect([scenario, disks, held_]).toEqual(['spare', 'memory', '--hold']);
  held = await holding(scenario ?? '', more);
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  held.end();
});

describe('the ten minutes of docs/operate.md, as they are copied', () => {
  const commands = lines.slice(1);

  test('are many commands', () => expect(commands.length).toBeGreaterThan(9));

  test.each(commands)('%s', (line) => {
    expect(line.startsWith(REMOUNT)).toBe(true);
    const [command = '', ...rest] = words(line.slice(REMOUNT.length));
    const args = rest.map((word) => (WRITTEN.includes(word) ? join(directory, word) : word));
    const { code, stdout, stderr } = node('operator/main.ts', [
      command,
      ...args,
      ...(ASKING.includes(command) ? ['--yes'] : []),
    ]);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });

  test('leave what they say: a page, a report, and both courses', () => {
    expect(WRITTEN.filter((name) => !existsSync(join(directory, name)))).toEqual([]);
    expect(readFileSync(join(directory, 'back/docs/operate.md'), 'utf8')).toBe(read('docs/operate.md'));
    expect(existsSync(join(directory, 'back/course-001/index.html'))).toBe(true);
  });
});
