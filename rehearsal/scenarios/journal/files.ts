/** Files and directories of the kinds that a journal of files has most to do with, through a failure. */
import { createHash } from 'node:crypto';
import { journalPrefix } from '../../../contract/journal.ts';
import { killAgent, loseVolume } from '../../../simulator/aws/account/failures.ts';
import type { Course } from '../../../simulator/disks/disks.ts';
import { check } from '../../judge/checks.ts';
import { JOURNALED_AFTER_MS, journalBucket } from '../../judge/journal.ts';
import { readBack } from '../../world/content.ts';
import { makeCourse } from '../../world/courses.ts';
import type { World } from '../../world/world.ts';
import { struck } from '../story/breaking.ts';
import { upload } from '../story/deployed-stack.ts';
import type { Strike } from '../story/incident.ts';
import { takeover, uploads } from './takeovers.ts';

const SECOND_MS = 1000;
/** A stand-in for many GB: a segment has 32 MiB at the most, so it is cut into pieces that lie in three of them. Disks in memory cut nothing. */
const LARGE_BYTES = { xfs: 80 * 2 ** 20, memory: 8 * 2 ** 20 } as const;
/** Its upload is over, and what is sent of it is under way. */
const CUT_MS = 1050;
const BACK_MS = 15 * SECOND_MS;

/** Of a course with one large file, which is the same for the same seed. */
function largeCourse(world: World, id: string): Course {
  const course = makeCourse(id, world.random.stream(id));
  const block = createHash('sha512').update(id).digest();
  const film = Buffer.alloc(LARGE_BYTES[world.disks.kind], block);
  return {
    id,
    files: [
      ...course.files,
      { path: 'media/film.mp4', bytes: film, sha256: createHash('sha256').update(film).digest('hex') },
    ],
  };
}

/** The large course whose upload the failure cut off, by the world of a play. */
const cutOff = new WeakMap<World, Course>();

function uploadLarge({ world, stage, first, libraries }: Strike, id: string): void {
  const course = largeCourse(world, id);
  upload(world, stage, first.volume, course);
  libraries.get(first.volume)?.add(course, world.clock.now());
}

export const largeFile = takeover({
  about:
    'large files are uploaded, one while the agent is killed and one just before the failure: what was closed in time is whole, and of the other there is no half',
  before: async (strike) => {
    const { world, services, first, stage } = strike;
    uploadLarge(strike, 'large');
    await world.clock.run(world.clock.now() + CUT_MS);
    killAgent(services, first.owner);
    await world.clock.run(world.clock.now() + BACK_MS);
    uploadLarge(strike, 'large-again');
    await world.clock.run(world.clock.now() + BACK_MS);
    const late = largeCourse(world, 'cut-off');
    cutOff.set(world, late);
    upload(world, stage, first.volume, late);
    await world.clock.run(world.clock.now() + SECOND_MS / 2);
    const bucket = services.s3.bucket(journalBucket(stage) ?? '');
    const sizes = [...bucket.objects(journalPrefix(first.volume))].map(([, { object }]) => object.bytes.length);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    return [
      check(
        'all of the large files is in the journal',
        all >= 2 * LARGE_BYTES[world.disks.kind],
        `${Math.round(all / 2 ** 20)} MiB`,
      ),
    ];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, failure: { volume } }) => {
    const owner = stage.servedBy(volume);
    const late = cutOff.get(world);
    const isThere = owner !== undefined && late !== undefined && world.disks.list(owner, volume).includes(late.id);
    const { intact, expected } = readBack(world, owner, volume, isThere ? [late] : []);
    return [
      check(
        'what was cut off is there as a whole, or not at all',
        intact === expected,
        isThere ? `${intact} of ${expected} files` : 'it is not there',
      ),
    ];
  },
});

const STORM = 40;
const STORM_EVERY_MS = 700;
const STORM_FILES = 300;
const STORM_BYTES = 2048;

interface Storm {
  readonly course: Course;
  /** When it got which name. */
  readonly names: { readonly id: string; readonly at: number }[];
}
const storms = new WeakMap<World, Storm>();

