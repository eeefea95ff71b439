/** Recovery points that are late, missing, slow, or left behind. */

import { RUNS } from '../../../simulator/aws/account/faults.ts';
import {
  changePolicies,
  enablePolicies,
  failPolicies,
  shiftRuns,
  slowSnapshots,
} from '../../../simulator/aws/account/snapshot-failures.ts';
import { check } from '../../judge/checks.ts';
import type { Scenario } from '../../world/world.ts';
import { contentFalls } from '../volumes/content-falls.ts';
import { leftBehind } from './left-behind.ts';
import {
  calmAgain,
  guardTook,
  HOUR_MS,
  hours,
  neverDoubled,
  neverOlder,
  neverPiled,
  nobodyWoken,
  notifiedOfAge,
  pagedOnce,
} from './recovery-points.ts';
import { verifiedHeld } from './verified-held.ts';

const MESSAGE = 'The execution role does not have sufficient permissions to create snapshots';
/** Pending at once: EBS allows five, and DLM uses them all. */
const PENDING = 5;

export const snapshotScenarios: Readonly<Record<string, Scenario>> = {
  'dlm-late': hours({
    about: 'DLM starts its runs with the longest gaps that it allows itself, and then misses them for two hours',
    acts: [
      { hours: 6, act: ({ services }) => shiftRuns(services, RUNS.latest) },
      { hours: 2, act: ({ services }) => shiftRuns(services, RUNS.never) },
      { hours: 2, act: ({ services }) => shiftRuns(services, RUNS.usual) },
    ],
    // Two volumes: a gap of 75 minutes every other hour, and then two hours that need three each.
    checks: (h) => [neverOlder(h), guardTook(h, 6, 16, 8), neverDoubled(h), nobodyWoken(h), calmAgain(h)],
  }),
  'dlm-error': hours({
    about: 'the snapshot policy goes to state ERROR for five hours',
    acts: [
      { hours: 5, act: ({ services }) => failPolicies(services, MESSAGE) },
      { hours: 2, act: ({ services }) => enablePolicies(services) },
    ],
    checks: (h) => [neverOlder(h), guardTook(h, 10, 16, 2), neverDoubled(h), pagedOnce(h, MESSAGE), calmAgain(h)],
  }),
  'dlm-changed': hours({
    about: 'somebody disables the snapshot policy by hand, and forgets it',
    acts: [{ hours: 4, act: ({ services }) => changePolicies(services, { State: 'DISABLED' }) }],
    checks: (h) => [neverOlder(h), guardTook(h, 8, 12, 0), neverDoubled(h), pagedOnce(h, 'DISABLED'), calmAgain(h)],
  }),
  'snapshot-slow': hours({
    about: 'snapshots take up to three hours to complete, and DLM first misses its runs and then does not',
    acts: [
      {
        hours: 3,
        act: ({ services }) => {
          slowSnapshots(services, 3 * HOUR_MS);
          shiftRuns(services, RUNS.never);
        },
      },
      { hours: 2, act: ({ services }) => shiftRuns(services, RUNS.usual) },
      { hours: 4, act: ({ services }) => slowSnapshots(services) },
    ],
    checks: (h) => [
      notifiedOfAge(h),
      // Two for each of two volumes; the next only once one of them is complete.
      guardTook(h, 4, 8, 6),
      neverDoubled(h),
      neverPiled(h),
      check('no more are pending than EBS allows', h.pending <= PENDING, `${h.pending} at once`),
      calmAgain(h),
    ],
  }),
  'left-behind': leftBehind,
  'content-falls': contentFalls,
  'verified-held': verifiedHeld,
};
