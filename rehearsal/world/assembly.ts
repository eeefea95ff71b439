/** The cloud assembly of a rehearsal. */
export interface Assembly {
  readonly directory: string;
  readonly stackName: string;
  readonly region: string;
  readonly zones: readonly string[];
  /** Name of the second stack, where there is one. */
  readonly neighbour?: string;
  /** Directory of the assembly that is deployed later on, where there is one. Its assets are in the first as well. */
  readonly next?: string;
}
