import type { Clock } from '../world/clock.ts';
import type { Ledger } from '../world/ports.ts';
import { type Dropped, decideStart, type Said, type Starts } from './decide.ts';

/** What the starter reaches the world through. */
export interface StarterPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'read'>;
  readonly starts: {
    read(volume: string): Promise<Starts | undefined>;
    /** @param before what it must still be. @returns `false` where somebody was first, and nothing is written */
    note(volume: string, starts: Starts, before: Starts | undefined): Promise<boolean>;
  };
  /** Starts the healer, and waits for nothing. */
  start(said: Said, times: Times): Promise<void>;
}

/** Unix milliseconds. */
export interface Times {
  /** By the note: of no other look at that content volume. */
  readonly startedAt: number;
  /** When the owner began to fail, as far as a start may say it. */
  readonly failedAt: number;
}

export type Came = 'started' | Dropped;

/** One thing that a standby has said. The same, handed over twice, starts one look: who writes the note starts it. */
export async function onSaid({ clock, ledger, starts, start }: StarterPorts, said: Said): Promise<Came> {
  const [state, before] = await Promise.all([ledger.read(said.volume), starts.read(said.volume)]);
  const decision = decideStart(said, state, before, clock.now());
  if (decision.do === 'drop') return decision.why;
  if (!(await starts.note(said.volume, decision.note, before))) return 'tooSoon';
  try {
    await start(said, { startedAt: decision.note.at, failedAt: decision.failedAt });
  } catch (error) {
    // None was started, as far as anybody knows: it is handed over again, and must not come too soon then.
    await starts.note(said.volume, before ?? { ...decision.note, at: 0, looks: 0 }, decision.note);
    throw error;
  }
  return 'started';
}
