import type { JournalRecord, Key } from '../../../journal/record.ts';

/** What a writer does for what is applied late. */
export interface LateHooks {
  /** Everything that was changed so far is noted, and until `done` nothing more. */
  readonly pause: () => Promise<void>;
  readonly done: () => void;
  /** What a segment stated is to be stated anew, as it is now. */
  readonly restate: (number: number, records: readonly JournalRecord[]) => void;
  readonly trouble: (why: string | undefined) => void;
  /** @throws Stopped where the writer is to stop */
  readonly wait: () => Promise<void>;
}

/** What came of it so far. */
export interface LateCounts {
  /** Segments that were applied. */
  readonly segments: number;
  /** Records that were not: what they name was touched, or may have been. */
  readonly left: number;
  /** Paths of some of these. */
  readonly paths: readonly string[];
  /** Why the rest is not applied at all. */
  readonly why: string | undefined;
}

/** What stood in the journal, and was not drained, when its volume was left to people. */
export interface LateSegments {
  readonly counts: LateCounts;
  /** All that changes is heard by now; what is otherwise than it was left changed unheard. */
  begin(): Promise<void>;
  /** This may have changed. */
  note(keys: readonly Key[]): void;
  /** Something may have changed unheard. */
  doubt(): void;
  /**
   * Applies it up to the seal, onto what nobody has touched.
   * @returns whether the tree is what the journal has
   * @throws any error of the volume: then it is begun anew; what `wait` throws
   */
  apply(seal: number, hooks: LateHooks): Promise<boolean>;
}
