/** Time as the logic sees it: real in a function, virtual in a rehearsal. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds of this clock's time. */
  sleep(ms: number): Promise<void>;
}

/** Thrown by {@link pollUntil} when the deadline passes; a step that sees it may be tried again. */
export class DeadlineExceeded extends Error {
  constructor(what: string, seconds: number, last: string) {
    super(`${what}: not done within ${seconds} s; last seen: ${last}`);
    this.name = 'DeadlineExceeded';
  }
}

export type Poll<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly seen: string };

/**
 * Calls `look` every `everyMs` until it is done. Each look is a fresh observation, so an answer that was right and is
 * then briefly wrong again (EC2 is eventually consistent) costs one more look and nothing else.
 *
 * @throws DeadlineExceeded after `withinSeconds` of the clock's time, naming what was last seen.
 */
export async function pollUntil<T>(
  clock: Clock,
  what: string,
  limits: { readonly everyMs: number; readonly withinSeconds: number },
  look: () => Promise<Poll<T>>,
): Promise<T> {
  const deadline = clock.now() + limits.withinSeconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen.done) return seen.value;
    if (clock.now() + limits.everyMs > deadline) throw new DeadlineExceeded(what, limits.withinSeconds, seen.seen);
    await clock.sleep(limits.everyMs);
  }
}
