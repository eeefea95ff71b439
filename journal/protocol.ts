/**
 * Who may write the journal of a content volume, and what may be read of it: pure, used by the writer, the applier and the healer
 * alike, and explored as it stands by `npm run model` (docs/journal.md).
 *
 * An object is written once, under the next number, with `If-None-Match: *`: Amazon S3 answers 412 where the number is taken, and 409 for a
 * conflicting operation under way, such as a delete of it (docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */

/** What stands in the metadata of an object of the journal. */
export interface Signature {
  /** Raised by each change of writer. */
  readonly term: number;
  /** Who wrote it: one run of a writer on one host keeps its id over its own restarts. */
  readonly writer: string;
  /** Counts the starts of this writer: a request of an earlier one may still be under way. */
  readonly run: number;
  /** Sha256 of the whole object. */
  readonly sum: string;
  /** With a `seal` a new term ends the one before. */
  readonly kind: 'segment' | 'seal';
}

/** How a conditional write ended. `taken`: 412. `busy`: 409, or an error of the service. `unheard`: no answer came. */
export type PutAnswer = 'written' | 'taken' | 'busy' | 'unheard';

/**
 * What a writer does next. `acknowledged`: go on with the next number. `look`: read this number. `again`: write the same bytes under the same number.
 * `next`: write the same bytes under the next number, and state anew what the object that is there names, where it is one's own. `fenced`: never write again, also after a restart. `notify`: stop, and people have to look.
 */
export type Step = 'acknowledged' | 'look' | 'again' | 'next' | 'fenced' | 'notify';

/** After a write: only an answer that says so is an acknowledgement, and a taken number says nothing of who took it. */
export function afterPut(answer: PutAnswer): Extract<Step, 'acknowledged' | 'look' | 'again'> {
  switch (answer) {
    case 'written':
      return 'acknowledged';
    case 'busy':
      return 'again';
    case 'taken':
    case 'unheard':
      return 'look';
  }
}

/** After a look at the number that `mine` was written under. @param found `undefined`: nothing is there */
export function afterLook(mine: Signature, found: Signature | undefined): Exclude<Step, 'look'> {
  if (!found) return 'again';
  if (found.term > mine.term) return 'fenced';
  // One that wrote late under a term that has ended: its object is skipped by all who read, and the number is gone.
  if (found.term < mine.term) return 'next';
  if (found.writer !== mine.writer || found.run > mine.run) return 'notify';
  // Sent before this writer was killed, and late: what it names is stated once more.
  if (found.run < mine.run) return 'next';
  return found.sum === mine.sum ? 'acknowledged' : 'notify';
}

/** What stands on the volume, and was written before anything else of that start. */
export interface Marker {
  readonly term: number;
  readonly writer: string;
  /** Raised by each start, before it writes. */
  readonly run: number;
  /** Newest number that this writer knows to be written by itself; 0: none. */
  readonly acknowledged: number;
  readonly fenced: boolean;
}

/** A writer that starts reads every number after its last acknowledged one before it writes. @returns what it makes of one of them */
export function atStart(
  { term, writer, fenced }: Marker,
  found: Signature | undefined,
): 'write' | 'read-on' | 'fenced' | 'notify' {
  if (fenced) return 'fenced';
  if (!found) return 'write';
  if (found.term > term) return 'fenced';
  return found.term < term || found.writer === writer ? 'read-on' : 'notify';
}

/**
 * The number that a writer goes on with at the end of what there is. Where the last one that it knows of is still kept, nothing that was written after that has
 * expired, and it is the next one. Else numbers after it may have been written, read by others, and expired: so it goes on at the time, which nobody has
 * reached. Numbers begin at 1 or at such a time, and take longer than a millisecond each.
 *
 * @param last newest number that it knows to have been written; 0: none
 * @param now milliseconds since 1970
 */
export function goOn(last: number, isKept: boolean, now: number): number {
  return last === 0 || isKept ? last + 1 : Math.max(last + 1, now);
}

/** How far somebody has read. */
export interface Reading {
  /** Every number up to this one was read. */
  readonly cursor: number;
  /** The highest term whose seal was read; what carries a lower one after it never counts. */
  readonly term: number;
}

/** What a reader makes of the next number. `wait`: it is not there yet, and nothing after it may be taken first. */
export function readNext(
  { cursor, term }: Reading,
  found: Signature | undefined,
): { readonly take: 'apply' | 'skip' | 'wait'; readonly reading: Reading } {
  if (!found) return { take: 'wait', reading: { cursor, term } };
  const reading = { cursor: cursor + 1, term: found.kind === 'seal' ? Math.max(term, found.term) : term };
  return { take: found.kind === 'segment' && found.term >= term ? 'apply' : 'skip', reading };
}
