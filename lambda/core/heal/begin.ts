import { reasonText } from '../message/reason-words.ts';
import type { Word } from '../world/evidence.ts';
import type { Journal } from '../world/journal.ts';
import { awaitLease } from '../world/lease.ts';
import { type NothingWrong, nothingWrong, type Trigger } from '../world/model.ts';
import { observe } from '../world/observe.ts';
import type { Ports } from '../world/ports.ts';
import { standing } from '../world/standing.ts';
import { decide } from './decide.ts';
import { owesNews } from './findings.ts';
import { isRecent } from './notify.ts';
import { withoutLedger } from './outage.ts';

/** A heal that did not begin, and why. */
export interface Unbegun {
  /**
   * {@link NothingWrong}: it serves. `busy`: another heal has the lease. `quiet`: people were notified a short while ago, and nothing has changed.
   * `unanswered`: the ledger does not answer, and nothing was moved.
   */
  readonly outcome: NothingWrong | 'busy' | 'quiet' | 'unanswered';
  readonly summary: string;
}

/**
 * With the lease. `pagedAt`: when people were last notified that they have something to do. Unix milliseconds. `word`: what the owner has said, where
 * nobody else has had the lease since.
 */
export type Begun =
  | { readonly outcome: 'begun'; readonly pagedAt?: number | undefined; readonly word?: Word | undefined }
  | Unbegun;

/** From what started a heal to its lease: a sweep looks first whether there is anything to do, a witness has the owner asked, an alarm waits for its turn. */
export async function beginHeal(
  ports: Ports,
  journal: Journal,
  trigger: Trigger,
  begun: { readonly healId: string; readonly at: number },
): Promise<Begun> {
  const { volume } = trigger;
  const idle = trigger.kind === 'sweep' && (await lookFirst(ports, journal, trigger, begun.at));
  if (idle) return idle;
  const asked = trigger.kind === 'witness' ? await askOwner(ports, journal, trigger) : {};
  if (asked.unproven) return asked.unproven;
  let pagedAt: number | undefined;
  let turn = await awaitLease(ports, journal, begun.healId, trigger);
  if (turn.turn === 'silent' && trigger.kind !== 'witness') {
    const silence = await withoutLedger(ports, journal, trigger, begun.at, turn.ledger);
    if (!silence.answers)
      return { outcome: silence.serves ? nothingWrong(trigger) : 'unanswered', summary: silence.summary };
    pagedAt = silence.pagedAt;
    turn = await awaitLease(ports, journal, begun.healId, trigger);
  }
  switch (turn.turn) {
    case 'mine':
      return { outcome: 'begun', pagedAt: pagedAt ?? turn.pagedAt, word: stillSo(asked.word, turn.leases) };
    case 'others':
      return { outcome: 'busy', summary: `another heal has the lease of ${volume}` };
    case 'silent':
      // It has answered a moment ago: the next heal goes on.
      return { outcome: 'unanswered', summary: turn.ledger.why };
  }
}

/**
 * A witness is believed in nothing: the owner's own probe says whether it serves. Where nobody can be asked, the alarm is there.
 * @returns why nothing is done; else what the owner says
 */
async function askOwner(
  ports: Ports,
  journal: Journal,
  trigger: Trigger,
): Promise<{ readonly unproven?: Unbegun; readonly word?: Word }> {
  const { volume } = trigger;
  const none = (outcome: Unbegun['outcome'], summary: string) => ({ unproven: { outcome, summary } });
  const asked = await journal.ask('ask-owner', async (): Promise<Word | undefined> => {
    const { owner, currentVolume, leases = 0 } = (await ports.ledger.read(volume)) ?? {};
    if (!owner || !currentVolume) return undefined;
    const at = ports.clock.now();
    return { ...(await ports.host.probe(owner, volume, currentVolume)), volumeId: currentVolume, at, leases };
  });
  if (!asked.answered) return none('unanswered', asked.why);
  if (!asked.value) return none('unanswered', `the ledger names no owner of ${volume}`);
  const probe = asked.value;
  if (probe.state !== 'serving') return { word: probe };
  return none(nothingWrong(trigger), `${volume} is served by ${probe.instanceId}; ${trigger.reason}`);
}

/** Where a heal had the lease in between, it may have changed what the owner spoke of. */
function stillSo(word: Word | undefined, leases: number | undefined): Word | undefined {
  return word && leases === word.leases + 1 ? word : undefined;
}

/** @returns why there is nothing to do; `undefined` where there is, or nobody can know */
async function lookFirst(ports: Ports, journal: Journal, trigger: Trigger, now: number): Promise<Unbegun | undefined> {
  const { volume } = trigger;
  const looked = await journal.ask('look', () => observe(ports, volume));
  if (!looked.answered) {
    const { probe, reached, current } = await journal.step('look-without', () => standing(ports, volume, looked.by));
    // Where its host cannot be asked, the load balancer's word on it has to do: that nobody could ask says nothing of the volume.
    if (probe ? probe.state !== 'serving' : !reached) return undefined;
    return { outcome: nothingWrong(trigger), summary: `${volume} is served by ${current?.instanceId}; ${looked.why}` };
  }
  const seen = looked.value;
  const decision = decide(seen);
  if (decision.kind === 'none' && !owesNews(seen))
    return { outcome: nothingWrong(trigger), summary: reasonText(decision.reasons) };
  const paged = seen.ledger?.paged;
  if (decision.kind !== 'none' && paged?.final && isRecent(paged.at, now))
    return { outcome: 'quiet', summary: `people were notified: ${paged.about}` };
  return undefined;
}
