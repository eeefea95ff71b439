/** What a message needs of where it comes from. */
export interface Place {
  /** Where the runbook says what to do. @param section none: its beginning */
  runbook(section?: string): string;
}

/** A message in words. */
export interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
}

export const INSTANT = (at: number) => new Date(at).toISOString();
