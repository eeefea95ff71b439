/** What the intake's bucket is like where several times of it meet: keys, and what is said to CloudWatch. It imports nothing. */

/** What waits: one object, one upload. */
export const INTAKE_PREFIX = 'intake/';
/** Files of a folder, which count once their list is uploaded. */
export const FILES_PREFIX = 'files/';
/** What came of an upload. */
export const ANSWERS_PREFIX = 'answers/';

/** Where the uploads of one content volume are. Names hold no `/`, so no volume's prefix begins another's. */
export function intakePrefix(volume: string): string {
  return `${INTAKE_PREFIX}${volume}/`;
}

/** Where the files of a folder are. */
export function filesPrefix(volume: string, course: string): string {
  return `${FILES_PREFIX}${volume}/${course}/`;
}

/** Where the answers to the uploads of one content volume are. */
export function answersPrefix(volume: string): string {
  return `${ANSWERS_PREFIX}${volume}/`;
}

/**
 * Key of an answer.
 * @param name the course; where an upload names none, what stands in its place
 * @param version the upload's, as S3 calls it
 */
export function answerKey(volume: string, name: string, version: string): string {
  return `${answersPrefix(volume)}${name}/${encodeURIComponent(version)}.json`;
}

/** How much one upload may be, where nobody says otherwise: names, bytes unpacked, times its own size, percent of the volume that it leaves. */
export const INTAKE_LIMITS = { names: 20_000, bytes: 8 * 2 ** 30, ratio: 100, reserve: 5 } as const;

/** The extended attribute in which a course says of which upload it is. Of the namespace that the journal carries, and a copy by hand too. */
export const UPLOAD_ATTRIBUTE = 'user.remount.upload';

/** The directory at the top of a volume that says of which upload a course is or was, a file each. */
export const NOTES = '.intake';

/** Metrics of a content volume that has an intake. Its owner sends them. */
export const INTAKE_METRICS = {
  /** Uploads that wait, as of the last look. */
  waiting: 'IntakeWaiting',
  /** Seconds for which the oldest of them has been in S3. */
  oldest: 'IntakeOldestSeconds',
  done: 'IntakeDone',
  refused: 'IntakeRefused',
} as const;

/** The alarm that notifies people of uploads that wait for too long, or of an intake of which nothing is heard. */
export const INTAKE_ALARM = 'intake-behind';

/** Its name, of one content volume. No alarm of this name starts a heal. */
export function intakeAlarmName(stackName: string, volume: string): string {
  return `${stackName}/${volume}/${INTAKE_ALARM}`;
}
