import { createHash } from 'node:crypto';

/** Ids, times and counts: what differs between two answers that say the same. */
const PARTICULAR = /\b(?:[a-z]+-)?[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b|\d+/g;

/** What was asked or answered, less what differs each time. */
function likeness(value: unknown): string {
  const text = value instanceof Error ? `${value.name}: ${value.message}` : JSON.stringify(value);
  return (text ?? '').replaceAll(PARTICULAR, '#');
}

/** One time that somebody comes by a point. */
export interface Visit {
  readonly nth: number;
  /** The same for visits that are alike, in whatever story. */
  readonly like: string;
}

/**
 * Visits of the points of one run. Those at which the same is asked, within the same step, and answered, are alike: a healer that asks every second
 * whether a snapshot is there yet asks alike each time. Of visits that are alike the first and the last stand for all.
 */
export class Visits {
  /** Point -> what its visits are like -> the first and the last of them. */
  readonly #points = new Map<string, Map<string, { readonly first: number; last: number }>>();

  /** @param asked within which step, and what; with what came of it */
  note(point: string, nth: number, asked: unknown, answer: unknown): void {
    const kinds = this.#points.get(point) ?? new Map();
    this.#points.set(point, kinds);
    const like = createHash('sha256')
      .update(`${point}\n${likeness(asked)}\n${likeness(answer)}`)
      .digest('base64');
    const seen = kinds.get(like);
    if (!seen) kinds.set(like, { first: nth, last: nth });
    else seen.last = nth;
  }

  /** Point -> visits that stand for all. */
  get telling(): ReadonlyMap<string, readonly Visit[]> {
    return new Map(
      [...this.#points].map(([point, kinds]) => [
        point,
        [...kinds].flatMap(([like, { first, last }]) => [...new Set([first, last])].map((nth) => ({ nth, like }))),
      ]),
    );
  }
}
