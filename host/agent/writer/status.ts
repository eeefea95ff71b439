import type { LateCounts } from '../journal/late.ts';

/** What a writer says of itself. */
export interface Status {
  /** Newest number that is known to be taken. */
  readonly number: number;
  /** All changes before this are in the journal: milliseconds since 1970; `undefined` where nobody can know. */
  readonly complete: number | undefined;
  readonly dirty: number;
  /** Milliseconds for which something has not been in the journal, as far as anybody knows. */
  readonly lag: number;
  /** Why nothing is acknowledged. */
  readonly trouble: string | undefined;
  /** Paths of what the last segment could not read. */
  readonly unreadable: readonly string[];
  /** Where a takeover had left something. */
  readonly late: LateCounts | undefined;
}
