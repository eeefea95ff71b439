/** Changes that the agent of the journal does not hear of: more at once than the kernel keeps, or while it cannot run. */
import { journalAlarmName } from '../../../contract/journal.ts';
import { fillRoot, freezeAgent, makeRoom, thawAgent } from '../../../simulator/aws/account/failures.ts';
import { duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heardOfAlarm } from '../../judge/heard.ts';
import { journalObjects } from '../../judge/journal.ts';
import type { Strike } from '../story/incident.ts';
import { takeover, uploads } from './takeovers.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** More than the kernel keeps of events that nobody reads: 16,384 (fanotify(7), `max_queued_events`). */
const SPINS = 17_000;
const SPINNING = 'spinning';
const SCANNED_MS = 60 * SECOND_MS;
const DOWN_MS = 20 * MINUTE_MS;
const NOTIFIED_MS = 10 * MINUTE_MS;
const BACK_MS = 60 * SECOND_MS;

/** A course gets one name after the other: each is an event of its own, and little is to be stated in the end. */
function spin({ world, first, libraries }: Strike): void {
  const library = libraries.get(first.volume);
  const course = library?.at(world.clock.now()).find(({ id }) => id === SPINNING);
  if (!library || !course) throw new Error(`${SPINNING} was not uploaded`);
  const name = (n: number) => (n === 0 ? SPINNING : `${SPINNING}-${n}`);
  for (let n = 1; n <= SPINS; n++) world.disks.renameCourse(first.owner, first.volume, name(n - 1), name(n));
  library.delete(SPINNING, world.clock.now());
  library.add({ ...course, id: name(SPINS) }, world.clock.now());
}

export const eventsOverflow = takeover({
  about:
    'more changes at once than the kernel keeps for an agent that stands still: what was not heard is found by a scan, deletions too',
  before: async (strike) => {
    const { world, services, first, libraries } = strike;
    for (const id of ['deleted-unheard', SPINNING]) uploads(strike, id);
    await world.clock.run(world.clock.now() + 5 * SECOND_MS);
    const before = journalObjects(world, strike.stage, first.volume).length;
    freezeAgent(services, first.owner);
    spin(strike);
    uploads(strike, 'unheard');
    world.disks.remove(first.owner, first.volume, 'deleted-unheard');
    libraries.get(first.volume)?.delete('deleted-unheard', world.clock.now());
    await world.clock.run(world.clock.now() + 5 * SECOND_MS);
    thawAgent(services, first.owner);
    await world.clock.run(world.clock.now() + SCANNED_MS);
    const after = journalObjects(world, strike.stage, first.volume).length;
    return [check('what was not heard is stated', after > before, `${before} objects, and then ${after}`)];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: () => [],
});

export const spoolFull = takeover({
  about:
    'the root disk of the owner is full, and its agent ends as often as it is started: people are notified; once there is room a scan finds what changed meanwhile, and all of it is served after a failure',
  before: async (strike) => {
    const { world, services, first, stage, libraries } = strike;
    uploads(strike, 'deleted-meanwhile');
    await world.clock.run(world.clock.now() + 5 * SECOND_MS);
    const since = world.clock.now();
    const before = journalObjects(world, stage, first.volume).length;
    fillRoot(services, first.owner);
    for (const id of ['meanwhile-1', 'meanwhile-2']) {
      uploads(strike, id);
      await world.clock.run(world.clock.now() + DOWN_MS / 2);
    }
    world.disks.remove(first.owner, first.volume, 'deleted-meanwhile');
    libraries.get(first.volume)?.delete('deleted-meanwhile', world.clock.now());
    const during = journalObjects(world, stage, first.volume).length;
    makeRoom(services, first.owner);
    await world.clock.run(world.clock.now() + BACK_MS);
    const after = journalObjects(world, stage, first.volume).length;
    const [message] = heardOfAlarm(services.sns, journalAlarmName(world.stackName, first.volume), since);
    return [
      check(
        `people are notified of the journal within ${duration(NOTIFIED_MS)}`,
        message !== undefined && message.at - since <= NOTIFIED_MS,
        message === undefined ? 'they are not' : duration(message.at - since),
      ),
      check(
        'nothing is in the journal while there is no room, and all of it afterwards',
        during === before && after > during,
        `${before} objects, ${during}, ${after}`,
      ),
    ];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: () => [],
});
