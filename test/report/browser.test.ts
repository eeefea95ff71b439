import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { Incident } from '../../lambda/core/world/model.ts';
import { type Beside, pageOf } from '../../report/incident.ts';
import { liveHtml } from '../../report/live.ts';
import { pageHtml } from '../../report/page.ts';
import { noBrowser, sheets, shown, started } from './browser.ts';
import { BESIDE, FAILED, HOSTILE, INCIDENT } from './sample.ts';

const missing = noBrowser();
if (missing !== undefined) {
  if (process.env.CI === 'true') throw new Error(`CI must run this test, but: ${missing}`);
  process.stderr.write(`The page of an incident is not tried in a browser: ${missing}\n`);
}
const inBrowser = missing === undefined ? describe : describe.skip;

const directory = mkdtempSync(join(tmpdir(), 'browser-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
function written(name: string, incident: Incident, beside: Beside = BESIDE): string {
  const file = join(directory, `${name}.html`);
  writeFileSync(file, pageHtml(pageOf(incident, beside)));
  return file;
}

const names = HOSTILE.map(([name]) => name);
const LONG = 'a sentence that goes on for longer than there is room for it, and vol-0cda8b5e3497c0bbb-in-it '.repeat(9);
const steps = Array.from({ length: 400 }, (_, i) => ({
  name: `step-of-a-long-name-${i}`,
  startedAt: FAILED + i * 4000,
  endedAt: FAILED + i * 4000 + 3000,
  note: LONG,
}));
const decided = Array.from({ length: 40 }, (_, i) => ({
  ...INCIDENT.steps[3],
  name: 'fence',
  note: LONG,
  startedAt: FAILED + i,
}));
const PAGES: Readonly<Record<string, readonly [Incident, Beside]>> = {
  usual: [INCIDENT, BESIDE],
  'with hostile text': [
    {
      ...INCIDENT,
      summary: names.join(' '),
      steps: names.map((name, i) => ({ name, startedAt: FAILED + i, endedAt: FAILED + i * 2000, note: name })),
    },
    { ...BESIDE, replay: names[0] ?? '', seen: { lost: names } },
  ],
  longest: [
    { ...INCIDENT, volume: 'v'.repeat(40), summary: LONG, steps: [...(decided as typeof steps), ...steps] },
    { ...BESIDE, replay: LONG, seen: { failedAt: FAILED, lost: Array.from({ length: 5000 }, () => LONG) } },
  ],
  'of a heal that waits for a person': [
    { ...INCIDENT, outcome: 'paged', replacement: undefined, drained: undefined },
    BESIDE,
  ],
};

inBrowser('in a browser, the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await started();
  });
  afterAll(() => browser?.close());

  describe.each(Object.keys(PAGES))('%s', (name) => {
    const [incident, beside] = PAGES[name] ?? [INCIDENT, BESIDE];
    const file = written(name, incident, beside);

    test.each([320, 360, 412, 768, 1280])('fits a window of %d px, and says nothing in its console', async (width) => {
      const page = await shown(browser, file, width);
      expect(page.said).toEqual([]);
      expect(page.requests).toEqual([`file://${encodeURI(file)}`]);
      expect(page.outside).toEqual([]);
      expect(page.width).toBeLessThanOrEqual(width);
      expect(page.over).toEqual([]);
      expect(page.smallest).toBeGreaterThanOrEqual(9);
    });

    test('can be read by its contrast', async () => {
      for (const width of [360, 1280]) {
        const { contrasts } = await shown(browser, file, width);
        expect(contrasts.filter(({ mark }) => !mark).length).toBeGreaterThan(40);
        expect(contrasts.filter(({ ratio, mark }) => ratio < (mark ? 3 : 4.5))).toEqual([]);
      }
    });

    test('is printed on two sheets at most', async () => {
      const count = await sheets(browser, file);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(2);
    });
  });

  test.each([320, 1280])('of a day that is played fits a window of %d px, and can be read', async (width) => {
    const file = join(directory, `live-${width}.html`);
    const page = liveHtml({
      place: BESIDE.place,
      scenario: 'spare',
      now: FAILED + 30_000,
      wrong: { volume: 'alpha', since: FAILED, servedAt: FAILED + 20_000 },
      events: pageOf(INCIDENT, BESIDE).events.filter(({ lane }) => lane !== 'users'),
      lines: names.map((what) => ({ at: FAILED, who: 'probe', what })),
    });
    // It would go away meanwhile.
    writeFileSync(file, page.replace(/<meta http-equiv="refresh"[^>]*>/, ''));
    const { said, outside, over, contrasts, text } = await shown(browser, file, width);
    expect({ said, outside, over }).toEqual({ said: [], outside: [], over: [] });
    expect(contrasts.filter(({ ratio, mark }) => ratio < (mark ? 3 : 4.5))).toEqual([]);
    expect(text).toContain('alpha was served again after 20 s');
  });

  test('shows hostile names as text, and makes nothing of them', async () => {
    const [incident, beside] = PAGES['with hostile text'] ?? [INCIDENT, BESIDE];
    const page = await shown(browser, written('hostile', incident, beside), 1280);
    for (const [, text] of HOSTILE) expect(page.text).toContain(text);
    expect(page.title).toBe('alpha: incident heal-1');
    const plain = await shown(browser, written('plain', ...(PAGES.usual as [Incident, Beside])), 1280);
    expect(page.elements.filter((e) => !plain.elements.includes(e))).toEqual(
      ['bdi', 'code', 'li', 'span', 'ul'].filter((e) => !plain.elements.includes(e)),
    );
  });

  test('would be found out: a wide table, a pale text, a script', async () => {
    const file = join(directory, 'bad.html');
    writeFileSync(
      file,
      '<body><svg viewBox="0 0 9 9"><text y="9">x</text></svg><p style="width:2000px;color:#999">x</p><script>console.log(1)</script>',
    );
    const page = await shown(browser, file, 360);
    expect(page.said).toEqual(['1']);
    expect(page.outside).toContain('P x');
    expect(page.contrasts.find(({ of }) => of === 'P x')?.ratio).toBeCloseTo(2.85, 1);
  });
});
