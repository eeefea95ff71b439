import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { node } from '../rehearsal/child.ts';

const directory = mkdtempSync(join(tmpdir(), 'page-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the page of a day that was played has what the world shows, and what was lost by name', () => {
  const file = join(directory, 'spare.html');
  const { code, stdout } = node('rehearsal/main.ts', ['--scenario', 'spare', '--disks', 'memory', '--page', file]);
  expect(code).toBe(0);
  expect(stdout).toContain(`The page of the incident: ${file}\n`);
  const html = readFileSync(file, 'utf8');
  expect(html).toContain('A rehearsal: nothing real failed.');
  expect(html).toContain('npm run rehearse -- --scenario spare --seed 1 --disks memory');
  expect(html).toContain(', from the failure<');
  // By others than the healer.
  for (const what of ['>fails<', '>serving<', '>balancer sends none<', '>people notified<'])
    expect(html).toContain(what);
  const [, names = ''] = /<ul class="names">(.*?)<\/ul>/.exec(html) ?? [];
  expect(names.match(/<li><bdi>courses\/course-\d+\//g)?.length).toBeGreaterThan(0);
});

test('a day without a heal has no page, and says so', () => {
  const file = join(directory, 'none.html');
  const { stdout } = node('rehearsal/main.ts', ['--scenario', 'dlm-error', '--disks', 'memory', '--page', file]);
  expect(stdout).toContain('No heal of that day did anything');
  expect(existsSync(file)).toBe(false);
});
