/** Deployments that fail, and that CloudFormation rolls back. */

import type { Update } from '../../../simulator/aws/cloudformation/update.ts';
import { check, firstLine } from '../../judge/checks.ts';
import { hasCode, heard, leftIn } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakWhatServes } from '../story/breaking.ts';
import { type Claimed, claiming, deployed } from '../story/deployments.ts';
import type { Plan, Strike } from '../story/incident.ts';
import { cannotGrow, grown, type Size } from '../story/sizes.ts';

const MINUTE_MS = 60_000;
/** When the file system breaks, and when somebody deploys again. */
const BREAKS_AFTER_MS = 12 * MINUTE_MS;
const FORWARD_AFTER_MS = 24 * MINUTE_MS;
const ELSEWHERE = 'CREATE_FAILED: some other resource of the stack could not be made';

interface Seen {
  /** What the settings have, and the volume at first. */
  readonly before: Size;
  /** In the order in which they were deployed. */
  readonly updates: Map<string, Update>;
  /** Of the file system that was served when the rollbacks were over; of the volume under it. */
  rolledBack?: string;
  forward?: string;
}
const seen = new WeakMap<object, Seen>();

function seenOf({ services, first }: Strike): Seen {
  const known = seen.get(services);
  if (known) return known;
  const { sizeGiB, iops = 0 } = services.ec2.volume(first.volumeId);
  const begun = { before: { SizeGiB: sizeGiB, Iops: iops }, updates: new Map() };
  seen.set(services, begun);
  return begun;
}

async function deploy(strike: Strike, name: string, claimed: Claimed, fails?: string): Promise<void> {
  const template = claiming(strike, claimed);
  seenOf(strike).updates.set(name, await deployed(strike, name, template, fails === undefined ? {} : { fails }));
}

/** The volume that is served, and how large its file system is. */
function served({ stage, world, first }: Strike): string {
  const owner = stage.servedBy(first.volume);
  const volume = stage.physical(first.volume).find((v) => v.attachment?.instanceId === owner);
  const capacity = owner === undefined ? undefined : world.disks.capacity(owner, first.volume);
  return `${volume?.sizeGiB} GiB, ${volume?.iops} IOPS, a file system of ${capacity} GiB`;
}

function strike(strike: Strike): void {
  const { world, first } = strike;
  const { clock, zones } = world;
  const other = zones.find((zone) => zone !== first.zone) ?? '';
  const { before } = seenOf(strike);
  clock.spawn('deployments', async () => {
    // Its volume grows, and then the deployment fails over something else. It is still optimizing when it is to be brought back.
    await deploy(strike, 'growth', grown(before, 1), ELSEWHERE);
    await deploy(strike, 'more IOPS', { Iops: grown(before, 2).Iops });
    await deploy(strike, 'another zone', { Zone: other });
    seenOf(strike).rolledBack = served(strike);
  });
  clock.after(BREAKS_AFTER_MS, () => breakWhatServes(strike));
  clock.after(FORWARD_AFTER_MS, () =>
    clock.spawn('deployment', async () => {
      await deploy(strike, 'growth again', grown(before, 2));
      seenOf(strike).forward = served(strike);
    }),
  );
}

function checks(strike: Strike): Check[] {
  const { services, first } = strike;
  const { before, updates, rolledBack, forward } = seenOf(strike);
  const all = ({ SizeGiB, Iops }: Size) => `${SizeGiB} GiB, ${Iops} IOPS, a file system of ${SizeGiB} GiB`;
  const ended = [...updates].map(([name, { status }]) => `${name}: ${status}`);
  const reason = (name: string) => updates.get(name)?.reason ?? 'none';
  const notified = heard(services.sns, { kinds: ['leftAsItIs'], volume: first.volume });
  return [
    check(
      'every rollback ends',
      ['growth', 'more IOPS', 'another zone'].every((n) => updates.get(n)?.status === 'UPDATE_ROLLBACK_COMPLETE'),
      ended.join('; '),
    ),
    check(
      'what has to wait is refused on the way forward',
      hasCode(reason('more IOPS'), 'IncorrectModificationState'),
      reason('more IOPS'),
    ),
    check('a volume stays in its zone', hasCode(reason('another zone'), 'staysInZone'), reason('another zone')),
    check(
      'a rollback leaves what has grown, and all of it is served',
      rolledBack === all(grown(before, 1)),
      `${rolledBack}`,
    ),
    check(
      'people are notified of what a rollback left as it is, and why',
      notified.some(
        (m) =>
          leftIn(m, 'doesNotShrink').length > 0 &&
          leftIn(m, 'failed').some(({ error }) => error === 'IncorrectModificationState'),
      ),
      notified[0] ? firstLine(notified[0]) : 'nothing',
    ),
    check(
      'the next deployment forward works again',
      updates.get('growth again')?.status === 'UPDATE_COMPLETE' && forward === all(grown(before, 2)),
      `${updates.get('growth again')?.status}: ${forward}`,
    ),
  ];
}

export const rollbackPlans: Readonly<Record<string, Plan>> = {
  rollback: {
    about:
      'a deployment grows the volume and fails over something else; more IOPS and another zone are refused; then it breaks',
    needs: cannotGrow(2),
    expect: { outcome: ['replace'], withinMs: BREAKS_AFTER_MS + 5 * MINUTE_MS, calls: 900 },
    strike,
    checks,
  },
};
