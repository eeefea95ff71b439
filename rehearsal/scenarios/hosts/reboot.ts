/** An owner that boots again serves by itself, where the ledger says that it may. */

import { EXIT } from '../../../contract/contract.ts';
import { outage, rebootInstance } from '../../../simulator/aws/account/failures.ts';
import { isEvent } from '../../../simulator/aws/account/happening.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, once } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** From the boot to content that is served: the ledger's answer, a mount, a web server. */
const BOOTED_MS = 15_000;
/** What a host serves by that was asked to. */
const ASKED: readonly string[] = ['mount', 'serve'];
const STOPS: readonly string[] = ['stopping', 'stopped'];

/** What happened on the owner since the blow, or to it. */
function happened<K extends 'booted' | 'resumed' | 'command'>({ services, first }: Strike, kind: K) {
  return services.cloud.log.flatMap(({ at, event }) =>
    at >= first.at && isEvent(event, kind) && event.instanceId === first.owner ? [{ at, event }] : [],
  );
}

/** The host itself has served it, soon after it was up. */
function servedByItself(strike: Strike): Check {
  const { volumeId } = strike.first;
  const up = happened(strike, 'booted')[0]?.at ?? Number.NaN;
  const looks = happened(strike, 'resumed').filter(({ event }) => event.exitCode === EXIT.ok);
  const served = looks.find(({ event }) => event.values.serving === volumeId)?.at;
  const took = served === undefined ? undefined : served - up;
  // Whoever was asked to before has not done it by himself.
  const commands = happened(strike, 'command').filter(({ event }) => event.exitCode === EXIT.ok);
  const asked = commands.find(({ event }) => ASKED.includes(event.verb))?.at ?? Number.POSITIVE_INFINITY;
  const itself = served !== undefined && served < asked;
  const seen =
    took === undefined ? 'it does not' : `${itself ? '' : 'not by itself, '}${duration(took)} after it was up`;
  return check('the owner serves by itself once it is up', itself && took !== undefined && took <= BOOTED_MS, seen);
}

function nothingStopped(strike: Strike): Check {
  const { services, first } = strike;
  const stopped = services.cloud.log.flatMap(({ at, event }) =>
    at >= first.at && event?.kind === 'instance' && STOPS.includes(event.state) ? [event.instanceId] : [],
  );
  return check('no instance is stopped', stopped.length === 0, [...new Set(stopped)], 'none');
}

/** It is on its volume of before, and no other was made. */
function sameVolume({ services, stage, first }: Strike): Check {
  const made = stage.physical(first.volume).filter((v) => v.createdAt >= first.at);
  const at = services.ec2.volume(first.volumeId).attachment?.instanceId;
  const seen = made.length > 0 ? `${made.map((v) => v.id).join(', ')} were made` : `${first.volumeId} is at ${at}`;
  return check('the volume stays where it is, and none is made', made.length === 0 && at === first.owner, seen);
}

function reboot(about: string, orderly: boolean): Plan {
  return {
    about,
    expect: { outcome: ['passed', 'remount'], withinMs: MINUTE_MS + BOOTED_MS },
    strike: ({ services, first }) => rebootInstance(services, first.owner, orderly),
    checks: (strike) => [servedByItself(strike), nothingStopped(strike), sameVolume(strike)],
  };
}

/** By itself it serves nothing: there is none of the volume that it served before, in any look. */
function servesNothingByItself(strike: Strike): Check {
  const looks = happened(strike, 'resumed');
  const served = looks.flatMap(({ event }) => event.values.serving ?? []);
  const seen = served.length > 0 ? `it serves ${served.join(', ')}` : `it looked ${looks.length} times`;
  return check('the owner looks, and serves nothing by itself', looks.length > 0 && served.length === 0, seen);
}

/** How long the ledger is out: longer than the owner asks. Seconds. */
const OUT_SECONDS = 20 * 60;
/** Up after the command to let go was given up. Milliseconds. */
const LATE_MS = 40_000;

export const rebootPlans: Readonly<Record<string, Plan>> = {
  'host-reboot': reboot('the owner is rebooted; it serves again by itself', true),
  'host-crash': reboot('the owner crashes and boots again: the log of its file system has to be replayed', false),
  'host-reboot-unanswered': {
    about: 'the owner is rebooted while the ledger answers nobody for twenty minutes',
    restMs: 50 * MINUTE_MS,
    expect: { outcome: ['remount'], withinMs: OUT_SECONDS * 1000 + 6 * MINUTE_MS, mayPage: true, calls: 2000 },
    strike: ({ services, first }) => {
      outage(services, 'dynamodb', OUTAGE.refuses, OUT_SECONDS);
      rebootInstance(services, first.owner, true);
    },
    checks: (strike) => [servesNothingByItself(strike), nothingStopped(strike), sameVolume(strike)],
  },
  'reboot-during-heal': {
    about: 'the file system shuts down, and the owner crashes and boots again just before it is asked to let go',
    drills: true,
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => {
      once(
        strike,
        'command',
        ({ verb, exitCode }) => verb === 'probe' && exitCode === EXIT.shutdown,
        ({ instanceId }) => rebootInstance(strike.services, instanceId, false, LATE_MS),
      );
      breakFileSystem(strike, strike.first);
    },
    checks: (strike) => [servesNothingByItself(strike), nothingStopped(strike)],
  },
};
