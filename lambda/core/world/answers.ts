import { listed } from '../../../contract/listed.ts';
import type { HostAnswer } from './ports.ts';

/** What a host verb's answer says, and of what: of the volume, of the host, or of neither. */

/** What says something of the data of a volume, and of nothing else. */
const OF_VOLUME: readonly HostAnswer['result'][] = [
  'unmountable',
  'shutdown',
  'noCanary',
  'unreadable',
  'corrupt',
  'altered',
  'foreign',
];
/** The host did not get to the volume at all: asking it again at once is no use. */
const OF_HOST: readonly HostAnswer['result'][] = ['unreachable', 'noDevice', 'busy'];

export function saysOfVolume({ result }: HostAnswer): boolean {
  return OF_VOLUME.includes(result);
}

/** Only damage rejects a copy: a property that content had while it served (a file nobody may read) does not. */
export function isDamage(answer: HostAnswer): boolean {
  return saysOfVolume(answer) && answer.result !== 'unreadable';
}

/**
 * Runs a verb, and once more where the first answer says nothing of volume or host: a command that was killed, a log that took
 * longer to replay than the verb has time. Verbs may run twice.
 */
export async function insist(run: () => Promise<HostAnswer>): Promise<HostAnswer> {
  const first = await run();
  const says =
    first.result === 'ok' ||
    // It goes on by itself: whoever has patience asks again (`patience.ts`).
    first.result === 'mounting' ||
    saysOfVolume(first) ||
    OF_HOST.includes(first.result);
  return says ? first : run();
}

/** `release`: the file system takes no writes any more, though something has a file open and it stays mounted (`host/leave.sh`). */
const FENCED = 'fenced';

/** Whether `release` has unmounted the volume: until then a detachment does not end. */
export function hasUnmounted({ result, values }: HostAnswer): boolean {
  return result === 'ok' && values.state !== FENCED;
}

/** What a verb printed, each line of it after a `; `: the first of them. A check may name hundreds of files. */
export function briefly(detail: string): string {
  return listed(detail.split('; '), { between: '; ', most: LINES, rest: 'what the verb printed, in Systems Manager' });
}
const LINES = 10;

/** In words, for records and people. */
export function described({ result, values, detail }: HostAnswer): string {
  if (result !== 'ok') return `${result}: ${briefly(detail)}`;
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
