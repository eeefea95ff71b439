import type { Happening } from '../../simulator/aws/account/happening.ts';
import type { Arrivals, Check, Damage, OutcomeKind, Recovery } from '../world/world.ts';

/** A scenario that these settings leave nothing to play with. */
export interface Skipped {
  readonly scenario: string;
  readonly skipped: string;
}

/** What a rehearsal leaves: `virtual` is the same for the same seed and kind of disks, `real` is this machine's. */
export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  readonly disks: string;
  /** What `-c` gave. */
  readonly context?: Readonly<Record<string, string>>;
  readonly ok: boolean;
  /** Why the scenario cannot pass yet. */
  readonly notYet?: string;
  readonly virtual: {
    readonly checks: readonly Check[];
    readonly recovery: Recovery | undefined;
    readonly outcome?: OutcomeKind;
    readonly damage?: Damage;
    readonly arrivals?: Arrivals;
    readonly log: readonly Happening[];
  };
  readonly real: {
    readonly seconds: number;
    readonly diskMs: Readonly<Record<string, number>>;
    readonly diskCounts: Readonly<Record<string, number>>;
    readonly kernel: readonly string[];
  };
}
