import type { Price, PriceTable } from './prices.ts';

/** What is asked of AWS's Price List: `GetProducts`. */
export interface Asked {
  readonly ServiceCode: string;
  readonly Filters: readonly { readonly Type: 'TERM_MATCH'; readonly Field: string; readonly Value: string }[];
}

/** Products as AWS gives them: each is a JSON text. */
export type GetProducts = (asked: Asked) => Promise<readonly string[]>;

/** What usage types of a Region begin with, of which a service takes one: docs.aws.amazon.com/cur/latest/userguide/cur-data-view.html */
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  'us-east-1': ['', 'USE1-', 'us-east-1-'],
  'eu-west-1': ['EU-', 'EUW1-', 'eu-west-1-'],
  'eu-central-1': ['EUC1-', 'eu-central-1-'],
};

/** An instance is sold in many ways under one usage type. */
const PLAIN_LINUX = { operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' };

interface Product {
  readonly terms?: {
    readonly OnDemand?: Readonly<
      Record<
        string,
        {
          readonly priceDimensions: Readonly<
            Record<string, { readonly beginRange?: string; readonly pricePerUnit: { readonly USD?: string } }>
          >;
        }
      >
    >;
  };
}

/** The first step of a product's price on demand that is not for nothing. */
function pricesOf(text: string): number[] {
  const { terms } = JSON.parse(text) as Product;
  const steps = Object.values(terms?.OnDemand ?? {}).flatMap(({ priceDimensions }) => Object.values(priceDimensions));
  const paid = steps
    .map(({ beginRange = '0', pricePerUnit }) => ({ from: Number(beginRange), usd: Number(pricePerUnit.USD) }))
    .filter(({ usd }) => usd > 0)
    .sort((a, b) => a.from - b.from);
  return paid.slice(0, 1).map(({ usd }) => usd);
}

/** One price in one Region; `undefined` where the list does not have it. @throws Error where it has several */
export async function askPrice(
  get: GetProducts,
  { service, usage, operation, perListUnit = 1 }: Price,
  region: string,
): Promise<number | undefined> {
  if (usage === null) return undefined;
  for (const beginning of BEGINNINGS[region] ?? []) {
    const fields = {
      usagetype: `${beginning}${usage}`,
      ...(operation && { operation }),
      ...(usage.startsWith('BoxUsage:') && PLAIN_LINUX),
    };
    const Filters = Object.entries(fields).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }));
    const found = [...new Set((await get({ ServiceCode: service, Filters })).flatMap(pricesOf))];
    if (found.length > 1)
      throw new Error(`${service} ${fields.usagetype}: the price list has ${found.join(', ')} USD, and not one price`);
    if (found[0] !== undefined) return found[0] / perListUnit;
  }
  return undefined;
}

/** The table with the prices of today. What the list does not have is left as not known, and named. */
export async function renew(
  table: PriceTable,
  get: GetProducts,
  today: string,
): Promise<{ readonly table: PriceTable; readonly missing: readonly string[] }> {
  const missing: string[] = [];
  const prices: Record<string, Price> = {};
  for (const [key, price] of Object.entries(table.prices)) {
    const usd: Record<string, number> = {};
    for (const region of table.regions) {
      const found = await askPrice(get, price, region);
      if (found === undefined) missing.push(`${key} in ${region}`);
      else usd[region] = found;
    }
    const none = Object.keys(usd).length === 0;
    prices[key] = { ...price, usd, found: none ? price.found : `AWS Price List, ${today}` };
  }
  return { table: { ...table, date: today, by: 'the Price List of AWS', prices }, missing };
}
