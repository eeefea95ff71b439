/** A service of AWS is out for an hour, and a file system is lost meanwhile. */
import { check } from '../checks.ts';
import { outage } from '../cloud/failures.ts';
import { OUTAGE } from '../cloud/outages.ts';
import { duration } from '../duration.ts';
import type { Check } from '../world.ts';
import type { Plan, Strike } from './incident.ts';
import { breakFileSystem } from './strikes.ts';

const MINUTE_MS = 60_000;
const HOUR_SECONDS = 3600;
/** From the end of an outage to content that is served: whoever waits for it asks every quarter of a minute, and the spare is ready. */
const AFTER_MS = 6 * MINUTE_MS;
/** Until everything is at rest: the outage, and then the usual. */
const REST_MS = 85 * MINUTE_MS;
/** Looks at what does not answer, for an hour, and retries by the SDK. */
const CALLS = 6000;
/** What changes who serves: each is sent to a host. */
const MOVES: readonly string[] = ['mount', 'serve', 'release', 'format'];

/** When the healer was first run after the failure. */
function healBegan({ services, first }: Strike): number {
  return (
    services.lambda.begun.find((b) => b.name.includes('Healer') && b.at >= first.at)?.at ?? Number.POSITIVE_INFINITY
  );
}

/** People are told within a minute of the heal's start. @param says all of it in one message */
function toldWithinMinute(strike: Strike, subject: RegExp, ...says: readonly (string | RegExp)[]): Check {
  const from = strike.first.at;
  const began = healBegan(strike);
  const told = strike.services.sns.messages.find(
    (m) =>
      m.at >= from &&
      subject.test(m.subject) &&
      says.every((each) => (typeof each === 'string' ? m.message.includes(each) : each.test(m.message))),
  );
  const took = told && told.at - began;
  return check(
    'people are told what does not answer, and who is where, within a minute of the heal',
    took !== undefined && took <= MINUTE_MS,
    took === undefined ? 'nobody is told' : `${told?.subject}, after ${duration(took)}`,
  );
}

/** The same trouble is a message or two an hour, and not one for each heal. */
function fewMessages({ services, first }: Strike, most: number): Check {
  const told = services.sns.messages.filter((m) => m.at >= first.at && /needs a person|waits for/.test(m.subject));
  return check(`at most ${most} messages of it`, told.length <= most, told.map((m) => m.subject).join(', ') || 'none');
}

/** No host is told to move anything while it cannot be known who else does. */
function nothingMoved({ services, first }: Strike, seconds: number): Check {
  const until = first.at + seconds * 1000;
  const moved = services.ssm.ran.filter((r) => r.sentAt >= first.at && r.sentAt < until && MOVES.includes(r.verb));
  return check(
    'nothing is moved while it cannot be known who else moves it',
    moved.length === 0,
    moved.map((r) => `${r.verb} ${r.volumeId} on ${r.instanceId}`).join(', ') || 'nothing',
  );
}

/** The spare as the world shows it. */
function spareOf({ stage, first }: Strike): { readonly volumeId: string; readonly instanceId: string } {
  const spare = stage.physical(first.volume).find((v) => v.tags['remount:role'] === 'spare' && v.attachment);
  return { volumeId: spare?.id ?? 'no spare', instanceId: spare?.attachment?.instanceId ?? 'no instance' };
}

export const outagePlans: Readonly<Record<string, Plan>> = {
  'ledger-lost': (() => {
    let spare = { volumeId: '', instanceId: '' };
    return {
      about: 'the file system shuts down while the ledger answers nothing for an hour, and a spare lies ready',
      drills: true,
      restMs: REST_MS,
      expect: {
        outcome: ['replace'],
        withinMs: HOUR_SECONDS * 1000 + AFTER_MS,
        mayPage: true,
        calls: CALLS,
      },
      strike: (strike) => {
        spare = spareOf(strike);
        outage(strike.services, 'dynamodb', OUTAGE.hangs, HOUR_SECONDS);
        breakFileSystem(strike, strike.first);
      },
      checks: (strike) => [
        toldWithinMinute(strike, /needs a person/, /ledger does not answer/, spare.volumeId, spare.instanceId),
        fewMessages(strike, 2),
        nothingMoved(strike, HOUR_SECONDS),
      ],
    } satisfies Plan;
  })(),
};
