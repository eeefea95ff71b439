/** Copies that are of no use, and could not be known to be: they were taken of what had failed. */

import { throttle } from '../../../simulator/aws/account/failures.ts';
import { check } from '../../judge/checks.ts';
import { dataIn, heard, says } from '../../judge/heard.ts';
import { completedSnapshots, recoveryPoint } from '../../judge/measure.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** How long EC2 refuses calls, and with them each heal. */
const EC2_LOST_SECONDS = 2 * 3600;
/** More than a heal goes back. */
const COPIES = 6;

function copiesAfter({ services, first }: Strike) {
  return [...services.ec2.snapshots.values()].filter((s) => s.volumeId === first.volumeId && s.startedAt > first.at);
}

/** Each copy of the dead volume is dead, too. */
function breakForLong(strike: Strike): void {
  const { world, services, first } = strike;
  breakFileSystem(strike, first);
  throttle(services, EC2_LOST_SECONDS);
  world.clock.after(EC2_LOST_SECONDS * 1000 - 1, () => {
    for (const { id } of copiesAfter(strike)) {
      world.disks.spoil(id);
      services.cloud.faults.spoilt.add(id);
    }
  });
}

function beforeFailure(strike: Strike): Check[] {
  const { world, services, stage, first } = strike;
  const spoilt = copiesAfter(strike).filter(({ id }) => services.cloud.faults.spoilt.has(id));
  const owner = stage.servedBy(first.volume);
  const { snapshot } = owner ? recoveryPoint(world, first, owner) : { snapshot: undefined };
  const [newest] = completedSnapshots(world, stage, first.volume).filter((s) => s.startedAt < first.at);
  const made = [...services.ec2.volumes.values()].filter((v) => spoilt.some(({ id }) => id === v.snapshotId));
  const since = first.at;
  const said = heard(services.sns, { since }).filter((m) => says(m, { code: 'pointsFailed' }) || dataIn(m).rejected);
  return [
    check(
      `the schedule went on: ${COPIES} copies and more are of the dead volume`,
      spoilt.length >= COPIES,
      String(spoilt.length),
    ),
    check(
      'none of them is tried',
      made.length === 0,
      made.map((v) => `${v.id} from ${v.snapshotId}`),
      'none',
    ),
    check(
      'the newest copy from before the failure serves',
      snapshot !== undefined && snapshot.id === newest?.id,
      `${snapshot?.id ?? 'none'}; the newest was ${newest?.id ?? 'none'}`,
    ),
    check(
      'nobody is notified that copies are of no use',
      said.length === 0,
      said[0]?.message.split('\n')[0] ?? 'nobody',
    ),
  ];
}

export const suspectPlans: Readonly<Record<string, Plan>> = {
  'copies-after-failure': {
    about: `the file system shuts down while EC2 refuses every call for ${EC2_LOST_SECONDS / 3600} hours, and the schedule goes on copying the dead volume`,
    settings: { snapshots: { perHour: 4 } },
    expect: {
      outcome: ['replace'],
      withinMs: EC2_LOST_SECONDS * 1000 + 8 * MINUTE_MS,
      calls: 20_000,
      mayPage: true,
    },
    restMs: EC2_LOST_SECONDS * 1000 + 30 * MINUTE_MS,
    lacksMs: EC2_LOST_SECONDS * 1000 + 30 * MINUTE_MS,
    strike: breakForLong,
    checks: beforeFailure,
  },
};
