import { spareAlarmName } from '../../../contract/journal.ts';
import { maskFollower, terminateInstance } from '../../../simulator/aws/account/failures.ts';
import { duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import { JOURNALED_AFTER_MS } from '../../judge/journal.ts';
import { drainTook, type LedgerSpare, spareHas, spareOf, spareServes } from '../../judge/spare.ts';
import type { Check, Scenario, World } from '../../world/world.ts';
import type { Strike } from '../story/incident.ts';
import type { Act } from './journal.ts';
import { takeover, uploads } from './takeovers.ts';

/** Spares are what drills keep. */
const DRILLED = { drills: { enabled: true } };
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const LAST_COURSES = 4;
const LAST_EVERY_MS = 20 * SECOND_MS;
/** A drain that has next to nothing to read: what a command takes. */
const SHORT_MS = 5 * SECOND_MS;
/** Longer than the alarm waits, and than a drill: a new base is as much behind. */
const BEHIND_MS = 50 * MINUTE_MS;
const BEHIND_EVERY_MS = 5 * MINUTE_MS;
/** Until a group has replaced an instance, and a copy was drilled there. */
const REPLACED_MS = 60 * MINUTE_MS;

/** By the world of a play: the spare when the owner failed. */
const spares = new WeakMap<World, LedgerSpare>();

/** Uploads and a deletion that no snapshot has, and as long as the journal may take. */
async function lastCourses(strike: Strike): Promise<void> {
  const { world, first, stage, libraries } = strike;
  for (let n = 1; n <= LAST_COURSES; n++) {
    await world.clock.run(world.clock.now() + LAST_EVERY_MS);
    uploads(strike, `last-${n}`);
  }
  await world.clock.run(world.clock.now() + LAST_EVERY_MS);
  world.disks.remove(stage.servedBy(first.volume) ?? '', first.volume, 'last-1');
  libraries.get(first.volume)?.delete('last-1', world.clock.now());
  await world.clock.run(world.clock.now() + JOURNALED_AFTER_MS + SECOND_MS);
}

/** What the spare is at this moment, while its owner serves. */
function look({ world, first, libraries }: Strike): Check {
  const { volume } = first;
  const spare = spareOf(world, volume);
  if (spare) spares.set(world, spare);
  const library = libraries.get(volume);
  if (!library) throw new Error(`nothing was uploaded to ${volume}`);
  return spareHas(world, volume, library, world.clock.now() - JOURNALED_AFTER_MS);
}

function servedBySpare({ world, stage, failure }: Act): Check {
  return spareServes(world, failure, stage.servedBy(failure.volume), spares.get(world));
}

export const warmSpare: Scenario = takeover({
  settings: DRILLED,
  about:
    'the spare follows its owner by the journal; the file system of the owner shuts down: the spare serves, and has it all',
  before: async (strike) => {
    await lastCourses(strike);
    return [look(strike)];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: (act) => {
    const { world, failure } = act;
    const took = drainTook(world, failure);
    return [
      servedBySpare(act),
      check(
        'next to nothing had to be read while content was not served',
        took !== undefined && took <= SHORT_MS,
        took === undefined ? 'nothing was drained' : duration(took),
      ),
    ];
  },
});

export const spareBehind: Scenario = takeover({
  settings: DRILLED,
  about: 'nobody follows on the spare, for long: people are notified; when the owner fails, the rest is read first',
  before: async (strike) => {
    const { world, services, first } = strike;
    const begun = world.clock.now();
    for (const { id, state } of services.ec2.instances.values())
      if (state === 'running' && id !== first.owner) maskFollower(services, id);
    for (let at = 0; at < BEHIND_MS; at += BEHIND_EVERY_MS) {
      uploads(strike, `unfollowed-${at / BEHIND_EVERY_MS + 1}`);
      await world.clock.run(world.clock.now() + BEHIND_EVERY_MS);
    }
    await lastCourses(strike);
    const behind = look(strike);
    const notified = heardOfAlarm(services.sns, spareAlarmName(world.stackName, first.volume), begun);
    const goesOff = notified.find(({ alarm }) => alarm?.state !== 'OK');
    return [
      check('the spare is behind', !behind.kept, behind.seen),
      check(
        'people are notified that it is behind, and nobody is called',
        goesOff !== undefined,
        goesOff ? duration(goesOff.at - begun) : 'they are not',
      ),
    ];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: (act) => [servedBySpare(act)],
});

export const standbyReplaced: Scenario = takeover({
  settings: DRILLED,
  about: 'the standby is lost, and its spare with it; another one comes, is followed, and serves when the owner fails',
  before: async (strike) => {
    const { world, services, first } = strike;
    const lost = spareOf(world, first.volume);
    if (lost) terminateInstance(services, lost.instanceId);
    const isNew = () => {
      const spare = spareOf(world, first.volume);
      return spare !== undefined && spare.instanceId !== lost?.instanceId;
    };
    await world.clock.run(world.clock.now() + REPLACED_MS, isNew);
    await world.clock.run(world.clock.now() + MINUTE_MS);
    await lastCourses(strike);
    return [
      check(
        'there is a spare again, on another host',
        lost !== undefined && isNew(),
        JSON.stringify(spareOf(world, first.volume)),
      ),
      look(strike),
    ];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: (act) => [servedBySpare(act)],
});
