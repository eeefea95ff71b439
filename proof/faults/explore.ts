import { createHash } from 'node:crypto';
import type { Check } from '../../rehearsal/world/world.ts';
import type { Outcome, Plan, Player } from './plans.ts';
import { type Fault, OUTLASTS_CALL } from './schedule.ts';

/** Whether a run broke one of these promises. */
function breaks(played: Outcome, promises: ReadonlySet<string>): boolean {
  return played.broken.some((c) => promises.has(c.promise));
}

/**
 * The shortest schedule that still breaks one of the same promises: faults are taken out one by one, and what lasts is made to
 * last less, until nothing more can go.
 */
export async function shrink(plan: Plan, broken: readonly Check[], player: Player): Promise<Plan> {
  const promises = new Set(broken.map((c) => c.promise));
  let best = plan;
  for (let again = true; again; ) {
    again = false;
    for (const schedule of smaller(best.schedule)) {
      const candidate = { ...best, schedule };
      if (!breaks(await player(candidate), promises)) continue;
      best = candidate;
      again = true;
      break;
    }
  }
  return best;
}

function* smaller(schedule: readonly Fault[]): Generator<readonly Fault[]> {
  for (const index of schedule.keys()) yield schedule.toSpliced(index, 1);
  for (const [index, fault] of schedule.entries())
    for (const times of [1, OUTLASTS_CALL])
      if (times < fault.times) yield schedule.toSpliced(index, 1, { ...fault, times });
}

export interface Failure {
  readonly plan: Plan;
  readonly shortest: Plan;
  readonly broken: readonly Check[];
}

export interface Tally {
  runs: number;
  heals: number;
  pages: number;
  /** API calls of the heal that made the most. */
  calls: number;
  /** Pages for a volume that was served at that moment. */
  pagesInVain: number;
  /** Runs that ended without every volume being served. */
  unserved: number;
  /** Story and excuse -> volumes that were down at the end. */
  readonly excuses: Map<string, number>;
  faults: number;
  /** Point -> faults that happened there, by story. */
  readonly at: Map<string, number>;
  readonly failures: Failure[];
  /** Promise -> runs that broke it. */
  readonly byPromise: Map<string, number>;
  /** Of the logs of all runs so far: the same seed gives the same. */
  digest: string;
  seconds: number;
  /** Whether the time was over before the runs were. */
  cut: boolean;
}

/** Failures of one promise in one story that are shrunk: a common one would take all the time. */
const SHRUNK_PER_KIND = 2;

/** Plays so many plans at once, and gives what came of them in the order of the plans: so the tally is the same for any width. */
async function* inOrder(plans: Iterable<Plan>, player: Player, width: number, until: number, tally: { cut: boolean }) {
  const flying: { readonly plan: Plan; readonly played: Promise<Outcome> }[] = [];
  const begin = (plan: Plan) => {
    const played = player(plan);
    // It is awaited below, perhaps after another one has failed.
    played.catch(() => {});
    flying.push({ plan, played });
  };
  for (const plan of plans) {
    if (performance.now() > until) {
      tally.cut = true;
      break;
    }
    begin(plan);
    const first = flying.length < width ? undefined : flying.shift();
    if (first) yield { plan: first.plan, played: await first.played };
  }
  for (const { plan, played } of flying) yield { plan, played: await played };
}

/**
 * Plays all plans, and shrinks what fails.
 * @param until real time (performance.now) after which none is begun
 * @param width how many are played side by side
 */
export async function explore(
  plans: Iterable<Plan>,
  player: Player,
  until: number,
  progress: (tally: Tally) => void = () => {},
  width = 1,
): Promise<Tally> {
  const tally: Tally = {
    runs: 0,
    heals: 0,
    digest: '',
    pages: 0,
    calls: 0,
    pagesInVain: 0,
    unserved: 0,
    excuses: new Map(),
    faults: 0,
    at: new Map(),
    failures: [],
    byPromise: new Map(),
    seconds: 0,
    cut: false,
  };
  const shrunk = new Map<string, number>();
  const began = performance.now();
  for await (const { plan, played } of inOrder(plans, player, width, until, tally)) {
    tally.seconds = (performance.now() - began) / 1000;
    count(tally, plan, played);
    if (played.broken.length > 0) {
      const kind = `${plan.story} ${played.broken[0]?.promise}`;
      const before = shrunk.get(kind) ?? 0;
      shrunk.set(kind, before + 1);
      const shortest = before < SHRUNK_PER_KIND ? await shrink(plan, played.broken, player) : plan;
      tally.failures.push({ plan, shortest, broken: played.broken });
    }
    progress(tally);
  }
  return tally;
}

function count(tally: Tally, plan: Plan, played: Outcome): void {
  tally.runs++;
  tally.digest = createHash('sha256').update(tally.digest).update(played.digest).digest('hex');
  tally.heals += played.heals;
  tally.pages += played.pages;
  tally.calls = Math.max(tally.calls, played.calls);
  tally.pagesInVain += played.pagesInVain;
  if (!played.served) tally.unserved++;
  for (const excuse of played.excuses) {
    const key = `${plan.story}: ${excuse}`;
    tally.excuses.set(key, (tally.excuses.get(key) ?? 0) + 1);
  }
  tally.faults += played.fired.length;
  for (const { point, nth } of played.fired) {
    const key = `${plan.story} ${point}#${nth}`;
    tally.at.set(key, (tally.at.get(key) ?? 0) + 1);
  }
  for (const { promise } of played.broken) tally.byPromise.set(promise, (tally.byPromise.get(promise) ?? 0) + 1);
}
