import type { Reason, ReasonOf } from '../../../contract/reasons.ts';
import { attempt, message, nameOf } from '../world/attempt.ts';
import type { Journal } from '../world/journal.ts';
import type { Placed, Standing } from '../world/message.ts';
import { nothingWrong, type Trigger } from '../world/model.ts';
import type { Ports, Workflow } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';
import { LEDGER, standing } from '../world/standing.ts';
import { asking, type NoAnswer, unansweredBy } from '../world/unanswered.ts';
import { drainedReasons } from './drain.ts';
import { type Findings, type Served, ServedMeanwhile } from './findings.ts';

/**
 * What a heal does while a service of AWS does not answer: people are notified within a minute, with what can be seen without it and what
 * they can do by hand; then it is waited for. Without the ledger nothing is moved: whoever else may be moving it could not be known.
 */

/** For how long a heal waits for the ledger. The sweep comes every five minutes, so that somebody always waits. */
const PATIENCE_SECONDS = 10 * 60;
const LOOK_SECONDS = 15;
const HOUR_MS = 3600_000;
/**
 * Without the ledger no heal knows of what another has notified people. So the alarm's heal does it at once, and of the sweeps only the first of each
 * hour, once it has seen the same for so long: an hour's outage is a message or two, and an alarm that was lost is made up for.
 */
const FIRST_OF_HOUR_MS = 5 * 60_000;
const SWEEP_NOTIFIES_SECONDS = 20 * 60;

/** How a heal that found the ledger silent goes on: `answers`, with its turn; else it ends. */
export type Silence =
  | { readonly answers: true; readonly pagedAt?: number }
  | { readonly answers: false; readonly serves: boolean; readonly summary: string };

/**
 * The ledger does not answer. Where the probe says that content is served, that is all; else people are notified, and it is waited for.
 * @param begunAt Unix milliseconds
 */
export async function withoutLedger(
  ports: Ports,
  journal: Journal,
  trigger: Trigger,
  begunAt: number,
  ledger: NoAnswer,
): Promise<Silence> {
  const { volume } = trigger;
  const { why } = ledger;
  const look = () => journal.step('look-without-ledger', () => standing(ports, volume, LEDGER));
  let seen = await look();
  if (isServed(seen, trigger)) return { answers: false, serves: true, summary: servedText(volume, seen, why) };
  const late = trigger.kind === 'sweep';
  const notifies = late
    ? begunAt % HOUR_MS < FIRST_OF_HOUR_MS
    : trigger.alarm !== 'reachable' || seen.probe?.state === 'serving';
  const patience = late && notifies ? SWEEP_NOTIFIES_SECONDS : PATIENCE_SECONDS;
  // People may be out of reach as well: that they could not be notified is tried again, and keeps nothing waiting.
  let pagedAt: number | undefined;
  const notify = async () => {
    const asked = await journal.ask('notify-ledger-silent', () => notifyOfSilence(ports, volume, seen, ledger));
    if (asked.answered) pagedAt = asked.value;
  };
  for (let waited = 0; waited < patience; waited += LOOK_SECONDS) {
    if (notifies && !late && pagedAt === undefined) await notify();
    await journal.pause('await-ledger', LOOK_SECONDS);
    const { answered } = await journal.ask('ask-ledger', () => ports.ledger.read(volume));
    if (answered) return { answers: true, ...(pagedAt !== undefined && { pagedAt }) };
  }
  if (late && notifies) {
    seen = await look();
    if (isServed(seen, trigger)) return { answers: false, serves: true, summary: servedText(volume, seen, why) };
    await notify();
  }
  const said = pagedAt === undefined ? 'others notify people' : 'people were notified';
  return { answers: false, serves: false, summary: `${volume} does not serve, and nothing is moved; ${said}: ${why}` };
}

/** An alarm of the load balancer's is not answered by the probe. */
function isServed({ probe }: Standing, { alarm }: Trigger): boolean {
  return probe?.state === 'serving' && alarm !== 'reachable';
}

/**
 * How a heal ends that a service did not answer, where content is served all the same: nobody is called to that. What is left to be done,
 * and to be reported, is the next sweep's.
 */
