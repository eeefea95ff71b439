import { disturb, freezeAgent, outage, thawAgent } from '../../../simulator/aws/account/failures.ts';
import { MISHAP } from '../../../simulator/aws/account/mishaps.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { check, incidents, neverBlank, oneWriter } from '../../judge/checks.ts';
import { heard, reasonsIn } from '../../judge/heard.ts';
import { closedFilesServed, journalObjects, nothingMissingUnsaid, termsInOrder } from '../../judge/journal.ts';
import { type Failure, failureOf } from '../../judge/measure.ts';
import { pagesStored } from '../../judge/page.ts';
import { makeCourse } from '../../world/courses.ts';
import type { Check, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import { upload } from '../story/deployed-stack.ts';
import { prepare, type Strike } from '../story/incident.ts';
import type { Act } from './journal.ts';
import { nobodyCalled, SETTINGS, servedAgain } from './journal.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const PATIENCE_MS = 30 * MINUTE_MS;
const REST_MS = 25 * MINUTE_MS;
/** Longer than any heal takes, and then S3 is there again. */
const S3_LOST_SECONDS = 600;
const ASLEEP_MS = 10 * MINUTE_MS;
/** An agent has read what was closed, and its request is under way; and then it is frozen. */
const READ_MS = 1050;
const FROZEN_MS = 500;

/** What goes wrong with a takeover, beside the file system of the owner. */
export interface Takeover {
  readonly about: string;
  /** Over those of a stack with a journal. */
  readonly settings?: Scenario['settings'];
  /** Before the file system is broken. @returns promises judged by then */
  readonly before: (strike: Strike) => Promise<readonly Check[]>;
  /** How content is lost. @default its file system shuts down */
  readonly breaks?: (strike: Strike, failure: Failure) => void;
  /** Once it is served again. */
  readonly served: (strike: Strike) => void;
  readonly checks: (act: Act) => readonly Check[];
  /** Some of what was closed is lost, as a part of the story. @default false */
  readonly loses?: boolean;
}

export function takeover({ about, settings, ...story }: Takeover): Scenario {
  return { about, settings: { ...SETTINGS, ...settings }, play: (world) => play(world, story) };
}

async function play(world: World, story: Omit<Takeover, 'about' | 'settings'>): Promise<ScenarioResult> {
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, stage, strike } = prepared;
  const { volume } = strike.first;
  const library = strike.libraries.get(volume);
  if (!library) throw new Error(`nothing was uploaded to ${volume}`);
  const before = await story.before(strike);
  const failure = failureOf(world, stage, volume);
  (story.breaks ?? breakFileSystem)(strike, failure);
  world.spotlight(true);
  const isServed = () => ![undefined, failure.owner].includes(stage.servedBy(volume));
  await world.clock.run(failure.at + PATIENCE_MS, isServed);
  const servedAt = isServed() ? world.clock.now() : undefined;
  if (servedAt !== undefined) story.served(strike);
  await world.clock.run(world.clock.now() + REST_MS);
  world.spotlight(false);
  watch.stop();
  const act: Act = { world, stage, library, failure };
  return {
    checks: [
      ...before,
      oneWriter(watch),
      neverBlank(watch),
      servedAgain(failure, servedAt),
      nothingMissingUnsaid(world, act),
      ...(story.loses ? [] : closedFilesServed(world, act)),
      termsInOrder(world, stage, volume),
      nobodyCalled(act),
      ...story.checks(act),
    ],
    recovery: undefined,
  };
}

/** Somebody uploads a course to whoever serves. */
export function uploads({ world, stage, first, libraries }: Strike, id: string): void {
  const course = makeCourse(id, world.random.stream(id));
  upload(world, stage, first.volume, course);
  libraries.get(first.volume)?.add(course, world.clock.now());
}

/** S3 does not answer: content is served all the same, and what the journal has comes when S3 does. */
export const s3Lost: Scenario = takeover({
  about:
    'S3 does not answer while a volume with a journal is healed: it is served unsealed, and brought up to the journal later',
  before: async (strike) => {
    const { world, services } = strike;
    uploads(strike, 'the-last');
    await world.clock.run(world.clock.now() + 4 * SECOND_MS);
    outage(services, 's3', OUTAGE.hangs, S3_LOST_SECONDS);
    return [];
  },
  // Of a course that is there by neither copy nor journal: it has to stay, and to be journaled.
  served: (strike) => uploads(strike, 'while-s3-is-lost'),
  checks: ({ world, stage, library, failure }) => {
    const [message] = heard(world.services.sns, { kinds: ['served'], volume: failure.volume, since: failure.at });
    const codes = message ? reasonsIn(message).map(({ code }) => code) : [];
    const objects = journalObjects(world, stage, failure.volume);
    const owner = stage.servedBy(failure.volume);
    const later = library.after(failure.at).map(({ id }) => id);
    const there = owner === undefined ? [] : world.disks.list(owner, failure.volume);
    return [
      check(
        'people are notified that S3 did not answer, and how far was read',
        codes.includes('journalUnsealed'),
        codes,
        'nobody is',
      ),
      check(
        'what was uploaded meanwhile stays, and is journaled after the seal',
        later.length > 0 && later.every((id) => there.includes(id)) && objects.at(-1)?.kind === 'segment',
        `${later.filter((id) => there.includes(id)).length} of ${later.length}; the last object is a ${objects.at(-1)?.kind}`,
      ),
      pagesStored(world, failure),
    ];
  },
});

/** Freezes the owner's agent with a request on its way, and its volume is lost half a second later. */
export async function freezeInFlight(strike: Strike): Promise<void> {
  const { world, services, first } = strike;
  uploads(strike, 'acknowledged');
  await world.clock.run(world.clock.now() + 4 * SECOND_MS);
  uploads(strike, 'on-its-way');
  disturb(services, { service: 's3', operation: 'PutObject', how: MISHAP.requestLost, times: 1 });
  await world.clock.run(world.clock.now() + READ_MS);
  freezeAgent(services, first.owner);
  await world.clock.run(world.clock.now() + FROZEN_MS);
}

/** The old owner's agent was frozen with a request on its way. */
export const oldOwnerWakes: Scenario = takeover({
  about:
    'the agent of the old owner is frozen with an object on its way, and goes on after the takeover: the seal fences it',
  before: async (strike) => {
    const { world, services, first } = strike;
    await freezeInFlight(strike);
    world.clock.after(ASLEEP_MS - FROZEN_MS, () => thawAgent(services, first.owner));
    return [];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, failure }) => {
    const owner = stage.servedBy(failure.volume);
    const there = owner === undefined ? [] : world.disks.list(owner, failure.volume);
    const drained = incidents(world, failure.volume, failure.at).map((each) => each.drained);
    return [
      check(
        'the record says that the old owner did not send all',
        drained.some((each) => each?.flushed === false),
        JSON.stringify(drained),
      ),
      check('what nobody had acknowledged is not served', !there.includes('on-its-way'), 'as it should be'),
      check(
        'what the new owner took is in the journal',
        journalObjects(world, stage, failure.volume).at(-1)?.kind === 'segment',
        `the last object is a ${journalObjects(world, stage, failure.volume).at(-1)?.kind}`,
      ),
    ];
  },
});
