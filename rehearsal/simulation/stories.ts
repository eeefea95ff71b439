/** Small incidents: one blow each, to a stack that has served for a few minutes. */
import { ALARM, alarmName } from '../../lib/contract.ts';
import {
  hangInstance,
  loseVolume,
  releaseStall,
  spoilSnapshots,
  stallVolume,
  terminateInstance,
  unmountVolume,
  wakeInstance,
} from '../cloud/failures.ts';
import { recoveryPoint, servedVolume } from '../measure.ts';
import type { Strike } from '../scenarios/incident.ts';
import { breakFileSystem, struck } from '../scenarios/strikes.ts';

const MINUTE_MS = 60_000;
const WAKES_AFTER_MS = 12 * MINUTE_MS;

const AGAIN_MS = 8 * MINUTE_MS;

export interface Story {
  readonly about: string;
  readonly volumes: readonly string[];
  strike(strike: Strike): void;
}

const ALPHA = ['alpha'];

export const STORIES: Readonly<Record<string, Story>> = {
  'file-system': {
    about: 'the file system shuts down',
    volumes: ALPHA,
    strike: (strike) => breakFileSystem(strike, strike.first),
  },
  'rotten-snapshot': {
    about: 'the file system shuts down, and the newest snapshot does not mount',
    volumes: ALPHA,
    strike: (strike) => {
      spoilSnapshots(strike.services, strike.stage.physical('alpha'), 1);
      breakFileSystem(strike, strike.first);
    },
  },
  'owner-terminated': {
    about: 'the owner is terminated',
    volumes: ALPHA,
    strike: ({ services, first }) => terminateInstance(services, first.owner),
  },
  'owner-hung': {
    about: 'the owner answers nothing, and wakes up later',
    volumes: ALPHA,
    strike: ({ services, world, first }) => {
      hangInstance(services, first.owner);
      world.clock.after(WAKES_AFTER_MS, () => wakeInstance(services, first.owner));
    },
  },
  'volume-error': {
    about: 'the volume goes to state error',
    volumes: ALPHA,
    strike: (strike) => loseVolume(strike.services, struck(strike, strike.first)),
  },
  'stalled-io': {
    about: 'I/O to the volume hangs, and goes on later',
    volumes: ALPHA,
    strike: (strike) => {
      const volume = struck(strike, strike.first);
      stallVolume(strike.services, volume);
      strike.world.clock.after(WAKES_AFTER_MS, () => releaseStall(strike.services, volume));
    },
  },
  again: {
    about: 'the file system shuts down, and eight minutes later that of whatever serves then',
    volumes: ALPHA,
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      strike.world.clock.after(AGAIN_MS, () => breakAgain(strike));
    },
  },
  unmounted: {
    about: 'somebody unmounts the volume',
    volumes: ALPHA,
    strike: (strike) => unmountVolume(strike.services, struck(strike, strike.first)),
  },
  'false-alarm': {
    about: 'an alarm goes off, and nothing is wrong',
    volumes: ALPHA,
    strike: ({ services, world, first }) =>
      services.cloudwatch.repeat(alarmName(world.stackName, first.volume, ALARM.serving)),
  },
  'two-volumes': {
    about: 'two volumes are served by one owner, which is terminated',
    volumes: ['alpha', 'beta'],
    strike: ({ services, first }) => terminateInstance(services, first.owner),
  },
};

/** Settings that the stack of a story is synthesized with, over those of cdk.json. */
export function settingsOf(story: Story): Readonly<Record<string, unknown>> {
  return { volumes: story.volumes.map((name) => ({ name, sizeGiB: 100, zone: 'eu-west-1a' })) };
}

/** What was newer than the recovery point is lost already, and not owed by the second heal. */
function breakAgain(strike: Strike, tries = 20): void {
  const { world, stage, first } = strike;
  const owner = stage.servedBy(first.volume);
  const volumeId = owner && servedVolume(world, owner, first.volume);
  if (!owner || !volumeId) {
    // Nobody serves yet: it breaks as soon as somebody does, if that is within the time of faults.
    if (tries > 0) world.clock.after(MINUTE_MS, () => breakAgain(strike, tries - 1));
    return;
  }
  const now = world.clock.now();
  const library = strike.libraries.get(first.volume);
  const { at } = recoveryPoint(world, first, owner);
  for (const course of library?.after(at) ?? []) library?.delete(course.id, first.at);
  if (world.disks.list(owner, first.volume).length === 0) return;
  breakFileSystem(strike, { ...first, at: now, owner, volumeId });
}
