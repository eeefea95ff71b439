/** This machine lacks what a part needs. It is said, and in CI it is a failure. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
}
