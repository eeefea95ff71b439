/** One file of terabytes beside many small ones: what it costs to read it must not keep a drill from the others. */
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { foundAndNotified, LATENT_REST_MS } from '../copies/drills.ts';
import type { Plan, Strike } from '../story/incident.ts';

const TEBIBYTE = 2 ** 40;
const HUGE = 'images/disk.raw';

/** Every check that had an answer read all that there is. */
function allRead({ services, first }: Strike) {
  const answers = services.ssm.ran.filter(
    (ran) => ran.verb === 'check' && ran.sentAt >= first.at && ran.exitCode !== null,
  );
  return check('a drill has looked since', answers.length > 1, counted(answers.length, 'check'));
}

export const hugeFilePlans: Readonly<Record<string, Plan>> = {
  'huge-file': {
    about:
      'a sparse file of 8 TiB lies beside the courses, and a bit of a small file flips: a drill finds it all the same',
    drills: true,
    expect: { outcome: ['none'], withinMs: 0, calls: 7000, rotten: true },
    restMs: LATENT_REST_MS,
    readAllEvery: 1,
    strike: ({ world, first }) => {
      world.disks.addSparse(first.owner, first.volume, HUGE, 8 * TEBIBYTE);
      world.say(`${HUGE} on ${first.volumeId}: 8 TiB, most of it a hole`);
      const { description } = world.disks.alter(first.volumeId, 'flip');
      world.say(description);
    },
    checks: (strike) => [...foundAndNotified(strike), allRead(strike)],
  },
};
