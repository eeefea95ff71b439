/** `npm run prices`: writes the table of prices anew, where there is an account. */
import { writeFileSync } from 'node:fs';
import { type Asked, type GetProducts, renew } from './cost/price-list.ts';
import { PRICES_FILE, readPrices } from './cost/prices.ts';
import { EXIT } from './exit.ts';

/** The list is offered in few Regions: docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html */
const REGION = 'us-east-1';

interface Client {
  send(command: object): Promise<{ readonly PriceList?: readonly unknown[]; readonly NextToken?: string }>;
}
interface Sdk {
  readonly PricingClient: new (config: { readonly region: string }) => Client;
  readonly GetProductsCommand: new (input: object) => object;
}

/** It is needed for this alone, and its types for nothing. */
async function sdk(): Promise<Sdk> {
  const name: string = '@aws-sdk/client-pricing';
  return (await import(name)) as Sdk;
}

async function getProducts(): Promise<GetProducts> {
  const { PricingClient, GetProductsCommand } = await sdk();
  const client = new PricingClient({ region: REGION });
  return async (asked: Asked) => {
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new GetProductsCommand({ ...asked, NextToken }));
      found.push(...(page.PriceList ?? []).map((each) => (typeof each === 'string' ? each : JSON.stringify(each))));
      NextToken = page.NextToken;
    } while (NextToken);
    return found;
  };
}

const HELP = `Writes operator/cost/prices.json anew, from AWS's Price List. It needs credentials that may call pricing:GetProducts, and costs nothing.

Usage: npm run prices

Exit codes: ${EXIT.ok} written; what the list does not have is named, and stays unknown; ${EXIT.usage} wrong usage; ${EXIT.unasked} AWS could not be asked, and nothing is written.
`;

const [given, ...more] = process.argv.slice(2);
if (given === '--help') process.stdout.write(HELP);
else if (given !== undefined || more.length > 0) {
  process.stderr.write(`received ${[given, ...more].join(' ')}; allowed: --help\n`);
  process.exitCode = EXIT.usage;
} else
  try {
    const today = new Date().toISOString().slice(0, 10);
    const { table, missing } = await renew(readPrices(), await getProducts(), today);
    writeFileSync(PRICES_FILE, `${JSON.stringify(table, null, 2)}\n`);
    for (const each of missing) process.stderr.write(`not in the price list: ${each}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT.unasked;
  }
