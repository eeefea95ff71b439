/** What befalls a stack while courses are uploaded into S3, in each form: before the blow, meanwhile, and once another one serves. */

import { intakeBucket } from '../../rehearsal/judge/intake.ts';
import type { Strike } from '../../rehearsal/scenarios/story/incident.ts';
import { makeCourse } from '../../rehearsal/world/courses.ts';
import { type Acknowledged, FORMS, type Form, objectsOf, send, type Upload } from '../../rehearsal/world/uploads.ts';
import { killAgent, outage, terminateInstance } from '../../simulator/aws/account/failures.ts';
import { OUTAGE } from '../../simulator/aws/account/outages.ts';
import { ServiceError } from '../../simulator/aws/account/service-error.ts';
import { Random } from '../../simulator/time/random.ts';
import { breaks, whenServed } from './journal-acts.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Until what was uploaded first is served. */
const SERVED_MS = 10 * SECOND_MS;
const MEANWHILE = 6;
const MEANWHILE_EVERY_MS = 15 * SECOND_MS;
/** Of one course, again and again. */
const REPLACED_EVERY_MS = 25 * SECOND_MS;
const KILLS = 8;
const KILLED_EVERY_MS = 11 * SECOND_MS;
/** Longer than any heal. */
const AWAY_SECONDS = 600;
/** Of an uploader, for one object: longer than that. */
const TRIES = 60;
const AGAIN_MS = 10 * SECOND_MS;

/** See `Story`, of which this is a part. */
interface IntakeStory {
  readonly about: string;
  readonly drills?: boolean;
  /** @returns what S3 has acknowledged, and goes on to */
  uploads(strike: Strike): readonly Acknowledged[];
  strike(strike: Strike): void;
}

/** The blow comes while the newest uploads are on their way. */
function uploaded(about: string, blow: (strike: Strike) => void): IntakeStory {
  return {
    about,
    uploads: (strike) => {
      const { clock } = strike.world;
      const door = new Door(strike);
      for (const form of FORMS) door.sends(`before-${form}`, form);
      door.sends('replaced', 'zip');
      clock.after(SERVED_MS - SECOND_MS, () => door.sends('replaced', 'zip', 2));
      clock.after(SERVED_MS, () => door.sends('at-the-end', 'folder'));
      for (let n = 0; n < MEANWHILE; n++)
        clock.after(SERVED_MS + n * MEANWHILE_EVERY_MS, () => door.sends(`meanwhile-${n}`, FORMS[n % FORMS.length]));
      for (const [n, form] of FORMS.entries())
        clock.after(SERVED_MS + n * REPLACED_EVERY_MS + SECOND_MS, () => door.sends('replaced', form, 3 + n));
      whenServed(strike, () => door.sends('after', 'zip'));
      return door.acknowledged;
    },
    strike: (strike) => strike.world.clock.after(SERVED_MS, () => blow(strike)),
  };
}

export const INTAKE_STORIES: Readonly<Record<string, IntakeStory>> = {
  intake: uploaded('courses are uploaded into S3 while the file system shuts down', breaks),
  'intake-spare': {
    ...uploaded('the same, with a spare', breaks),
    drills: true,
  },
  'intake-failover': uploaded('courses are uploaded into S3 while the owner is lost', ({ services, first }) =>
    terminateInstance(services, first.owner),
  ),
  'intake-killed': uploaded(
    'agents are killed again and again while courses are uploaded, and the file system shuts down',
    (strike) => {
      const { services, world, stage, first } = strike;
      for (let n = 0; n < KILLS; n++)
        world.clock.after(n * KILLED_EVERY_MS, () => {
          const owner = stage.servedBy(first.volume);
          if (owner !== undefined) killAgent(services, owner);
        });
      world.clock.after(MINUTE_MS, () => breaks(strike));
    },
  ),
  'intake-s3-lost': uploaded(
    'S3 answers nobody while the file system shuts down: what it has is taken in again',
    (strike) => {
      outage(strike.services, 's3', OUTAGE.hangs, AWAY_SECONDS);
      breaks(strike);
    },
  ),
};

/** Somebody who uploads, and tries again: only what S3 has acknowledged is owed. */
class Door {
  readonly acknowledged: Acknowledged[] = [];
  readonly #strike: Strike;
  readonly #bucket: string;

  constructor(strike: Strike) {
    this.#strike = strike;
    this.#bucket = intakeBucket(strike.stage);
  }

  sends(id: string, form: Form = 'zip', time = 1): void {
    const { world, first } = this.#strike;
    // What is in it matters to no run.
    const course = makeCourse(id, new Random(1, `${id} ${time}`));
    world.clock.spawn(`somebody uploads ${id}`, async () => {
      let last: Acknowledged | undefined;
      for (const object of objectsOf(first.volume, course, form)) last = await this.#sends(object);
      if (last) this.acknowledged.push(last);
    });
  }

  /** @throws what S3 said at last */
  async #sends(object: Upload, tries = TRIES): Promise<Acknowledged> {
    const { world } = this.#strike;
    try {
      return await send(world, this.#bucket, object);
    } catch (error) {
      const passes = error instanceof ServiceError || (error as Error).name === 'TimeoutError';
      if (!passes || tries === 1) throw error;
      await world.clock.sleep(AGAIN_MS);
      return this.#sends(object, tries - 1);
    }
  }
}
