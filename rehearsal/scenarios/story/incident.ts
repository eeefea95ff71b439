import { TAG, VERDICT } from '../../../contract/contract.ts';
import type { Services } from '../../../simulator/aws/account/services.ts';
import { duration } from '../../command/duration.ts';
import {
  boundedCalls,
  check,
  contentIntact,
  everyVolumePlaced,
  firstLine,
  incidents,
  inventory,
  ledgerAgrees,
  neverBlank,
  neverFrozenLong,
  newestPointTaken,
  nobodyCalledInVain,
  nothingDeleted,
  oneWriter,
  onRecord,
  pages,
  passedOnRecord,
  rarelyPaged,
  recentSnapshot,
  scheduleWorks,
  suspectKept,
  suspectNeverScheduled,
} from '../../judge/checks.ts';
import { type Because, says } from '../../judge/heard.ts';
import { type Failure, failureOf, measure, servedVolume } from '../../judge/measure.ts';
import { pagesBucket, pagesStored } from '../../judge/page.ts';
import { Library, makeCourse } from '../../world/courses.ts';
import { Watch } from '../../world/watch.ts';
import type { Check, OutcomeKind, Recovery, Scenario, ScenarioResult, World } from '../../world/world.ts';
import { bringUp, type Stage, upload } from './deployed-stack.ts';
import { gather } from './gather.ts';

const MINUTE_MS = 60_000;
const COURSES = 40;
const UPLOADING_MS = 120 * MINUTE_MS;
/** How long content may be gone without anybody being notified, before the scenario gives up. */
const PATIENCE_MS = 45 * MINUTE_MS;
/** From there until everything must be at rest: longer than a lease, and than a group takes to replace an instance. */
const REST_MS = 20 * MINUTE_MS;
const CALLS = 600;
/** Bounds of calls are for a stack of so many content volumes, or fewer. */
const BOUNDED_VOLUMES = 2;

/** What a scenario must end in. */
export interface Expectation {
  /** Any of these. */
  readonly outcome: readonly OutcomeKind[];
  /** From the failure to content that is served again, or to a person who is paged. */
  readonly withinMs: number;
  /** Why the person may be paged: one of these must be among what the message says. Needed where `page` may be the outcome. */
  readonly because?: readonly Because[];
  /** Also fine if a person is paged, although it is served again: it was a near thing. */
  readonly mayPage?: boolean;
  /** For a stack of two content volumes; more with more of them. @default 600 */
  readonly calls?: number;
  /** Drills go on until then: those of one zone wait for each other, and each looks at all of them meanwhile. */
  readonly drilling?: true;
  /** What somebody deletes as a part of the story is not held against the healer. */
  readonly deletes?: boolean;
  /** What pages are encrypted with is taken away as a part of the story: none can be stored. */
  readonly pageless?: boolean;
  /** A file is not what it was, as a part of the story. */
  readonly rotten?: boolean;
}

/** One content volume of the story. */
export interface Part {
  readonly volume: string;
  readonly library: Library;
}

/** What the one that breaks things works with. */
export interface Strike {
  readonly world: World;
  readonly services: Services;
  readonly stage: Stage;
  /** How things stand, by content volume; the first is the one that the story is about. */
  readonly failures: readonly Failure[];
  readonly first: Failure;
  readonly libraries: ReadonlyMap<string, Library>;
}

export interface Plan {
  readonly about: string;
  /** Settings that the stack is synthesized with, over those of cdk.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Why it cannot be played with settings: see `Scenario`. */
  readonly needs?: Scenario['needs'];
  /** With drills, and so with a spare. Without, it is seen how content comes back from a snapshot. @default false */
  readonly drills?: boolean;
  /** In how many drills all content is read. @default as in the settings */
  readonly readAllEvery?: number;
  /** What a heal takes where something newer is verified than the spare. @default faster */
  readonly prefer?: 'fresher';
  /** Every content volume is struck, not only the first. */
  readonly all?: boolean;
  /** All of them have one owner. */
  readonly together?: boolean;
  readonly expect: Expectation;
  /** From then until everything must be at rest. Milliseconds. @default 20 minutes */
  readonly restMs?: number;
  /** How long something is taken away that heals need, with a rest. Nothing is judged before. Milliseconds. @default 0 */
  readonly lacksMs?: number;
  /** Why this cannot pass yet. Such a scenario is played, reported, and no part of what is promised. */
  readonly notYet?: string;
  strike(strike: Strike): void;
  /** More promises, judged at rest. */
  readonly checks?: (strike: Strike) => readonly Check[];
}

/** A scenario of one blow: two hours of uploads, something breaks, and then it is served again or a person is paged. */
export function incident(plan: Plan): Scenario {
  return {
    about: plan.about,
    settings: settingsOf(plan),
    ...(plan.needs && { needs: plan.needs }),
    ...(plan.notYet && { notYet: plan.notYet }),
    play: (world) => play(world, plan),
  };
}

