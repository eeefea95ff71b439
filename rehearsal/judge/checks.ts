/** Promises that every incident shares, judged on what the simulated world shows: none of this knows the healer's rules. */

import { TAG, VOLUME_ROLE, volumeOfAlarm } from '../../contract/contract.ts';
import { listed, SAID } from '../../contract/listed.ts';
import { isEvent } from '../../simulator/aws/account/happening.ts';
import type { Item } from '../../simulator/aws/dynamodb/expressions.ts';
import { counted, duration } from '../command/duration.ts';
import type { Stage } from '../scenarios/story/deployed-stack.ts';
import type { Library } from '../world/courses.ts';
import type { Watch } from '../world/watch.ts';
import type { Check, World } from '../world/world.ts';
import { heard, PAGES } from './heard.ts';
import { completedSnapshots, type Failure, readOwed, recoveryPoint, servedVolume } from './measure.ts';

/** What is promised of every incident; docs/failure-modes.md has the bounds of each. Milliseconds. */
export const PROMISE = {
  snapshotAgeMs: 60 * 60_000,
  verifiedAgeMs: 75 * 60_000,
  detectionMs: 30_000,
  recoveryMs: 5 * 60_000,
  betweenPagesMs: 15 * 60_000,
} as const;

/** The part of an incident's record that is looked at: written out here, for the record is judged and not believed. */
interface IncidentRecord {
  readonly id?: unknown;
  readonly volume?: unknown;
  readonly outcome?: unknown;
  readonly trigger?: { readonly kind?: unknown };
  readonly summary?: unknown;
  readonly startedAt?: unknown;
  readonly endedAt?: unknown;
  readonly drained?: { readonly state?: unknown; readonly flushed?: unknown };
  readonly steps?: readonly { readonly name?: unknown; readonly startedAt?: unknown; readonly endedAt?: unknown }[];
  readonly replacement?: {
    readonly oldVolume?: unknown;
    readonly newVolume?: unknown;
    readonly snapshotId?: unknown;
    readonly recoveryPointAt?: unknown;
    readonly choice?: { readonly taken?: unknown; readonly newer?: unknown; readonly minutes?: unknown };
  };
}

/**
 * @param seen what was found, or a list of it: the first few are said, and the result has all of them
 * @param otherwise what is said where the list is empty
 */
export function check(promise: string, kept: boolean, seen: string | readonly string[], otherwise = 'none'): Check {
  if (typeof seen === 'string') return { promise, kept, seen };
  const said = listed(seen, { between: '; ', rest: 'all of them: --json' }) || otherwise;
  return { promise, kept, seen: said, ...(seen.length > SAID && { all: seen }) };
}

/** Records of heals of the volume that had not ended at a moment, oldest first: a sweep may have begun just before. */
export function incidents(world: World, volume: string, since: number): IncidentRecord[] {
  return world.services.dynamodb
    .all()
    .map((item) => (item.incident?.S === undefined ? undefined : (JSON.parse(item.incident.S) as IncidentRecord)))
    .filter((record) => record !== undefined)
    .filter((record) => record.volume === volume && Number(record.endedAt ?? since) >= since)
    .sort((a, b) => Number(a.startedAt) - Number(b.startedAt));
}

/** A promise in one line. What was seen is named as such: "no call is denied: none" would deny itself. */
export function promiseText({ promise, seen }: Check): string {
  return `${promise}; seen: ${seen}`;
}

/** What a message begins with. */
export function firstLine({ message }: { readonly message: string }): string {
  return message.split('\n', 1)[0] ?? '';
}

/** Messages that call a person to this volume. */
export function pages(world: World, volume: string, since: number) {
  return heard(world.services.sns, { kinds: PAGES, volume, since });
}

/** Messages that call a person to the snapshot policy: the guard's own snapshots would hide that it does not work. */
export function policyPages(world: World, since: number) {
  return heard(world.services.sns, { kinds: ['policy'], since });
}

export function scheduleWorks(world: World): Check {
  const said = policyPages(world, 0).map(firstLine);
  return check('the snapshot policy does its work', said.length === 0, said, 'yes');
}

