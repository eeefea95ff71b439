/** What befalls a stack with a journal of files. Each has content that no snapshot has, closed long enough before the blow to be in the journal. */

import { servedVolume } from '../../rehearsal/judge/measure.ts';
import { breakFileSystem, once } from '../../rehearsal/scenarios/story/breaking.ts';
import { upload } from '../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Strike } from '../../rehearsal/scenarios/story/incident.ts';
import { makeCourse } from '../../rehearsal/world/courses.ts';
import {
  disturb,
  freezeAgent,
  hangInstance,
  outage,
  terminateInstance,
  thawAgent,
  wakeInstance,
} from '../../simulator/aws/account/failures.ts';
import { MISHAP } from '../../simulator/aws/account/mishaps.ts';
import { OUTAGE, type OutageKind } from '../../simulator/aws/account/outages.ts';
import { DiskError } from '../../simulator/disks/disks.ts';
import { Random } from '../../simulator/time/random.ts';

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

/** The file system of whatever serves by now shuts down; where nothing does, nothing is broken. */
function breaks(strike: Strike): void {
  const { world, stage, first } = strike;
  const owner = stage.servedBy(first.volume);
  const volumeId = owner && servedVolume(world, owner, first.volume);
  if (!volumeId || world.disks.list(owner, first.volume).length === 0) return;
  breakFileSystem(strike, { ...first, at: world.clock.now(), owner, volumeId });
}

function withoutS3(strike: Strike, how: OutageKind): void {
  outage(strike.services, 's3', how, AWAY_SECONDS);
  breaks(strike);
  whenServed(strike, () => uploads(strike, 'while-s3-is-away'));
}

function whenServed(strike: Strike, act: () => void): void {
  const { first } = strike;
  once(strike, 'message', ({ attributes }) => attributes.kind === 'served' && attributes.volume === first.volume, act);
}

/** Through whoever serves, where anybody does. */
function uploads(strike: Strike, id: string): void {
  const { world, stage, first, libraries } = strike;
  if (!stage.servedBy(first.volume)) return;
  // What is in it matters to no run.
  const course = makeCourse(id, new Random(1, id));
  try {
    upload(world, stage, first.volume, course);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return;
  }
  libraries.get(first.volume)?.add(course, world.clock.now());
}

function removes({ world, stage, first, libraries }: Strike, id: string): void {
  const owner = stage.servedBy(first.volume);
  if (!owner || !world.disks.list(owner, first.volume).includes(id)) return;
  world.disks.remove(owner, first.volume, id);
  libraries.get(first.volume)?.delete(id, world.clock.now());
}
