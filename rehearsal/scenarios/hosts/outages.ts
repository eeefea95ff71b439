/** A service of AWS is out for an hour, and a file system is lost meanwhile. */

import { guardAlarmName } from '../../../contract/contract.ts';
import type { MessageKind } from '../../../contract/messages.ts';
import { outage } from '../../../simulator/aws/account/failures.ts';
import { OUTAGE, type OutageKind, type Service } from '../../../simulator/aws/account/outages.ts';
import { duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { type Because, dataIn, heard, PAGES, replacementIn, says, unheardIn, valuesIn } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, breakWhatServes } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

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

interface Placed {
  readonly volumeId: string;
  readonly instanceId: string;
}

/** When the healer was first run after the failure. */
function healBegan({ services }: Strike, since: number): number {
  return services.lambda.begun.find((b) => b.name.includes('Healer') && b.at >= since)?.at ?? Number.POSITIVE_INFINITY;
}

/** What a message has to say. */
interface Says {
  /** Ids. */
  readonly names: readonly string[];
  readonly because?: Because;
  /** Commands to paste. */
  readonly commands?: number;
}

/** People are notified within a minute of the heal's start. @param what all of it in one message. @param since Unix milliseconds */
function notifiedWithinMinute(
  strike: Strike,
  since: number,
  kind: MessageKind,
  { names, because, commands = 0 }: Says,
): Check {
  const began = healBegan(strike, since);
  const notified = heard(strike.services.sns, { kinds: [kind], volume: strike.first.volume, since }).find(
    (m) =>
      names.every((name) => valuesIn(m).includes(name)) &&
      (because === undefined || says(m, because)) &&
      Number(dataIn(m).commands ?? 0) >= commands,
  );
  const took = notified && notified.at - began;
  return check(
    'people are notified of what holds within a minute of the heal',
    took !== undefined && took <= MINUTE_MS,
    took === undefined ? 'nobody is notified' : `${notified?.subject}, after ${duration(took)}`,
  );
}

/** While people are out of reach nothing is lost of what they have to know: it comes when they can be reached, with its time. */
function notifiedAfterwards(strike: Strike, seconds: number): Check {
  const over = strike.first.at + seconds * 1000;
  const [notified] = heard(strike.services.sns, { kinds: ['served'], volume: strike.first.volume, since: over });
  const dataUntil = Number(notified && replacementIn(notified)?.recoveryPointAt);
  return check(
    'people are notified once they can be reached, with up to when data reach',
    notified !== undefined && notified.at - over <= AFTER_MS && dataUntil <= strike.first.at,
    notified ? `${notified.subject}, ${duration(notified.at - over)} after` : 'nobody is notified',
  );
}

/** An alarm tries once to notify people, and not again: what went off while they were out of reach, and is not calm, is said once they are back. */
function alarmsHeardAfterwards({ services, first, world }: Strike, seconds: number): Check {
  const over = first.at + seconds * 1000;
  const said = services.sns.messages.flatMap((m) => unheardIn(m).map((alarm) => ({ ...alarm, at: m.at })));
  const changes = said.map(({ name, since }) => `${name} since ${new Date(since).toISOString()}`);
  // Its rounds need the topic: it has failed for most of the hour.
  const guards = said.find(({ name }) => name === guardAlarmName(world.stackName));
  return check(
    'of alarms that could notify nobody they are notified then, once',
    guards?.state === 'ALARM' &&
      guards.at - over <= AFTER_MS &&
      guards.since < over &&
      new Set(changes).size === changes.length,
    changes,
    'nobody is notified',
  );
}

/** The same trouble is a message or two an hour, and not one for each heal. */
function fewMessages({ services, first }: Strike, most: number): Check {
  const notified = heard(services.sns, { kinds: [...PAGES, 'waits'], since: first.at });
  const others = notified.filter((m) => m.attributes.volume !== first.volume);
  const kept = notified.length <= most && others.length === 0;
  return check(
    `at most ${most} messages of it, and none of what serves`,
    kept,
    notified.map((m) => m.subject),
    'none',
  );
}

/** No host is asked to move anything while it cannot be known who else does. */
function nothingMoved({ services, first }: Strike, seconds: number): Check {
  const until = first.at + seconds * 1000;
  const moved = services.ssm.ran.filter((r) => r.sentAt >= first.at && r.sentAt < until && MOVES.includes(r.verb));
  return check(
    'nothing is moved while it cannot be known who else moves it',
    moved.length === 0,
    moved.map((r) => `${r.verb} ${r.volumeId} on ${r.instanceId}`),
    'nothing',
  );
}

/** The spare as the world shows it. */
function spareOf({ stage, first }: Strike): Placed {
  const spare = stage.physical(first.volume).find((v) => v.tags['remount:role'] === 'spare' && v.attachment);
  return { volumeId: spare?.id ?? 'no spare', instanceId: spare?.attachment?.instanceId ?? 'no instance' };
}

