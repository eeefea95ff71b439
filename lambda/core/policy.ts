/** The snapshot policy as it was deployed, and as Data Lifecycle Manager has it now. */

export interface ExpectedPolicy {
  readonly id: string;
  readonly targetTag: { readonly key: string; readonly value: string };
  readonly keepHours: number;
  readonly schedules: readonly { readonly name: string; readonly time: string }[];
}

export interface FoundPolicy {
  /** DLM's GettablePolicyStateValues: ENABLED, DISABLED, ERROR. */
  readonly state: string;
  readonly statusMessage: string | undefined;
  readonly targetTags: readonly { readonly key: string; readonly value: string }[];
  readonly schedules: readonly FoundSchedule[];
  /** Rules that no deployment of this project makes: copies elsewhere, sharing, archiving, exclusions. */
  readonly foreign: readonly string[];
}

export interface FoundSchedule {
  readonly name: string;
  /** `1 HOURS` */
  readonly every: string;
  readonly times: readonly string[];
  readonly keep: number | undefined;
  readonly copyTags: boolean;
}

/** What is wrong with the policy. `about` stays the same while it is the same trouble, whatever DLM says of it in detail. */
export interface Finding {
  readonly about: string;
  readonly detail: string;
}

/** Compares the policy with what was deployed. @param found `undefined`: there is no such policy */
export function policyFinding(expected: ExpectedPolicy, found: FoundPolicy | undefined): Finding | undefined {
  if (!found) return { about: 'gone', detail: `the snapshot policy ${expected.id} does not exist any more` };
  const wrong: Finding[] = [];
  if (found.state !== 'ENABLED')
    wrong.push({
      about: `state ${found.state}`,
      detail: `its state is ${found.state}${found.statusMessage ? `: ${found.statusMessage}` : ''}`,
    });
  const tags = found.targetTags.map((t) => `${t.key}=${t.value}`).join(', ');
  const wanted = `${expected.targetTag.key}=${expected.targetTag.value}`;
  if (tags !== wanted)
    wrong.push({ about: `targets ${tags}`, detail: `it targets ${tags || 'nothing'}, not ${wanted}` });
  const deployed = expected.schedules.map((s) =>
    told({ name: s.name, every: '1 HOURS', times: [s.time], keep: expected.keepHours, copyTags: true }),
  );
  const present = found.schedules.map(told);
  const missing = deployed.filter((s) => !present.includes(s));
  const added = present.filter((s) => !deployed.includes(s));
  if (missing.length + added.length > 0) {
    const detail = [
      ...missing.map((s) => `the schedule "${s}" is missing`),
      ...added.map((s) => `the schedule "${s}" was not deployed`),
    ].join(', ');
    wrong.push({ about: detail, detail });
  }
  if (found.foreign.length > 0) {
    const detail = `it has what was not deployed: ${found.foreign.join(', ')}`;
    wrong.push({ about: detail, detail });
  }
  if (wrong.length === 0) return undefined;
  return {
    about: wrong.map((w) => w.about).join('; '),
    detail: `the snapshot policy ${expected.id} is not as it was deployed: ${wrong.map((w) => w.detail).join('; ')}`,
  };
}

function told({ name, every, times, keep, copyTags }: FoundSchedule): string {
  return `${name}: every ${every} at ${times.join(', ')}, keeps ${keep}${copyTags ? '' : ', without tags'}`;
}

/** The same trouble is told again after a day: whoever was told first may not have been there. */
const AGAIN_MS = 24 * 3_600_000;

/** What people were last told of the policy. */
export interface PolicyNote {
  readonly about: string;
  readonly at: number;
}

/** Whether people are to be told, of trouble or of its end. */
export function toTell(finding: Finding | undefined, note: PolicyNote | undefined, now: number): boolean {
  if (!finding) return note !== undefined;
  return note?.about !== finding.about || now - note.at >= AGAIN_MS;
}
