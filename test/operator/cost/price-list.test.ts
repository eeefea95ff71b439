import { expect, test } from '@jest/globals';
import { type Asked, askPrice, renew } from '../../../operator/cost/price-list.ts';
import { type Price, readPrices } from '../../../operator/cost/prices.ts';

const product = (...steps: readonly (readonly [from: string, usd: string])[]) =>
  JSON.stringify({
    terms: {
      OnDemand: {
        'A.B': {
          priceDimensions: Object.fromEntries(
            steps.map(([beginRange, USD], i) => [`A.B.${i}`, { beginRange, pricePerUnit: { USD } }]),
          ),
        },
      },
    },
  });

const PRICE: Price = { unit: 'GB', usd: {}, page: '', found: '', service: 'AmazonX', usage: 'Bytes' };
const answering =
  (answers: Readonly<Record<string, readonly string[]>>, asked: Asked[] = []) =>
  async (one: Asked) => {
    asked.push(one);
    return answers[one.Filters.find(({ Field }) => Field === 'usagetype')?.Value ?? ''] ?? [];
  };

test('a price is looked for by the ways in which services name a Region', async () => {
  const asked: Asked[] = [];
  const get = answering({ 'USE1-Bytes': [product(['0', '0.5000000000'])] }, asked);
  expect(await askPrice(get, PRICE, 'us-east-1')).toBe(0.5);
  expect(asked.map(({ Filters }) => Filters[0]?.Value)).toEqual(['Bytes', 'USE1-Bytes']);
});

test('it is that of the first step that is not for nothing', async () => {
  const get = answering({ 'EU-Bytes': [product(['10000', '0.1'], ['10', '0.3'], ['0', '0.0'])] });
  expect(await askPrice(get, PRICE, 'eu-west-1')).toBe(0.3);
});

test('a unit of the list that holds many of ours is divided', async () => {
  const get = answering({ 'EU-Bytes': [product(['0', '45.056'])] });
  expect(await askPrice(get, { ...PRICE, perListUnit: 1024 }, 'eu-west-1')).toBeCloseTo(0.044, 10);
});

test('instances are asked for as plain Linux', async () => {
  const asked: Asked[] = [];
  await askPrice(answering({}, asked), { ...PRICE, usage: 'BoxUsage:t4g.small' }, 'eu-central-1');
  expect(asked[0]?.Filters.map(({ Field, Value }) => `${Field}=${Value}`)).toEqual([
    'usagetype=EUC1-BoxUsage:t4g.small',
    'operatingSystem=Linux',
    'tenancy=Shared',
    'preInstalledSw=NA',
    'capacitystatus=Used',
  ]);
});

test('several prices are no price', async () => {
  const get = answering({ 'EU-Bytes': [product(['0', '1']), product(['0', '2'])] });
  await expect(askPrice(get, PRICE, 'eu-west-1')).rejects.toThrow(
    'AmazonX EU-Bytes: the price list has 1, 2 USD, and not one price',
  );
});

test('a table that is renewed has a new date; what the list does not have is named, and stays unknown', async () => {
  const before = readPrices();
  const get = answering({ 'EU-EBS:SnapshotUsage': [product(['0', '0.07'])] });
  const { table, missing } = await renew(before, get, '2027-01-01');
  expect(table).toMatchObject({ schema: 1, date: '2027-01-01', by: 'the Price List of AWS' });
  expect(table.prices['ebs.snapshot']).toMatchObject({
    usd: { 'eu-west-1': 0.07 },
    found: 'AWS Price List, 2027-01-01',
  });
  expect(missing).toContain('ebs.snapshot in us-east-1');
  expect(missing).toContain('ebs.initialization in eu-west-1');
  expect(table.prices['ebs.initialization']).toEqual(before.prices['ebs.initialization']);
});
