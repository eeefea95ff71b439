import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { liveHtml } from '../../report/live.ts';
import { node } from '../rehearsal/child.ts';
import { FAILED, HOSTILE } from './sample.ts';

const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'live-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const PLACE = { stack: 'Remount', region: 'eu-west-1' };

test('a day is watched: it waits for whoever watches, goes on as fast as it happens, and ends with the page', async () => {
  const args = ['rehearsal/main.ts', '--disks', 'memory', '--scenario', 'spare', '--watch'];
  const env = { ...process.env, NODE_OPTIONS: '', CDK_VALIDATION: 'false' };
  const played = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(played, 'exit');
  try {
    let printed = '';
    played.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString();
    });
    const address = () => /http:\/\/127\.0\.0\.1:\d+\//.exec(printed)?.[0];
    while (!address()) await setTimeout(50);
    // Nothing is played before.
    await setTimeout(500);
    expect(printed).not.toContain('Scenario spare');
    const url = address() ?? '';
    expect((await fetch(`${url}other`)).status).toBe(404);
    const pages: { readonly at: number; readonly html: string }[] = [];
    for (;;) {
      const html = await (await fetch(url)).text();
      pages.push({ at: performance.now(), html });
      if (html.includes('Step by step')) break;
      await setTimeout(200);
    }
    const live = pages.filter(({ html }) => html.includes('http-equiv="refresh"'));
    const down = live.filter(({ html }) => html.includes('has not been served for'));
    const up = live.filter(({ html }) => html.includes('was served again after'));
    expect(up.length).toBeGreaterThan(3);
    // 15 s and more of virtual time, and no quicker.
    expect((up[0]?.at ?? 0) - (down[0]?.at ?? 0)).toBeGreaterThan(10_000);
    for (const word of ['>fails<', '>drain<', '>serve<', '>release<', '>SendCommand<'])
      expect(up.at(-1)?.html).toContain(word);
    expect(pages.at(-1)?.html).not.toContain('http-equiv="refresh"');
    // Whoever watches changes nothing.
    const file = join(directory, 'spare.html');
    expect(node('rehearsal/main.ts', ['--scenario', 'spare', '--disks', 'memory', '--page', file]).code).toBe(0);
    expect(pages.at(-1)?.html).toBe(readFileSync(file, 'utf8'));
    expect(printed).toContain('kept    alpha: the outcome is replace');
  } finally {
    played.kill('SIGINT');
  }
  expect(await ended).toEqual([0, null]);
});

test('text of others is text there, too', () => {
  const lines = HOSTILE.map(([what]) => ({ at: FAILED, who: what, what }));
  const html = liveHtml({ place: PLACE, scenario: '<b>', now: FAILED, events: [], lines });
  expect(html).not.toMatch(/<script|<img|<b>|\son\w+="/i);
  expect(html).toContain('Nothing is wrong yet');
});
