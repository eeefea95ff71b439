import type { Reason } from '../../../contract/reasons.ts';
import { reasonText } from '../message/reason-words.ts';
import { attempt } from '../world/attempt.ts';
import type { Incident } from '../world/model.ts';
import type { Ports, Workflow } from '../world/ports.ts';
import { asking } from '../world/unanswered.ts';
import { type Findings, isNews } from './findings.ts';
import { isRecent, noteNotified, notify, publish } from './notify.ts';

/**
 * The end of a heal: people are notified, what happened is on record, and the lease is released.
 *
 * @param final nothing that is safe is left to try: only people can
 * @returns the incident as it is on record
 * @throws Error when any of it could not be done, after all the rest was: the execution fails
 */
export async function conclude(
  workflow: Workflow,
  ports: Ports,
  closed: Incident,
  findings: Findings,
  final = false,
): Promise<Incident> {
  // Notifying may take long where people are out of reach, and the ledger be gone by then. One try, for they may wait for the message.
  const early = await attempt(workflow, 'note-end', () => asking(() => ports.ledger.record(closed)));
  // Each has its own step, for one that fails runs again; the message goes first: when the ledger is what failed, a person still
  // hears of it.
  const notifying =
    // Where another heal has the volume, it notifies people of what they have to know, but for what this one alone has seen.
    closed.outcome === 'falseAlarm' ||
    closed.outcome === 'sound' ||
    (closed.outcome === 'overtaken' && !isNews(findings))
      ? undefined
      : await attempt(workflow, 'notify', () => notify(ports, closed, findings));
  // A ledger that cannot be read, however often it is asked, must not keep people from being notified.
  const anyway =
    notifying?.failed === undefined ||
    (closed.outcome !== 'healed' && isRecent(findings.pagedAt ?? 0, closed.endedAt ?? 0))
      ? undefined
      : await attempt(workflow, 'notify-anyway', () => publish(ports, closed, findings.rejected));
  // Of what they know already the ledger is to know as well, where it takes it: else each sweep calls them again.
  const known = notifying?.failed !== undefined && early.value?.answered ? findings.pagedAt : undefined;
  const notifiedAt = (anyway ?? notifying)?.value?.at ?? known;
  const noted =
    notifiedAt === undefined
      ? undefined
      : await attempt(workflow, 'note-notified', () => noteNotified(ports, closed, notifiedAt, final));
  const unheard = notifying !== undefined && notifying.failed === undefined && notifiedAt === undefined;
  const outcome = unheard ? 'overtaken' : closed.outcome;
  const reasons: readonly Reason[] = unheard ? [{ code: 'leaseRanOut' }, ...closed.reasons] : closed.reasons;
  const summary = reasonText(reasons);
  const concluded = { ...closed, outcome, reasons, summary };
  // Which copies are of no use is known to nobody else.
  const found =
    unheard && findings.rejected.length > 0
      ? await attempt(workflow, 'notify-rejected', () => publish(ports, concluded, findings.rejected))
      : undefined;
  const recorded =
    early.value?.answered && !unheard
      ? undefined
      : await attempt(workflow, 'close-incident', () => ports.ledger.record(concluded));
  const released = await attempt(workflow, 'release-lease', () => ports.ledger.release(closed.volume, closed.id));
  const trouble = [anyway ?? notifying, found, noted, recorded, released].flatMap((t) => t?.failed ?? []);
  if (trouble.length > 0)
    throw new Error(
      `heal ${closed.id} of ${closed.volume} (${outcome}: ${summary}) could not be concluded: ${trouble.join('; ')}`,
    );
  return concluded;
}
