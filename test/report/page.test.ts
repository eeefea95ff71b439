import { describe, expect, test } from '@jest/globals';
import { LANES } from '../../report/data.ts';
import { pageOf } from '../../report/incident.ts';
import { layoutOf } from '../../report/layout.ts';
import { pageHtml } from '../../report/page.ts';
import { took, visible } from '../../report/words.ts';
import { BESIDE, FAILED, HOSTILE, INCIDENT } from './sample.ts';

const LIMIT_BYTES = 200_000;
const html = pageHtml(pageOf(INCIDENT, BESIDE));

describe('the page', () => {
  test('says what, how long, and what was lost', () => {
    expect(html).toContain('<h1>alpha was not served for 10 s</h1>');
    expect(html).toContain('may be missing');
    expect(html).toContain('Five whys');
    for (const lane of LANES) expect(html).toContain(`>${lane}</text>`);
  });

  test('has no script, fetches nothing, and lets a browser do neither', () => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|javascript:|url\(|@import|src=|href=/i);
    expect(html).not.toMatch(/\son\w+=/i);
    expect(html).toContain("default-src 'none'; style-src 'unsafe-inline'");
  });

  test('says in words when it is beyond the objective, and never of what may be less', () => {
    expect(html).toContain('at most 8.0 s before it');
    expect(html).not.toContain('beyond the objective');
    const seen = { failedAt: FAILED, servingAt: FAILED + 301_000, recoveryPointAt: FAILED - 3001, lost: ['a'] };
    expect(pageHtml(pageOf(INCIDENT, { ...BESIDE, seen })).match(/beyond the objective/g)).toHaveLength(2);
  });

  test('of a volume that nobody serves says nothing of what it has', () => {
    const paged = pageHtml(pageOf({ ...INCIDENT, outcome: 'paged', replacement: undefined }, BESIDE));
    expect(paged).toContain('not known yet');
    expect(paged).not.toContain('Nothing was lost');
  });

  test.each([
    ['paged', 'is not served by this heal'],
    ['open', 'The heal has not ended.'],
    ['falseAlarm', 'was served all along'],
    ['overtaken', 'Another heal took over.'],
  ] as const)('of a heal that ended as %s says it', (outcome, says) => {
    expect(pageHtml(pageOf({ ...INCIDENT, outcome, replacement: undefined }, BESIDE))).toContain(says);
  });

  test('stays small, whatever happened', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({
      name: `step-${i}`,
      startedAt: FAILED + i,
      endedAt: FAILED + i + 1,
      note: '"'.repeat(4000),
    }));
    const lost = Array.from({ length: 20_000 }, (_, i) => `${'"'.repeat(4000)}${i}`);
    const page = pageHtml(
      pageOf({ ...INCIDENT, summary: '"'.repeat(9000), steps: many }, { ...BESIDE, seen: { lost } }),
    );
    expect(Buffer.byteLength(page)).toBeLessThan(LIMIT_BYTES);
    expect(page).toContain('and 19990 more');
    expect(page).toContain('4982 more steps');
  });
});

describe('text of others', () => {
  const names = HOSTILE.map(([name]) => name);
  const everywhere = pageHtml(
    pageOf(
      {
        ...INCIDENT,
        summary: names.join(' '),
        trigger: { ...INCIDENT.trigger, reason: names.join(' ') },
        steps: names.map((name, i) => ({ name, startedAt: FAILED, endedAt: FAILED + i, note: name })),
      },
      { place: { stack: names[0] ?? '', region: names[1] ?? '' }, replay: names[2] ?? '', seen: { lost: names } },
    ),
  );

  test('opens no element and no attribute', () => {
    const elements = new Set([...everywhere.matchAll(/<([a-z!][\w-]*)/gi)].map(([, name = '']) => name));
    const known = new Set([...html.matchAll(/<([a-z!][\w-]*)/gi)].map(([, name = '']) => name));
    expect([...elements].filter((name) => !known.has(name)).sort()).toEqual(
      ['bdi', 'code', 'ul'].filter((e) => !known.has(e)),
    );
    expect(everywhere.match(/<style>/g)).toHaveLength(1);
  });

  test.each(HOSTILE)('%j is shown as %j', (name, shown) => expect(visible(name, 200)).toBe(shown));

  test('is cut by characters, not within one', () => {
    expect(visible('a😀😀😀', 3)).toBe('a😀…');
    expect(visible('a\n\t b', 9)).toBe('a b');
  });
});

test.each([
  [-3, '0 s'],
  [0, '0 s'],
  [60, '0.1 s'],
  [2345, '2.3 s'],
  [59_600, '1 min'],
  [90_000, '1 min 30 s'],
  [11 * 3_600_000, '11 h'],
  [28 * 86_400_000 + 61_000, '28 d 1 min'],
])('%d ms is %s', (ms, words) => expect(took(ms)).toBe(words));

describe('the timeline', () => {
  const events = Array.from({ length: 60 }, (_, i) => ({
    lane: LANES[i % LANES.length] ?? 'users',
    at: FAILED + i * 300,
    until: FAILED + i * 300 + (i % 5) * 1000,
    tone: 'work' as const,
    what: 'x'.repeat(i % 30),
  }));

  test.each([
    { width: 780, beside: 62, above: 0, ticks: 8 },
    { width: 310, beside: 0, above: 13, ticks: 4 },
  ])('of a width of $width has no two words over each other, and nothing outside', (frame) => {
    const { lanes, width, ticks } = layoutOf(events, FAILED, frame);
    for (const { marks } of lanes) {
      const words = marks.flatMap(({ word, row }) => {
        if (!word) return [];
        const long = word.text.length * 5.7;
        return [{ row, from: word.end ? word.x - long : word.x, to: word.end ? word.x : word.x + long }];
      });
      for (const a of words) {
        expect(a.from).toBeGreaterThanOrEqual(0);
        expect(a.to).toBeLessThanOrEqual(width);
        for (const b of words) expect(a === b || a.row !== b.row || a.to <= b.from || b.to <= a.from).toBe(true);
      }
    }
    expect(lanes.flatMap(({ marks }) => marks).every(({ x, width: w }) => x >= 0 && x + w <= width)).toBe(true);
    expect(ticks.length).toBeLessThanOrEqual(frame.ticks + 1);
    expect(ticks.map(({ ms }) => ms)).toContain(0);
  });

  test('of one moment is a picture all the same', () => {
    const one = layoutOf([{ lane: 'probe', at: FAILED, tone: 'bad', what: 'fails' }], FAILED, {
      width: 340,
      beside: 0,
      above: 13,
      ticks: 4,
    });
    expect(one.lanes.flatMap(({ marks }) => marks).map(({ x }) => Number.isFinite(x))).toEqual([true]);
  });
});
