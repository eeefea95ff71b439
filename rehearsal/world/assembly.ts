/** The cloud assembly of a rehearsal. */
export interface Assembly {
  readonly directory: string;
  readonly stackName: string;
  readonly region: string;
  readonly zones: readonly string[];
  /** Name of the second stack, where there is one. */
  readonly neighbour?: string;
}
