import { type Ask, sum } from './lines/ask.ts';
import { disks, machines } from './lines/disks.ts';
import { functions, intake, journal, pages } from './lines/functions.ts';
import { network } from './lines/network.ts';
import { watching } from './lines/watching.ts';
import { type PriceTable, priceOf } from './prices.ts';
import type { Deployed } from './template.ts';
import type { Usage, Use } from './usage.ts';

/** One line of a month. */
export interface Line {
  /** Stable. */
  readonly id: string;
  readonly about: string;
  /** Settings by which it changes. */
  readonly settings: readonly string[];
  readonly quantity: number;
  readonly unit: string;
  /** For one; `null`: the price is not known. */
  readonly price: number | null;
  /** `null`: not known. */
  readonly usd: number | null;
  /** The price is that of another Region. */
  readonly standIn: boolean;
  /** AWS's page of the price. */
  readonly page: string | null;
  /** What of the usage it was worked out with. */
  readonly assumes: readonly Use[];
}

/** A month of a configuration: the document of `remount cost --json`. */
export interface Month {
  readonly schema: 1;
  readonly stack: string;
  readonly region: string;
  readonly prices: { readonly date: string; readonly by: string };
  readonly usage: Usage;
  /** The dearest first. */
  readonly lines: readonly Line[];
  /** Of all lines that have a price. */
  readonly usd: number;
  /** Of that, at prices of another Region. */
  readonly standInUsd: number;
  /** Lines without a price that are not for nothing. */
  readonly unknown: readonly string[];
  /** What is in no line. */
  readonly leftOut: readonly string[];
  /** Types of resources that this command does not know: whatever they cost is missing. */
  readonly unpriced: readonly string[];
}

const LEFT_OUT = [
  'taxes, discounts, and what an account has for nothing (10 alarms, 10 metrics, a million requests of CloudWatch, 100 GB to the internet, ...)',
  'what crosses zones, and bytes through interface endpoints',
  'heals, and volumes that are in quarantine or in the Recycle Bin',
  'a second version of the key from its first rotation on, access logs of the load balancer, messages, queues: cents',
];

interface Asked {
  readonly stack: string;
  readonly region: string;
  readonly deployed: Deployed;
  readonly usage: Usage;
  readonly table: PriceTable;
}

/** A month of a configuration that is deployed for all of it. */
export function month({ stack, region, deployed, usage, table }: Asked): Month {
  const lines = asks(deployed, usage)
    .filter(({ quantity }) => quantity > 0)
    .map((ask) => priced(ask, region, table))
    .sort((a, b) => (b.usd ?? -1) - (a.usd ?? -1));
  const total = (of: readonly Line[]) => sum(of.map(({ usd }) => usd ?? 0));
  return {
    schema: 1,
    stack,
    region,
    prices: { date: table.date, by: table.by },
    usage,
    lines,
    usd: total(lines),
    standInUsd: total(lines.filter(({ standIn }) => standIn)),
    unknown: lines.filter(({ usd }) => usd === null).map(({ about }) => about),
    leftOut: LEFT_OUT,
    unpriced: deployed.unpriced,
  };
}

function priced(
  { id, about, settings = [], quantity, price, assumes = [] }: Ask,
  region: string,
  table: PriceTable,
): Line {
  const { usd, unit, page, standIn = false } = priceOf(table, region, price);
  return {
    ...{ id, about, settings, quantity, assumes, standIn },
    unit: unit || 'hour',
    price: usd ?? null,
    usd: usd === undefined ? null : quantity * usd,
    page: page ?? null,
  };
}

function asks(deployed: Deployed, usage: Usage): Ask[] {
  return [
    ...machines(deployed),
    ...disks(deployed, usage),
    ...network(deployed, usage),
    ...watching(deployed),
    ...functions(deployed, usage),
    ...journal(deployed, usage),
    ...intake(deployed, usage),
    ...pages(deployed),
  ];
}
