import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A price of AWS, by Region; a Region that is missing is one whose price was not found. */
export interface Price {
  readonly unit: string;
  readonly usd: Readonly<Record<string, number>>;
  /** AWS's own page. */
  readonly page: string;
  /** How it was found, and when, where it is not by `npm run prices`. */
  readonly found: string;
  /** Where it is in AWS's price list: `ServiceCode`, and the usage type without its Region. */
  readonly service: string;
  readonly usage: string | null;
  readonly operation?: string;
  /** How many of the unit are one of the price list's, where they differ. */
  readonly perListUnit?: number;
}

/** `prices.json`: hand-written, or by `npm run prices`. */
export interface PriceTable {
  readonly schema: 1;
  readonly date: string;
  readonly by: string;
  readonly regions: readonly string[];
  readonly prices: Readonly<Record<string, Price>>;
}

export const PRICES_FILE = join(import.meta.dirname, 'prices.json');
/** What stands in for a Region whose price was not found. */
export const STAND_IN = 'us-east-1';

export function readPrices(file: string = PRICES_FILE): PriceTable {
  const table: PriceTable = JSON.parse(readFileSync(file, 'utf8'));
  if (table.schema !== 1) throw new Error(`${file}: a table of schema ${table.schema}; known: 1`);
  return table;
}

export interface Found {
  readonly usd: number | undefined;
  /** It is of another Region. */
  readonly standIn?: true;
  readonly unit: string;
  readonly page: string | undefined;
}

/** @param key of the table, such as `ebs.gp3`; one that is not in it has no price */
export function priceOf({ prices }: PriceTable, region: string, key: string): Found {
  const price = prices[key];
  if (!price) return { usd: undefined, unit: '', page: undefined };
  const { unit, page, usd } = price;
  if (usd[region] !== undefined) return { usd: usd[region], unit, page };
  const standIn = usd[STAND_IN];
  return standIn === undefined ? { usd: undefined, unit, page } : { usd: standIn, standIn: true, unit, page };
}
