import { Random } from '../../simulator/time/random.ts';
import type { Played } from './play.ts';
import { type Fault, kindsAt, mayLast, OUTLASTS_CALL, OUTLASTS_STEP, scheduleText } from './schedule.ts';
import type { Visit } from './visits.ts';

/** One run to be made. */
export interface Plan {
  readonly story: string;
  /** Seed of the world: its latencies, ids, phases. */
  readonly seed: number;
  readonly schedule: readonly Fault[];
  /** Played to learn which points there are. */
  readonly counts?: boolean;
}

/** What is counted of a run: not its log, which nobody reads of thousands, for their digest says whether they are the same. */
export type Outcome = Omit<Played, 'log' | 'permissions'>;

export type Player = (plan: Plan) => Promise<Outcome>;

/** Where the healer comes by in a story in which no fault happens. */
export interface Passed {
  /** Point -> how often, while faults may happen. */
  readonly points: ReadonlyMap<string, number>;
  /** Point -> visits that stand for all: of those that are alike the first and the last (`visits.ts`). */
  readonly visits: ReadonlyMap<string, readonly Visit[]>;
}
const NOWHERE: Passed = { points: new Map(), visits: new Map() };

/** Points that are there before anything is counted, and how often. */
const ALWAYS = new Map([
  ['trigger', 2],
  ['clock', 2],
]);

/** Every single fault at these visits of a point: once, and where it matters for longer than everybody tries. */
export function* singles(point: string, visits: Iterable<Pick<Visit, 'nth'>>): Generator<readonly Fault[]> {
  for (const { nth } of visits) {
    for (const kind of kindsAt(point)) {
      yield [{ kind, point, nth, times: 1 }];
      if (mayLast(kind)) yield [{ kind, point, nth, times: OUTLASTS_STEP }];
    }
  }
}

interface Single {
  readonly story: string;
  readonly schedule: readonly Fault[];
}

/** Every single fault of every story. */
export interface Singles {
  /** At visits that are like none of a story before: they come first. */
  readonly unlike: readonly Single[];
  readonly others: readonly Single[];
}

export function everySingle(scenarios: readonly string[], passed: ReadonlyMap<string, Passed>): Singles {
  const known = new Set<string>();
  const [unlike, others]: [Single[], Single[]] = [[], []];
  for (const story of scenarios) {
    const before = new Set(known);
    for (const [point, count] of ALWAYS)
      for (let nth = 1; nth <= count; nth++)
        for (const schedule of singles(point, [{ nth }])) unlike.push({ story, schedule });
    for (const [point, visits] of (passed.get(story) ?? NOWHERE).visits) {
      if (ALWAYS.has(point)) continue;
      const { seen = [], unseen = [] } = Object.groupBy(visits, ({ like }) => (before.has(like) ? 'seen' : 'unseen'));
      for (const schedule of singles(point, unseen)) unlike.push({ story, schedule });
      for (const schedule of singles(point, seen)) others.push({ story, schedule });
      for (const { like } of visits) known.add(like);
    }
  }
  return { unlike, others };
}

/** Two or three faults, anywhere. */
export function randomSchedule(points: Passed['points'], random: Random): Fault[] {
  const all = [...[...points].filter(([point]) => !ALWAYS.has(point)), ...ALWAYS].filter(([, count]) => count > 0);
  return Array.from({ length: random.whole(2, 3) }, () => {
    const [point, count] = all[random.whole(0, all.length - 1)] ?? ['trigger', 1];
    const kinds = kindsAt(point);
    const kind = kinds[random.whole(0, kinds.length - 1)] ?? 'twice';
    const times = mayLast(kind) ? ([1, 1, OUTLASTS_CALL, OUTLASTS_STEP][random.whole(0, 3)] ?? 1) : 1;
    return { kind, point, nth: random.whole(1, count), times };
  });
}

/** What to play: with the same seed the same. */
export interface Exploration {
  readonly seed: number;
  readonly scenarios: readonly string[];
  /** Random schedules. */
  readonly runs: number;
  /** First every single fault at every visit that stands for others. */
  readonly exhaustive: boolean;
  /** Runs that are left out at the beginning. @default none */
  readonly from?: number;
}

/** Plays each story without a fault. @returns by story, where the healer comes by */
export async function pointsOfStories(
  { seed, scenarios }: Pick<Exploration, 'seed' | 'scenarios'>,
  player: Player,
): Promise<Map<string, Passed>> {
  const undisturbed = await Promise.all(scenarios.map((story) => player({ story, seed, schedule: [], counts: true })));
  return new Map(
    scenarios.map((story, n) => {
      const { points, visits } = undisturbed[n] ?? NOWHERE;
      return [story, { points, visits: visits ?? new Map() }];
    }),
  );
}

/** Every single fault where that is asked for, then the random schedules. @param points of each story, as `pointsOfStories` counts them */
export function* plans(exploration: Exploration, points: ReadonlyMap<string, Passed>): Generator<Plan> {
  let left = exploration.from ?? 0;
  for (const plan of allPlans(exploration, points)) if (left-- <= 0) yield plan;
}

function* allPlans(
  { runs, seed, scenarios, exhaustive }: Exploration,
  points: ReadonlyMap<string, Passed>,
): Generator<Plan> {
  if (exhaustive) {
    const { unlike, others } = everySingle(scenarios, points);
    for (const single of [...unlike, ...others]) yield { ...single, seed };
  }
  const random = new Random(seed, 'schedules');
  for (let n = 0; n < runs; n++) {
    const story = scenarios[random.whole(0, scenarios.length - 1)] ?? '';
    yield {
      story,
      seed: random.whole(0, 0xffff_ffff),
      schedule: randomSchedule((points.get(story) ?? NOWHERE).points, random),
    };
  }
}

/** The command that plays it again. */
export function replayCommand({ story, seed, schedule }: Plan): string {
  return `npm run simulate -- --scenario ${story} --seed ${seed} --replay '${scheduleText(schedule)}'`;
}
