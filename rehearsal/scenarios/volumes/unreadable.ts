/** Files that the web server may not read: a property that content has while it serves, and no damage. */

import { TAG, VERDICT } from '../../../contract/contract.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { dataIn, heard } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakWhatServes } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** Until every copy that drills take has the files: schedules start up to an hour late. */
const COPIED_MS = 150 * MINUTE_MS;

function leaveThenBreak(strike: Strike): void {
  const { world, services, first } = strike;
  world.disks.leaveUnreadable(first.owner, first.volume);
  services.hosts.touch(first.owner);
  world.say('an upload that was broken off leaves a file of mode 0600, and a directory of mode 0700');
  world.clock.after(COPIED_MS, () => breakWhatServes(strike));
}

function noneRejected({ services, first }: Strike): Check[] {
  const copies = [...services.ec2.snapshots.values()].filter(
    (s) => s.tags[TAG.volume] === first.volume && s.startedAt > first.at && s.startedAt < first.at + COPIED_MS,
  );
  const of = (verdict: string) => copies.filter((s) => s.tags[TAG.verdict] === verdict);
  const notified = heard(services.sns, { kinds: ['unreadable'], volume: first.volume });
  return [
    check('copies with such files are verified', of(VERDICT.verified).length > 0, String(of(VERDICT.verified).length)),
    check('and none is rejected', of(VERDICT.rejected).length === 0, String(of(VERDICT.rejected).length)),
    check(
      'a person is notified once, with how many there are',
      notified.length === 1 && notified.every((m) => Number(dataIn(m).files) > 0),
      counted(notified.length, 'message'),
    ),
  ];
}

export const unreadablePlans: Readonly<Record<string, Plan>> = {
  'unreadable-file': {
    about: 'files of mode 0600 are on the volume for two and a half hours, and then its file system shuts down',
    drills: true,
    expect: { outcome: ['replace'], withinMs: COPIED_MS + 90_000, calls: 9000 },
    restMs: COPIED_MS + 40 * MINUTE_MS,
    strike: leaveThenBreak,
    checks: noneRejected,
  },
};
