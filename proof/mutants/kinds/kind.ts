/** One wrong line, of a kind that tests overlook, and the test that notices it. */
export interface Slip {
  /** What the line does wrong. */
  readonly slip: string;
  readonly file: string;
  /** Must be in the file once. */
  readonly code: string;
  readonly instead: string;
  /** The file of the test that notices it, below `test/`. */
  readonly test: string;
  /** A part of the title of that test. */
  readonly named: string;
}
