/** What a host answers a verb with, in the place of moto, which runs nothing and answers nothing. */
export type Answers = (verb: string, volumeId: string) => string;

const CANARY = '2026-01-07T06:04:09.527Z';

/** By name: an answer that is one, and those that are none. */
export const ANSWERS: Readonly<Record<string, Answers>> = {
  /** As moto gives it. */
  empty: () => '',
  'cut off': (_, volumeId) => `state=sound\nvolumeId=${volumeId}\ncana`,
  'of another volume': () => sound('vol-0badbadbadbadbad0'),
  'not of this verb': () => 'hello\n',
  /** The control: with it the same drill comes to a verdict. */
  sound: (_, volumeId) => sound(volumeId),
};

/** What `check` prints of a copy that is sound (`host/README.md`). */
function sound(volumeId: string): string {
  const values = {
    state: 'sound',
    volumeId,
    canary: CANARY,
    files: 12,
    listed: 12,
    checked: 12,
    unlisted: 0,
    changed: 0,
    bytes: 4096,
    seconds: 1,
    complete: 'true',
  };
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
