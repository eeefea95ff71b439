import { EXIT, type Failed } from '../exit.ts';
import { isWell, type Status } from './status.ts';

/** Of a look: how it stands, or why it could not be asked. */
export type Seen = Status | Failed;

/** What a watch needs of the world. */
export interface WatchPorts {
  /** @throws Error where nothing could be asked at all */
  look(): Promise<Status>;
  sleep(ms: number): Promise<void>;
  /** @returns whether somebody still reads */
  show(seen: Seen): boolean;
}

/** Of a look: whether all is well, or it could not be asked. */
export function exitOf(seen: Seen): number {
  if (seen instanceof Error) return seen.exitCode ?? EXIT.unasked;
  return isWell(seen as Status) ? EXIT.ok : EXIT.look;
}

/**
 * Looks again and again, until nobody reads any more. What cannot be asked once is shown, and asked again: whoever watches an outage needs it most
 * when calls fail.
 *
 * @param everyMs from the end of one look to the next
 * @param last is given the exit code of each look
 * @throws Failed where asking again would say the same: wrong usage
 */
export async function watch({ look, sleep, show }: WatchPorts, everyMs: number, last: (exitCode: number) => void) {
  for (;;) {
    const seen = await look().catch((error: Failed) => error);
    if (seen instanceof Error && (seen as Failed).exitCode === EXIT.usage) throw seen;
    last(exitOf(seen));
    if (!show(seen)) return;
    await sleep(everyMs);
  }
}