export async function servedWithout(
  workflow: Workflow,
  { ports, journal, volume }: Pick<HealRun, 'ports' | 'journal' | 'volume'>,
  trigger: Trigger,
  { drained }: Pick<Findings, 'drained'>,
  error: unknown,
): Promise<Served | undefined> {
  const service = unansweredBy(error);
  if (service === undefined) return undefined;
  const { value } = await attempt(workflow, 'look-without', () => standing(ports, volume, service));
  if (!value?.current || !(value.probe?.state === 'serving' && value.reached !== false)) return undefined;
  const reasons = [
    { code: 'servedBy', ...value.current },
    ...drainedReasons(value.current.volumeId, drained),
    { code: 'unanswered', service, error: nameOf(error), detail: message(error) },
  ] satisfies Reason[];
  const acted = journal.steps.some(({ name }) => name === 'serve');
  return { outcome: acted ? 'healed' : nothingWrong(trigger), reasons };
}

function servedText(volume: string, { current }: Standing, why: string): string {
  return `${volume} is served by ${current?.instanceId}; ${why}`;
}

/** @returns when. Unix milliseconds */
async function notifyOfSilence(ports: Ports, volume: string, seen: Standing, ledger: NoAnswer): Promise<number> {
  await ports.people.notify({
    kind: 'ledgerSilent',
    volume,
    reason: reasonOf(ledger),
    standing: seen,
    commands: byHand(ports, volume, seen),
  });
  return ports.clock.now();
}

function reasonOf({ by, error, why }: NoAnswer): ReasonOf<'unanswered'> {
  return { code: 'unanswered', service: by, error, detail: why };
}

/** The commands with which a person lets the spare serve: the verbs that the healer would send, in their order. */
function byHand({ host }: Ports, volume: string, { current, spare, probe }: Standing): string[] {
  if (!current || !spare || probe?.state === 'serving') return [];
  const command = (verb: 'release' | 'mount' | 'verify' | 'serve', { volumeId, instanceId }: Placed) =>
    host.byHand(verb, instanceId, volume, volumeId);
  return [command('release', current), command('mount', spare), command('verify', spare), command('serve', spare)];
}

/**
 * What a heal does about a service that has not answered for a while: people are notified, once. It throws where the spare serves, or whatever
 * else: the rest is done by the sweep that finds the service answering, and good news need not wait for that.
 */
export function waitingNotified(workflow: Workflow, ports: Ports, volume: string, findings: Findings) {
  let notified = false;
  return async (none: NoAnswer) => {
    if (findings.spare) throw new Error(none.why);
    if (findings.settling) throw new ServedMeanwhile(findings.settling(none.why));
    if (notified) return;
    notified = true;
    // One try: that people are out of reach as well must not keep a heal waiting.
    const paged = await attempt(workflow, 'notify-waiting', () =>
      asking(() => notifyOfWaiting(ports, volume, none, findings.pagedAt)),
    );
    if (paged.value?.answered) findings.pagedAt = paged.value.value ?? findings.pagedAt;
  };
}

/**
 * Notifies people that a heal waits for a service, once it has waited for a while. Where content is served, and where they were notified a
 * short while ago that they have something to do, it is no news.
 * @param pagedAt when they were notified before as far as this heal knows: the ledger may not say any more. Unix milliseconds
 * @returns when they were notified that they have something to do. Unix milliseconds
 */
async function notifyOfWaiting(
  ports: Ports,
  volume: string,
  none: NoAnswer,
  pagedAt?: number,
): Promise<number | undefined> {
  const seen = await standing(ports, volume, none.by);
  if (seen.probe?.state === 'serving') return undefined;
  // Each heal of a long outage would say it again, beside what they are notified of that they have to do.
  const before = Math.max(seen.pagedAt ?? 0, pagedAt ?? 0);
  if (seen.at - before < HOUR_MS) return undefined;
  if (none.by === LEDGER) return notifyOfSilence(ports, volume, seen, none);
  await ports.people.notify({ kind: 'waits', volume, reason: reasonOf(none), standing: seen });
  return undefined;
}
