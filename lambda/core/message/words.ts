/** What a message says of where it comes from. */
export interface Place {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** The ledger's table. */
  readonly ledger: string;
  readonly topic: string;
  /** Where the runbook says what to do. @param section none: its beginning */
  runbook(section?: string): string;
}

/** A message in words. */
export interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
}

export const INSTANT = (at: number) => new Date(at).toISOString();

/** An argument of a command that is pasted into a shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
