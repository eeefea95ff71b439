import { expect, test } from '@jest/globals';
import { readSettings } from '../../lib/stack/settings.ts';
import { costOf } from '../../operator/cost/cost.ts';
import { readPrices } from '../../operator/cost/prices.ts';
import { DEFAULT_USAGE, journalUse } from '../../operator/cost/usage.ts';
import { read, rows } from './markdown.ts';

const { prices } = readPrices();
/** Of us-east-1, as docs/journal.md has them: USD. */
const price = (key: string) => prices[key]?.usd['us-east-1'] ?? Number.NaN;
/** What is deleted can be had back for a day more (`lib/content-journal.ts`). */
const MORE_DAYS = 1;

const usd = (amount: number) => `${amount.toFixed(2)} USD`;
const figures = (cell = '') => [...cell.matchAll(/[\d,]+\.\d\d USD/g)].map(([text]) => text.replaceAll(',', ''));

const table = rows(read('docs/journal.md')).filter(
  ([first = '', , , stored = '']) => /^[\d,]+$/.test(first) && / GB, /.test(stored),
);

test('what a journal costs is worked out for uploads of 1, 100 and 10,000 an hour', () => {
  expect(table.map(([uploads]) => uploads)).toEqual(['1', '100', '10,000']);
});

test.each(table)('%s uploads an hour cost what the prices come to, with the default retention', (...row) => {
  const hourly = Number(row[0]?.replaceAll(',', ''));
  const days = readSettings({}).journal.days + MORE_DAYS;
  const { writes, reads, storedGb } = journalUse({ uploadsPerHour: hourly, fileMib: 1 }, days);
  const parts = [
    writes * price('s3.writes'),
    reads * price('s3.reads'),
    storedGb * price('s3.storage'),
    price('cloudwatch.alarm') + price('cloudwatch.metric'),
  ];
  const total = parts.reduce((sum, part) => sum + part, 0);
  expect(row.slice(1).map((cell) => figures(cell)[0])).toEqual([...parts, total].map(usd));
});

test('and settings say the same', () => {
  const [setting = []] = rows(read('docs/settings.md')).filter(([name]) => name === '`journal.enabled`');
  const totals = table.map((row) => Number(figures(row.at(-1))[0]?.slice(0, -4)));
  const [one = 0, hundred = 0, most = 0] = totals;
  expect(setting.at(-1)).toContain(
    `${one} USD a month and volume at an upload an hour, ${hundred} at 100, ${Math.round(most)} at 10,000`,
  );
});

test('docs/cost.md says what a month comes to with all defaults', async () => {
  const { lines, usd: all } = await costOf('{}', DEFAULT_USAGE);
  const of = (beginning: RegExp) =>
    lines.filter(({ id }) => beginning.test(id)).reduce((total, line) => total + (line.usd ?? 0), 0);
  const said = read('docs/cost.md').replaceAll('\n', ' ');
  const [, total] = /about (\d+) USD a month/.exec(said) ?? [];
  expect(Math.round(all / 10) * 10).toBe(Number(total));
  for (const [words, beginning] of [
    ['instances', /^instances/],
    ['interface endpoints', /^endpoints/],
    ['volumes', /^volumes/],
    ['the load balancer', /^balancer$/],
    ['what hosts say to CloudWatch each ten seconds', /^metrics\.requests/],
    ['metrics', /^metrics(\.instances)?$/],
    ['addresses', /^balancer\.addresses/],
    ['snapshots', /^snapshots/],
  ] as const)
    expect(said).toContain(`${words} ${Math.round(of(beginning))}`);
  for (const alike of [/^spares$/, /^drills\.volumes$/]) expect(of(alike)).toBeCloseTo(of(/^volumes$/), 6);
});
