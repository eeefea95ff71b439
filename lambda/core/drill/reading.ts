import type { RecoveryPoint } from '../world/model.ts';
import type { HostAnswer } from '../world/ports.ts';

/**
 * What a drill reads of the content, and what is known of the rest. To read all of it each time costs by what is stored; what changes by
 * itself, and shows nowhere, is little and slow. So each drill reads what changed since the copy before, by the copy's own times, and one of
 * so many parts of everything else; where nothing is known yet, or a copy was no good, everything.
 */

/** What drills have read of the content of one generation of a volume: in the ledger, for a host that dies takes its own notes along. */
export interface Reading {
  readonly generation: number;
  /** When the newest copy was started of which all that had changed was read. Unix milliseconds. */
  readonly at: number;
  /** What that one reached up to, by the clock that its own times are of. Unix seconds. */
  readonly upto: number;
  /** The part that is read next. */
  readonly next: number;
  /** For each part, when the copy was started in which all of it was last read, Unix milliseconds; `null`: none yet. */
  readonly parts: readonly (number | null)[];
}

/** Part `part` of `of`, and what changed since. `undefined`: all. */
export interface Portion {
  readonly part: number;
  readonly of: number;
  /** Unix seconds, by the copy's clock. */
  readonly since: number;
}

/**
 * What is read of this copy. Everything: where nothing is known of its generation, or the number of parts is another one; where what is known
 * is of a later copy, for that says nothing of what has been overwritten in between; and of what is relied on and looked at once more.
 *
 * @param every in how many drills all is read
 */
export function portionOf(
  reading: Reading | undefined,
  every: number,
  { point, again }: { readonly point: Pick<RecoveryPoint, 'at' | 'generation'>; readonly again: boolean },
): Portion | undefined {
  if (!reading || again || every === 1) return undefined;
  if (reading.generation !== point.generation || reading.parts.length !== every || reading.at > point.at)
    return undefined;
  return { part: reading.next, of: every, since: reading.upto };
}

/** As the host takes it: `PORTION` of the contract. */
export function portionText(portion: Portion | undefined): string {
  return portion ? `${portion.part}/${portion.of}/${portion.since}` : 'all';
}

/**
 * What is known once a copy has passed. That its changes are read is noted only where they all were: else the next drill begins where this one
 * did. A part for which there was no time is no longer next, or it would keep the others waiting.
 *
 * @returns what was known, where the host does not say, or this says nothing of newer copies
 */
export function readingAfter(
  before: Reading | undefined,
  every: number,
  { point, portion, values }: Passed,
): Reading | undefined {
  const { at, generation } = point;
  const upto = Number(values.upto);
  const behind = Number(values.behind);
  if (!(upto > 0) || values.behind === undefined) return before;
  if (before && before.generation >= generation && (before.generation > generation || before.at > at)) return before;
  const complete = values.complete === 'true';
  if (portion && before) {
    const { part } = portion;
    const parts = complete ? before.parts.with(part, at) : before.parts;
    return { ...before, ...(behind === 0 && { at, upto }), next: (part + 1) % every, parts };
  }
  return { generation, at, upto, next: 0, parts: Array<number | null>(every).fill(complete ? at : null) };
}

interface Passed {
  readonly point: Pick<RecoveryPoint, 'at' | 'generation'>;
  /** What was to be read. */
  readonly portion: Portion | undefined;
  readonly values: HostAnswer['values'];
}

/**
 * Since when all content of a copy was read, each file in this copy or in one that was started then or later. `undefined`: some was not.
 * @param reading with what this copy added
 */
export function allReadSince(values: HostAnswer['values'], reading: Reading | undefined): number | undefined {
  // What had changed was not all read: in no copy, then.
  if (!reading || Number(values.behind ?? 1) > 0) return undefined;
  const known = reading.parts.filter((at) => at !== null);
  return known.length === reading.parts.length ? Math.min(...known) : undefined;
}

/** How much of a copy was read, for its tag, the record and people. @param reading with what this copy added */
export function readWords(values: HostAnswer['values'], reading: Reading | undefined): string {
  const { checked, files, resting = '0' } = values;
  const now = `${checked} of ${files} files`;
  if (resting === '0') return now;
  const since = allReadSince(values, reading);
  return since === undefined
    ? `${now} now and not yet all`
    : `${now} now and all since ${new Date(since).toISOString()}`;
}
