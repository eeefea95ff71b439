import type { Rejected } from '../world/message.ts';
import type { Incident } from '../world/model.ts';
import type { Ports } from '../world/ports.ts';
import type { Findings } from './findings.ts';

/**
 * Nobody is called twice for one content volume within this long, whatever the words: who was called looks at all of it, and the
 * record has the rest. Nor does a sweep try again what only people can mend.
 */
export const QUIET_SECONDS = 15 * 60;

/** When people were notified; `undefined`: somebody else is to notify them. Unix milliseconds. */
export interface Notified {
  readonly at?: number;
}

/**
 * Notifies people of how a heal ended: good news, and once in a while what they have to do. One that was dead for longer than its lease knows
 * no more what they have to do; and of what it put in the place of what, or that they have nothing to do any more, whoever came after it may have
 * notified them.
 * @throws Error when the ledger cannot be read
 */
export async function notify(
  ports: Ports,
  incident: Incident,
  { rejected, pagedAt = 0, clears }: Pick<Findings, 'rejected' | 'pagedAt' | 'clears'>,
): Promise<Notified> {
  const { id, outcome, replacement } = incident;
  const ledger = await ports.ledger.read(incident.volume);
  const { lease, paged, replaced } = ledger ?? {};
  const now = ports.clock.now();
  const late = lease?.holder !== id || lease.until <= now;
  if (outcome === 'healed') {
    if (late && replacement && replaced?.newVolume !== replacement.newVolume) return {};
    // A ledger that was emptied does not say that anybody has.
    if (late && clears && ledger && !paged) return {};
  } else if (outcome !== 'overtaken') {
    if (late) return {};
    const at = Math.max(paged?.at ?? 0, pagedAt);
    if (isRecent(at, now)) return { at };
  }
  return publish(ports, incident, rejected);
}

/** Notifies people, whatever they know. */
export async function publish(ports: Ports, incident: Incident, rejected: readonly Rejected[]): Promise<Notified> {
  const { volume, outcome } = incident;
  const kind = outcome === 'overtaken' ? outcome : outcome === 'healed' ? 'served' : 'needsPerson';
  await ports.people.notify({ kind, volume, incident, rejected });
  return { at: ports.clock.now() };
}

/** Notes what people know now. A step of its own: when the ledger fails, they are not notified again. */
export async function noteNotified(ports: Ports, incident: Incident, at: number, final = false): Promise<void> {
  const { id, volume, outcome, summary, replacement } = incident;
  if (outcome === 'healed') await ports.ledger.noteServed(volume, replacement?.newVolume);
  // Whoever overtook this heal knows whether people have something to do.
  else if (outcome !== 'overtaken') await ports.ledger.notePage(volume, id, { about: summary, at, final });
}

/** Whether people were notified so short a while ago that it is quiet. Times are Unix milliseconds. */
export function isRecent(at: number, now: number): boolean {
  return now - at < QUIET_SECONDS * 1000;
}
