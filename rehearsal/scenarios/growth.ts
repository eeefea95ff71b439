/** A content volume that a deployment changes while it serves. */
import { check } from '../checks.ts';
import { duration } from '../duration.ts';
import type { Check } from '../world.ts';
import { resourceOf } from './heals.ts';
import type { Plan, Strike } from './incident.ts';
import { breakFileSystem } from './strikes.ts';

const MINUTE_MS = 60_000;
const BEFORE_GIB = 100;
const AFTER_GIB = 160;
const IOPS = 4000;
/** Longer than a modification takes to be usable. */
const BREAKS_AFTER_MS = 8 * MINUTE_MS;

interface Seen {
  /** Size of the file system that is served, GiB. */
  grown?: number | undefined;
  iops?: number | undefined;
  trouble?: string;
  /** What the keeper says to a smaller size. */
  refused?: string;
}
const seen = new WeakMap<object, Seen>();

function deploy(strike: Strike, sizeGiB: number, then: (refused: string | undefined) => void): void {
  const { services, stage, world, first } = strike;
  const resource = resourceOf(strike, first.volume);
  const before = stage.physical(first.volume).find((v) => v.id === first.volumeId)?.sizeGiB ?? BEFORE_GIB;
  const sized = (GiB: number, iops: number) => ({
    ...resource,
    properties: { ...resource.properties, SizeGiB: String(GiB), Iops: String(iops) },
  });
  const physicalId = stage.created.references.get(resource.logicalId)?.ref ?? '';
  world.clock.spawn('deployment', async () => {
    const began = world.clock.now();
    const refused = await services.customResources
      .update(sized(sizeGiB, IOPS), sized(before, Number(resource.properties.Iops)), physicalId)
      .then(() => undefined)
      .catch((error: Error) => error.message);
    world.say(`a deployment of ${sizeGiB} GiB ends after ${duration(world.clock.now() - began)}: ${refused ?? 'done'}`);
    then(refused);
  });
}

function judge({ services, stage, world, first }: Strike): Check[] {
  const { grown, iops, trouble, refused } = seen.get(services) ?? {};
  const owner = stage.servedBy(first.volume);
  const capacity = owner && world.disks.capacity(owner, first.volume);
  return [
    check(
      'a deployment grows the volume and its file system in place',
      grown === AFTER_GIB && iops === IOPS,
      trouble ?? `${grown} GiB, ${iops} IOPS`,
    ),
    check(
      'a deployment never shrinks a volume',
      /sizeGiB: received 100, allowed: 160/.test(refused ?? ''),
      `${refused}`,
    ),
    check('the replacement has the new size, its file system too', capacity === AFTER_GIB, `${capacity} GiB`),
  ];
}

export const growthPlans: Readonly<Record<string, Plan>> = {
  growth: {
    about: 'a deployment makes the volume larger while it serves; minutes later its file system shuts down',
    settings: { volumes: [{ name: 'alpha', sizeGiB: BEFORE_GIB }] },
    expect: { outcome: ['replace'], withinMs: BREAKS_AFTER_MS + 5 * MINUTE_MS },
    strike: (strike) => {
      const { services, stage, world, first } = strike;
      const notes: Seen = {};
      seen.set(services, notes);
      deploy(strike, AFTER_GIB, (trouble) => {
        if (trouble) notes.trouble = trouble;
        const owner = stage.servedBy(first.volume);
        notes.grown = owner === undefined ? undefined : world.disks.capacity(owner, first.volume);
        notes.iops = services.ec2.volume(first.volumeId).iops;
        deploy(strike, BEFORE_GIB, (refused = 'done') => {
          notes.refused = refused;
        });
      });
      world.clock.after(BREAKS_AFTER_MS, () => breakFileSystem(strike, { ...first, at: world.clock.now() }));
    },
    checks: judge,
  },
};
