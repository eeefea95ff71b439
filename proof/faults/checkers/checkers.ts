/** What must hold whatever fails, judged on the world: nothing here knows how the healer decides. */
import { EXIT, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { duration } from '../../../rehearsal/command/duration.ts';
import {
  check,
  contentIntact,
  everyVolumePlaced,
  incidents,
  ledgerAgrees,
  neverBlank,
  neverFrozenLong,
  nothingDeleted,
  oneWriter,
  pages,
  suspectNeverScheduled,
} from '../../../rehearsal/judge/checks.ts';
import { reasonsIn, valuesIn } from '../../../rehearsal/judge/heard.ts';
import { completedSnapshots, recoveryPoint, servedVolume } from '../../../rehearsal/judge/measure.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Watch } from '../../../rehearsal/world/watch.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { Ran } from '../../../simulator/aws/ssm/ssm.ts';
import type { Injector } from '../injector.ts';
import type { Fault, FaultKind } from '../schedule.ts';
import type { AgeWatch } from './age-watch.ts';
import { type Rest, servedAgain } from './convergence.ts';
import { type RejectedWatch, soundNotRejected, wayBackNotified } from './copies.ts';
import { drillsGiveWay, drillsHoldNoLease, mountedOnce } from './drills.ts';
import { nothingForgotten, nothingNameless } from './leftovers.ts';
import { type PageWatch, saidOnce } from './pages.ts';
import { type HealEnd, recordsTrue } from './records.ts';

/** Calls of all functions from the blow to rest, an hour and more: a look every few seconds, and no storm; and of each copy tried in vain. */
const CALLS = 6000;
const CALLS_A_COPY = 60;
/** What each look at a mount that takes minutes, and moves on, costs until it is answered: it is waited for with each copy anew. */
const CALLS_A_LOOK = 20;
/** Calls of one execution: a look every ten or thirty seconds for twenty minutes, some rounds of replacement, and retries. */
const CALLS_A_HEAL = 1200;
/** Volumes that one incident may leave behind where hosts answer; and how many of their answers a copy takes that is tried in vain. */
const VOLUMES = 10;
const ANSWERS_A_COPY = 2;

export interface Evidence extends Rest {
  readonly watch: Watch;
  /** Ids of what existed before the blow. */
  readonly before: ReadonlySet<string>;
  readonly struckAt: number;
  readonly injector: Injector;
  readonly ages: AgeWatch;
  readonly paged: PageWatch;
  readonly rejected: RejectedWatch;
  readonly ends: readonly HealEnd[];
  /** How far clocks are off. Milliseconds. */
  readonly skewMs: number;
}

export function judgeAll(evidence: Evidence, schedule: readonly Fault[]): Check[] {
  const { strike, watch, before, calm, convergedAt, story } = evidence;
  const { world, stage } = strike;
  const checks = [
    oneWriter(watch),
    neverBlank(watch),
    neverFrozenLong(watch),
    suspectNeverScheduled(watch),
    ...(story.deletes ? [] : [nothingDeleted(world, before)]),
    check(
      'served, or a person knows where it cannot be, within 60 min of the last fault',
      convergedAt !== undefined,
      convergedAt === undefined ? 'neither' : duration(convergedAt - calm),
    ),
    servedAgain(evidence),
    soundNotRejected(strike, evidence.truth),
    evidence.rejected.judge(),
    nothingNameless(strike),
    boundedCalls(evidence),
    check('no heal acts without the lease', evidence.injector.lawless.length === 0, evidence.injector.lawless, 'none'),
    drillsGiveWay(world.services.ssm.ran),
    drillsHoldNoLease(evidence.injector.refused, evidence.injector.heals),
    mountedOnce(world.services.ssm.ran, world.services.cloud.log),
    ...evidence.ages.judge(
      story.drills,
      evidence.injector.fired.length === 0 && story.calm,
      evidence.injector.fired.some(({ fault }) => fault.point.startsWith('guard/')),
    ),
    evidence.paged.judge(),
    saidOnce(
      world.services.sns.messages,
      evidence.injector.fired,
      evidence.skewMs,
      world.services.cloudFormation.updates,
    ),
    survivedAlone(evidence, schedule),
  ];
  for (const volume of story.volumes) {
    const owner = stage.servedBy(volume);
    const failure = strike.failures.find((f) => f.volume === volume);
    const served = owner && servedVolume(world, owner, volume);
    const left = leftToPeople(evidence, volume, served);
    const placed = everyVolumePlaced(stage, volume, served);
    checks.push(left ? { ...placed, kept: true } : placed);
    checks.push(
      ledgerAgrees(world, stage, volume),
      fewVolumes(strike, volume, evidence.injector),
      oneOfEach(strike, volume),
      provenServes(evidence, volume),
      nothingServedDeleted(strike, volume),
      nothingForgotten(strike, watch, volume, left),
      recordsTrue(strike, watch, volume, evidence.ends, evidence.skewMs),
    );
    const library = strike.libraries.get(volume);
    if (owner && failure && library)
      checks.push(
        ...(story.rotten || story.removes ? [] : [contentIntact(world, stage, library, failure)]),
        olderSaidSo(evidence, volume),
        wayBackNotified(strike, volume),
      );
  }
  return checks;
}

/** A suspect volume may come back to life and serve: nobody but a person decides what becomes of it, and must have been notified. */
function leftToPeople({ strike, struckAt }: Evidence, volume: string, served: string | undefined): boolean {
  return pages(strike.world, volume, struckAt).some((p) =>
    reasonsIn(p).some((stated) => stated.code === 'quarantinedServes' && stated.volumeId === served),
  );
}

/** One fault that passes is survived without anybody being woken; that a zone is full is no fault of those, but a part of the story. */
function survivedAlone({ strike, struckAt, story }: Evidence, schedule: readonly Fault[]): Check {
  const [only] = schedule;
  const passes = !story.mayPage && schedule.length === 1 && only?.times === 1 && PASSING.includes(only.kind);
  const paged = (passes ? story.volumes.flatMap((v) => pages(strike.world, v, struckAt)) : []).filter(
    (p) =>
      !reasonsIn(p).some((stated) => stated.code === 'stepFailed' && stated.error === 'InsufficientVolumeCapacity'),
  );
  const seen = paged.map((p) => p.message.split('\n')[0]).join('; ');
  return check('one passing fault calls nobody', paged.length === 0, seen || 'nobody');
}

const PASSING: readonly FaultKind[] = [
  'throttle',
  'errorBefore',
  'errorAfter',
  'lost',
  'slow',
  'stale',
  'missing',
  'dieBefore',
  'dieAfter',
  'twice',
  'late',
];

/** Content older than the newest sound copy is served only where people were notified of which copies were passed over. */
function olderSaidSo({ strike, injector }: Evidence, volume: string): Check {
  const { world, stage, failures } = strike;
  const promise = 'nothing older than the newest sound copy is served without saying so';
  const failure = failures.find((f) => f.volume === volume);
  const owner = stage.servedBy(volume);
  if (!failure || !owner) return check(promise, true, 'not served');
  const { snapshot } = recoveryPoint(world, failure, owner);
  if (!snapshot) return check(promise, true, 'the volume that served before');
  const passed = completedSnapshots(world, stage, volume).filter(
    (s) =>
      s.startedAt > snapshot.startedAt &&
      (s.completedAt ?? Number.POSITIVE_INFINITY) < failure.at &&
      !world.services.cloud.faults.spoilt.has(s.id),
  );
  // Where notifying people is denied, the record has it.
  const records = incidents(world, volume, failure.at).map((record) => JSON.stringify(record));
  const said = new Set(world.services.sns.messages.flatMap(valuesIn));
  // Nobody can name what EC2 did not show when it was asked.
  const silent = passed.filter(
    (s) => !said.has(s.id) && !records.some((record) => record.includes(s.id)) && !injector.leftOut(s, failure.at),
  );
  return check(
    promise,
    silent.length === 0,
    silent.map((s) => s.id),
    'said',
  );
}

/** A copy that nobody has mounted is taken only where none is verified, or where all of those failed. */
function provenServes({ strike, struckAt }: Evidence, volume: string): Check {
  const { world, stage, failures } = strike;
  const promise = 'no unverified recovery point is taken while there is a verified one';
  const failure = failures.find((f) => f.volume === volume);
  const owner = stage.servedBy(volume);
  if (!failure || !owner) return check(promise, true, 'not served');
  const { snapshot } = recoveryPoint(world, failure, owner);
  if (!snapshot || verifiedAt(snapshot) !== undefined)
    return check(promise, true, snapshot?.id ?? 'the volume that served before');
  const said = new Set(world.services.sns.messages.flatMap(valuesIn));
  const better = completedSnapshots(world, stage, volume).filter(
    (s) => (verifiedAt(s) ?? Number.POSITIVE_INFINITY) < struckAt && !said.has(s.id),
  );
  return check(promise, better.length === 0, `${snapshot.id} was taken, and not ${better.map((s) => s.id).join(', ')}`);
}

function verifiedAt({ tags }: { readonly tags: Readonly<Record<string, string>> }): number | undefined {
  return tags[TAG.verdict] === VERDICT.verified ? Date.parse(tags[TAG.drilledAt] ?? '') : undefined;
}

/** What once took over holds uploads that nothing else has: no drill that tidies up, and no guard, deletes it. */
function nothingServedDeleted({ world, stage }: Strike, volume: string): Check {
  const there = new Set<string>(stage.physical(volume).map((v) => v.id));
  const gone = incidents(world, volume, 0)
    .map((record) => String(record.replacement?.newVolume ?? ''))
    .filter((id) => id !== '' && !there.has(id));
  return check('no volume that served is deleted', gone.length === 0, gone, 'none');
}

/** Copies that hosts gave no answer about: each is tried in vain, and kept. */
function triedInVain({ fired }: Injector): number {
  return Math.ceil(fired.filter(({ fault }) => /^host:(?:mount|verify)$/.test(fault.point)).length / ANSWERS_A_COPY);
}

function boundedCalls({ strike, injector }: Evidence): Check {
  const { cloud } = strike.services;
  // A list counts once: how many pages it comes in is the simulated services' choice.
  // The journal's agents call S3 as often as a host may, for as long as it does not answer: that is no storm of the functions'.
  const calls = cloud.calls.slice(strike.first.calls).filter((c) => !c.furtherPage && c.service !== 's3').length;
  const most = CALLS + CALLS_A_COPY * triedInVain(injector);
  return check(`at most ${most} API calls`, calls <= most, String(calls));
}

export function boundedHeals(ends: readonly HealEnd[], injector: Injector, ran: readonly Ran[]): Check {
  const most = Math.max(0, ...ends.map((e) => e.calls));
  const inVain = triedInVain(injector);
  const looks = inVain > 0 ? ran.filter((r) => r.verb === 'mount' && r.exitCode === EXIT.mounting).length : 0;
  const bound = CALLS_A_HEAL + CALLS_A_COPY * inVain + CALLS_A_LOOK * looks;
  return check(`at most ${bound} API calls a heal`, most <= bound, String(most));
}

function fewVolumes({ stage }: Strike, volume: string, injector: Injector): Check {
  const most = VOLUMES + triedInVain(injector);
  const all = stage.physical(volume);
  const candidates = all.filter((v) => v.tags[TAG.role] === VOLUME_ROLE.candidate).length;
  return check(
    `at most ${most} volumes of one content volume`,
    all.length <= most,
    `${all.length}, ${candidates} of them candidates`,
  );
}

/** A heal that orders the same volume twice gets one: it makes another of a recovery point only once the one before was tried on a host. */
function oneOfEach({ stage, services }: Strike, volume: string): Check {
  const seen = new Map<string, string[]>();
  for (const { id, orderedFor, snapshotId } of stage.physical(volume).sort((a, b) => a.createdAt - b.createdAt)) {
    // What a drill made has no heal.
    if (!snapshotId || orderedFor === undefined) continue;
    const order = `${orderedFor} from ${snapshotId}`;
    seen.set(order, [...(seen.get(order) ?? []), id]);
  }
  const tried = new Set(
    services.cloud.log.flatMap(({ event }) =>
      event?.kind === 'attached' || event?.kind === 'stuckAttaching' ? event.volumeId : [],
    ),
  );
  const twice = [...seen]
    .filter(([, ids]) => ids.slice(0, -1).some((id) => !tried.has(id)))
    .map(([order, ids]) => `${order}: ${ids.join(', ')}`);
  return check('no heal makes two volumes where it ordered one', twice.length === 0, twice, 'none');
}