/** Settings that the stack of a plan is synthesized with, over those of cdk.json. */
export function settingsOf({
  settings,
  drills = false,
  prefer,
  readAllEvery,
}: Plan): Readonly<Record<string, unknown>> {
  return { ...settings, drills: { enabled: drills, ...(prefer && { prefer }), ...(readAllEvery && { readAllEvery }) } };
}

async function play(world: World, plan: Plan): Promise<ScenarioResult> {
  const prepared = await prepare(world, plan.all === true, plan.together);
  if ('checks' in prepared) return prepared;
  const { watch, stage, strike } = prepared;
  const { first, failures } = strike;
  const before = inventory(world);
  world.say(`${failures.map((f) => `${f.volume} is served by ${f.owner}`).join(', ')}; ${plan.about}`);
  world.spotlight(true);
  plan.strike(strike);
  const parts = await untilSettled(strike, failures, plan.expect, plan.restMs);
  world.spotlight(false);
  watch.stop();
  const checks = [
    recentSnapshot(first),
    scheduleWorks(world),
    oneWriter(watch),
    neverBlank(watch),
    neverFrozenLong(watch),
    suspectNeverScheduled(watch),
    ...(plan.expect.deletes ? [] : [nothingDeleted(world, before)]),
    ...parts.flatMap((part) => judge(world, stage, part, plan.expect)),
    ...(plan.checks?.(strike) ?? []),
  ];
  return { checks, recovery: parts[0]?.recovery, outcome: parts[0]?.outcome ?? 'lost' };
}

/**
 * A stack that serves, two hours of uploads, and somebody who watches.
 * @param all uploads go to every content volume
 * @param together one instance owns all of them
 */
export async function prepare(
  world: World,
  all: boolean,
  together = false,
): Promise<ScenarioResult | { readonly watch: Watch; readonly stage: Stage; readonly strike: Strike }> {
  const failed = (promise: string, seen: string) => ({ checks: [check(promise, false, seen)], recovery: undefined });
  const watch = new Watch(world);
  const stage = await bringUp(world);
  if (typeof stage === 'string') return failed('every content volume is served after a deployment', stage);
  if (together) await gather(world, stage);
  const names = stage.volumes.map((v) => v.name).slice(0, all ? undefined : 1);
  const libraries = await uploadCourses(world, stage, names);
  const failures = names.map((name) => failureOf(world, stage, name));
  const [first] = failures;
  if (!first) return failed('the stack has a content volume', 'none');
  return { watch, stage, strike: { world, services: world.services, stage, failures, first, libraries } };
}

async function uploadCourses(world: World, stage: Stage, names: readonly string[]): Promise<Map<string, Library>> {
  const { clock, random } = world;
  const chance = random.stream('courses');
  const libraries = new Map(names.map((name) => [name, new Library()]));
  const start = clock.now();
  for (let n = 0; n < COURSES; n++) {
    await clock.run(start + Math.floor(((n + chance.next()) / COURSES) * UPLOADING_MS));
    const name = names[n % names.length] ?? '';
    const course = makeCourse(`course-${String(n + 1).padStart(3, '0')}`, chance);
    upload(world, stage, name, course);
    libraries.get(name)?.add(course, clock.now());
  }
  return libraries;
}

/** What became of one content volume. */
export interface Settled {
  readonly failure: Failure;
  readonly library: Library;
  readonly recovery: Recovery | undefined;
  readonly outcome: OutcomeKind;
  /** When somebody was first paged. */
  readonly pagedAt: number | undefined;
}

/** Runs until each struck volume is served again, or a person is paged, and then until everything is at rest. */
export async function untilSettled(
  { world, services, stage, libraries }: Strike,
  failures: readonly Failure[],
  expect: Pick<Expectation, 'outcome'>,
  restMs = REST_MS,
): Promise<Settled[]> {
  const struckAt = world.clock.now();
  const states = failures.map((failure) => ({
    failure,
    library: libraries.get(failure.volume) ?? new Library(),
    down: false,
    recovery: undefined as Recovery | undefined,
  }));
  const look = () => {
    for (const state of states) {
      const owner = stage.servedBy(state.failure.volume);
      state.down ||= owner === undefined;
      // Each is measured at its own moment.
      if (!state.down || !owner || state.recovery) continue;
      state.recovery = measure(world, state.failure, state.library, owner);
      const { filesIntact, filesExpected } = state.recovery;
      world.say(`${state.failure.volume} is served again: ${filesIntact} of ${filesExpected} files intact`);
    }
    return states.every((s) => s.recovery || pages(world, s.failure.volume, struckAt).length > 0);
  };
  const quiet = expect.outcome.every((kind) => kind === 'none');
  if (!quiet) await world.clock.run(struckAt + PATIENCE_MS, look);
  await world.clock.run(world.clock.now() + restMs, () => look() && false);
  // A sweep may just have begun to look.
  await world.clock.run(world.clock.now() + PATIENCE_MS, () => look() && services.lambda.busy === 0);
  return states.map(({ failure, library, down, recovery }) => {
    const pagedAt = pages(world, failure.volume, struckAt)[0]?.at;
    const outcome: OutcomeKind = !down ? 'none' : recovery ? kindOf(world, stage, failure) : pagedAt ? 'page' : 'lost';
    return { failure, library, recovery, outcome, pagedAt };
  });
}

