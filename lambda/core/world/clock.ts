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

/** How often it is looked, and for how long. */
export interface Limits {
  readonly everyMs: number;
  /** From {@link EAGER_SECONDS} on. @default everyMs */
  readonly laterMs?: number;
  readonly withinSeconds: number;
}

/** What takes longer than this takes long: a second more is little then, and calls are counted. */
const EAGER_SECONDS = 15;

export type Poll<T> = { readonly done: true; readonly value: T } | { readonly done: false; readonly seen: string };

/**
 * Calls `look` every `everyMs`, and after a while every `laterMs`, until it is done. Each look is a fresh observation, so an answer that was right and is
 * then briefly wrong again (EC2 is eventually consistent) costs one more look and nothing else.
 *
 * @throws DeadlineExceeded after `withinSeconds` of the clock's time, naming what was last seen.
 */
export async function pollUntil<T>(
  clock: Clock,
  what: string,
  limits: Limits,
  look: () => Promise<Poll<T>>,
): Promise<T> {
  const { everyMs, laterMs = everyMs, withinSeconds } = limits;
  const began = clock.now();
  for (;;) {
    const seen = await look();
    if (seen.done) return seen.value;
    const took = clock.now() - began;
    const pause = took < EAGER_SECONDS * 1000 ? everyMs : laterMs;
    if (took + pause > withinSeconds * 1000) throw new DeadlineExceeded(what, withinSeconds, seen.seen);
    await clock.sleep(pause);
  }
}
