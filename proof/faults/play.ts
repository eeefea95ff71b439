import { createHash } from 'node:crypto';
import type { Ports } from '../../lambda/core/world/ports.ts';
import { inventory, nothingDenied, pages } from '../../rehearsal/judge/checks.ts';
import { isOf, PAGES } from '../../rehearsal/judge/heard.ts';
import { failureOf } from '../../rehearsal/judge/measure.ts';
import { bringUp } from '../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Strike } from '../../rehearsal/scenarios/story/incident.ts';
import type { Assembly } from '../../rehearsal/world/assembly.ts';
import { Watch } from '../../rehearsal/world/watch.ts';
import type { Check, World } from '../../rehearsal/world/world.ts';
import type { Happening } from '../../simulator/aws/account/happening.ts';
import { openServices, type Services } from '../../simulator/aws/account/services.ts';
import type { PermissionLedger } from '../../simulator/aws/iam/permission-ledger.ts';
import { VirtualClock } from '../../simulator/time/clock.ts';
import { Random } from '../../simulator/time/random.ts';
import { AgeWatch } from './checkers/age-watch.ts';
import { boundedHeals, judgeAll } from './checkers/checkers.ts';
import { excuse } from './checkers/convergence.ts';
import { RejectedWatch } from './checkers/copies.ts';
import { UploadsWatch } from './checkers/intake.ts';
import { JournalWatch } from './checkers/journal.ts';
import { PageWatch } from './checkers/pages.ts';
import { healsOnRecord, judgeRecords } from './checkers/records.ts';
import { prelude } from './first-uploads.ts';
import { installFunctions, SKEW_MS } from './functions.ts';
import { FaultyDisks, Injector } from './injector.ts';
import type { Fault } from './schedule.ts';
import { STORIES, type Story } from './stories.ts';
import type { Visit } from './visits.ts';

const MINUTE_MS = 60_000;
const START = Date.parse('2026-01-07T00:00:00Z');
/** Faults that the healer has not come by at until then do not happen any more. */
export const FAULTS_MS = 20 * MINUTE_MS;
/** From the end of the faults to content that is served, or a person who knows why not: leases, sweeps and quiet times are over. */
export const CONVERGE_MS = 60 * MINUTE_MS;
/** Enough for a lease to run out, a sweep to come by, and a group to replace an instance. */
const REST_MS = 21 * MINUTE_MS;

/** A stack that has been synthesized, and its template read: the same for every run. */
export interface Ground {
  readonly assembly: Assembly;
  readonly template: unknown;
}

export interface Options {
  readonly story: Story;
  readonly seed: number;
  readonly schedule: readonly Fault[];
  /** Runs the deployed bundle on the real durable SDK. */
  readonly durable?: boolean;
  /** The time for faults is not cut short, and it is noted what comes of each visit of a point. */
  readonly counts?: boolean;
  /** Puts something between the healer and the world: how the checkers are tried out. */
  readonly tamper?: (ports: Ports) => Ports;
  /** Is shown the world before anything happens: how the pace is measured. */
  readonly show?: (services: Services) => void;
}

export interface Played {
  readonly broken: readonly Check[];
  readonly log: readonly Happening[];
  /** Of the log: the same for the same run, on whatever machine. */
  readonly digest: string;
  readonly permissions: PermissionLedger;
  /** How often the healer came by at each point, while faults may happen. */
  readonly points: ReadonlyMap<string, number>;
  /** Of them, where it was asked for, the visits that stand for all. */
  readonly visits?: ReadonlyMap<string, readonly Visit[]>;
  readonly fired: readonly Fault[];
  /** Heals that took the lease. */
  readonly heals: number;
  /** API calls of the execution of the healer that made the most. */
  readonly calls: number;
  readonly pages: number;
  /** Of them, those for a volume that was served at that moment. */
  readonly pagesInVain: number;
  readonly served: boolean;
  /** Why volumes that are down at the end may be so. */
  readonly excuses: readonly string[];
  /** From the blow until every volume was served again; `undefined` when none was down, or one stayed down. */
  readonly recoveryMs: number | undefined;
}

