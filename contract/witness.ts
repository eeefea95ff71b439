/** What a standby says of an owner that does not answer, and what is noted of the looks that came of it: docs/decisions/0041-witness.md. */

/** Items of the witnesses' table, which standbys write; and the starter's notes, in the ledger, which no standby reaches. */
export const WITNESS = {
  /** What a partition begins with, in both; the content volume's name follows. */
  partition: 'WITNESS#',
  /** Sort key of the starter's note. */
  starts: 'STARTS',
  /** Attribute of an item: the instance that did not answer. */
  owner: 'volumeOwner',
  /** The instance that says so. */
  by: 'saidBy',
  /** When, by its clock. Unix milliseconds. */
  at: 'saidAt',
} as const;

/** How a standby asks. */
export const WATCH = {
  /** Between two questions to an owner, and how long an answer is waited for. Milliseconds. */
  askMs: 2000,
  answerMs: 1000,
  /** The same, after one without a good answer, until it has been said. Milliseconds. */
  soonMs: 1000,
  /** So many in a row are without a good answer. */
  misses: 3,
  /** How old what is known of the ledger may be. Milliseconds. */
  ownerMs: 30_000,
  /** Before the same is said again. Milliseconds. */
  againMs: 60_000,
} as const;

/** What the starter starts. */
export const STARTS = {
  /** An item that is older is not believed any more. Milliseconds. */
  freshMs: 60_000,
  /** How long before its item the owner began to fail: three misses. Milliseconds. */
  missedMs: 10_000,
  /** Between two looks at one content volume. Milliseconds. */
  everyMs: 60_000,
  /** After so many without a change of owner or volume, once an hour. */
  freely: 3,
  seldomMs: 3_600_000,
} as const;
