/** Agents that die again and again, and a journal that does not reach back to the newest copy. */
import { journalPrefix } from '../../../contract/journal.ts';
import { expireObjects, killAgent } from '../../../simulator/aws/account/failures.ts';
import { duration } from '../../command/duration.ts';
import { check, contentIntact, incidents } from '../../judge/checks.ts';
import { heard, reasonsIn } from '../../judge/heard.ts';
import { journalBucket, journalObjects } from '../../judge/journal.ts';
import { drainTook } from '../../judge/spare.ts';
import type { World } from '../../world/world.ts';
import type { Strike } from '../story/incident.ts';
import { takeover, uploads } from './takeovers.ts';

const SECOND_MS = 1000;
const KILLS = 8;
/** Starts of the owner's agent that write, at the least: some are killed before they do. */
const STARTS = 2;
/** From an upload until S3 has its object, and the agent does not know it yet. */
const WRITES_MS = 1050;
/** A killed agent is started again, and has caught up. */
const BACK_MS = 15 * SECOND_MS;
/** A takeover that does not wait for what never comes. */
const SHORT_MS = 10 * SECOND_MS;

export const agentKilled = takeover({
  about:
    'the agents of owner and standby are killed again and again while people upload: what was closed is served after the failure',
  before: async (strike) => {
    const { world, services, first } = strike;
    const chance = world.random.stream('kills');
    const hosts = [...services.ec2.instances.values()].filter(({ state }) => state === 'running').map(({ id }) => id);
    for (let n = 1; n <= KILLS; n++) {
      uploads(strike, `killed-${n}`);
      // Every other time its request is just under way; else before it has heard of it, while it reads, and after.
      const writes = n % 2 === 1;
      await world.clock.run(world.clock.now() + (writes ? WRITES_MS : Math.floor(chance.next() * 3 * SECOND_MS)));
      const other = hosts[Math.floor(chance.next() * hosts.length)] ?? first.owner;
      killAgent(services, writes ? first.owner : other);
      uploads(strike, `dead-${n}`);
      await world.clock.run(world.clock.now() + Math.floor(chance.next() * 20 * SECOND_MS));
    }
    await world.clock.run(world.clock.now() + BACK_MS);
    const runs = new Set(journalObjects(world, strike.stage, first.volume).map(({ run }) => run)).size;
    return [
      check('who was killed wrote again, each time by a start of its own', runs > STARTS, `${runs} starts wrote`),
    ];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, failure }) => [
    check(
      'what the new owner took is in the journal',
      journalObjects(world, stage, failure.volume).at(-1)?.kind === 'segment',
      `the last object is a ${journalObjects(world, stage, failure.volume).at(-1)?.kind}`,
    ),
  ],
});

/** By the world of a play: the newest number when the owner failed. */
const newest = new WeakMap<World, number>();

/** All of the journal but so many of its newest objects. */
function expire({ world, services, stage, first }: Strike, but: 0 | 1): void {
  const name = journalBucket(stage) ?? '';
  const keys = [...services.s3.bucket(name).objects(journalPrefix(first.volume))].map(([key]) => key);
  newest.set(world, journalObjects(world, stage, first.volume).at(-1)?.number ?? 0);
  expireObjects(services, name, keys.slice(0, keys.length - but));
}

export const baseTooOld = takeover({
  about:
    'what the journal had after the newest copy has expired: the copy serves, nobody takes it for all, and the seal is at the true end',
  // A spare that follows has it all: here there is none.
  settings: { drills: { enabled: false } },
  loses: true,
  before: async (strike) => {
    const { world } = strike;
    for (const id of ['of-yesterday', 'the-last']) {
      uploads(strike, id);
      await world.clock.run(world.clock.now() + 5 * SECOND_MS);
    }
    expire(strike, 1);
    return [];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, library, failure }) => {
    const [message] = heard(world.services.sns, { kinds: ['served'], volume: failure.volume, since: failure.at });
    const codes = message ? reasonsIn(message).map(({ code }) => code) : [];
    const drained = incidents(world, failure.volume, failure.at).map((each) => each.drained?.state);
    const took = drainTook(world, failure);
    const objects = journalObjects(world, stage, failure.volume);
    const end = newest.get(world) ?? 0;
    const seal = objects.find(({ kind, at }) => kind === 'seal' && at >= failure.at);
    return [
      contentIntact(world, stage, library, failure),
      check(
        'people are notified that not all of the journal was read',
        codes.includes('journalBehind'),
        codes,
        'nobody is',
      ),
      check('the record does not say that all is there', !drained.includes('drained'), drained.map(String)),
      check(
        'nobody waits for what has expired',
        took !== undefined && took <= SHORT_MS,
        took === undefined ? 'nothing was drained' : duration(took),
      ),
      check(
        'the seal stands after all that was written before',
        seal !== undefined && end > 0 && objects.every(({ number, term }) => term >= seal.term || number < seal.number),
        `${seal?.number}; the newest that was kept is ${end}`,
      ),
      check(
        'what the new owner took is in the journal',
        objects.at(-1)?.kind === 'segment',
        `the last object is a ${objects.at(-1)?.kind}`,
      ),
    ];
  },
});

export const journalExpired = takeover({
  about:
    'nobody has written for as long as the journal keeps anything, and a copy from before its end takes over: no number is written again, and nobody takes the copy for all',
  settings: { drills: { enabled: false } },
  loses: true,
  before: async (strike) => {
    const { world, services, first } = strike;
    for (const id of ['of-last-month', 'the-last']) {
      uploads(strike, id);
      await world.clock.run(world.clock.now() + 5 * SECOND_MS);
    }
    // Nor does it write as it is let go.
    killAgent(services, first.owner);
    expire(strike, 0);
    return [];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, library, failure }) => {
    const [message] = heard(world.services.sns, { kinds: ['served'], volume: failure.volume, since: failure.at });
    const behind = message && reasonsIn(message).find(({ code }) => code === 'journalBehind');
    const objects = journalObjects(world, stage, failure.volume);
    const end = newest.get(world) ?? 0;
    return [
      contentIntact(world, stage, library, failure),
      check(
        'people are notified that all has expired, and that nobody knows how much it was',
        behind !== undefined && !('missing' in behind),
        JSON.stringify(behind ?? 'they are not'),
      ),
      check(
        'no number is written that somebody may have read',
        objects.length > 1 && end > 0 && objects.every(({ number }) => number > end + 1),
        `${objects[0]?.number} is the first; the newest was ${end}`,
      ),
      check(
        'what the new owner took is in the journal',
        objects.at(-1)?.kind === 'segment',
        `the last object is a ${objects.at(-1)?.kind}`,
      ),
    ];
  },
});