export function recentSnapshot({ snapshotAgeMs: age }: Failure): Check {
  return check(
    'newest completed snapshot at most 60 min old',
    age !== undefined && age <= PROMISE.snapshotAgeMs,
    age === undefined ? 'none' : duration(age),
  );
}

/** Judged at rest: the content that was owed when it was served again is still there, and whoever serves it is the same. */
export function contentIntact(world: World, stage: Stage, library: Library, failure: Failure): Check {
  const owner = stage.servedBy(failure.volume);
  if (!owner) return check('every file that is owed is intact', false, `nobody serves ${failure.volume}`);
  const { expected, intact, missing } = readOwed(world, library, failure, owner);
  const not = missing.length > 0 ? `; not ${listed(missing, { rest: 'all of them: --json' })}` : '';
  return {
    ...check(
      'every file that is owed is intact',
      expected > 0 && intact === expected,
      `${intact} of ${expected}${not}`,
    ),
    ...(missing.length > SAID && { all: missing }),
  };
}

/** Of the copies that existed when it failed and were sound, the newest was taken, or one that is newer still. */
export function newestPointTaken(world: World, stage: Stage, failure: Failure, owner: string): Check {
  const { snapshot } = recoveryPoint(world, failure, owner);
  const { spoilt } = world.services.cloud.faults;
  const sound = completedSnapshots(world, stage, failure.volume).filter(
    (s) =>
      (s.completedAt ?? failure.at) < failure.at &&
      !spoilt.has(s.id) &&
      s.volumeId !== servedVolume(world, owner, failure.volume),
  );
  const newest = sound[0];
  const kept = snapshot !== undefined && newest !== undefined && snapshot.startedAt >= newest.startedAt;
  return check(
    'the newest recovery point that mounts was taken',
    kept,
    `${snapshot?.id ?? 'none'}; the newest was ${newest?.id ?? 'none'}`,
  );
}

export function oneWriter(watch: Watch): Check {
  return check('never two writers', watch.twoWriters.size === 0, [...watch.twoWriters], 'none seen');
}

export function neverBlank(watch: Watch): Check {
  return check(
    'never a blank volume in the place of content',
    watch.blankServed.size === 0,
    [...watch.blankServed],
    'none seen',
  );
}

/** The roles of the stack allow all that its own functions and hosts do. A fault that denies a call is none of this. */
export function nothingDenied(world: World): Check {
  const { permissions, retained } = world.services.cloud;
  // A stack that was removed has left its key: the roles of a later one may not use it.
  const denials = permissions.denials.filter((d) => !d.resources.some((arn) => retained.has(arn)));
  // What is deleted has no tags to allow another delete: that is how EC2 answers one whose first answer was lost.
  const { volumes, snapshots, instances } = world.services.ec2;
  const gone = ({ action, resources }: (typeof denials)[number]) =>
    /^ec2:Delete(Volume|Snapshot)$/.test(action) &&
    resources.every((arn) => {
      const id = arn.split('/').at(-1) ?? '';
      return !volumes.has(id) && !snapshots.has(id);
    });
  // Nor has what somebody has taken out of the fleet.
  const foreign = ({ resources }: (typeof denials)[number]) =>
    resources.some((arn) => {
      const host = instances.get(arn.split('/').at(-1) ?? '');
      return host !== undefined && host.tags[TAG.stack] === undefined;
    });
  const seen = new Set(
    denials
      .filter((d) => !gone(d) && !foreign(d))
      .map(({ role, action, missing }) => `${role} may not ${action}: ${missing}`),
  );
  const excused = permissions.denials.length - denials.filter((d) => !gone(d) && !foreign(d)).length;
  const none = excused === 0 ? 'none' : `none; ${excused} as a part of the story`;
  return check('no call is denied', seen.size === 0, [...seen], none);
}

export function neverFrozenLong(watch: Watch): Check {
  const seen = [...watch.frozenTooLong];
  return check('no volume stays frozen beyond its time', seen.length === 0, seen, 'none seen');
}

/** DLM's count would rotate the good copies out with those of it. */
export function suspectNeverScheduled(watch: Watch): Check {
  const seen = [...watch.suspectScheduled];
  return check('no volume in quarantine is in the schedule, for one moment', seen.length === 0, seen, 'none seen');
}

