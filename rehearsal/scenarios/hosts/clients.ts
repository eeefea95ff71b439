/** Clients that are connected while a volume fails, and volumes that share the instance with it. */
import { createHash } from 'node:crypto';
import { releaseStall, stallVolume } from '../../../simulator/aws/account/failures.ts';
import type { Course } from '../../../simulator/disks/disks.ts';
import { check } from '../../judge/checks.ts';
import { type Check, inHome } from '../../world/world.ts';
import { breakFileSystem, struck } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** The other volume is asked for so often, and for so long. */
const LOOK_MS = 5000;
const LOOKS_MS = 12 * MINUTE_MS;
/** Somebody lets go of a file after so long: a heal does not wait for that. */
const HOLDS_MS = 15 * MINUTE_MS;
const STALLED_MS = 20 * MINUTE_MS;
/** What slow clients download: too much for what lies between them and the disk. */
const LARGE_BYTES = 8 * 2 ** 20;

/** Two hosts own them all: the first has company, as a rule. */
const SHARED = { volumes: inHome(5) };

/** By the world that it was seen in: moments at which the other volume was not served by its owner. */
const missed = new WeakMap<object, number[]>();

/** A volume that the struck one shares its owner with. Which host has which is chance: where there is none, nothing is asked of it. */
function others({ stage, first }: Strike): string[] {
  const found = stage.volumes.find((v) => v.name !== first.volume && stage.ownerOf(v.name) === first.owner);
  return found ? [found.name] : [];
}

/** Asks for the other volume all the time. */
function watchOther(strike: Strike): void {
  const { services, world, first } = strike;
  const [volume] = others(strike);
  const seen: number[] = [];
  missed.set(services, seen);
  for (let at = 0; volume !== undefined && at <= LOOKS_MS; at += LOOK_MS)
    world.clock.after(at, () => {
      if (services.fleet.web(first.owner, `/healthz/${volume}`) !== 200) seen.push(world.clock.now());
    });
}

/** Of the struck owner. One that was stopped for it is replaced by its group, and nobody has anything open on it. */
const stateOf = ({ services, first }: Strike): string => services.ec2.instances.get(first.owner)?.state ?? 'gone';

function judgeOther(strike: Strike): Check[] {
  const { services, first } = strike;
  const seen = missed.get(services);
  const state = stateOf(strike);
  return [
    check('no instance is stopped for it', state === 'running', `${first.owner} is ${state}`),
    check(
      'the other volume is served throughout',
      seen?.length === 0,
      seen?.length ? `not ${seen.length} times, first at ${new Date(seen[0] ?? 0).toISOString()}` : 'always',
    ),
  ];
}

function large(id: string): Course {
  const bytes = Buffer.alloc(LARGE_BYTES, id);
  return { id, files: [{ path: 'video.mp4', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }] };
}

export const clientPlans: Readonly<Record<string, Plan>> = {
  'downloads-in-flight': {
    about:
      'the file system shuts down while slow clients download from it, and somebody has a file open; its owner serves another, too',
    settings: SHARED,
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => {
      const { world, first } = strike;
      for (const volume of [first.volume, ...others(strike)]) world.disks.upload(first.owner, volume, large('large'));
      watchOther(strike);
      breakFileSystem(strike, first, () => {
        const paths = [first.volume, first.volume, ...others(strike)].map(
          (volume) => `/${volume}/courses/large/video.mp4`,
        );
        for (const path of paths) world.disks.download(first.owner, path);
        world.disks.keepOpen(first.owner, first.volumeId, true);
      });
      world.clock.after(HOLDS_MS, () => {
        if (stateOf(strike) === 'running') world.disks.keepOpen(first.owner, first.volumeId, false);
      });
    },
    checks: (strike) => {
      const { world, first } = strike;
      const going = stateOf(strike) === 'running' ? world.disks.downloads(first.owner) : 0;
      return [
        ...judgeOther(strike),
        check(
          'who downloads from the dead volume is cut off, and nobody else',
          going === others(strike).length,
          `${going} downloads of 3 go on`,
        ),
        check(
          'what was left mounted is unmounted once nobody uses it',
          !world.disks.mounted(first.volumeId),
          `${first.volumeId} is ${world.disks.mounted(first.volumeId) ? 'still' : 'not'} mounted`,
        ),
      ];
    },
  },
  'one-of-two-stalls': {
    about: 'I/O to one volume hangs; its owner serves another, too',
    settings: SHARED,
    expect: { outcome: ['replace'], withinMs: 10 * MINUTE_MS },
    strike: (strike) => {
      const volume = struck(strike, strike.first);
      watchOther(strike);
      stallVolume(strike.services, volume);
      strike.world.clock.after(STALLED_MS, () => releaseStall(strike.services, volume));
    },
    checks: judgeOther,
  },
};
