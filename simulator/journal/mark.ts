import type { Marker, Reading } from '../../journal/protocol.ts';

/** What stands in `.remount/journal` on a volume, and so on each copy of it: where the journal goes on from it. */
export interface Mark extends Pick<Marker, 'term' | 'acknowledged'> {
  /** Of the last that was read: before the seal that is a lower term than its own, and what follows is of that one still. @default the term */
  readonly readTerm?: number | undefined;
  /** Every change before it is stated up to there. Unix milliseconds; `undefined`: nobody knows. */
  readonly complete?: number | undefined;
  /** Courses that the journal has up to there, each with its likeness. Simplified: on a host the index is a tree on the root disk, and one on a spare. */
  readonly index: Readonly<Record<string, string>>;
}

export const NO_MARK: Mark = { term: 0, acknowledged: 0, index: {} };

export function markOf(text: string | undefined): Mark {
  return text === undefined ? NO_MARK : (JSON.parse(text) as Mark);
}

export function markText(mark: Mark): string {
  return `${JSON.stringify(mark)}\n`;
}

/** Where reading the journal goes on from it. */
export function readFrom({ acknowledged, term, complete, readTerm = term }: Mark): {
  readonly reading: Reading;
  readonly complete: number | undefined;
} {
  return { reading: { cursor: acknowledged, term: readTerm }, complete };
}
