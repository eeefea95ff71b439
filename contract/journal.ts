/** What the journal of a content volume is called where several times of it meet: objects, and what stands in their metadata. It imports nothing. */

/** Digits of a number in a key: the keys of a volume sort as its numbers do. */
const DIGITS = 20;

/** Where everything of the journals is, in their bucket. */
export const JOURNAL_PREFIX = 'journal/';

/** Where the objects of one content volume are. Names hold no `/`, so no volume's prefix begins another's. */
export function journalPrefix(volume: string): string {
  return `${JOURNAL_PREFIX}${volume}/`;
}

/**
 * Key of one object.
 * @param number from 1, without gaps
 * @throws RangeError where the number is none
 */
export function journalKey(volume: string, number: number): string {
  if (!Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`number of an object of the journal: ${number}`);
  return `${journalPrefix(volume)}${String(number).padStart(DIGITS, '0')}`;
}

/** What stands in an object's metadata. The SDK puts `x-amz-meta-` before each. */
export const JOURNAL_METADATA = {
  term: 'term',
  writer: 'writer',
  run: 'run',
  sum: 'sha256',
  kind: 'kind',
} as const;
