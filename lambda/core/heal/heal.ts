import type { Reason } from '../../../contract/reasons.ts';
import { reasonText } from '../message/reason-words.ts';
import { attempt, message, nameOf } from '../world/attempt.ts';
import { evidenceText, seenAgain } from '../world/evidence.ts';
import { isStopped, Journal } from '../world/journal.ts';
import { mayAct, renewLease } from '../world/lease.ts';
import {
  type Drained,
  type Incident,
  type NothingWrong,
  nothingWrong,
  type Replacement,
  type Trigger,
  type Volume,
} from '../world/model.ts';
import { observe } from '../world/observe.ts';
import type { Ports, Workflow } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';
import { beginHeal, type Unbegun } from './begin.ts';
import type { PassedOver } from './choice.ts';
import { conclude } from './conclude.ts';
import { type Context, decide, NOTHING_YET } from './decide.ts';
import { drainedReasons, notBeyond } from './drain.ts';
import { failover } from './failover.ts';
import {
  type Findings,
  hasJustTakenOver,
  lessRoom,
  owesNews,
  passedOver,
  ServedMeanwhile,
  unreported,
} from './findings.ts';
import { type Learned, mountAndServe } from './mount.ts';
import { servedWithout, waitingNotified } from './outage.ts';
import { quarantine, replace, setAside } from './replace.ts';
import { type SparePolicy, serveSpare } from './spare.ts';

/** A heal that has worked this long starts nothing more, and pages. */
export const BUDGET_SECONDS = 20 * 60;
/** The longest that a heal can take, waiting for its turn included: no shorter is the durable function's execution timeout (`lib/`). */
export const LONGEST_SECONDS = 60 * 60;
/** For the tags of a spare that came to serve after all; else the sweep sees to them. */
const TAGS_SECONDS = 10 * 60;
/** How long a heal waits for something on its way before it pages. */
export const PATIENCE_SECONDS = 10 * 60;
/** Between two looks: often at first, for most things settle in a minute; each look is a dozen calls. */
const WAIT_SECONDS = 10;
const EAGER_SECONDS = 60;
const LATER_WAIT_SECONDS = 30;
/** Rounds of observe, decide, act: failover -> mount finds it dead -> a standby does not answer -> replace -> look again, and some. */
const MAX_ROUNDS = 6;

export interface HealResult {
  readonly outcome: Incident['outcome'] | Unbegun['outcome'];
  readonly summary: string;
  readonly healId: string;
}

/**
 * One run of the healer for one content volume: lease, observe, decide, act, observe again, record, notify.
 * What goes wrong once it has the lease ends as an incident that pages a person.
 *
 * @throws Error when it could not even look or take the lease (the event is tried again, and ends in the dead-letter queue), or
 *   could not conclude: then the execution fails, and the lease runs out by itself
 */
export async function heal(
  workflow: Workflow,
  ports: Ports,
  trigger: Trigger,
  policy: SparePolicy,
): Promise<HealResult> {
  const journal = new Journal(workflow, ports.clock);
  const { volume } = trigger;
  const begun = await workflow.step('begin', async () => ({ healId: ports.newId(), at: ports.clock.now() }));

  const start = await beginHeal(ports, journal, trigger, begun);
  if (start.outcome !== 'begun') return { ...start, healId: begun.healId };
  const findings: Findings = { rejected: [], passedOver: [], pagedAt: start.pagedAt, word: start.word };

  journal.guardBy(() => mayAct(ports, volume, begun.healId));
  journal.outageBy(waitingNotified(workflow, ports, volume, findings));

  const incident = (
    { outcome, reasons, replacement }: Pick<Incident, 'outcome' | 'reasons'> & Pick<Ending, 'replacement'>,
    summary: string,
    endedAt?: number,
  ): Incident => ({
    id: begun.healId,
    volume,
    trigger,
    outcome,
    reasons,
    summary,
    startedAt: begun.at,
    endedAt,
    steps: journal.steps,
    replacement,
    passedOver: findings.passedOver,
    ...(findings.lessRoom && { lessRoom: findings.lessRoom }),
    ...(drainedOf(findings, replacement) && { drained: drainedOf(findings, replacement) }),
    ...(findings.owner && { owner: findings.owner }),
  });
  // That it cannot be recorded does not keep a volume from being healed: at the end it is tried again.
  await attempt(workflow, 'open-incident', () =>
    ports.ledger.record(incident({ outcome: 'open', reasons: [] }, trigger.reason)),
  );
  const run = { ports, journal, healId: begun.healId, volume };
  let end: Ending;
  try {
    end = await work(run, trigger, policy, findings);
  } catch (error) {
    const why = message(error);
    end = isStopped(error, 'lostLease')
      ? { outcome: 'overtaken', reasons: [{ code: 'leaseLost', detail: why }] }
      : error instanceof ServedMeanwhile
        ? error.end
        : findings.spare
          ? tagsToFollow(findings.spare, why)
          : ((await servedWithout(workflow, run, trigger, findings, error)) ?? failed(journal, error));
  }
  const endedAt = await workflow.step('end', async () => ports.clock.now());
  const closed = incident(end, reasonText(end.reasons), endedAt);
  const { outcome, summary } = await conclude(workflow, ports, closed, findings, end.final);
  return { outcome, summary, healId: begun.healId };
}

