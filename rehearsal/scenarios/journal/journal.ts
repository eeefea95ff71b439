import { counted, duration } from '../../command/duration.ts';
import { check, neverBlank, oneWriter, PROMISE, pages, scheduleWorks, suspectKept } from '../../judge/checks.ts';
import {
  closedFilesServed,
  JOURNALED_AFTER_MS,
  ledgerKnowsJournal,
  nothingMissingUnsaid,
  recoveryPointNotified,
} from '../../judge/journal.ts';
import type { Failure } from '../../judge/measure.ts';
import { Library, makeCourse } from '../../world/courses.ts';
import { Watch } from '../../world/watch.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { bringUp, type Stage, upload } from '../story/deployed-stack.ts';
import { deleteUntilItBreaks, uploadAndPlant } from '../volumes/bad-wednesday.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** How long content may be gone before the promise is called broken. */
const PATIENCE_MS = 30 * MINUTE_MS;
/** Until everything must be at rest. */
const REST_MS = 20 * MINUTE_MS;
/** Uploads that no snapshot has, and then as long as the journal may take. */
const LAST_COURSES = 5;
const LAST_EVERY_MS = 20 * SECOND_MS;

/** Off until hosts have the agent: here a model stands for it. */
export const SETTINGS = { journal: { enabled: true } };

/** What a story with a journal is judged by. */
export interface Act {
  readonly world: World;
  readonly stage: Stage;
  readonly library: Library;
  readonly failure: Failure;
}

interface Story {
  readonly about: string;
  /** Done at the moment of the failure. */
  readonly strike?: (act: Act) => void;
  /** More promises, at rest. */
  readonly checks: (act: Act) => readonly Check[];
}

/** The bad Wednesday with a journal, and what else goes wrong on it. */
export function journaled({ about, strike, checks }: Story): Scenario {
  return {
    about,
    settings: SETTINGS,
    play: async (world) => {
      const watch = new Watch(world);
      const stage = await bringUp(world);
      const broken = (promise: string, seen: string): ScenarioResult => ({
        checks: [check(promise, false, seen)],
        recovery: undefined,
      });
      if (typeof stage === 'string') return broken('every content volume is served after a deployment', stage);
      const volume = stage.volumes[0]?.name ?? '';
      const library = new Library();
      const planted = await uploadAndPlant(world, stage, volume, library);
      if (typeof planted === 'string') return broken('a sound snapshot exists', planted);
      await uploadTheLast(world, stage, volume, library);
      const failure = await deleteUntilItBreaks(world, stage, volume, library, planted);
      const act: Act = { world, stage, library, failure };
      strike?.(act);
      world.say('the content is gone, and with it what no snapshot has');
      world.spotlight(true);
      const served = () => ![undefined, failure.owner].includes(stage.servedBy(volume));
      await world.clock.run(failure.at + PATIENCE_MS, served);
      const servedAt = served() ? world.clock.now() : undefined;
      await world.clock.run(world.clock.now() + REST_MS);
      world.spotlight(false);
      watch.stop();
      return {
        checks: [
          scheduleWorks(world),
          oneWriter(watch),
          neverBlank(watch),
          servedAgain(failure, servedAt),
          suspectKept(world, failure),
          ...checks(act),
        ],
        recovery: undefined,
      };
    },
  };
}

/** What people miss: uploads of the last two minutes, each closed and with time enough. */
async function uploadTheLast(world: World, stage: Stage, volume: string, library: Library): Promise<void> {
  const chance = world.random.stream('last courses');
  for (let n = 1; n <= LAST_COURSES; n++) {
    await world.clock.run(world.clock.now() + LAST_EVERY_MS);
    const course = makeCourse(`last-${n}`, chance);
    upload(world, stage, volume, course);
    library.add(course, world.clock.now());
  }
  await world.clock.run(world.clock.now() + JOURNALED_AFTER_MS);
}

export function servedAgain({ at }: Failure, servedAt: number | undefined): Check {
  return check(
    'served again within 5 min, from a snapshot',
    servedAt !== undefined && servedAt - at <= PROMISE.recoveryMs,
    servedAt === undefined ? `not within ${duration(PATIENCE_MS)}` : duration(servedAt - at),
  );
}

/** Nobody is called: it heals, and nothing is lost. */
export function nobodyCalled({ world, failure }: Act): Check {
  const called = pages(world, failure.volume, failure.at);
  return check('nobody is called', called.length === 0, counted(called.length, 'message'));
}

export const journal: Scenario = journaled({
  about: 'January 2010 once more, with a journal of files: what was closed 3 s before the failure is served afterwards',
  checks: (act) => [
    ...closedFilesServed(act.world, act),
    nothingMissingUnsaid(act.world, act),
    recoveryPointNotified(act.world, act.failure),
    ledgerKnowsJournal(act.world, act.failure.volume, 2),
    nobodyCalled(act),
  ],
});