/** What happened, as the world shows it. */
function kindOf(world: World, stage: Stage, failure: Failure): OutcomeKind {
  const owner = stage.servedBy(failure.volume) ?? '';
  const served = world.services.ec2.volumes.get(servedVolume(world, owner, failure.volume) ?? '');
  if (served?.id === failure.volumeId) {
    if (owner !== failure.owner) return 'failover';
    const healed = incidents(world, failure.volume, failure.at).some((i) => i.outcome === 'healed');
    return healed ? 'remount' : 'passed';
  }
  return served?.zone === failure.zone ? 'replace' : 'relocate';
}

/** With drills a verified point goes before a newer one; the plans that have them judge it. */
function drilled({ services }: World): boolean {
  return [...services.ec2.snapshots.values()].some((s) => s.tags[TAG.verdict] === VERDICT.verified);
}

/** Each further content volume has rounds, sweeps and drills of its own, and is one more that the drills of its zone wait for. */
function callsAllowed({ volumes }: Stage, { calls = CALLS, drilling }: Expectation): number {
  const times = (count: number) => Math.max(1, count / BOUNDED_VOLUMES);
  const inZone = volumes.map(({ zone }) => volumes.filter((v) => v.zone === zone).length);
  return Math.ceil(calls * times(volumes.length) * (drilling ? times(Math.max(...inZone)) : 1));
}

/** The promises that hold for every content volume, whatever became of it. */
export function judge(world: World, stage: Stage, part: Settled, expect: Expectation): Check[] {
  const { failure, recovery, outcome, pagedAt } = part;
  const { volume } = failure;
  const owner = stage.servedBy(volume);
  const served = owner && servedVolume(world, owner, volume);
  const took = recovery ? recovery.servingAt - failure.at : pagedAt !== undefined ? pagedAt - failure.at : undefined;
  const checks = [
    check(`${volume}: the outcome is ${expect.outcome.join(' or ')}`, expect.outcome.includes(outcome), outcome),
    everyVolumePlaced(stage, volume, served),
    ledgerAgrees(world, stage, volume),
    rarelyPaged(world, failure),
    boundedCalls(world, failure, recovery?.servingAt ?? pagedAt ?? world.clock.now(), callsAllowed(stage, expect)),
  ];
  if (outcome !== 'none')
    checks.push(
      check(
        `${volume}: served again, or a person is paged, within ${duration(expect.withinMs)}`,
        took !== undefined && took <= expect.withinMs,
        took === undefined ? `neither in ${duration(PATIENCE_MS)}` : duration(took),
      ),
    );
  if ((recovery || outcome === 'none') && !expect.rotten)
    checks.push(contentIntact(world, stage, part.library, failure));
  if (recovery && (outcome === 'replace' || outcome === 'relocate') && owner)
    checks.push(
      ...(drilled(world) || expect.deletes ? [] : [newestPointTaken(world, stage, failure, owner)]),
      ...(expect.deletes ? [] : [suspectKept(world, failure)]),
    );
  if (outcome === 'page') {
    const [page] = pages(world, volume, failure.at);
    const isTrue = expect.because?.some((because) => page !== undefined && says(page, because)) === true;
    checks.push(
      onRecord(world, failure, ['paged']),
      ...(expect.pageless ? [] : storedPages(world, failure)),
      check('the person is notified of the true reason', isTrue, page ? firstLine(page) : 'nobody is paged'),
    );
  } else {
    if (!expect.mayPage) checks.push(nobodyCalledInVain(world, failure));
    if (outcome === 'passed') checks.push(passedOnRecord(world, failure));
    else if (outcome !== 'none') checks.push(onRecord(world, failure, ['healed']), ...storedPages(world, failure));
  }
  return checks;
}

/** Where the stack says that it stores pages: one of a team's own that has parts of ours may have none. */
function storedPages(world: World, failure: Failure): Check[] {
  return pagesBucket(world) === undefined ? [] : [pagesStored(world, failure)];
}
