/** Answers of hosts that are none. */

import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { GARBLED } from '../../../simulator/aws/account/garble.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import type { Check } from '../../world/world.ts';
import { breakWhatServes } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** More checks than drills make in that time. */
const CHECKS = 20;
const DRILLS_MS = 80 * MINUTE_MS;
/** Verbs that a heal needs. The first answer of each is none, and of the probe two: then it has not answered. */
const NEEDED = ['probe', 'mount', 'verify', 'serve', 'release'];

/** For 80 minutes no check has an answer; then the file system shuts down, and the first answers to the heal are none. */
function garbleAnswers(strike: Strike): void {
  const { world, services } = strike;
  const { garbled } = services.cloud.faults;
  for (let n = 0; n < CHECKS; n++)
    for (const how of Object.values(GARBLED)) garbled.push({ verb: 'check', how, times: 1 });
  world.clock.after(DRILLS_MS, () => {
    garbled.length = 0;
    for (const verb of NEEDED) garbled.push({ verb, how: GARBLED.empty, times: verb === 'probe' ? 2 : 1 });
    breakWhatServes(strike);
  });
}

function unanswered({ services, first }: Strike): Check[] {
  const until = first.at + DRILLS_MS;
  const of = (at: unknown) => Number(at) > first.at && Number(at) < until;
  const drills = services.dynamodb
    .all()
    .flatMap(({ pk, drill }) => (pk?.S === `VOLUME#${first.volume}` && drill?.S ? [JSON.parse(drill.S)] : []))
    .filter(({ startedAt, endedAt }) => of(startedAt) && of(endedAt));
  const verified = [...services.ec2.snapshots.values()].filter(
    (s) => s.tags[TAG.verdict] === VERDICT.verified && s.tags[TAG.volume] === first.volume,
  );
  const inVain = verified.filter((s) => of(Date.parse(s.tags[TAG.drilledAt] ?? '')));
  const spares = [...services.ec2.volumes.values()].filter(
    (v) => v.tags[TAG.volume] === first.volume && v.tags[TAG.role] === VOLUME_ROLE.spare,
  );
  const unsound = spares.filter((v) => verified.every((s) => s.id !== v.snapshotId));
  const outcomes = [...new Set(drills.map(({ outcome }) => String(outcome)))];
  return [
    check(
      'a drill without an answer is undecided, and the copy is looked at again',
      drills.length > 1 && outcomes.every((outcome) => outcome === 'undecided'),
      `${counted(drills.length, 'drill')}: ${outcomes.join(', ')}`,
    ),
    check(
      'without an answer nothing is verified, and no spare is made of it',
      inVain.length === 0 && unsound.length === 0,
      [...inVain, ...unsound].map(({ id }) => id),
      'nothing',
    ),
  ];
}

export const answerPlans: Readonly<Record<string, Plan>> = {
  'empty-answer': {
    about:
      'Systems Manager says Success and shows nothing, a part, or the answer of another volume: to drills for 80 minutes, then to a heal',
    drills: true,
    expect: { outcome: ['replace'], withinMs: DRILLS_MS + 5 * MINUTE_MS, calls: 6000, drilling: true },
    restMs: DRILLS_MS + 40 * MINUTE_MS,
    strike: garbleAnswers,
    checks: unanswered,
  },
};
