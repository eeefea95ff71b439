import type { Incident } from './model.ts';
import type { Ports } from './ports.ts';
import type { Rejected } from './replace.ts';

/**
 * Nobody is called twice for one content volume within this long, whatever the words: who was called looks at all of it, and the
 * record has the rest. Nor does a sweep try again what only people can mend.
 */
export const QUIET_SECONDS = 15 * 60;

/** Tells people how a heal ended: good news always, what they have to do once in a while. */
export async function tell(
  ports: Ports,
  incident: Incident,
  rejected: readonly Rejected[] = [],
  final = false,
): Promise<void> {
  if (incident.outcome === 'healed' || incident.outcome === 'overtaken') {
    await ports.people.tell(subject(incident), letter(incident, rejected));
    // Whoever overtook this heal knows whether people have something to do.
    if (incident.outcome === 'healed') await ports.ledger.notePage(incident.volume, undefined);
    return;
  }
  const now = ports.clock.now();
  const about = incident.summary;
  // A ledger that cannot be read must not keep people from being told.
  const before = (await ports.ledger.read(incident.volume).catch(() => undefined))?.paged;
  const known = before !== undefined && isRecent(before.at, now);
  if (!known) await ports.people.tell(subject(incident), letter(incident, rejected));
  await ports.ledger.notePage(incident.volume, { about, at: known ? before.at : now, final });
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

function letter(incident: Incident, rejected: readonly Rejected[] = []): string {
  const r = incident.replacement;
  const lines = [
    incident.summary,
    '',
    `Incident ${incident.id}, started by ${incident.trigger.kind}: ${incident.trigger.reason}`,
    ...(r
      ? [
          `Data reach up to ${new Date(r.recoveryPointAt).toISOString()} (${r.snapshotId}, ${r.files} files). The old volume ${r.oldVolume} is kept in quarantine.`,
        ]
      : []),
    ...(incident.passedOver.length > 0
      ? [
          `Newer copies were not taken, for nobody has verified them, or the spare was quicker: ${incident.passedOver.join(', ')}.`,
        ]
      : []),
    ...rejected.map((x) => `Rejected recovery point ${x.snapshotId} (kept as ${x.volumeId}): ${x.why}`),
    '',
    ...incident.steps.map((s) =>
      `${new Date(s.startedAt).toISOString()} ${s.name} ${((s.endedAt - s.startedAt) / 1000).toFixed(1)} s ${s.note}`.trimEnd(),
    ),
    '',
    'What to do: docs/runbook.md',
  ];
  return lines.join('\n');
}