/** Of what serves now: what took over, or was mounted again since. */
function drainedOf({ drained }: Findings, replacement: Replacement | undefined): Drained | undefined {
  return drained ?? replacement?.drained;
}

interface Ending {
  readonly outcome: NothingWrong | 'healed' | 'paged' | 'overtaken';
  readonly reasons: readonly Reason[];
  readonly replacement?: Replacement;
  /** Nothing that is safe is left to try: only people can. */
  readonly final?: boolean;
}

/**
 * The spare, where there is one to be taken, and rounds. Where a spare was passed over for something newer, and of that comes nothing
 * (EC2 makes no volume, or not in time), the spare serves after all: older content is better than none.
 */
async function work(run: HealRun, trigger: Trigger, policy: SparePolicy, findings: Findings): Promise<Ending> {
  const { rejected } = findings;
  const { served, passedOver: spare } = await serveSpare(run, policy, rejected, findings.word);
  if (served) findings.spare = served;
  const first: Start = { round: 0, untilSeconds: BUDGET_SECONDS, spare, trigger };
  if (!spare) return rounds(run, findings, first);
  const end = await rounds(run, findings, first).catch((error: unknown) => {
    if (isStopped(error, 'lostLease') || error instanceof ServedMeanwhile) throw error;
    return failed(run.journal, error);
  });
  if (end.outcome !== 'paged') return end;
  await renewLease(run);
  const anyway = await serveSpare(run, { anyway: reasonText(end.reasons) }, rejected);
  if (!anyway.served) {
    // Whoever has taken the spare meanwhile has notified people.
    await renewLease(run);
    return end;
  }
  findings.spare = anyway.served;
  const untilSeconds = run.journal.elapsedSeconds() + TAGS_SECONDS;
  return rounds(run, findings, { round: MAX_ROUNDS, untilSeconds, trigger });
}

/** Where rounds begin, and when nothing more is begun. */
interface Start {
  /** Its number: client tokens differ from one round to the next. */
  readonly round: number;
  /** Since the heal began. */
  readonly untilSeconds: number;
  /** One that was ready, and was passed over. */
  readonly spare?: PassedOver | undefined;
  readonly trigger: Trigger;
}

/** The spare serves; the sweep does the rest. */
function tagsToFollow({ replacement, reasons }: NonNullable<Findings['spare']>, detail = 'there was no time'): Ending {
  return { outcome: 'healed', reasons: [...reasons, { code: 'tagsFollow', detail }], replacement };
}

function failed(journal: Journal, error: unknown): Ending {
  const after = journal.steps.at(-1)?.name ?? 'the first';
  return {
    outcome: 'paged',
    reasons: [{ code: 'stepFailed', after, error: nameOf(error), detail: message(error) }],
  };
}

