/** The snapshot policy as it was deployed, and as Data Lifecycle Manager has it now. */

export interface ExpectedPolicy {
  readonly id: string;
  readonly targetTag: { readonly key: string; readonly value: string };
  readonly keepHours: number;
  readonly schedules: readonly { readonly name: string; readonly time: string }[];
  /** The SSM document that freezes what an instance serves; then the policy copies instances, and not volumes. */
  readonly frozenBy?: string;
  /** Volumes with any of these tags are left out of it, and so is the root volume. */
  readonly leftOut?: readonly Tag[];
}

interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface FoundPolicy {
  /** DLM's GettablePolicyStateValues: ENABLED, DISABLED, ERROR. */
  readonly state: string;
  readonly statusMessage: string | undefined;
  readonly targetTags: readonly Tag[];
  /** `VOLUME` or `INSTANCE`. */
  readonly copies: string;
  readonly leftOut: readonly Tag[];
  readonly rootLeftOut: boolean;
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
  /** What runs around its snapshots. */
  readonly scripts: readonly FoundScript[];
}

export interface FoundScript {
  readonly document: string;
  /** `PRE` and `POST`. */
  readonly stages: readonly string[];
  /** A snapshot is taken where the pre script fails. */
  readonly anyway: boolean;
  readonly retries: number;
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
  const tags = tagsText(found.targetTags);
  const wanted = tagsText([expected.targetTag]);
  if (tags !== wanted)
    wrong.push({ about: `targets ${tags}`, detail: `it targets ${tags || 'nothing'}, not ${wanted}` });
  const { frozenBy, leftOut = [] } = expected;
  const copies = scopeText(found.copies, found.rootLeftOut, found.leftOut);
  const meant = scopeText(frozenBy ? 'INSTANCE' : 'VOLUME', frozenBy !== undefined, leftOut);
  if (copies !== meant) wrong.push({ about: `copies ${copies}`, detail: `it copies ${copies}, not ${meant}` });
  const scripts = frozenBy ? [{ document: frozenBy, stages: ['PRE', 'POST'], anyway: true, retries: 0 }] : [];
  const deployed = expected.schedules.map((s) =>
    scheduleText({
      name: s.name,
      every: '1 HOURS',
      times: [s.time],
      keep: expected.keepHours,
      copyTags: true,
      scripts,
    }),
  );
  const present = found.schedules.map(scheduleText);
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

function scheduleText({ name, every, times, keep, copyTags, scripts }: FoundSchedule): string {
  const runs = scripts.map(
    ({ document, stages, anyway, retries }) =>
      `, runs ${document} (${[...stages].sort().join(', ')}; ${retries} retries; a snapshot ${anyway ? 'anyway' : 'only then'})`,
  );
  return `${name}: every ${every} at ${times.join(', ')}, keeps ${keep}${copyTags ? '' : ', without tags'}${runs.join('')}`;
}

function tagsText(tags: readonly Tag[]): string {
  return tags
    .map((t) => `${t.key}=${t.value}`)
    .sort()
    .join(', ');
}

function scopeText(kind: string, rootLeftOut: boolean, leftOut: readonly Tag[]): string {
  const without = [...(rootLeftOut ? ['root volumes'] : []), ...(leftOut.length > 0 ? [tagsText(leftOut)] : [])];
  return without.length === 0 ? kind : `${kind} without ${without.join(', ')}`;
}

/**
 * Hours without a copy by the schedule: two hourly runs that start at opposite ends of their hours are just under two apart; one
 * that EBS refuses and one that DLM misses make it four.
 */
export const UNCOVERED_HOURS = 4;

const UNCOVERED_MS = UNCOVERED_HOURS * 3_600_000;
/** The same trouble is reported again after a day: whoever was notified first may not have been there. */
const AGAIN_MS = 24 * 3_600_000;
const NOT_COPIED = 'not copied';
/** Of a note: nothing is wrong any more. */
const SOUND = '';

/** What people were last notified of about the policy, and when. */
export interface PolicyNote {
  readonly about: string;
  readonly at: number;
}

/**
 * What is wrong with the policy, or, where it is as it was deployed, with what comes of it.
 * @param missed content volumes that the schedule has not copied for {@link UNCOVERED_HOURS}
 */
export function findingOf(
  expected: ExpectedPolicy,
  found: FoundPolicy | undefined,
  missed: readonly string[],
  note: PolicyNote | undefined,
  now: number,
): Finding | undefined {
  const wrong = policyFinding(expected, found);
  if (wrong) return wrong;
  if (missed.length === 0) return undefined;
  // Where other trouble has just ended, the schedule needs its time to copy again.
  const mended = note !== undefined && note.about !== NOT_COPIED;
  if (mended && (note.about !== SOUND || now - note.at < UNCOVERED_MS)) return undefined;
  const { key, value } = expected.targetTag;
  const carrier = expected.frozenBy ? 'is it attached to an instance that carries' : 'does the current volume carry';
  const detail = `the snapshot policy ${expected.id} is enabled and as it was deployed, but has not copied ${missed.join(', ')} for ${UNCOVERED_HOURS} hours: ${carrier} the tag ${key}=${value}, and may the policy's role do its work?`;
  return { about: NOT_COPIED, detail };
}

/** The note to make, once people were notified of trouble or of its end; `undefined` where there is nothing new to report. */
export function news(finding: Finding | undefined, note: PolicyNote | undefined, now: number): PolicyNote | undefined {
  const about = finding?.about ?? SOUND;
  const same = about === (note?.about ?? SOUND);
  if (same && (!finding || now - (note?.at ?? 0) < AGAIN_MS)) return undefined;
  return { about, at: now };
}
