/** A copy that loads each block when it is first touched: it serves, slowly at first, and that is no evidence against it. */

import { EXIT } from '../../../contract/contract.ts';
import type { Written } from '../../../simulator/disks/reads.ts';
import { check } from '../../judge/checks.ts';
import { heard, replacementIn } from '../../judge/heard.ts';
import { servedVolume } from '../../judge/measure.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';
import { copiesMade, noneRejected, notifiedOfSlow } from './slow.ts';

const MINUTE_MS = 60_000;
const KIB_PER_GIB = 1024 * 1024;
/** Half a TiB in a million files, on a file system that was small when it was made: it grew to 2,000 allocation groups. */
const LARGE: Written = { courses: 20_000, files: 1_000_000, kib: 500 * KIB_PER_GIB, groups: 2000 };
/** Mount and verify read metadata: little of all there is. */
const COLD_AT_LEAST = 0.9;

function strike(strike: Strike): void {
  strike.services.cloud.loading.standsFor = LARGE;
  breakFileSystem(strike, strike.first);
}

function stillCold({ world, stage, first, services }: Strike): Check {
  const owner = stage.servedBy(first.volume);
  const volumeId = owner && servedVolume(world, owner, first.volume);
  const part = services.cloud.loading.coldPart(volumeId ?? '');
  return check(
    'it is served while most of it has still to be loaded',
    part >= COLD_AT_LEAST,
    `${(100 * part).toFixed(1)} % of ${volumeId}`,
  );
}

function notifiedOfCold({ services, first }: Strike): Check {
  const [notified] = heard(services.sns, { kinds: ['served'], volume: first.volume, since: first.at });
  const said = notified && replacementIn(notified);
  return check(
    'people are notified that it is slow at first, and that files were not counted to the end',
    said?.cold === true && said.moreFiles === true && Number(said.files) > 0,
    said ? `at least ${said.files} files` : 'nobody',
  );
}

function cutOff({ services, first }: Strike): Check {
  const verified = services.cloud.log.flatMap(({ at, event }) =>
    at > first.at && event?.kind === 'command' && event.verb === 'verify' && event.exitCode === EXIT.ok ? [event] : [],
  );
  const cut = verified.filter(({ values }) => values.filesComplete === 'false');
  return check(
    'what takes too long to be counted is not counted to its end, and serves',
    verified.length > 0 && cut.length === verified.length,
    `${cut.length} of ${verified.length} counts`,
  );
}

export const coldPlans: Readonly<Record<string, Plan>> = {
  'cold-volume': {
    about:
      'the file system shuts down; there is no spare, no rate is asked for, and the copy of a large volume loads what is touched',
    expect: { outcome: ['replace'], withinMs: 6 * MINUTE_MS, calls: 900 },
    strike,
    checks: (struck) => [
      copiesMade(struck),
      notifiedOfSlow(struck),
      noneRejected(struck),
      cutOff(struck),
      notifiedOfCold(struck),
      stillCold(struck),
    ],
  },
};
