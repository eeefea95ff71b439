/** Requests whose answers are lost, and writers that are killed about their seal. */
import { disturb, killAgent, thawAgent } from '../../../simulator/aws/account/failures.ts';
import { MISHAP } from '../../../simulator/aws/account/mishaps.ts';
import { check } from '../../judge/checks.ts';
import { journalObjects } from '../../judge/journal.ts';
import { freezeInFlight, takeover, uploads } from './takeovers.ts';

const SECOND_MS = 1000;
/** A lost answer is waited for, and then the number is read. */
const WAITED_MS = 10 * SECOND_MS;
const LOST = 3;
/** An agent has read what was closed, and its request is under way. */
const UNDER_WAY_MS = 1100;
const OVERDUE_MS = 5 * SECOND_MS;
const ASLEEP_MS = 60 * SECOND_MS;
const STARTED_MS = 25 * SECOND_MS;

export const answerLost = takeover({
  about:
    'S3 takes what the agent of the owner writes, and its answers are lost, also that to the seal: nothing is written twice, and nothing is taken for lost',
  before: async (strike) => {
    const { world, services } = strike;
    for (let n = 1; n <= LOST; n++) {
      disturb(services, { service: 's3', operation: 'PutObject', how: MISHAP.answerLost, times: 1 });
      uploads(strike, `unanswered-${n}`);
      await world.clock.run(world.clock.now() + WAITED_MS);
    }
    disturb(services, { service: 's3', operation: 'PutObject', how: MISHAP.answerLost, times: 1 });
    return [];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, failure }) => {
    const objects = journalObjects(world, stage, failure.volume);
    const seals = objects.filter(({ kind }) => kind === 'seal');
    return [
      check(
        'each takeover has one seal',
        new Set(seals.map(({ term }) => term)).size === seals.length,
        seals.map(({ term }) => `term ${term}`),
      ),
      check(
        'what the new owner took is in the journal',
        objects.at(-1)?.kind === 'segment',
        `the last object is a ${objects.at(-1)?.kind}`,
      ),
    ];
  },
});

export const writerRestartsAfterSeal = takeover({
  about:
    'the agents of the old owner and of the new one are killed once the journal is sealed, with a request of each on its way: the one writes nothing more, and the other goes on',
  before: async (strike) => {
    await freezeInFlight(strike);
    return [];
  },
  served: (strike) => {
    const { world, services, stage, first } = strike;
    const { clock } = world;
    uploads(strike, 'of-the-new-owner');
    disturb(services, { service: 's3', operation: 'PutObject', how: MISHAP.overdue, times: 1, ms: OVERDUE_MS });
    clock.after(UNDER_WAY_MS, () => killAgent(services, stage.servedBy(first.volume) ?? ''));
    clock.after(ASLEEP_MS, () => {
      thawAgent(services, first.owner);
      killAgent(services, first.owner);
    });
    clock.after(ASLEEP_MS + STARTED_MS, () => uploads(strike, 'after-the-restart'));
  },
  checks: ({ world, stage, failure }) => {
    const objects = journalObjects(world, stage, failure.volume);
    const sealed = objects.find(({ kind, at }) => kind === 'seal' && at >= failure.at);
    const after = objects.filter(({ number }) => sealed !== undefined && number > sealed.number);
    const last = after.at(-1);
    const owner = stage.servedBy(failure.volume);
    const there = owner === undefined ? [] : world.disks.list(owner, failure.volume);
    const owed = ['of-the-new-owner', 'after-the-restart'].filter((id) => !there.includes(id));
    return [
      check(
        'the old owner writes nothing after the seal',
        sealed !== undefined && after.every(({ writer }) => writer === sealed.writer),
        `${after.length} objects after it`,
      ),
      check(
        'the new one writes after it was killed, as a start of its own',
        last?.kind === 'segment' && last.run !== sealed?.run,
        `run ${sealed?.run} sealed, and run ${last?.run} wrote last`,
      ),
      check('what it took is served', owed.length === 0, owed, 'yes'),
    ];
  },
});
