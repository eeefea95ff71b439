import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import { type Input, matches, onlyMembers, optionalNumber, page, text } from './input.ts';
import type { Ec2State, SimLock, SimSnapshot } from './state.ts';

const DAY_MS = 24 * 3_600_000;
/** Source: API reference of LockSnapshot, LockDuration. */
const MAX_DAYS = 36_500;
const PAGE = 50;

/** EC2's LockState, but for the cooling-off period, which the simulation does not know. */
type LockState = SimLock['mode'] | 'expired';

/** When the lock runs out. The days of one on a pending snapshot begin when that is complete (EBS User Guide, "Considerations"). */
function endOf({ state, completedAt }: SimSnapshot, { createdAt, days }: SimLock): number {
  if (state === 'pending') return Number.POSITIVE_INFINITY;
  return Math.max(createdAt, completedAt ?? createdAt) + days * DAY_MS;
}

function stateOf(snapshot: SimSnapshot, now: number): LockState | undefined {
  const { lock } = snapshot;
  if (!lock) return undefined;
  return now < endOf(snapshot, lock) ? lock.mode : 'expired';
}

/** Whether nobody can delete it now. */
export function isLocked(snapshot: SimSnapshot, now: number): boolean {
  const state = stateOf(snapshot, now);
  return state !== undefined && state !== 'expired';
}

/**
 * That a locked snapshot is not deleted, whoever asks, is documented; the code of the error is not, so nothing may rely on this one,
 * which is EC2's for what a protection forbids. Source: docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html
 * @throws ServiceError
 */
export function refuseLocked(snapshot: SimSnapshot, now: number): void {
  if (isLocked(snapshot, now))
    throw new ServiceError('OperationNotPermitted', `The snapshot '${snapshot.id}' is locked and cannot be deleted`);
}

/** Locks on snapshots of the simulated EC2. Source: docs.aws.amazon.com/ebs/latest/userguide/snapshot-lock-concepts.html */
export function ec2Locks(cloud: Cloud, ec2: Ec2State, bus: EventBus): void {
  function lockSnapshot(input: Input): object {
    onlyMembers('LockSnapshot', input, ['SnapshotId', 'LockMode', 'LockDuration']);
    const snapshot = ec2.snapshot(text(input, 'SnapshotId'));
    const mode = text(input, 'LockMode');
    const days = optionalNumber(input, 'LockDuration');
    if (mode !== 'governance' && mode !== 'compliance')
      throw new ServiceError('InvalidParameterValue', `Value (${mode}) for parameter LockMode is invalid.`);
    if (days === undefined || !Number.isInteger(days) || days < 1 || days > MAX_DAYS)
      throw new ServiceError('InvalidParameterValue', `Value (${days}) for parameter LockDuration is invalid.`);
    const now = cloud.clock.now();
    const lock: SimLock = { mode, days, createdAt: now };
    const known = stateOf(snapshot, now) === 'compliance' ? snapshot.lock : undefined;
    // It can be made longer, and nothing else.
    if (known && (mode !== 'compliance' || endOf(snapshot, lock) <= endOf(snapshot, known)))
      throw new ServiceError('InvalidParameterCombination', `The lock of '${snapshot.id}' can only be extended`);
    snapshot.lock = lock;
    cloud.say('ec2', `snapshot ${snapshot.id} is locked: ${mode}, ${days} days`);
    // Source: docs.aws.amazon.com/ebs/latest/userguide/snapshot-lock-ev.html
    bus.emit('EBS Snapshot Notification', { event: 'lockSnapshot', result: 'succeeded' });
    return shape(snapshot, lock, now);
  }

  function unlockSnapshot(input: Input): object {
    onlyMembers('UnlockSnapshot', input, ['SnapshotId']);
    const snapshot = ec2.snapshot(text(input, 'SnapshotId'));
    if (stateOf(snapshot, cloud.clock.now()) === 'compliance')
      throw new ServiceError('OperationNotPermitted', `The snapshot '${snapshot.id}' is locked in compliance mode`);
    snapshot.lock = undefined;
    return { SnapshotId: snapshot.id };
  }

  function describeLockedSnapshots(input: Input): object {
    onlyMembers('DescribeLockedSnapshots', input, ['Filters', 'MaxResults', 'NextToken']);
    const now = cloud.clock.now();
    const locks = [...ec2.snapshots.values()].flatMap((snapshot) => {
      const { lock } = snapshot;
      return lock && matches(input, {}, { 'lock-state': stateOf(snapshot, now) ?? '' }) ? [{ snapshot, lock }] : [];
    });
    const { items, next } = page(input, locks, PAGE, cloud.faults.pageItems);
    const Snapshots = items.map(({ snapshot, lock }) => ({ OwnerId: cloud.account, ...shape(snapshot, lock, now) }));
    return { Snapshots, NextToken: next };
  }

  function shape(snapshot: SimSnapshot, lock: SimLock, now: number): object {
    const end = endOf(snapshot, lock);
    return {
      SnapshotId: snapshot.id,
      LockState: stateOf(snapshot, now),
      LockDuration: lock.days,
      LockCreatedOn: new Date(lock.createdAt),
      ...(Number.isFinite(end) && {
        LockDurationStartTime: new Date(end - lock.days * DAY_MS),
        LockExpiresOn: new Date(end),
      }),
    };
  }

  cloud.offer('ec2', {
    LockSnapshot: lockSnapshot,
    UnlockSnapshot: unlockSnapshot,
    DescribeLockedSnapshots: describeLockedSnapshots,
  });
}
