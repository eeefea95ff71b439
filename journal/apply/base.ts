import type { JournalRecord } from '../record.ts';
import type { Header } from '../segment/layout.ts';

/** Milliseconds by which the moment of a copy and the times in segments may be off: two clocks, and the time in which a copy begins. */
export const MARGIN = 60_000;

/**
 * A spare that is made of a copy of the owner's blocks. Its cursor is older than its content: what changed between the two is stated by the segments
 * after the cursor, so it is as the owner was once it has passed its own moment, and no candidate before.
 */
export interface Base {
  /** When the copy was taken: milliseconds since 1970. */
  readonly moment: number;
  readonly passed: boolean;
}

/**
 * What a segment makes of it. `unfit`: changes went unheard, and the copy was not taken well after that. What was made and deleted in that time is on the
 * copy and in no segment; another one is needed.
 */
export function afterSegment(
  base: Base,
  header: Header,
  records: readonly JournalRecord[],
  margin = MARGIN,
): Base | 'unfit' {
  const doubts = records.filter((record) => record.record === 'doubt');
  if (doubts.some(({ all }) => all) && base.moment <= header.taken + margin) return 'unfit';
  if (base.passed) return base;
  if (doubts.length > 0 && base.moment <= header.taken + margin) return 'unfit';
  return { ...base, passed: header.complete !== undefined && header.complete >= base.moment + margin };
}
