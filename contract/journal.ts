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

/** Metric of a content volume whose files are journaled: seconds for which something of it has not been in the journal. The agent on its owner sends it. */
export const JOURNAL_LAG = 'JournalLag';

/** Metric of a content volume whose files are journaled: seconds since its spare last had all that the journal has. The agent that follows sends it. */
export const SPARE_LAG = 'SpareLag';

/** The alarm that notifies people of a spare that is behind, or of which nothing is heard. */
export const SPARE_ALARM = 'spare-behind';

/** Its name, of one content volume. No alarm of this name starts a heal. */
export function spareAlarmName(stackName: string, volume: string): string {
  return `${stackName}/${volume}/${SPARE_ALARM}`;
}

/** The alarm that notifies people of a journal that is behind, or of which nothing is heard. */
export const JOURNAL_ALARM = 'journal-behind';

/** Its name, of one content volume. No alarm of this name starts a heal. */
export function journalAlarmName(stackName: string, volume: string): string {
  return `${stackName}/${volume}/${JOURNAL_ALARM}`;
}

/** What stands in an object's metadata. The SDK puts `x-amz-meta-` before each. */
export const JOURNAL_METADATA = {
  term: 'term',
  writer: 'writer',
  run: 'run',
  sum: 'sha256',
  kind: 'kind',
} as const;
