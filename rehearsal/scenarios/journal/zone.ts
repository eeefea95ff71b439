/** The home zone is lost, and what no copy has is in the journal: which is of the Region. */
import { loseZone } from '../../../simulator/aws/account/failures.ts';
import { closedFilesServed } from '../../judge/journal.ts';
import type { Failure } from '../../judge/measure.ts';
import { Library } from '../../world/courses.ts';
import type { Plan, Strike } from '../story/incident.ts';
import { uploads } from './takeovers.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** What was closed so long ago is acknowledged. */
const JOURNALED_MS = 4 * SECOND_MS;

/** When the zone was lost, by the play. */
const lostAt = new WeakMap<Strike['world'], number>();

function loseJournaled(strike: Strike): void {
  const { world, services, first, libraries } = strike;
  for (const id of ['last-1', 'last-2']) uploads(strike, id);
  world.clock.after(JOURNALED_MS, () => {
    world.disks.remove(first.owner, first.volume, 'last-1');
    libraries.get(first.volume)?.delete('last-1', world.clock.now());
  });
  world.clock.after(2 * JOURNALED_MS, () => {
    lostAt.set(world, world.clock.now());
    loseZone(services, first.zone);
  });
}

export const zonePlans: Readonly<Record<string, Plan>> = {
  'zone-loss-journaled': {
    about:
      'the home zone is lost, with uploads and a deletion that no copy has: in another zone the journal is read onto a copy',
    settings: { journal: { enabled: true } },
    expect: { outcome: ['relocate'], withinMs: 30 * MINUTE_MS, calls: 1500, mayPage: true },
    strike: loseJournaled,
    checks: ({ world, stage, first, libraries }) => {
      const library = libraries.get(first.volume) ?? new Library();
      const failure: Failure = { ...first, at: lostAt.get(world) ?? first.at };
      return closedFilesServed(world, { stage, library, failure });
    },
  },
};