/** The volume that was replaced is kept, and no schedule copies it. @param lost it has no data that could be kept */
export function suspectKept(world: World, failure: Failure): Check {
  const old = world.services.ec2.volumes.get(failure.volumeId);
  return check(
    'the suspect volume is kept, and out of the schedule',
    old?.tags[TAG.role] === VOLUME_ROLE.quarantined && !(TAG.schedule in old.tags),
    old
      ? `${old.id} is ${old.tags[TAG.role]}${TAG.schedule in old.tags ? ', and in the schedule' : ''}`
      : `${failure.volumeId} is gone`,
  );
}

/** Ids of all volumes and snapshots, to be compared later. What a drill made is its own to delete. */
export function inventory(world: World): Set<string> {
  const { volumes, snapshots } = world.services.ec2;
  const kept = [...volumes.values()].filter((v) => !DRILLED.includes(v.tags[TAG.role] ?? ''));
  return new Set([...kept.map((v) => v.id), ...snapshots.keys()]);
}
const DRILLED: readonly string[] = [VOLUME_ROLE.scratch, VOLUME_ROLE.spare, VOLUME_ROLE.discarded];

export function nothingDeleted(world: World, before: ReadonlySet<string>): Check {
  const now = inventory(world);
  const gone = [...before].filter((id) => !now.has(id));
  return check('no volume and no snapshot is deleted', gone.length === 0, gone, 'none');
}

/** Every physical volume has its place: one is current and in the schedule, the rest are kept for a person or marked by a heal. */
export function everyVolumePlaced(stage: Stage, volume: string, served: string | undefined): Check {
  const wrong: string[] = [];
  let current = 0;
  for (const { id, tags } of stage.physical(volume)) {
    const role = tags[TAG.role];
    const scheduled = TAG.schedule in tags;
    if (role === VOLUME_ROLE.current) current++;
    if (served !== undefined && (role === VOLUME_ROLE.current) !== (id === served))
      wrong.push(`${id} is ${role} and ${id === served ? 'serves' : 'does not serve'}`);
    // One that is dead, and cannot be replaced yet, is out of the schedule too.
    const due = role === VOLUME_ROLE.current && served === undefined ? scheduled : role === VOLUME_ROLE.current;
    if (scheduled !== due) wrong.push(`${id} is ${role} and ${scheduled ? 'in' : 'not in'} the schedule`);
    if (role === VOLUME_ROLE.candidate && !tags[TAG.heal]) wrong.push(`${id} is a candidate of nobody`);
  }
  if (served !== undefined && current !== 1) wrong.push(`${current} volumes are current`);
  return check('every volume is current, quarantined or marked by its heal', wrong.length === 0, wrong, 'yes');
}

/** At rest, nobody holds the lease, and the ledger says what the world shows. */
export function ledgerAgrees(world: World, stage: Stage, volume: string): Check {
  const item: Item | undefined = world.services.dynamodb
    .all()
    .find((i) => i.pk?.S === `VOLUME#${volume}` && i.sk?.S === 'STATE');
  const owner = stage.servedBy(volume);
  const served = owner && servedVolume(world, owner, volume);
  const wrong: string[] = [];
  if (Number(item?.leaseUntil?.N ?? 0) > world.clock.now()) wrong.push(`the lease is held by ${item?.leaseHolder?.S}`);
  if (owner && served) {
    const generation = world.services.ec2.volumes.get(served)?.tags[TAG.generation];
    const said = [item?.currentVolume?.S, item?.volumeOwner?.S, item?.generation?.N];
    const seen = [served, owner, generation];
    if (said.join() !== seen.join()) wrong.push(`it says ${said.join(', ')}; the world shows ${seen.join(', ')}`);
  } else if (item?.currentVolume) wrong.push(...unservedWrong(world, stage, volume, item));
  return check('the ledger agrees with the world at rest', wrong.length === 0, wrong, 'yes');
}

