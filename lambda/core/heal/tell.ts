import { listed } from '../../../contract/listed.ts';
import type { Incident } from '../world/model.ts';
import type { Ports } from '../world/ports.ts';
import { inWords } from './choice.ts';
import type { Findings } from './findings.ts';
import type { Rejected } from './replace.ts';

/**
 * Nobody is called twice for one content volume within this long, whatever the words: who was called looks at all of it, and the
 * record has the rest. Nor does a sweep try again what only people can mend.
 */
export const QUIET_SECONDS = 15 * 60;

/** When people were told; `undefined`: somebody else is to tell them. Unix milliseconds. */
export interface Told {
  readonly at?: number;
}

/**
 * Tells people how a heal ended: good news, and once in a while what they have to do. One that was dead for longer than its lease knows
 * no more what they have to do; and what it put in the place of what, whoever came after it may have told them.
 * @throws Error when the ledger cannot be read
 */
export async function tell(
  ports: Ports,
  incident: Incident,
  { rejected, pagedAt = 0 }: Pick<Findings, 'rejected' | 'pagedAt'>,
): Promise<Told> {
  const { id, outcome, replacement } = incident;
  const { lease, paged, replaced } = (await ports.ledger.read(incident.volume)) ?? {};
  const now = ports.clock.now();
  const late = lease?.holder !== id || lease.until <= now;
  if (outcome === 'healed') {
    if (late && replacement && replaced?.newVolume !== replacement.newVolume) return {};
  } else if (outcome !== 'overtaken') {
    if (late) return {};
    const at = Math.max(paged?.at ?? 0, pagedAt);
    if (isRecent(at, now)) return { at };
  }
  return publish(ports, incident, rejected);
}

/** Tells people, whatever they know. */
export async function publish(ports: Ports, incident: Incident, rejected: readonly Rejected[]): Promise<Told> {
  await ports.people.tell(subject(incident), letter(incident, rejected));
  return { at: ports.clock.now() };
}

/** Notes what people know now. A step of its own: when the ledger fails, they are not told again. */
export async function noteTold(ports: Ports, incident: Incident, at: number, final = false): Promise<void> {
  const { id, volume, outcome, summary, replacement } = incident;
  if (outcome === 'healed') await ports.ledger.noteServed(volume, replacement?.newVolume);
  // Whoever overtook this heal knows whether people have something to do.
  else if (outcome !== 'overtaken') await ports.ledger.notePage(volume, id, { about: summary, at, final });
}

/** Whether people were told so short a while ago that it is quiet. Times are Unix milliseconds. */
export function isRecent(at: number, now: number): boolean {
  return now - at < QUIET_SECONDS * 1000;
}

function subject(incident: Incident): string {
  if (incident.outcome === 'overtaken')
    return `Remount: what a heal of ${incident.volume} found before another took over`;
  if (incident.outcome !== 'healed') return `Remount: ${incident.volume} needs a person`;
  return `Remount: ${incident.volume} is served${incident.replacement ? ' again, from a snapshot' : ''}`;
}

/** Steps of a heal that a message has: as many as a heal that waits for nothing has, and some. */
const STEPS = 40;
const RECORD = 'all of them: the incident in the ledger, docs/runbook.md#where-the-record-is';

function letter(incident: Incident, rejected: readonly Rejected[]): string {
  const r = incident.replacement;
  const lines = [
    incident.summary,
    '',
    `Incident ${incident.id}, started by ${incident.trigger.kind}: ${incident.trigger.reason}`,
    ...(r
      ? [
          `Data reach up to ${new Date(r.recoveryPointAt).toISOString()} (${r.snapshotId}, ${r.moreFiles ? 'at least ' : ''}${r.files} files). The old volume ${r.oldVolume} is kept in quarantine.`,
        ]
      : []),
    ...(r?.cold
      ? [
          `${r.newVolume} loads each block from the snapshot when that is first read: content answers late until it was read once. docs/runbook.md#cold`,
        ]
      : []),
    ...(r?.choice ? [inWords(r.choice)] : []),
    ...(r && incident.lessRoom
      ? [
          `${r.newVolume} has ${incident.lessRoom.now} GiB, and ${r.oldVolume} has ${incident.lessRoom.before}: it was made before that grew. What to do: docs/runbook.md#less-room`,
        ]
      : []),
    ...(incident.passedOver.length > 0
      ? [
          `Newer copies were not taken, for nobody has verified them, they are from after the failure, or the spare was quicker: ${listed(incident.passedOver, { rest: RECORD })}.`,
        ]
      : []),
    ...rejected.map((x) => `Rejected recovery point ${x.snapshotId} (kept as ${x.volumeId}): ${x.why}`),
    '',
    listed(
      incident.steps.map((s) =>
        `${new Date(s.startedAt).toISOString()} ${s.name} ${((s.endedAt - s.startedAt) / 1000).toFixed(1)} s ${s.note}`.trimEnd(),
      ),
      { between: '\n', most: STEPS, rest: RECORD },
    ),
    '',
    'What to do: docs/runbook.md',
  ];
  return lines.join('\n');
}
