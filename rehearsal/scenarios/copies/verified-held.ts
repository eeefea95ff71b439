/** Damage that nobody mends, for longer than the schedule keeps its copies: the last verified one must outlive them. */
import { TAG, VERDICT } from '../../../contract/contract.ts';
import { counted, duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heard } from '../../judge/heard.ts';
import type { Check, Scenario } from '../../world/world.ts';
import { HOUR_MS, type Hours, hours, neverOlder, snapshotsOf } from './recovery-points.ts';

const KEEP_HOURS = 4;
/** The schedule's retention, the hour that it may be late, and one more. */
const HOURS = KEEP_HOURS + 2;

function judge({ strike, since }: Hours): Check[] {
  const { world, first, services } = strike;
  const all = snapshotsOf(world, first.volume);
  const verified = all.filter((s) => s.tags[TAG.verdict] === VERDICT.verified);
  const [newest] = verified.slice(-1);
  const age = newest && world.clock.now() - newest.startedAt;
  const rejected = all.filter((s) => s.tags[TAG.verdict] === VERDICT.rejected);
  const notified = heard(services.sns, { kinds: ['held'], volume: first.volume, since });
  return [
    check('since the damage no copy is verified', rejected.length >= KEEP_HOURS, `${rejected.length} are rejected`),
    check(
      'the last verified copy is there, although it is older than the schedule keeps any',
      age !== undefined && age > KEEP_HOURS * HOUR_MS,
      newest ? `${newest.id}, ${duration(age ?? 0)} old` : 'none is left',
    ),
    check(
      'a person is notified once that the schedule would have deleted it',
      newest !== undefined && notified.length === 1 && notified[0]?.message.includes(newest.id) === true,
      counted(notified.length, 'message'),
    ),
  ];
}

export const verifiedHeld: Scenario = hours({
  about: `damage that nobody mends, for longer than the ${KEEP_HOURS} h that the schedule keeps its copies`,
  // Less than a stack is otherwise held to, so that its own objective says so.
  settings: {
    snapshots: { perHour: 4, keepHours: KEEP_HOURS },
    drills: { enabled: true },
    objectives: { recoveryPointReachHours: KEEP_HOURS },
  },
  acts: [
    {
      hours: HOURS,
      act: ({ world, first }) => {
        const { description } = world.disks.plantInconsistency(first.volumeId);
        world.say(description);
      },
    },
  ],
  checks: (h) => [neverOlder(h), ...judge(h)],
});
