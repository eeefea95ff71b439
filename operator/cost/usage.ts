/** What nothing in a template says: how a stack is used. Each is an option of the command, and printed with what it was. */
export const USAGE = {
  gib: { default: 50, unit: 'GiB', about: 'what each content volume holds' },
  changedPerHour: { default: 0.1, unit: 'GiB', about: 'blocks of each volume that change in an hour' },
  uploadsPerHour: { default: 100, unit: 'files', about: 'files of each volume that are written and closed in an hour' },
  fileMib: { default: 1, unit: 'MiB', about: 'size of such a file' },
  gbOut: { default: 100, unit: 'GB', about: 'what users download in a month' },
  drillMinutes: { default: 15, unit: 'minutes', about: 'for how long a drill has a volume beside the spare' },
  secondsPerRun: { default: 1, unit: 's', about: 'for how long a function runs when it is started' },
  logGb: { default: 1, unit: 'GB', about: 'what all log groups take in, in a month' },
} as const;

export type Use = keyof typeof USAGE;
/** How a stack is used. */
export type Usage = Readonly<Record<Use, number>>;

export const DEFAULT_USAGE = Object.fromEntries(
  Object.entries(USAGE).map(([name, { default: value }]) => [name, value]),
) as unknown as Usage;

/** Of a month, as AWS's own calculator counts. */
export const HOURS = 730;
export const MIB_PER_GB = 1.048576 / 1000;
/** A segment of the journal, a look for the next, and a look for uploads: docs/journal.md, docs/intake.md. */
export const EACH_TWO_SECONDS = HOURS * 1800;

export interface JournalUse {
  readonly writes: number;
  readonly reads: number;
  /** GB at any time. */
  readonly storedGb: number;
}

/** What the journal of one content volume asks of S3 in a month. @param days for which an object is kept, those for undeleting included */
export function journalUse(
  { uploadsPerHour, fileMib }: Pick<Usage, 'uploadsPerHour' | 'fileMib'>,
  days: number,
): JournalUse {
  const writes = Math.min(uploadsPerHour * HOURS, EACH_TWO_SECONDS);
  return {
    writes,
    // Each look, and each object that is found, where they come as fast as may be.
    reads: EACH_TWO_SECONDS + (writes === EACH_TWO_SECONDS ? EACH_TWO_SECONDS : 0),
    storedGb: uploadsPerHour * 24 * days * fileMib * MIB_PER_GB,
  };
}
