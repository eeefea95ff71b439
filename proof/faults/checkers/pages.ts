/** What must hold of messages to people: no page that is not true, and not the same one over and over. */
import { check, PROMISE } from '../../../rehearsal/judge/checks.ts';
import { beganAt, isOf, PAGES, reasonsIn } from '../../../rehearsal/judge/heard.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { Message } from '../../../simulator/aws/lambda/sns.ts';
import type { Injector } from '../injector.ts';
import { type Fault, type FaultKind, OUTLASTS_CALL } from '../schedule.ts';
import type { Truth } from './convergence.ts';
import { falseClaim } from './page-reasons.ts';

const MINUTE_MS = 60_000;
/** From the note of a message to the message: a slow call. */
const SLACK_MS = MINUTE_MS;
/** Faults that make a message of which the sender does not know that it was sent: it is sent again. */
const UNHEARD: readonly FaultKind[] = ['errorAfter', 'lost', 'dieAfter'];
const DEATHS: readonly FaultKind[] = ['dieBefore', 'dieAfter', 'dieLong'];
/** A sender that dies so shortly before or after a message has not recorded that it was sent: a death is noted as its step begins. */
const UNRECORDED_MS = 3000;
/** Of what people were notified of: the note of it, and the look at it. Nobody tries again what is denied, or what fails for longer than everybody tries. */
const NOTED = 'dynamodb:UpdateItem';
/** Who takes the lease, or notes alarms, has no steps that are run again. */
const outlastsCall = ({ kind, times }: Fault) => kind === 'denied' || times >= OUTLASTS_CALL;
const byGuardUnnoted = (fault: Fault) => fault.point === 'guard/dynamodb:PutItem' && outlastsCall(fault);
const isOver = ({ kind, times }: Fault) => kind === 'denied' || times > OUTLASTS_CALL;
const HIDDEN = 'missing@ec2:';
const READ = 'denied@dynamodb:GetItem';
const TWICE = 'twice@trigger';
const LEDGER = 'dynamodb:';
/** Longer than a lease. */
const TURN_MS = 20 * MINUTE_MS;

/** Looks at each page as it is sent. A heal that began up to so long before it may still send one. */
export class PageWatch {
  readonly #wrong: string[] = [];
  #stopped = false;

