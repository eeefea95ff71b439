import type { Use } from '../usage.ts';

/** What a configuration asks for, before it has a price. */
export interface Ask {
  readonly id: string;
  readonly about: string;
  /** Settings by which it changes. */
  readonly settings?: readonly string[];
  readonly quantity: number;
  /** Key of the table of prices. */
  readonly price: string;
  /** What of the usage it is worked out with. */
  readonly assumes?: readonly Use[];
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