/** It has many files, so that whoever states them anew at each name has much to do. */
function stormy(world: World): Course {
  const chance = world.random.stream('storm');
  const files = Array.from({ length: STORM_FILES }, (_, n) => {
    const bytes = Buffer.alloc(STORM_BYTES, chance.hex(32));
    return { path: `pages/${n}.html`, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  return { id: 'storm-0', files };
}

export const renameStorm = takeover({
  about:
    'a directory with hundreds of files below is renamed again and again, until the failure and after it: it is there once, under a name that it had, with all its files',
  before: async ({ world, stage, first }) => {
    const course = stormy(world);
    const names = [{ id: course.id, at: world.clock.now() }];
    storms.set(world, { course, names });
    upload(world, stage, first.volume, course);
    await world.clock.run(world.clock.now() + 2 * JOURNALED_AFTER_MS);
    for (let n = 1; n <= STORM; n++) {
      world.disks.renameCourse(first.owner, first.volume, `storm-${n - 1}`, `storm-${n}`);
      names.push({ id: `storm-${n}`, at: world.clock.now() });
      await world.clock.run(world.clock.now() + STORM_EVERY_MS);
    }
    return [];
  },
  served: (strike) => {
    uploads(strike, 'of-the-new-owner');
    const { world, stage, first } = strike;
    const owner = stage.servedBy(first.volume) ?? '';
    const [id] = world.disks.list(owner, first.volume).filter((each) => each.startsWith('storm-'));
    if (id === undefined) return;
    world.disks.renameCourse(owner, first.volume, id, `${id}-after`);
  },
  checks: ({ world, stage, failure }) => {
    const storm = storms.get(world);
    const owner = stage.servedBy(failure.volume);
    const there = owner ? world.disks.list(owner, failure.volume).filter((id) => id.startsWith('storm-')) : [];
    const courses = there.map((id) => ({ files: storm?.course.files ?? [], id }));
    const { intact, expected, missing } = readBack(world, owner, failure.volume, courses);
    const owed = storm?.names.findLast(({ at }) => at <= failure.at - JOURNALED_AFTER_MS)?.id;
    const served = Number(there[0]?.split('-')[1] ?? -1);
    return [
      check('the directory is there once', there.length === 1, there),
      check(
        'it has no name that was given up 3 s before the failure',
        owed !== undefined && served >= Number(owed.split('-')[1]),
        `${there}; by then it was ${owed}`,
      ),
      check(
        'all its files are below it',
        expected >= STORM_FILES && intact === expected,
        `${intact} of ${expected}${missing[0] === undefined ? '' : `; not ${missing[0]}`}`,
      ),
    ];
  },
});

const OPEN_FILE = { courseId: 'recorded', path: 'media/live.log' } as const;
const OPEN_SECONDS = 150;
const WRITES_EVERY_MS = SECOND_MS / 2;
const LINE = 4096;
/** A file that stays open is read each minute, and is in the journal as soon after that as any other. */
const TAKEN_MS = 60 * SECOND_MS + JOURNALED_AFTER_MS;

const line = (n: number) => Buffer.alloc(LINE, `${n} `);
/** By the world of a play: how much was written when. */
const written = new WeakMap<World, { readonly at: number; readonly bytes: number }[]>();

export const openFile = takeover({
  about:
    'a file is written to and never closed, until its volume is lost: what takes over has it as it was at most a minute before',
  before: async (strike) => {
    const { world, first } = strike;
    const log: { at: number; bytes: number }[] = [];
    written.set(world, log);
    uploads(strike, OPEN_FILE.courseId);
    const until = world.clock.now() + OPEN_SECONDS * SECOND_MS;
    for (let n = 0; world.clock.now() < until; n++) {
      world.disks.append(first.owner, first.volume, OPEN_FILE.courseId, OPEN_FILE.path, line(n));
      log.push({ at: world.clock.now(), bytes: (n + 1) * LINE });
      await world.clock.run(world.clock.now() + WRITES_EVERY_MS);
    }
    return [];
  },
  breaks: (strike, failure) => {
    loseVolume(strike.services, struck(strike, failure));
    // Whoever writes to it gets an error, and lets go.
    strike.world.disks.letGo();
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: ({ world, stage, failure }) => {
    const owner = stage.servedBy(failure.volume);
    const there = owner && world.disks.list(owner, failure.volume).includes(OPEN_FILE.courseId);
    const bytes = there
      ? world.disks.read(owner, failure.volume, `courses/${OPEN_FILE.courseId}/${OPEN_FILE.path}`)
      : new Uint8Array();
    const lines = Array.from({ length: bytes.length / LINE }, (_, n) => line(n));
    const isWhole = Buffer.concat(lines).equals(bytes);
    const owed = written.get(world)?.findLast(({ at }) => at <= failure.at - TAKEN_MS)?.bytes ?? 0;
    return [
      check(
        'what was written a minute before is there',
        owed > 0 && bytes.length >= owed,
        `${bytes.length} bytes of ${owed}`,
      ),
      check('it is what was written, to the last byte', isWhole, isWhole ? 'it is' : 'it is not'),
    ];
  },
});