/** Where nothing serves: what the ledger names is there, no later one carries its marks, and where it is, its owner is. */
function unservedWrong(world: World, stage: Stage, volume: string, item: Item): string[] {
  const { ec2 } = world.services;
  const named = ec2.volumes.get(item.currentVolume?.S ?? '');
  if (!named) return [`it names ${item.currentVolume?.S}, which does not exist`];
  const generation = Number(item.generation?.N);
  const [owner, holder] = [item.volumeOwner?.S, named.attachment?.instanceId];
  const others = stage.physical(volume).filter((v) => v.id !== named.id && v.tags[TAG.role] === VOLUME_ROLE.current);
  return [
    ...others.map((v) => `it names ${named.id}, and ${v.id} is current by its tags`),
    ...(named.tags[TAG.role] === VOLUME_ROLE.current && Number(named.tags[TAG.generation]) !== generation
      ? [`it says generation ${generation} of ${named.id}, whose tag says ${named.tags[TAG.generation]}`]
      : []),
    // One that is gone had it last: whoever was to take it over has it attached, and never served. So where it could not be served at all,
    // and people know that only they can: what is agreed on is what served last.
    ...(holder !== undefined &&
    holder !== owner &&
    item.pagedFinal?.BOOL !== true &&
    ec2.instances.get(owner ?? '')?.state === 'running'
      ? [`it says that ${owner} has ${named.id}, which is at ${holder}`]
      : []),
  ];
}

/** Every heal has a record that ended, with times that can be true. */
export function onRecord(world: World, failure: Failure, outcomes: readonly string[]): Check {
  const records = incidents(world, failure.volume, failure.at);
  const wrong = records.flatMap((record) => {
    const times = [
      record.startedAt,
      ...(record.steps ?? []).flatMap((s) => [s.startedAt, s.endedAt]),
      record.endedAt,
    ].map(Number);
    const inOrder = times.every((t, i) => t >= (times[i - 1] ?? 0) && t <= world.clock.now());
    if (record.outcome === 'open') return [`${record.id} is still open`];
    return inOrder ? [] : [`${record.id}: its times are not in order`];
  });
  const found = records.filter((record) => outcomes.includes(String(record.outcome)));
  const kept = wrong.length === 0 && found.length > 0;
  const summaries = found.map((record) => `${record.outcome}: ${record.summary}`);
  return check('the incident is on record, with true times', kept, wrong.join('; ') || summaries[0] || 'no record');
}

/** As {@link onRecord} for what passed by itself: where it was over before an alarm went off, no heal began that could be on record. */
export function passedOnRecord(world: World, failure: Failure): Check {
  const begun = world.services.cloud.log.some(
    ({ at, event }) =>
      at >= failure.at &&
      isEvent(event, 'alarmStarts') &&
      volumeOfAlarm(world.stackName, event.alarm) === failure.volume,
  );
  return begun || incidents(world, failure.volume, failure.at).length > 0
    ? onRecord(world, failure, ['falseAlarm', 'sound'])
    : check('the incident is on record, with true times', true, 'it was over before an alarm went off');
}

/** Whoever is called at night is needed. */
export function nobodyCalledInVain(world: World, failure: Failure): Check {
  const called = pages(world, failure.volume, failure.at);
  return check('nobody is paged without need', called.length === 0, called.map(firstLine), 'nobody');
}

/** Whoever was called once knows: the same trouble does not ring every few minutes. */
export function rarelyPaged(world: World, failure: Failure): Check {
  const called = pages(world, failure.volume, failure.at).map((m) => m.at);
  const tooSoon = called.filter((at, i) => i > 0 && at - (called[i - 1] ?? 0) < PROMISE.betweenPagesMs).length;
  return check('nobody is paged again for the same within 15 min', tooSoon === 0, counted(called.length, 'page'));
}

export function boundedCalls(world: World, failure: Failure, until: number, bound: number): Check {
  // A list counts once: how many pages it comes in is the simulated services' choice.
  const calls = world.services.cloud.calls.slice(failure.calls).filter((c) => c.at <= until && !c.furtherPage);
  return check(`at most ${bound} API calls`, calls.length <= bound, String(calls.length));
}

export function alarmsCalm(world: World, volume: string): Check {
  const alarms = world.services.cloudwatch.alarms
    .filter((a) => a.name.includes(`/${volume}/`))
    .map((a) => `${a.name} ${a.state}`);
  const isCalm = (a: string) => a.endsWith(' OK');
  const kept = alarms.length > 0 && alarms.every(isCalm);
  return check('the alarms watch what serves, and are calm', kept, alarms.join(', '));
}