/** Of the spare, which needs none of the services that are out. */
const SPARE_MS = 3 * MINUTE_MS;

/** The file system is lost while a service is out, and a spare lies ready. */
function lost(
  service: Service,
  kind: OutageKind,
  about: string,
  plan: Pick<Plan, 'expect'> & {
    /** From the beginning of the outage to the failure. Milliseconds. */
    readonly laterMs?: number;
    checks(strike: Strike, spare: Placed): Check[];
  },
): Plan {
  let spare: Placed = { volumeId: '', instanceId: '' };
  return {
    about: `the file system shuts down while ${about} for an hour, and a spare lies ready`,
    drills: true,
    restMs: REST_MS,
    lacksMs: REST_MS,
    expect: { calls: CALLS, ...plan.expect },
    strike: (strike) => {
      spare = spareOf(strike);
      outage(strike.services, service, kind, HOUR_SECONDS);
      if (plan.laterMs === undefined) breakFileSystem(strike, strike.first);
      else strike.world.clock.after(plan.laterMs, () => breakWhatServes(strike));
    },
    checks: (strike) => plan.checks(strike, spare),
  };
}

const afterwards: Pick<Plan['expect'], 'outcome' | 'withinMs' | 'mayPage'> = {
  outcome: ['replace'],
  withinMs: HOUR_SECONDS * 1000 + AFTER_MS,
  mayPage: true,
};

/** Nothing is moved, and people get what they need to let the spare serve. */
const withoutLedger = (kind: OutageKind, about: string): Plan =>
  lost('dynamodb', kind, about, {
    expect: afterwards,
    checks: (strike, spare) => [
      notifiedWithinMinute(strike, strike.first.at, 'ledgerSilent', {
        names: [spare.volumeId, spare.instanceId],
        commands: 2,
      }),
      fewMessages(strike, 2),
      nothingMoved(strike, HOUR_SECONDS),
    ],
  });

/** No host takes a command; people get who is where. */
const withoutHosts = (kind: OutageKind, about: string): Plan =>
  lost('ssm', kind, about, {
    expect: afterwards,
    checks: (strike, spare) => [
      notifiedWithinMinute(strike, strike.first.at, 'waits', {
        names: [strike.first.owner, strike.first.volumeId, spare.volumeId, spare.instanceId],
        because: { code: 'unanswered', service: 'SSM' },
      }),
      fewMessages(strike, 6),
    ],
  });

export const outagePlans: Readonly<Record<string, Plan>> = {
  'ledger-lost': withoutLedger(OUTAGE.hangs, 'the ledger answers nothing'),
  'ledger-denied': withoutLedger(OUTAGE.denies, 'nobody may read the ledger'),
  'ledger-unresolved': withoutLedger(OUTAGE.unresolved, "the ledger's name is not resolved"),
  'ec2-lost': lost('ec2', OUTAGE.refuses, 'EC2 refuses every call', {
    expect: { outcome: ['replace'], withinMs: SPARE_MS },
    checks: (strike, spare) => [
      notifiedWithinMinute(strike, strike.first.at, 'served', {
        names: [spare.volumeId],
        because: { code: 'tagsFollow' },
      }),
    ],
  }),
  'ssm-lost': withoutHosts(OUTAGE.hangs, 'Systems Manager answers nothing'),
  'ssm-denied': withoutHosts(OUTAGE.denies, 'nobody may send commands by Systems Manager'),
  'kms-lost': lost('kms', OUTAGE.refuses, 'KMS answers nobody', {
    expect: { outcome: ['replace'], withinMs: SPARE_MS },
    checks: (strike) => [notifiedAfterwards(strike, HOUR_SECONDS), alarmsHeardAfterwards(strike, HOUR_SECONDS)],
  }),
  'sns-lost': lost('sns', OUTAGE.refuses, 'SNS takes no message', {
    expect: { outcome: ['replace'], withinMs: SPARE_MS },
    checks: (strike) => [notifiedAfterwards(strike, HOUR_SECONDS), alarmsHeardAfterwards(strike, HOUR_SECONDS)],
  }),
  'metrics-lost': lost(
    'cloudwatch',
    OUTAGE.refuses,
    'CloudWatch takes no metric, and its alarms have gone off before',
    {
      laterMs: 7 * MINUTE_MS,
      expect: { outcome: ['replace'], withinMs: 15 * MINUTE_MS },
      checks: (strike, spare) => [
        notifiedWithinMinute(strike, strike.first.at + 7 * MINUTE_MS, 'served', { names: [spare.volumeId] }),
      ],
    },
  ),
  'balancer-unasked': lost('elasticloadbalancing', OUTAGE.slow, 'the load balancer answers the healer late', {
    expect: { outcome: ['replace'], withinMs: SPARE_MS },
    checks: (strike, spare) => [notifiedWithinMinute(strike, strike.first.at, 'served', { names: [spare.volumeId] })],
  }),
};