async function rounds(run: HealRun, findings: Findings, start: Start): Promise<Ending> {
  const { ports, journal, volume } = run;
  const { rejected, spare } = findings;
  let acted: readonly Reason[] = spare?.reasons ?? [];
  let replacement = spare?.replacement;
  let context: Context = { ...NOTHING_YET, alarmedAt: start.trigger.at };
  for (let { round } = start; round < start.round + MAX_ROUNDS; ) {
    await renewLease(run);
    const seen = await journal.step('observe', () => observe(ports, volume), evidenceText);
    findings.owner = seen.ledger?.owner;
    context = { ...context, since: seenAgain(context.since ?? {}, seen) };
    const decision = decide(seen, context);
    // Looked at once more, for people are notified of how it is now.
    if (journal.elapsedSeconds() > start.untilSeconds && decision.kind !== 'none' && decision.kind !== 'page') {
      // It is decided only where the probe says that it serves.
      if (decision.kind === 'settle' && spare) return tagsToFollow(spare);
      break;
    }
    replacement ??= unreported(seen);
    if (replacement || hasJustTakenOver(seen)) findings.passedOver = passedOver(seen);
    if (replacement) findings.lessRoom = lessRoom(seen, replacement);
    switch (decision.kind) {
      case 'none':
        // What another heal has done, or people have, is reported by whoever sees that it serves.
        if (acted.length === 0 && !owesNews(seen))
          return { outcome: nothingWrong(start.trigger), reasons: decision.reasons };
        await keepEvidence(run, replacement);
        findings.clears = acted.length === 0 && !replacement;
        return { outcome: 'healed', reasons: orElse(acted, decision.reasons), ...(replacement && { replacement }) };
      case 'page':
        await takeOutOfSchedule(run, decision.suspect);
        return { outcome: 'paged', reasons: decision.reasons, final: decision.open !== true };
      case 'wait': {
        await takeOutOfSchedule(run, decision.suspect);
        const { waitedSeconds } = context;
        if (waitedSeconds >= PATIENCE_SECONDS && !decision.brief)
          return { outcome: 'paged', reasons: [...decision.reasons, { code: 'waited', seconds: waitedSeconds }] };
        const seconds = waitedSeconds < EAGER_SECONDS ? WAIT_SECONDS : LATER_WAIT_SECONDS;
        await journal.pause('wait', seconds);
        context = { ...context, waitedSeconds: waitedSeconds + seconds };
        continue;
      }
      case 'settle':
        findings.settling = (detail) => ({
          outcome: acted.length > 0 || replacement ? 'healed' : nothingWrong(start.trigger),
          reasons: [...orElse(acted, decision.reasons), { code: 'tagsFollow', detail }],
          ...(replacement && { replacement }),
        });
        for (const { id, role, attachments } of decision.suspects) {
          const host = attachments.find((a) => a.state === 'attached')?.instanceId;
          // What was never served has nothing to do on its host; what was is left as it is.
          if (role === 'candidate') await setAside(run, id, host);
          else await quarantine(run, id);
        }
        await journal.act('promote', () => ports.compute.promote(decision.volume.id, decision.generation));
        findings.settling = undefined;
        acted = orElse(acted, decision.reasons);
        break;
      case 'mount':
      case 'failover': {
        const result = decision.kind === 'mount' ? await mountAndServe(run, decision) : await failover(run, decision);
        const taker = decision.kind === 'mount' ? decision.instance : decision.standby;
        if (result.done) {
          const drained = notBeyond(result.drained, seen.ledger?.replaced, decision.volume.id);
          findings.drained = drained;
          const by: Reason = { code: 'servedBy', volumeId: decision.volume.id, instanceId: taker.id };
          acted = [...decision.reasons, by, ...drainedReasons(decision.volume.id, drained)];
        } else if ('reasons' in result)
          return { outcome: 'paged', reasons: [...decision.reasons, ...result.reasons], final: true };
        else context = learn(context, result);
        break;
      }
      case 'replace':
      case 'relocate': {
        const result = await replace(run, decision, { round, rejected, passedOver: start.spare });
        if (!result.done) {
          if ('reasons' in result)
            return { outcome: 'paged', reasons: [...decision.reasons, ...result.reasons], final: true };
          context = learn(context, result);
          break;
        }
        replacement = result.replacement;
        const { newVolume, drained } = replacement;
        // What was mounted before in this heal serves no more.
        findings.drained = drained;
        acted = [...decision.reasons, { code: 'replaced', volumeId: newVolume }, ...drainedReasons(newVolume, drained)];
        break;
      }
    }
    round++;
  }
  return {
    outcome: 'paged',
    reasons: [
      ...orElse(acted, [{ code: 'nothing' }]),
      { code: 'stillNotServing', volume, seconds: Math.round(journal.elapsedSeconds()) },
    ],
  };
}

function orElse(reasons: readonly Reason[], others: readonly Reason[]): readonly Reason[] {
  return reasons.length > 0 ? reasons : others;
}

function learn(context: Context, { found, useless, failing, hung }: Omit<Learned, 'again'>): Context {
  const before = context.hung;
  // A mount that hangs on one host may be that host's fault; on two that answer it is the volume's, and they can have another one.
  if (hung && before?.volumeId === hung && before.instanceId !== useless) {
    const without = (hosts: readonly string[]) => hosts.filter((host) => host !== before.instanceId);
    const [stillUseless, stillFailing] = [without(context.useless), without(context.failing)];
    return {
      ...context,
      found: { volumeId: hung, state: 'hung' },
      useless: stillUseless,
      failing: stillFailing,
      hung: undefined,
    };
  }
  return {
    ...context,
    found: found ?? context.found,
    useless: useless ? [...context.useless, useless] : context.useless,
    failing: useless && failing ? [...context.failing, useless] : context.failing,
    hung: hung && useless ? { volumeId: hung, instanceId: useless } : context.hung,
  };
}

/** A volume that is dead, and cannot be replaced yet: DLM's count would rotate the good snapshots out with copies of it. */
async function takeOutOfSchedule({ ports, journal }: HealRun, suspect: Volume | undefined): Promise<void> {
  if (!suspect?.scheduled) return;
  await journal.act(
    'unschedule',
    () => ports.compute.unschedule(suspect.id),
    () => `${suspect.id} is out of the schedule`,
  );
}

/** A copy of the suspect volume as it is, once everything serves again. That it fails is a note: the volume itself is kept. */
async function keepEvidence(
  { ports, journal, healId, volume }: HealRun,
  replacement: Replacement | undefined,
): Promise<void> {
  if (!replacement) return;
  await journal.act(
    'snapshot-suspect',
    () =>
      ports.compute
        .snapshotSuspect(volume, replacement.oldVolume, healId)
        .catch((error: unknown) => `no copy of it could be made: ${message(error)}`),
    (snapshot) => `${replacement.oldVolume}: ${snapshot}`,
  );
}