/** Plays one story with one schedule of faults. The same arguments give the same log. */
export async function play(ground: Ground, options: Options): Promise<Played> {
  const { story, seed, schedule } = options;
  const disks = new FaultyDisks();
  const clock = new VirtualClock(START, !options.durable);
  const random = new Random(seed);
  const services = openServices(
    {
      region: ground.assembly.region,
      clock,
      random: random.stream('cloud'),
      disks,
      serializes: options.durable === true,
    },
    ground.assembly.directory,
  );
  options.show?.(services);
  const world = worldOf(ground, services, disks, clock, random);
  const injector = new Injector(services, schedule, options.counts);
  const watch = new Watch(world);
  const heals = installFunctions(services, { ...options, durable: options.durable === true }, injector, () =>
    watch.look(),
  );
  const stage = await bringUp(world);
  if (typeof stage === 'string') throw new Error(`the stack did not come up: ${stage}`);
  const libraries = await prelude(world, stage, story);
  const failures = story.volumes.map((name) => failureOf(world, stage, name));
  const [first] = failures;
  if (!first) throw new Error('a story needs a volume');
  const strike: Strike = { world, services, stage, failures, first, libraries };

  const before = inventory(world);
  disks.injector = injector;
  injector.arm();
  if (options.durable) injector.orderKill();
  const struckAt = clock.now();
  const ages = new AgeWatch(world, story.volumes);
  const rejected = new RejectedWatch(strike);
  const paged = new PageWatch(strike, disks, injector, story.volumes);
  const journaled = story.journal === false ? [] : story.volumes;
  const sent = story.uploads?.(strike);
  const uploads = sent && new UploadsWatch(strike, sent);
  const journals = journaled.map((volume) => new JournalWatch(strike, volume, story.rotten, sent ?? []));
  story.strike(strike);
  let pagesInVain = 0;
  services.cloud.listen(({ event }) => {
    if (event?.kind !== 'message' || !isOf(event, PAGES)) return;
    const volume = story.volumes.find((v) => v === event.attributes.volume);
    if (volume && stage.servedBy(volume)) pagesInVain++;
  });
  const served = () => story.volumes.every((v) => stage.servedBy(v) !== undefined);
  const notified = () => story.volumes.every((v) => stage.servedBy(v) || pages(world, v, struckAt).length > 0);
  // Phase one: safety, while faults may happen. It ends early when they have happened, and the healer is done with them.
  let down = false;
  let servingAt: number | undefined;
  const look = () => {
    down ||= !served();
    if (down && served()) servingAt ??= clock.now();
    return false;
  };
  await clock.run(struckAt + 2 * MINUTE_MS, look);
  await clock.run(
    struckAt + (story.faultsMs ?? FAULTS_MS),
    () => look() || (!options.counts && services.lambda.busy === 0 && served() && injector.left === 0),
  );
  injector.stop();
  // Phase two: nothing fails any more.
  const calm = clock.now();
  await clock.run(calm + CONVERGE_MS, () => services.lambda.busy === 0 && notified());
  // A page is not enough where there is a way back: that is looked at once a minute, for most runs never need to.
  const convergedBy = () => story.volumes.every((v) => stage.servedBy(v) || excuse(strike, disks, story, v, struckAt));
  while (!convergedBy() && clock.now() < calm + CONVERGE_MS)
    await clock.run(clock.now() + MINUTE_MS, () => services.lambda.busy === 0 && served());
  const convergedAt = convergedBy() ? clock.now() : undefined;
  await clock.run(clock.now() + (story.restMs ?? REST_MS));
  await clock.run(clock.now() + CONVERGE_MS, () => services.lambda.busy === 0);
  watch.stop();
  ages.stop();
  paged.stop();
  for (const journal of journals) journal.stop();
  uploads?.stop();
  disks.injector = undefined;
  const ends = heals.endedSince(struckAt);
  const skewMs = schedule.some((f) => f.point === 'clock') ? SKEW_MS : 0;
  const broken = [
    ...judgeAll(
      {
        strike,
        truth: disks,
        watch,
        before,
        struckAt,
        calm,
        convergedAt,
        injector,
        ages,
        paged,
        rejected,
        ends,
        skewMs,
        story,
      },
      schedule,
    ),
    ...judgeRecords(world, ends, skewMs),
    ...journals.flatMap((journal) => journal.judge()),
    ...(uploads?.judge() ?? []),
    boundedHeals(ends, injector, services.ssm.ran),
    nothingDenied(world),
  ].filter((c) => !c.kept);
  const unserved = story.volumes.filter((v) => !stage.servedBy(v));
  const excuses = unserved.map((v) => excuse(strike, disks, story, v, struckAt) ?? 'none');
  disks.close();
  const lines = services.cloud.log.map(({ at, who, what }) => ({ at, who, what }));
  return {
    broken,
    log: services.cloud.log,
    digest: createHash('sha256').update(JSON.stringify(lines)).digest('hex'),
    permissions: services.cloud.permissions,
    points: injector.points,
    ...(injector.visits && { visits: injector.visits.telling }),
    fired: injector.fired.map((f) => f.fault),
    heals: healsOnRecord(world, ends),
    pages: story.volumes.reduce((sum, v) => sum + pages(world, v, struckAt).length, 0),
    calls: Math.max(0, ...ends.map((e) => e.calls)),
    pagesInVain,
    served: unserved.length === 0,
    excuses,
    recoveryMs: servingAt === undefined ? undefined : servingAt - struckAt,
  };
}

/** @throws Error for a story that is not known, or has no stack */
export function playPlan(
  stacks: ReadonlyMap<string, Ground>,
  { story, seed, schedule, counts = false }: Omit<Options, 'story'> & { readonly story: string },
  durable: boolean,
): Promise<Played> {
  const ground = stacks.get(story);
  const found = STORIES[story];
  if (!ground || !found) throw new Error(`no story ${story}`);
  return play(ground, { story: found, seed, schedule, counts, durable });
}

function worldOf(ground: Ground, services: Services, disks: FaultyDisks, clock: VirtualClock, random: Random): World {
  return {
    services,
    disks,
    clock,
    random: random.stream('scenario'),
    template: ground.template,
    stackName: ground.assembly.stackName,
    zones: ground.assembly.zones,
    progress: () => {},
    say: (what) => services.cloud.say('story', what),
    quote: () => {},
    spotlight: () => {},
  };
}
