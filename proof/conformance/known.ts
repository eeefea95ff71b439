/** What somebody was asked and did not like, and why it stays. An entry that nothing shows any more is a failure, like a finding that has none. */
export interface Known {
  /** The beginning of the finding. */
  readonly finding: string;
  readonly reason: string;
}

export interface Weighed {
  /** Findings that no entry names. */
  readonly unknown: readonly string[];
  /** Entries that no finding shows. */
  readonly gone: readonly string[];
  readonly explained: readonly Known[];
}

/** Holds findings against the list of what is known. */
export function weigh(findings: readonly string[], known: readonly Known[]): Weighed {
  const explains = ({ finding }: Known) => findings.some((each) => each.startsWith(finding));
  return {
    unknown: findings.filter((each) => !known.some(({ finding }) => each.startsWith(finding))),
    gone: known.filter((each) => !explains(each)).map(({ finding }) => finding),
    explained: known.filter(explains),
  };
}

/** One line for people. @param nothing what is said where nothing was found */
export function verdictText({ unknown, gone, explained }: Weighed, nothing: string): string {
  const parts = [
    ...unknown.map((each) => `NOT EXPECTED: ${each}`),
    ...gone.map((each) => `NO LONGER SEEN, take it off the list: ${each}`),
    ...explained.map(({ finding, reason }) => `${finding} (${reason})`),
  ];
  return parts.length === 0 ? nothing : parts.join('; ');
}

export const holds = ({ unknown, gone }: Weighed): boolean => unknown.length === 0 && gone.length === 0;
