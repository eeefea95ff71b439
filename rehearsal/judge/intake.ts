/** Promises of an intake, judged by the bucket, the answers and what is served: none of its rules is known here. */
import { createHash } from 'node:crypto';
import { DiskError } from '../../simulator/disks/disks.ts';
import { duration } from '../command/duration.ts';
import type { Stage } from '../scenarios/story/deployed-stack.ts';
import { coursePath } from '../world/content.ts';
import type { Acknowledged } from '../world/uploads.ts';
import type { Check, World } from '../world/world.ts';
import { check } from './checks.ts';
import { isIntakeBucket } from './measure.ts';

interface Answer {
  readonly at: number;
  readonly state: unknown;
  readonly refusals?: readonly { readonly code?: unknown; readonly sentence?: unknown }[];
}

/** The bucket of the stack's uploads. @throws Error where it has none */
export function intakeBucket({ created }: Stage): string {
  const made = [...created.resources.values()].find(({ type, logicalId }) => isIntakeBucket(type, logicalId));
  const name = made && created.references.get(made.logicalId)?.ref;
  if (name === undefined) throw new Error('the stack has no bucket for uploads');
  return name;
}

/** What came of an upload; `undefined`: nobody has answered. */
export function answerOf(world: World, bucket: string, { volume, course, version }: Acknowledged): Answer | undefined {
  const found = world.services.s3.bucket(bucket).current(`answers/${volume}/${course}/${version}.json`);
  return found && { ...(JSON.parse(Buffer.from(found.object.bytes).toString()) as Answer), at: found.at };
}

/** Course by course, in the order in which S3 has them: of one key its own, and between keys by the second. */
function inOrder(world: World, bucket: string, all: readonly Acknowledged[]): (readonly [string, Acknowledged[]])[] {
  const at = ({ key, version }: Acknowledged) =>
    world.services.s3
      .bucket(bucket)
      .versions(key)
      .findIndex(({ id }) => id === version);
  const second = (one: Acknowledged) => Math.floor(one.at / 1000);
  const byCourse = Map.groupBy(all, ({ course }) => course);
  return [...byCourse].map(([course, uploads]) => [
    course,
    uploads.sort((one, other) =>
      one.key === other.key ? at(one) - at(other) : second(one) - second(other) || (one.key < other.key ? -1 : 1),
    ),
  ]);
}

/** Which upload of a course is what is read there: `none`, where nothing of any is there; `half`, where it is none of them. */
function whatIsThere(world: World, owner: string, uploads: readonly Acknowledged[]): Acknowledged | 'none' | 'half' {
  const paths = [...new Set(uploads.flatMap(({ files = [] }) => files.map(({ path }) => path)))];
  const [{ volume, course } = { volume: '', course: '' }] = uploads;
  const there = new Map(
    paths.flatMap((path) => {
      const sum = sumAt(world, owner, volume, coursePath(course, path));
      return sum === undefined ? [] : [[path, sum] as const];
    }),
  );
  if (there.size === 0) return 'none';
  const is = ({ files = [] }: Acknowledged) =>
    files.length === there.size && files.every(({ path, sha256 }) => there.get(path) === sha256);
  return uploads.findLast(is) ?? 'half';
}

function sumAt(world: World, owner: string, volume: string, path: string): string | undefined {
  try {
    return createHash('sha256')
      .update(world.disks.read(owner, volume, path))
      .digest('hex');
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** Looks again and again at what is served of courses that are uploaded: never half a course, and nothing older than what was said to be served. */
export class IntakeWatch {
  readonly half = new Set<string>();
  readonly older = new Set<string>();
  looks = 0;
  readonly #world: World;
  readonly #stage: Stage;
  readonly #bucket: string;

  constructor(world: World, stage: Stage) {
    this.#world = world;
    this.#stage = stage;
    this.#bucket = intakeBucket(stage);
  }

  look(all: readonly Acknowledged[]): void {
    this.looks++;
    for (const [course, uploads] of inOrder(this.#world, this.#bucket, all)) {
      const owner = this.#stage.servedBy(uploads[0]?.volume ?? '');
      if (owner === undefined) continue;
      const there = whatIsThere(this.#world, owner, uploads);
      if (there === 'half') this.half.add(course);
      const said = uploads.findLastIndex((one) => answerOf(this.#world, this.#bucket, one)?.state === 'done');
      const found = typeof there === 'string' ? -1 : uploads.findLastIndex((one) => one.files === there.files);
      if (there !== 'half' && found < said) this.older.add(course);
    }
  }

  get checks(): readonly [Check, Check] {
    const nothing = `nothing, in ${this.looks} looks`;
    return [
      check(
        'no course is there by half, at no moment',
        this.half.size === 0 && this.looks > 0,
        [...this.half],
        nothing,
      ),
      check(
        'what was said to be served is, and never an older one in its place',
        this.older.size === 0,
        [...this.older],
        nothing,
      ),
    ];
  }
}

/** At rest: what S3 has acknowledged is served, or was refused with a reason; of each course the newest. */
export function servedOrRefused(world: World, stage: Stage, all: readonly Acknowledged[]): Check[] {
  const bucket = intakeBucket(stage);
  const answers = new Map(all.map((one) => [one, answerOf(world, bucket, one)]));
  const name = ({ key, version }: Acknowledged) => `${key} (${version.slice(0, 6)})`;
  const silent = all.filter((one) => answers.get(one) === undefined);
  const unexplained = all.filter((one) => {
    const { state, refusals = [] } = answers.get(one) ?? {};
    return (
      state === 'refused' &&
      !(refusals.length > 0 && refusals.every(({ sentence }) => /^(\S+ ){4,}\S+$/.test(String(sentence))))
    );
  });
  const wrong = inOrder(world, bucket, all).flatMap(([course, uploads]) => {
    const good = uploads.filter(({ files }) => files !== undefined);
    const owner = stage.servedBy(uploads[0]?.volume ?? '');
    const there = owner === undefined || good.length === 0 ? 'none' : whatIsThere(world, owner, good);
    const newest = good.at(-1);
    if (newest === undefined) return there === 'none' ? [] : [`${course} is there`];
    const is = typeof there === 'object' && there.files === newest.files;
    return is && answers.get(newest)?.state === 'done'
      ? []
      : [`${course}: ${typeof there === 'string' ? there : name(there)}`];
  });
  const taken = all.filter((one) => one.files === undefined && answers.get(one)?.state !== 'refused');
  return [
    check(
      'whatever S3 has acknowledged is answered',
      all.length > 0 && silent.length === 0,
      silent.map(name),
      `all ${all.length}`,
    ),
    check('the newest of each course that can be taken in is served, whole', wrong.length === 0, wrong, 'it is'),
    check('what is refused is so with a sentence', unexplained.length === 0, unexplained.map(name), 'yes'),
    check('nothing is taken in that cannot be', taken.length === 0, taken.map(name), 'nothing'),
  ];
}

/** From S3's acknowledgement to its answer. */
export function answeredWithin(world: World, stage: Stage, all: readonly Acknowledged[], ms: number): Check {
  const bucket = intakeBucket(stage);
  const took = all.map((one) => (answerOf(world, bucket, one)?.at ?? Number.POSITIVE_INFINITY) - one.at);
  const longest = Math.max(...took);
  return check(
    `each is answered within ${duration(ms)}`,
    longest <= ms,
    Number.isFinite(longest) ? `at most ${duration(longest)}` : 'not all are',
  );
}
