/** Volumes that are lost, hang or cannot be trusted, and copies of them that are of no use. */
import {
  deleteSnapshots,
  loseVolume,
  releaseStall,
  spoilSnapshots,
  stallVolume,
} from '../../../simulator/aws/account/failures.ts';
import { breakFileSystem, struck } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';
import { plantBlank } from './blank.ts';

const MINUTE_MS = 60_000;
/** I/O that hung goes on after this: writes that waited on the old host would come through, if they still could. */
const STALLED_MS = 20 * MINUTE_MS;
/** I/O that goes on by itself, just when it could be taken for lost. */
const PASSING_MS = MINUTE_MS / 2;

/** Whoever looks once finds it dead, and whoever looks again finds nothing wrong. */
function stallForAMoment(strike: Strike): void {
  const volume = struck(strike, strike.first);
  stallVolume(strike.services, volume);
  strike.world.clock.after(PASSING_MS, () => releaseStall(strike.services, volume));
}

export const volumePlans: Readonly<Record<string, Plan>> = {
  'stalled-io': {
    about: 'I/O to the volume hangs; its host answers',
    expect: { outcome: ['replace'], withinMs: 10 * MINUTE_MS },
    strike: (strike) => {
      const volume = struck(strike, strike.first);
      stallVolume(strike.services, volume);
      strike.world.clock.after(STALLED_MS, () => releaseStall(strike.services, volume));
    },
  },
  'stall-passes': {
    about: 'I/O to the volume hangs for half a minute, and goes on',
    expect: { outcome: ['passed'], withinMs: MINUTE_MS },
    strike: stallForAMoment,
  },
  'spare-stall-passes': {
    about: 'I/O to the volume hangs for half a minute, and goes on; a spare lies ready',
    drills: true,
    expect: { outcome: ['passed'], withinMs: MINUTE_MS, calls: 1000 },
    strike: stallForAMoment,
  },
  'volume-lost': {
    about: 'the volume goes to state error, and its data with it',
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => loseVolume(strike.services, struck(strike, strike.first)),
  },
  'rotten-snapshots': {
    about: 'the file system shuts down, and the two newest snapshots do not mount',
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => {
      spoilSnapshots(strike.services, strike.stage.physical(strike.first.volume), 2);
      breakFileSystem(strike, strike.first);
    },
  },
  'no-recovery-point': {
    about: 'the file system shuts down, and somebody has deleted every snapshot',
    expect: { outcome: ['page'], withinMs: 5 * MINUTE_MS, because: [{ code: 'noPoint' }], deletes: true },
    strike: (strike) => {
      deleteSnapshots(strike.services, strike.stage.physical(strike.first.volume));
      breakFileSystem(strike, strike.first);
    },
  },
  'blank-trap': {
    about: 'the volume is lost, the ledger forgets it, and a blank one lies there as the current one',
    expect: { outcome: ['replace', 'page'], withinMs: 10 * MINUTE_MS, because: [{ code: 'blankWithHistory' }] },
    strike: (strike) => {
      loseVolume(strike.services, struck(strike, strike.first));
      plantBlank(strike, strike.first);
    },
  },
};
