import type { Line, Month } from './month.ts';

/** A line in two months. */
export interface Changed {
  readonly id: string;
  readonly about: string;
  readonly settings: readonly string[];
  /** `null`: its price is not known. */
  readonly from: number | null;
  readonly to: number | null;
  /** `null`: one of them is not known. */
  readonly more: number | null;
}

/** Two configurations, side by side: the document of `remount cost --diff OTHER --json`. */
export interface Difference {
  readonly schema: 1;
  readonly from: Month;
  readonly to: Month;
  /** What differs, the largest difference first. */
  readonly changed: readonly Changed[];
  /** Of all lines that have a price in both. */
  readonly more: number;
}

const same = (a: number | null, b: number | null) => a === b || Math.abs((a ?? Number.NaN) - (b ?? Number.NaN)) < 1e-9;

/** What the second costs more than the first. A line that one of them lacks is 0 there. */
export function difference(from: Month, to: Month): Difference {
  const ids = [...new Set([...from.lines, ...to.lines].map(({ id }) => id))];
  const of = ({ lines }: Month, id: string): Line | undefined => lines.find((line) => line.id === id);
  const changed = ids.flatMap((id): Changed[] => {
    const [a, b] = [of(from, id), of(to, id)];
    const { about, settings } = (b ?? a) as Line;
    const [before, after] = [a ? a.usd : 0, b ? b.usd : 0];
    if (same(before, after) && a?.quantity === b?.quantity) return [];
    return [
      { id, about, settings, from: before, to: after, more: before === null || after === null ? null : after - before },
    ];
  });
  return {
    schema: 1,
    from,
    to,
    changed: changed.sort((a, b) => Math.abs(b.more ?? 0) - Math.abs(a.more ?? 0)),
    more: changed.reduce((total, { more }) => total + (more ?? 0), 0),
  };
}
