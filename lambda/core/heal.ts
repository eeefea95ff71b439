import { type Decision, decide } from './decide.ts';
import { Journal } from './journal.ts';
import type { Incident, ProbeState, Replacement, Trigger } from './model.ts';
import { mountAndServe } from './mount.ts';
import { observe } from './observe.ts';
import type { Ports, Workflow } from './ports.ts';
import { type Rejected, replace } from './replace.ts';

/**
 * How long the lease is held, and so how long a heal may take: the durable function's execution timeout (`lib/`) is no
 * longer than this, so that no heal outlives its lease.
 */
export const LEASE_SECONDS = 15 * 60;
/** How long a heal waits for something on its way before it pages. */
export const PATIENCE_SECONDS = 10 * 60;
const WAIT_SECONDS = 10;
/** Rounds of observe, decide, act: mount -> found dead -> replace -> look again is the longest sensible chain. */
const MAX_ROUNDS = 4;

export interface HealResult {
  readonly outcome: Incident['outcome'] | 'busy';
  readonly summary: string;
  readonly healId: string;
}

/**
 * One run of the healer for one content volume: lease, observe, decide, act, observe again, record, tell.
 * It never throws for what went wrong in the world: that ends as an incident that pages a person.
 */
export async function heal(workflow: Workflow, ports: Ports, trigger: Trigger): Promise<HealResult> {
  const journal = new Journal(workflow, ports.clock);
  const { volume } = trigger;
  const begun = await workflow.step('begin', async () => ({ healId: ports.newId(), at: ports.clock.now() }));

  if (trigger.kind === 'sweep') {
    const seen = decide(await journal.step('look', () => observe(ports, volume)));
    if (seen.kind === 'none') return { outcome: 'falseAlarm', summary: seen.reason, healId: begun.healId };
  }
  if (!(await lease(ports, journal, begun.healId, trigger))) {
    return { outcome: 'busy', summary: `another heal has the lease of ${volume}`, healId: begun.healId };
  }

  const incident = (
    outcome: Incident['outcome'],
    summary: string,
    endedAt?: number,
    replacement?: Replacement,
  ): Incident => ({
    id: begun.healId,
    volume,
    trigger,
    outcome,
    summary,
    startedAt: begun.at,
    endedAt,
    steps: journal.steps,
    replacement,
  });
  let end: Ending;
  try {
    await workflow.step('open-incident', () => ports.ledger.record(incident('open', trigger.reason)));
    end = await rounds(ports, journal, begun.healId, volume);
  } catch (error) {
    end = {
      outcome: 'paged',
      summary: `the heal failed at the step after ${journal.steps.at(-1)?.name ?? 'the first'}: ${message(error)}`,
    };
  }
  const endedAt = await workflow.step('end', async () => ports.clock.now());
  const closed = incident(end.outcome, end.summary, endedAt, end.replacement);
  // Each of the three has its own step, and the telling goes first: when the ledger is what failed, a person still hears of it.
  const told =
    end.outcome === 'falseAlarm'
      ? undefined
      : await attempt(workflow, 'tell', () => ports.people.tell(subject(closed), letter(closed, end.rejected)));
  const recorded = await attempt(workflow, 'close-incident', () => ports.ledger.record(closed));
  const released = await attempt(workflow, 'release-lease', () => ports.ledger.release(volume, begun.healId));
  const trouble = [told, recorded, released].filter((t) => t !== undefined);
  if (trouble.length > 0)
    throw new Error(
      `heal ${begun.healId} of ${volume} (${end.outcome}: ${end.summary}) could not be concluded: ${trouble.join('; ')}`,
    );
  return { outcome: end.outcome, summary: end.summary, healId: begun.healId };
}

interface Ending {
  readonly outcome: 'falseAlarm' | 'healed' | 'paged';
  readonly summary: string;
  readonly replacement?: Replacement;
  readonly rejected?: readonly Rejected[];
}

/** An alarm waits for its turn, for the heal before it may have looked just before this failure; a sweep comes again by itself. */
async function lease(ports: Ports, journal: Journal, healId: string, trigger: Trigger): Promise<boolean> {
  const tries = trigger.kind === 'sweep' ? 1 : LEASE_SECONDS / WAIT_SECONDS;
  for (let i = 0; i < tries; i++) {
    const taken = await journal.step('lease', () => {
      const now = ports.clock.now();
      return ports.ledger.acquire(trigger.volume, healId, now, now + LEASE_SECONDS * 1000);
    });
    if (taken) return true;
    if (i + 1 < tries) await journal.pause('await-lease', WAIT_SECONDS);
  }
  return false;
}

async function rounds(ports: Ports, journal: Journal, healId: string, volume: string): Promise<Ending> {
  let acted = '';
  let replacement: Replacement | undefined;
  let rejected: readonly Rejected[] = [];
  let found: { volumeId: string; state: ProbeState } | undefined;
  let round = 0;
  for (let waited = 0; round < MAX_ROUNDS; ) {
    const observation = await journal.step(
      'observe',
      () => observe(ports, volume),
      (o) => `probe: ${o.probe?.state ?? 'none'}`,
    );
    const decision: Decision = decide(observation, found);
    switch (decision.kind) {
      case 'none':
        return acted
          ? { outcome: 'healed', summary: acted, rejected, ...(replacement && { replacement }) }
          : { outcome: 'falseAlarm', summary: decision.reason };
      case 'page':
        return { outcome: 'paged', summary: decision.reason, rejected };
      case 'wait':
        if (waited >= PATIENCE_SECONDS)
          return { outcome: 'paged', summary: `${decision.reason}, after ${waited} s of waiting`, rejected };
        await journal.pause('wait', WAIT_SECONDS);
        waited += WAIT_SECONDS;
        continue;
      case 'promote':
        round++;
        await journal.step('promote', () => ports.compute.promote(decision.volume.id));
        acted ||= decision.reason;
        continue;
      case 'mount': {
        round++;
        const result = await mountAndServe(ports, journal, healId, volume, decision);
        if (result.done)
          acted = `${decision.volume.id} is mounted and served by ${decision.instance.id}: ${decision.reason}`;
        else if (result.found) found = result.found;
        else return { outcome: 'paged', summary: `${decision.reason}; ${result.why}` };
        continue;
      }
      case 'replace': {
        round++;
        const result = await replace(ports, journal, healId, volume, decision);
        rejected = [...rejected, ...result.rejected];
        if (!result.done) return { outcome: 'paged', summary: `${decision.reason}; ${result.why}`, rejected };
        acted = `${decision.reason}: ${result.replacement.newVolume} serves in its place`;
        replacement = result.replacement;
        continue;
      }
    }
  }
  return {
    outcome: 'paged',
    summary: `${acted || 'nothing'} was done in ${round} rounds and ${volume} is still not serving`,
    rejected,
  };
}

/** @returns what went wrong, or `undefined`. */
async function attempt(workflow: Workflow, name: string, run: () => Promise<void>): Promise<string | undefined> {
  try {
    await workflow.step(name, run);
    return undefined;
  } catch (error) {
    return `${name}: ${message(error)}`;
  }
}

function subject(incident: Incident): string {
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

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