  constructor(strike: Strike, truth: Truth, injector: Injector, volumes: readonly string[]) {
    const { cloud, sns } = strike.services;
    cloud.listen(({ who }) => {
      const page = who === 'sns' ? sns.messages.at(-1) : undefined;
      const volume = page && calledTo(page);
      if (this.#stopped || !page || !volume || !volumes.includes(volume)) return;
      const wrong = falseClaim(reasonsIn(page), { strike, truth, injector, volume, since: begunAt(page) });
      if (wrong) this.#wrong.push(wrong);
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  judge(): Check {
    return check('a person is paged with a true reason', this.#wrong.length === 0, this.#wrong, 'yes');
  }
}

/** As the key of its incident has it, but for clocks that are off. */
function begunAt(page: Message): number {
  const began = beganAt(page);
  return Math.min(page.at, Number.isNaN(began) ? page.at - 60 * MINUTE_MS : began) - 2 * MINUTE_MS;
}

/** The volume that a message calls a person to. */
function calledTo(message: Message): string | undefined {
  return isOf(message, PAGES) ? message.attributes.volume : undefined;
}

/** A message that was said lately. */
function key(message: Message): string {
  const { kind, volume = '' } = message.attributes;
  // Whoever was called to a volume looks at all of it, whatever the words.
  const called = calledTo(message);
  return called === undefined ? `${kind} ${volume}: ${message.message.split('\n')[0]}` : `call ${called}`;
}

/** What was said last: of good news the volume that it is of. */
interface Said {
  readonly served: string | undefined;
  readonly ledgerSilent: boolean;
  readonly at: number;
}

/**
 * The same is not said twice within a quarter of an hour. A message whose sender died right at it, or did not hear that it was sent,
 * may come twice: rather twice than never. So may one whose sender could not note it, or was denied to read what people were notified of; and one about
 * a volume that they were notified is served, where something fails again; and so may what two heals say while the ledger is silent, or one of them was
 * met by that: nobody could note it, and what the other has found is not that.
 *
 * @param skewMs how far clocks are off
 */
export function saidOnce(
  messages: readonly Message[],
  fired: Injector['fired'],
  skewMs: number,
  updates: readonly number[] = [],
): Check {
  const last = new Map<string, Said>();
  const again: string[] = [];
  const hit = (from: number, to: number, what = '') =>
    fired.some(({ at, fault }) => at >= from && at <= to && `${fault.kind}@${fault.point}`.includes(what));
  // Alarms notify people by themselves, as often as they change.
  for (const message of messages.filter((m) => isOf(m))) {
    const { at } = message;
    const { at: before, ledgerSilent: wasSilent } = last.get(key(message)) ?? {};
    const ledgerSilent = isOf(message, ['ledgerSilent']);
    const served = isOf(message, ['served']) ? message.attributes.volume : undefined;
    last.set(key(message), { served, ledgerSilent, at });
    const called = calledTo(message);
    const good = [...last].filter(([, { served }]) => called !== undefined && served === called);
    // Who is called after the good news has a use for the next.
    for (const [said] of good) last.delete(said);
    if (before === undefined || at - before >= PROMISE.betweenPagesMs - SLACK_MS - 2 * skewMs) continue;
    const unnotedUntil = (to: number) =>
      fired.some(({ at: when, fault }) => fault.point === NOTED && isOver(fault) && when >= before && when <= to);
    const unnoted = unnotedUntil(before + MINUTE_MS);
    const unknown = unnoted || hit(at - MINUTE_MS, at, READ);
    const anew = good.some(([, said]) => said.at > before) && hit(at - MINUTE_MS, at);
    // The answer to a deployment: whoever deploys again, or at the same time, is notified as well, once.
    const deployments = updates.filter((began) => began > before - MINUTE_MS && began <= at);
    const asked =
      isOf(message, ['leftAsItIs']) && (deployments.length > 1 || deployments.some((began) => began > before));
    // Of two heals that know nothing of each other, for the ledger is silent, each calls: of one trigger that came twice, or because one took over.
    const silent = fired.some(
      ({ at: when, fault }) =>
        fault.point.includes(LEDGER) && outlastsCall(fault) && when >= before - MINUTE_MS && when <= at,
    );
    const unledgered = (ledgerSilent && hit(before - MINUTE_MS, at, TWICE)) || ((ledgerSilent || wasSilent) && silent);
    // A heal that died for so long that another one took over, or could not note what it did and ended: each says once that it waits.
    const both = isOf(message, ['waits']) && (hit(before - TURN_MS, at, 'dieLong@') || unnotedUntil(at));
    // What EC2 does not show for a moment is put in order once more, and reported.
    const hidden = !called && hit(before - MINUTE_MS, at, HIDDEN);
    const byGuard =
      isOf(message, ['unheardAlarms']) &&
      fired.some(({ at: when, fault }) => byGuardUnnoted(fault) && when >= before && when <= before + MINUTE_MS);
    if (!anew && !byGuard && !hidden && !asked && !unledgered && !both && !(called && unknown))
      again.push(`${key(message)} after ${Math.round((at - before) / 1000)} s`);
  }
  const allowed = fired.filter(({ fault, at }) => {
    if (fault.point.endsWith('sns:Publish')) return UNHEARD.includes(fault.kind);
    // A message that is slow is sent long after its step began.
    const near = fault.point.startsWith('step:notify') || messages.some((m) => Math.abs(at - m.at) < UNRECORDED_MS);
    return near && DEATHS.includes(fault.kind);
  }).length;
  return check('the same is not said twice within 15 min', again.length <= allowed, again, 'never');
}
