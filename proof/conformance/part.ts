import type { Progress } from '../../rehearsal/world/world.ts';
import type { Assemblies } from './play.ts';
import type { Python } from './tools/python.ts';

/** One question, to somebody who is not us. */
export interface Verdict {
  readonly asked: string;
  /** Who, with the version. */
  readonly of: string;
  readonly said: string;
  readonly ok: boolean;
}

/** One behaviour of AWS that the stack leans on, tried on several stand-ins for it. */
export interface Behaviour {
  readonly behaviour: string;
  /** Where AWS documents it. */
  readonly source: string;
  readonly ours: string;
  readonly moto: string;
  readonly ministack: string;
}

export interface Report {
  readonly verdicts: readonly Verdict[];
  readonly behaviours?: readonly Behaviour[];
}

/** What every part works with. */
export interface Workshop {
  readonly python: Python;
  readonly assemblies: Assemblies;
  /** For files of this run; removed afterwards. */
  readonly directory: string;
  readonly scenarios: readonly string[];
  readonly runs: number;
  readonly progress: Progress;
  readonly say: (what: string) => void;
}

export interface Part {
  readonly about: string;
  run(workshop: Workshop): Promise<Report>;
}
