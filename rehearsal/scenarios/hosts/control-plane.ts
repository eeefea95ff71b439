/** The file system is gone, and AWS does not do what it is asked: or not at once, or not at all. */
import {
  exhaustCapacity,
  restoreKey,
  revokeKey,
  stickAttach,
  throttle,
} from '../../../simulator/aws/account/failures.ts';
import { breakFileSystem } from '../story/breaking.ts';
import type { Plan } from '../story/incident.ts';

const MINUTE_MS = 60_000;
const KEY_REVOKED_MS = 2 * MINUTE_MS;
const CAPACITY = { code: 'stepFailed', error: 'InsufficientVolumeCapacity' } as const;

export const controlPlanePlans: Readonly<Record<string, Plan>> = {
  throttled: {
    about: 'the file system shuts down while EC2 refuses every call for two minutes',
    expect: { outcome: ['replace'], withinMs: 6 * MINUTE_MS },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      // The alarm takes one of them.
      throttle(strike.services, 120);
    },
  },
  capacity: {
    about: 'the file system shuts down, and no volume can be made in its zone',
    expect: { outcome: ['page', 'relocate'], withinMs: 10 * MINUTE_MS, because: [CAPACITY] },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      exhaustCapacity(strike.services, strike.first.zone);
    },
  },
  'capacity-for-a-while': {
    about: 'the file system shuts down, and for two minutes no volume can be made in its zone',
    expect: { outcome: ['replace', 'relocate'], withinMs: 10 * MINUTE_MS, mayPage: true },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      exhaustCapacity(strike.services, strike.first.zone, 120);
    },
  },
  'key-revoked': {
    about: 'the file system shuts down, and every new volume fails because its key is revoked',
    expect: {
      outcome: ['page'],
      withinMs: 10 * MINUTE_MS,
      because: [{ code: 'stepFailed', error: 'VolumeFailed' }],
      pageless: true,
    },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      revokeKey(strike.services);
    },
  },
  'key-revoked-for-a-while': {
    about: 'the file system shuts down, and for two minutes every new volume fails because its key is revoked',
    expect: { outcome: ['replace'], withinMs: 12 * MINUTE_MS, mayPage: true },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      revokeKey(strike.services);
      strike.world.clock.after(KEY_REVOKED_MS, () => restoreKey(strike.services));
    },
  },
  'stuck-attach': {
    about: 'the file system shuts down, and the first new volume stays in attaching',
    expect: {
      outcome: ['replace', 'relocate', 'page'],
      withinMs: 15 * MINUTE_MS,
      because: [{ code: 'pointsFailed' }, { code: 'didNotAct' }, { code: 'nobodyAnswers' }],
      mayPage: true,
      calls: 1000,
    },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      stickAttach(strike.services, 1);
    },
  },
};
