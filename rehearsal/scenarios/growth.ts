/** A content volume that a deployment changes while it serves. */
import { check } from '../checks.ts';
import type { Check } from '../world.ts';
import { claiming, deployed } from './deployments.ts';
import type { Plan, Strike } from './incident.ts';
import { breakWhatServes, PERSON } from './strikes.ts';

const MINUTE_MS = 60_000;
const BEFORE_GIB = 100;
const AFTER_GIB = 160;
const IOPS = 4000;
/** Longer than a modification takes to be usable. */
const BREAKS_AFTER_MS = 8 * MINUTE_MS;

/** Until the volume has its new size. */
const CUT_OFF_MS = 2 * MINUTE_MS;

interface Seen {
  /** Size of the file system that is served, GiB. */
  grown?: number | undefined;
  iops?: number | undefined;
  trouble?: string;
  /** What the keeper says to a smaller size. */
  refused?: string;
}
const seen = new WeakMap<object, Seen>();

function deploy(strike: Strike, SizeGiB: number, then: (refused: string | undefined) => void): void {
  strike.world.clock.spawn('deployment', async () => {
    const template = claiming(strike, { SizeGiB, Iops: IOPS });
    const { status, reason } = await deployed(strike, `${SizeGiB} GiB`, template);
    then(reason && `${status}: ${reason}`);
  });
}

/** What has become of the volume and of its file system, when a deployment has ended. */
function note({ services, stage, world, first }: Strike, trouble: string | undefined): void {
  const owner = stage.servedBy(first.volume);
  seen.set(services, {
    ...(trouble && { trouble }),
    grown: owner === undefined ? undefined : world.disks.capacity(owner, first.volume),
    iops: services.ec2.volume(first.volumeId).iops,
  });
}

function grownInPlace({ services }: Strike): Check {
  const { grown, iops, trouble } = seen.get(services) ?? {};
  return check(
    'a deployment grows the volume and its file system in place',
    grown === AFTER_GIB && iops === IOPS,
    trouble ?? `${grown} GiB, ${iops} IOPS`,
  );
}

function judge(strike: Strike): Check[] {
  const { services, stage, world, first } = strike;
  const { refused } = seen.get(services) ?? {};
  const owner = stage.servedBy(first.volume);
  const capacity = owner && world.disks.capacity(owner, first.volume);
  return [
    grownInPlace(strike),
    check(
      'a deployment never shrinks a volume',
      /^UPDATE_ROLLBACK_COMPLETE: .*sizeGiB: received 100, allowed: 160/.test(refused ?? ''),
      `${refused}`,
    ),
    check('the replacement has the new size, its file system too', capacity === AFTER_GIB, `${capacity} GiB`),
  ];
}

const settings = { volumes: [{ name: 'alpha', sizeGiB: BEFORE_GIB }] };

export const growthPlans: Readonly<Record<string, Plan>> = {
  growth: {
    about: 'a deployment makes the volume larger while it serves; minutes later its file system shuts down',
    settings,
    expect: { outcome: ['replace'], withinMs: BREAKS_AFTER_MS + 5 * MINUTE_MS },
    strike: (strike) => {
      const { services, world } = strike;
      deploy(strike, AFTER_GIB, (trouble) => {
        note(strike, trouble);
        deploy(strike, BEFORE_GIB, (refused = 'done') => seen.set(services, { ...seen.get(services), refused }));
      });
      world.clock.after(BREAKS_AFTER_MS, () => breakWhatServes(strike));
    },
    checks: judge,
  },
  'growth-cut-off': {
    about: 'a deployment made the volume larger and was cut off before its file system was; it is repeated',
    settings,
    expect: { outcome: ['none'], withinMs: 0 },
    strike: (strike) => {
      const { services, world, first } = strike;
      world.clock.spawn('person', async () => {
        const input = { VolumeId: first.volumeId, Size: AFTER_GIB, Iops: IOPS };
        await services.cloud.call(PERSON, 'ec2', 'ModifyVolume', input);
      });
      world.clock.after(CUT_OFF_MS, () => deploy(strike, AFTER_GIB, (trouble) => note(strike, trouble)));
    },
    checks: (strike) => [grownInPlace(strike)],
  },
};
