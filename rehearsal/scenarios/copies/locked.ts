/** Somebody has the guard's own role and deletes every snapshot that there is: the one that is locked is what content comes back from. */
import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { principalOf } from '../../../simulator/aws/account/created.ts';
import { loseVolume } from '../../../simulator/aws/account/failures.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import type { SimSnapshot } from '../../../simulator/aws/ec2/state.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { evaluate } from '../../../simulator/aws/iam/iam.ts';
import { duration } from '../../command/duration.ts';
import { check, neverBlank, oneWriter } from '../../judge/checks.ts';
import { failureOf, recoveryPoint } from '../../judge/measure.ts';
import { atLeast, type Check, type Scenario, type ScenarioResult, type World } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import { judge, prepare, type Strike, untilSettled } from '../story/incident.ts';
import { HOUR_MS, snapshotsOf } from './recovery-points.ts';

const MINUTE_MS = 60_000;
const KEEP_HOURS = 4;
const LOCK_DAYS = 1;
/** From the deployment: the first verified copy, the guard's own, and its drill. */
const LOCKED_WITHIN_MS = 3 * HOUR_MS;
/** Age of the newest locked copy, while drills pass. */
const LOCK_AGE_MS = 25 * HOUR_MS;
const THEFT_MS = 5 * MINUTE_MS;
/** From the end of the lock: rounds of the guard that mark and delete. */
const CLEARED_WITHIN_MS = 30 * MINUTE_MS;
/** EC2 refuses more calls than these, after each other. */
const BETWEEN_CALLS_MS = 300;

export const locked: Scenario = {
  about: "somebody steals the guard's role and deletes every snapshot; then the volume is lost, and its spare",
  settings: {
    // One that is robbed, and another to see how a lock ends.
    volumes: atLeast(2),
    drills: { enabled: true },
    snapshotLock: { days: LOCK_DAYS },
    // Less than a stack is otherwise held to, so that its own objective says so; shorter than the lock, which outlives it.
    snapshots: { perHour: 4, keepHours: KEEP_HOURS },
    objectives: { recoveryPointReachHours: KEEP_HOURS },
  },
  play,
};

async function play(world: World): Promise<ScenarioResult> {
  const prepared = await prepare(world, false);
  if ('checks' in prepared) return prepared;
  const { watch, strike } = prepared;
  const { clock } = world;
  const { volume } = strike.first;
  // Of the other one nobody takes anything: there it is seen how a lock ends.
  const other = strike.stage.volumes.find(({ name }) => name !== volume)?.name ?? '';
  const firstLocked = (name: string) => lockedOf(world, name)[0];
  await clock.run(clock.now() + LOCKED_WITHIN_MS, () => [volume, other].every(firstLocked));
  const [kept, spent] = [firstLocked(volume), firstLocked(other)];
  if (!kept || !spent)
    return { checks: [check('a verified copy of each volume is locked', false, 'none')], recovery: undefined };

  world.spotlight(true);
  const stolen = await steal(strike);
  const failure = failureOf(world, strike.stage, volume);
  const now: Strike = { ...strike, first: failure, failures: [failure] };
  for (const spare of strike.stage.physical(volume).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.spare))
    loseVolume(strike.services, spare);
  breakFileSystem(now, failure);
  const expect = { outcome: ['replace'], withinMs: 5 * MINUTE_MS, calls: 900 } as const;
  const [settled] = await untilSettled(now, [failure], expect);
  world.spotlight(false);
  const from = recoveryPoint(world, failure, strike.stage.servedBy(volume) ?? '').snapshot;
  const cleared = await untilCleared(world, spent);
  watch.stop();
  return {
    checks: [
      lockedVerified(kept),
      ...stolen(kept),
      nobodyUnlocks(strike, kept),
      check('content comes back from the copy that was locked', from?.id === kept.id, from?.id ?? 'from none'),
      ...(settled ? judge(world, strike.stage, settled, expect) : []),
      cleared,
      lockedAgain(world, other, spent),
      oneWriter(watch),
      neverBlank(watch),
    ],
    recovery: settled?.recovery,
    outcome: settled?.outcome ?? 'lost',
  };
}

function lockedOf(world: World, volume: string): SimSnapshot[] {
  return snapshotsOf(world, volume).filter((s) => s.lock !== undefined);
}

