/** Content is deleted that should not have been: no checksum shows it, and the schedule rotates the copies out that still have it. */
import { TAG, VERDICT } from '../../../contract/contract.ts';
import { counted, duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { heard, valuesIn } from '../../judge/heard.ts';
import type { Check, Scenario } from '../../world/world.ts';
import { HOUR_MS, type Hours, hours, neverOlder, snapshotsOf } from '../copies/recovery-points.ts';
import type { Strike } from '../story/incident.ts';

const KEEP_HOURS = 4;
const HOURS = KEEP_HOURS + 3;

/** Somebody deletes all courses, through the one who serves them. */
function deleteAll({ world, first }: Strike): void {
  for (const id of world.disks.list(first.owner, first.volume)) world.disks.remove(first.owner, first.volume, id);
  world.say(`all courses of ${first.volume} are deleted`);
}

function judge({ strike, since }: Hours): Check[] {
  const { world, first, services } = strike;
  const verified = snapshotsOf(world, first.volume).filter((s) => s.tags[TAG.verdict] === VERDICT.verified);
  const newest = verified.at(-1);
  const whole = verified.filter((s) => s.startedAt < since);
  const age = world.clock.now() - (whole.at(-1)?.startedAt ?? 0);
  const notified = heard(services.sns, { kinds: ['fallen'], volume: first.volume, since });
  return [
    check(
      'copies without the courses are sound, and verified',
      newest !== undefined && world.clock.now() - newest.startedAt < 2 * HOUR_MS,
      newest ? `${newest.id}, ${duration(world.clock.now() - newest.startedAt)} old` : 'none',
    ),
    check(
      'the last copy with the courses is there, although it is older than the schedule keeps any',
      whole.length > 0 && age > KEEP_HOURS * HOUR_MS,
      whole.length > 0 ? `${whole.at(-1)?.id}, ${duration(age)} old` : 'none is left',
    ),
    check(
      'a person is notified once, with the copy that is kept',
      notified.length === 1 && notified.every((m) => whole.some(({ id }) => valuesIn(m).includes(id))),
      counted(notified.length, 'message'),
    ),
  ];
}

export const contentFalls: Scenario = hours({
  about: `all courses are deleted, and nobody looks for longer than the ${KEEP_HOURS} h that the schedule keeps its copies`,
  // Less than a stack is otherwise held to, so that its own objective says so.
  settings: {
    snapshots: { perHour: 4, keepHours: KEEP_HOURS },
    drills: { enabled: true },
    objectives: { recoveryPointReachHours: KEEP_HOURS },
  },
  acts: [{ hours: HOURS, act: deleteAll }],
  checks: (h) => [neverOlder(h), ...judge(h)],
});
