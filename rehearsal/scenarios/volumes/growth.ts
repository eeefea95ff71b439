/** A content volume that a deployment changes while it serves. */
import type { Update } from '../../../simulator/aws/cloudformation/update.ts';
import { check } from '../../judge/checks.ts';
import { hasCode } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakWhatServes, PERSON } from '../story/breaking.ts';
import { claiming, deployed } from '../story/deployments.ts';
import type { Plan, Strike } from '../story/incident.ts';
import { cannotGrow, grown, type Size } from '../story/sizes.ts';

const MINUTE_MS = 60_000;
/** Longer than a modification takes to be usable. */
const BREAKS_AFTER_MS = 8 * MINUTE_MS;

/** Until the volume has its new size. */
const CUT_OFF_MS = 2 * MINUTE_MS;

interface Seen {
  /** What the settings have, and the volume at first. */
  readonly before: Size;
  /** Size of the file system that is served, GiB. */
  capacity?: number | undefined;
  iops?: number | undefined;
  trouble?: string;
  /** How the deployment of a smaller size ended. */
  refused?: Update;
}
const seen = new WeakMap<object, Seen>();

function begin({ services, first }: Strike): Size {
  const { sizeGiB, iops = 0 } = services.ec2.volume(first.volumeId);
  const before = { SizeGiB: sizeGiB, Iops: iops };
  seen.set(services, { before });
  return before;
}

function seenOf({ services }: Strike): Seen {
  return seen.get(services) ?? { before: { SizeGiB: 0, Iops: 0 } };
}

function deploy(strike: Strike, size: Size, then: (ended: Update) => void): void {
  strike.world.clock.spawn('deployment', async () => {
    const template = claiming(strike, size);
    then(await deployed(strike, `${size.SizeGiB} GiB`, template));
  });
}

/** What has become of the volume and of its file system, when a deployment has ended. */
function note(strike: Strike, { status, reason }: Update): void {
  const { services, stage, world, first } = strike;
  const trouble = reason && `${status}: ${reason}`;
  const owner = stage.servedBy(first.volume);
  seen.set(services, {
    ...seenOf(strike),
    ...(trouble && { trouble }),
    capacity: owner === undefined ? undefined : world.disks.capacity(owner, first.volume),
    iops: services.ec2.volume(first.volumeId).iops,
  });
}

function grownInPlace(strike: Strike): Check {
  const { before, capacity, iops, trouble } = seenOf(strike);
  const after = grown(before, 1);
  return check(
    'a deployment grows the volume and its file system in place',
    capacity === after.SizeGiB && iops === after.Iops,
    trouble ?? `${capacity} GiB, ${iops} IOPS`,
  );
}

function judge(strike: Strike): Check[] {
  const { stage, world, first } = strike;
  const { before, refused } = seenOf(strike);
  const after = grown(before, 1).SizeGiB;
  const owner = stage.servedBy(first.volume);
  const capacity = owner && world.disks.capacity(owner, first.volume);
  return [
    grownInPlace(strike),
    check(
      'a deployment never shrinks a volume',
      refused?.status === 'UPDATE_ROLLBACK_COMPLETE' && hasCode(refused.reason, 'doesNotShrink'),
      refused ? `${refused.status}: ${refused.reason}` : 'it has not ended',
    ),
    check('the replacement has the new size, its file system too', capacity === after, `${capacity} GiB`),
  ];
}

export const growthPlans: Readonly<Record<string, Plan>> = {
  growth: {
    about: 'a deployment makes the volume larger while it serves; minutes later its file system shuts down',
    needs: cannotGrow(1),
    expect: { outcome: ['replace'], withinMs: BREAKS_AFTER_MS + 5 * MINUTE_MS },
    strike: (strike) => {
      const { services, world } = strike;
      const before = begin(strike);
      deploy(strike, grown(before, 1), (ended) => {
        note(strike, ended);
        // Smaller again, with the IOPS that it has now.
        const { Iops } = grown(before, 1);
        deploy(strike, { ...before, Iops }, (refused) => seen.set(services, { ...seenOf(strike), refused }));
      });
      world.clock.after(BREAKS_AFTER_MS, () => breakWhatServes(strike));
    },
    checks: judge,
  },
  'growth-cut-off': {
    about: 'a deployment made the volume larger and was cut off before its file system was; it is repeated',
    needs: cannotGrow(1),
    expect: { outcome: ['none'], withinMs: 0, calls: 700 },
    strike: (strike) => {
      const { services, world, first } = strike;
      const { SizeGiB, Iops } = grown(begin(strike), 1);
      world.clock.spawn('person', async () => {
        const input = { VolumeId: first.volumeId, Size: SizeGiB, Iops };
        await services.cloud.call(PERSON, 'ec2', 'ModifyVolume', input);
      });
      world.clock.after(CUT_OFF_MS, () => deploy(strike, { SizeGiB, Iops }, (ended) => note(strike, ended)));
    },
    checks: (strike) => [grownInPlace(strike)],
  },
};