/** What the role allows is done: a mark on each snapshot, and each deleted. Nobody waits for the guard. */
async function steal({ services, stage, world, first }: Strike): Promise<(kept: SimSnapshot) => Check[]> {
  const { cloud, ec2 } = services;
  const before = snapshotsOf(world, first.volume).map((s) => s.id);
  const thief: Principal = { ...roleOf(stage.created, 'GuardFunction'), name: 'thief' };
  const refused = new Map<string, string>();
  let done = false;
  world.say("somebody has the guard's role, and deletes every snapshot");
  world.clock.spawn('thief', async () => {
    for (const id of before) {
      const Tags = [{ Key: TAG.reap, Value: 'true' }];
      await cloud.call(thief, 'ec2', 'CreateTags', { Resources: [id], Tags });
      try {
        await cloud.call(thief, 'ec2', 'DeleteSnapshot', { SnapshotId: id });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        refused.set(id, error.message);
      }
      await world.clock.sleep(BETWEEN_CALLS_MS);
    }
    done = true;
  });
  await world.clock.run(world.clock.now() + THEFT_MS, () => done);
  const left = before.filter((id) => ec2.snapshots.has(id));
  return (kept) => [
    check(
      'all others are gone',
      before.length > 1 && left.join() === kept.id,
      `${before.length}, left ${left.join(', ')}`,
    ),
    check(
      'it is EBS that refuses to delete the one that is locked, not the role',
      [...refused.keys()].join() === kept.id,
      [...refused.values()],
      'nothing was refused',
    ),
  ];
}

function roleOf(created: Strike['stage']['created'], prefix: string): Principal {
  const [role] = [...created.resources.values()].filter(
    (r) => r.type === 'AWS::IAM::Role' && r.logicalId.startsWith(prefix),
  );
  if (!role) throw new Error(`the template has no role ${prefix}`);
  return principalOf(role.logicalId, created);
}

function lockedVerified({ id, lock, tags }: SimSnapshot): Check {
  const wanted = tags[TAG.verdict] === VERDICT.verified && lock?.mode === 'governance' && lock.days === LOCK_DAYS;
  const seen = `${id}, ${tags[TAG.verdict]}, ${lock?.mode}, ${lock?.days} days`;
  return check('a verified copy is locked, for the days that were asked for', wanted, seen);
}

/** Judged, and without an effect, as EC2's `DryRun` does. */
function nobodyUnlocks({ services: { cloud }, stage: { created } }: Strike, { id }: SimSnapshot): Check {
  const requests = [
    ...cloud.authorizations('ec2', 'UnlockSnapshot', { SnapshotId: id }),
    ...cloud.authorizations('ec2', 'LockSnapshot', {
      SnapshotId: id,
      LockMode: 'governance',
      LockDuration: LOCK_DAYS + 1,
    }),
  ];
  const roles = [...created.resources.values()].filter((r) => r.type === 'AWS::IAM::Role');
  const may = roles.filter(({ logicalId }) =>
    requests.some((request) => evaluate(request, principalOf(logicalId, created).statements()).allowed),
  );
  return check(
    'no role of the stack may unlock it, or change for how long it is locked',
    roles.length > 0 && may.length === 0,
    may.map((r) => r.logicalId),
    `${roles.length} roles`,
  );
}

/** It is past its retention long before; then its lock ends. */
async function untilCleared({ clock, services }: World, { id, lock }: SimSnapshot): Promise<Check> {
  const endsAt = (lock?.createdAt ?? 0) + LOCK_DAYS * 24 * HOUR_MS;
  await clock.run(endsAt);
  const outlived = services.ec2.snapshots.has(id);
  await clock.run(endsAt + CLEARED_WITHIN_MS, () => !services.ec2.snapshots.has(id));
  const after = services.ec2.snapshots.has(id) ? undefined : clock.now() - endsAt;
  return check(
    `it is there until its lock ends, and deleted within ${duration(CLEARED_WITHIN_MS)} of that`,
    outlived && after !== undefined,
    `${outlived ? 'there' : 'gone before'}; deleted ${after === undefined ? 'never' : `${duration(after)} later`}`,
  );
}

/** A day later. Until it is locked, the one before it is the newest that is. */
function lockedAgain(world: World, volume: string, spent: SimSnapshot): Check {
  const [next, ...more] = lockedOf(world, volume).filter((s) => s.id !== spent.id);
  const age = next?.lock && next.lock.createdAt - spent.startedAt;
  return check(
    `the next one is locked before this one is ${duration(LOCK_AGE_MS)} old, and no third`,
    age !== undefined && age <= LOCK_AGE_MS && more.length === 0,
    age === undefined ? 'none' : `${next?.id}, when this was ${duration(age)} old`,
  );
}
