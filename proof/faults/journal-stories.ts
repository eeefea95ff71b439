/** What befalls a stack with a journal of files. Each has content that no snapshot has, closed long enough before the blow to be in the journal. */
import type { Strike } from '../../rehearsal/scenarios/story/incident.ts';
import {
  disturb,
  fillRoot,
  freezeAgent,
  hangInstance,
  killAgent,
  makeRoom,
  outage,
  terminateInstance,
  thawAgent,
  wakeInstance,
} from '../../simulator/aws/account/failures.ts';
import { MISHAP } from '../../simulator/aws/account/mishaps.ts';
import { OUTAGE, type OutageKind } from '../../simulator/aws/account/outages.ts';
import { breaks, removes, renames, uploads, whenServed } from './journal-acts.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** What was closed so long ago is acknowledged. */
const JOURNALED_MS = 4 * SECOND_MS;
/** Longer than any heal. */
const AWAY_SECONDS = 600;
const ASLEEP_MS = 10 * MINUTE_MS;
/** What was closed is read, and its request under way. */
const UNDER_WAY_MS = 1100;
const REFUSED = 60;
/** Names that a directory is given, and how often. */
const STORM = 20;
const STORM_EVERY_MS = 1500;
/** Courses that are left. */
const KEPT = 3;

/** See `Story`, of which this is a part. */
interface JournalStory {
  readonly about: string;
  readonly drills?: boolean;
  strike(strike: Strike): void;
}

/** Uploads, a pause in which they are journaled, and then the blow. */
function closed(about: string, blow: (strike: Strike) => void): JournalStory {
  return {
    about,
    strike: (strike) => {
      uploads(strike, 'last-1');
      uploads(strike, 'last-2');
      const { clock } = strike.world;
      // What is deleted once it is journaled does not come back.
      clock.after(JOURNALED_MS, () => removes(strike, 'last-1'));
      clock.after(2 * JOURNALED_MS, () => blow(strike));
    },
  };
}

export const JOURNAL_STORIES: Readonly<Record<string, JournalStory>> = {
  journal: closed('what was closed before the file system shuts down is in the journal', breaks),
  'journal-spare': {
    ...closed('the same, with a spare that is older than the journal', breaks),
    drills: true,
  },
  's3-lost': closed('S3 does not answer while a volume with a journal is healed', (strike) =>
    withoutS3(strike, OUTAGE.hangs),
  ),
  's3-refuses': closed('S3 answers with errors for as long as a heal lasts', (strike) =>
    withoutS3(strike, OUTAGE.refuses),
  ),
  's3-throttled': closed('S3 refuses the next calls of agents while a volume with a journal is healed', (strike) => {
    disturb(strike.services, { service: 's3', how: MISHAP.throttled, times: REFUSED });
    breaks(strike);
  }),
  'unsealed-again': closed('S3 is away for a heal, and what is served unsealed shuts down as well', (strike) => {
    withoutS3(strike, OUTAGE.hangs);
    whenServed(strike, () => strike.world.clock.after(MINUTE_MS, () => breaks(strike)));
  }),
  'old-owner-wakes': closed('the agent of the old owner is frozen with an object on its way, and goes on', (strike) => {
    const { services, world, first } = strike;
    uploads(strike, 'on-its-way');
    disturb(services, { service: 's3', operation: 'PutObject', how: MISHAP.overdue, times: 1, ms: 2 * MINUTE_MS });
    world.clock.after(UNDER_WAY_MS, () => {
      freezeAgent(services, first.owner);
      world.clock.after(ASLEEP_MS, () => thawAgent(services, first.owner));
      breaks(strike);
    });
  }),
  'answer-lost': closed('S3 takes what is written next, the seal too, and its answers are lost', (strike) => {
    disturb(strike.services, { service: 's3', operation: 'PutObject', how: MISHAP.answerLost, times: 3 });
    uploads(strike, 'unanswered');
    strike.world.clock.after(JOURNALED_MS, () => breaks(strike));
  }),
  'writer-restarts-after-seal': closed('agents are killed once the journal is sealed', (strike) => {
    const { services, world, stage, first } = strike;
    freezeAgent(services, first.owner);
    breaks(strike);
    whenServed(strike, () => {
      uploads(strike, 'of-the-new-owner');
      world.clock.after(UNDER_WAY_MS, () => killAgent(services, stage.servedBy(first.volume) ?? first.owner));
      world.clock.after(MINUTE_MS, () => {
        thawAgent(services, first.owner);
        killAgent(services, first.owner);
        uploads(strike, 'after-the-restart');
      });
    });
  }),
  'rename-storm': closed('a directory is renamed again and again, until the failure and beyond it', (strike) => {
    uploads(strike, 'storm-0');
    const { clock } = strike.world;
    for (let n = 1; n <= STORM; n++)
      clock.after(JOURNALED_MS + n * STORM_EVERY_MS, () => renames(strike, `storm-${n - 1}`, `storm-${n}`));
    clock.after(JOURNALED_MS + (STORM / 2) * STORM_EVERY_MS, () => breaks(strike));
  }),
  'mass-delete-by-mistake': closed(
    'somebody deletes nearly all courses, and then the file system shuts down',
    (strike) => {
      const { world, stage, first } = strike;
      const owner = stage.servedBy(first.volume);
      const ids = owner ? world.disks.list(owner, first.volume) : [];
      for (const id of ids.slice(KEPT)) removes(strike, id);
      world.clock.after(JOURNALED_MS, () => breaks(strike));
    },
  ),
  'spool-full': closed(
    'the root disk of the owner is full for a while, and its agent ends as often as it starts',
    (strike) => {
      const { services, world, first } = strike;
      fillRoot(services, first.owner);
      uploads(strike, 'meanwhile');
      removes(strike, 'last-2');
      world.clock.after(MINUTE_MS, () => makeRoom(services, first.owner));
      world.clock.after(2 * MINUTE_MS, () => breaks(strike));
    },
  ),
  'journal-failover': closed('the owner is lost, and its volume is mounted elsewhere', ({ services, first }) =>
    terminateInstance(services, first.owner),
  ),
  'journal-owner-hangs': closed('the owner hangs, and wakes up once another one serves', (strike) => {
    const { services, world, first } = strike;
    uploads(strike, 'on-its-way');
    world.clock.after(UNDER_WAY_MS, () => hangInstance(services, first.owner));
    world.clock.after(ASLEEP_MS, () => {
      const { state } = services.ec2.instances.get(first.owner) ?? {};
      if (state === 'running') wakeInstance(services, first.owner);
    });
  }),
};

function withoutS3(strike: Strike, how: OutageKind): void {
  outage(strike.services, 's3', how, AWAY_SECONDS);
  breaks(strike);
  whenServed(strike, () => uploads(strike, 'while-s3-is-away'));
}
