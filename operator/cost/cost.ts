import { readConfiguration } from './input.ts';
import { type Month, month } from './month.ts';
import { readPrices } from './prices.ts';
import { readTemplate } from './template.ts';
import type { Usage } from './usage.ts';

/** What a month of a configuration costs, before it is deployed. @throws Failed for what is no configuration */
export async function costOf(given: string | undefined, usage: Usage, named?: string): Promise<Month> {
  const { stack, region, template } = await readConfiguration(given, named);
  return month({ stack, region, deployed: readTemplate(template), usage, table: readPrices() });
}
