/** Mounts that take long: slow is no evidence against a volume, and no end is. */

import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { terminateInstance } from '../../../simulator/aws/account/failures.ts';
import { SlowMounts, type Slowness } from '../../../simulator/aws/storage/slow-mounts.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { dataIn, heard } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** Every mount takes so long, and moves on. */
const SLOW_SECONDS = 6 * 60;
const HANGS_SECONDS = 3600;

function slowly(strike: Strike, slowness: Slowness): void {
  breakFileSystem(strike, strike.first);
  strike.services.cloud.faults.slowMounts = new SlowMounts(slowness);
}

/** Volumes that a heal has made since the blow, by what became of them. */
function made({ stage, first }: Strike) {
  return stage.physical(first.volume).filter((v) => v.createdAt > first.at && v.tags[TAG.heal] !== undefined);
}

export function noneRejected({ services, first }: Strike): Check {
  const rejected = [...services.ec2.snapshots.values()].filter(
    (s) => s.tags[TAG.volume] === first.volume && s.tags[TAG.verdict] === VERDICT.rejected,
  );
  return check(
    'no copy is rejected for being slow',
    rejected.length === 0,
    rejected.map(({ id }) => id),
    'none',
  );
}

export function copiesMade(strike: Strike): Check {
  const volumes = made(strike);
  return check(
    'the first copy is waited for, and no other is made',
    volumes.length === 1,
    volumes.map(({ id }) => id).join(', '),
  );
}

export function notifiedOfSlow({ services, first }: Strike): Check {
  const notified = heard(services.sns, { kinds: ['slowMount'], volume: first.volume, since: first.at });
  return check(
    'people are notified once, with how far it is',
    notified.length === 1 && notified.every((m) => Number(dataIn(m).sectors) > 0),
    counted(notified.length, 'message'),
  );
}

function waitedFor(strike: Strike): Check[] {
  return [copiesMade(strike), notifiedOfSlow(strike), noneRejected(strike)];
}

function givenUp(strike: Strike): Check[] {
  const left = made(strike).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.quarantined);
  return [
    check('what does not move on is set aside, and kept', left.length === 1, left.map(({ id }) => id).join(', ')),
    noneRejected(strike),
  ];
}

/** It was never found damaged: it is kept, for people to look at. */
function oldSetAside({ services, first }: Strike): Check {
  const { state, tags } = services.ec2.volume(first.volumeId);
  const role = tags[TAG.role];
  return check('the volume that hangs is set aside, and kept', role === VOLUME_ROLE.quarantined, `${role}, ${state}`);
}

export const slowPlans: Readonly<Record<string, Plan>> = {
  'slow-mount': {
    about: `the file system shuts down, and whatever is mounted takes ${SLOW_SECONDS / 60} minutes, and moves on`,
    expect: { outcome: ['replace'], withinMs: 10 * MINUTE_MS, calls: 1500 },
    strike: (strike) => slowly(strike, { seconds: SLOW_SECONDS, moves: true, volumes: Number.POSITIVE_INFINITY }),
    checks: waitedFor,
  },
  'mount-hangs': {
    about: 'the file system shuts down, and the mount of the first copy hangs, and moves nothing',
    expect: { outcome: ['replace'], withinMs: 8 * MINUTE_MS, calls: 900 },
    strike: (strike) => slowly(strike, { seconds: HANGS_SECONDS, moves: false, volumes: 1 }),
    checks: givenUp,
  },
  'volume-hangs': {
    about: 'the owner is terminated, and the mount of its volume hangs on whoever takes it, and moves nothing',
    expect: { outcome: ['replace'], withinMs: 20 * MINUTE_MS, calls: 1500 },
    strike: ({ services, first }) => {
      terminateInstance(services, first.owner);
      services.cloud.faults.slowMounts = new SlowMounts({ seconds: HANGS_SECONDS, moves: false, volumes: 1 });
    },
    checks: (strike) => [oldSetAside(strike), noneRejected(strike)],
  },
};
