import { attempt } from '../world/attempt.ts';
import type { Incident } from '../world/model.ts';
import type { Ports, Workflow } from '../world/ports.ts';
import { asking } from '../world/unanswered.ts';
import { type Findings, isNews } from './findings.ts';
import { isRecent, noteTold, publish, tell } from './tell.ts';

/**
 * The end of a heal: people are told, what happened is on record, and the lease is given back.
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
  // Telling may take long where people are out of reach, and the ledger be gone by then. One try, for they may wait for the telling.
  const early = await attempt(workflow, 'note-end', () => asking(() => ports.ledger.record(closed)));
  // Each has its own step, for one that fails runs again; the telling goes first: when the ledger is what failed, a person still
  // hears of it.
  const telling =
    // Where another heal has the volume, it tells people what they have to know, but for what this one alone has seen.
    closed.outcome === 'falseAlarm' ||
    closed.outcome === 'sound' ||
    (closed.outcome === 'overtaken' && !isNews(findings))
      ? undefined
      : await attempt(workflow, 'tell', () => tell(ports, closed, findings));
  // A ledger that cannot be read, however often it is asked, must not keep people from being told.
  const anyway =
    telling?.failed === undefined ||
    (closed.outcome !== 'healed' && isRecent(findings.pagedAt ?? 0, closed.endedAt ?? 0))
      ? undefined
      : await attempt(workflow, 'tell-anyway', () => publish(ports, closed, findings.rejected));
  const toldAt = (anyway ?? telling)?.value?.at;
  const noted =
    toldAt === undefined
      ? undefined
      : await attempt(workflow, 'note-told', () => noteTold(ports, closed, toldAt, final));
  const unheard = telling !== undefined && telling.failed === undefined && toldAt === undefined;
  const outcome = unheard ? 'overtaken' : closed.outcome;
  const summary = unheard
    ? `the lease ran out, and the next heal tells people what holds then, not this: ${closed.summary}`
    : closed.summary;
  const concluded = { ...closed, outcome, summary };
  // Which copies are of no use is known to nobody else.
  const found =
    unheard && findings.rejected.length > 0
      ? await attempt(workflow, 'tell-rejected', () => publish(ports, concluded, findings.rejected))
      : undefined;
  const recorded =
    early.value?.answered && !unheard
      ? undefined
      : await attempt(workflow, 'close-incident', () => ports.ledger.record(concluded));
  const released = await attempt(workflow, 'release-lease', () => ports.ledger.release(closed.volume, closed.id));
  const trouble = [anyway ?? telling, found, noted, recorded, released].flatMap((t) => t?.failed ?? []);
  if (trouble.length > 0)
    throw new Error(
      `heal ${closed.id} of ${closed.volume} (${outcome}: ${summary}) could not be concluded: ${trouble.join('; ')}`,
    );
  return concluded;
}
