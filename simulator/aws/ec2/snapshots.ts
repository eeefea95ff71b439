import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Principal } from '../iam/account.ts';
import { missingForEbs } from '../iam/key-uses.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import { type Input, matches, onlyMembers, page, specifiedTags, tagList, text, texts } from './input.ts';
import { refuseLocked } from './locks.ts';
import type { Ec2State, SimSnapshot, Tags } from './state.ts';

/** Time until a snapshot of little change is complete (milliseconds); large first ones take hours. */
const COMPLETE = { median: 60_000, p99: 300_000 };
/** Slow ones take up to this part less than what was ordered: no two take the same time. */
const SLOW_SPREAD = 0.2;
const PAGE = 50;
/** Snapshots of one volume must be this far apart: SnapshotCreationPerVolumeRateExceeded (EBS quotas). */
const APART_MS = 15_000;
const PENDING_PER_VOLUME = 5;

export interface Snapshots {
  /** Takes a snapshot now, as EBS does it: the data are those of this moment, `completed` comes later. */
  take(volumeId: string, tags: Tags, doneAt?: (snapshot: SimSnapshot) => void): SimSnapshot;
  /** @throws ServiceError for one that is locked, whoever deletes it */
  delete(snapshotId: string): void;
}

/** Snapshots and tags of the simulated EC2. */
export function ec2Snapshots(
  cloud: Cloud,
  ec2: Ec2State,
  bus: EventBus,
  beforeSnapshot: (volumeId: string) => void,
): Snapshots {
  const random = cloud.random.stream('ec2 snapshots');
  /** When a pending snapshot will be complete, by its id. */
  const due = new Map<string, number>();

  function take(volumeId: string, tags: Tags, done: (snapshot: SimSnapshot) => void = () => {}): SimSnapshot {
    const volume = ec2.volume(volumeId);
    if (volume.state !== 'available' && volume.state !== 'in-use')
      throw new ServiceError('IncorrectState', `Volume ${volume.id} is in the '${volume.state}' state`);
    if (cloud.faults.lostZones.has(volume.zone))
      throw new ServiceError('Unavailable', 'The service is unavailable. Please try again shortly.', 503);
    const now = cloud.clock.now();
    const siblings = [...ec2.snapshots.values()].filter((s) => s.volumeId === volumeId);
    if (siblings.some((s) => now - s.startedAt < APART_MS))
      throw new ServiceError(
        'SnapshotCreationPerVolumeRateExceeded',
        `The maximum per volume CreateSnapshot request rate has been exceeded for ${volumeId}.`,
      );
    if (siblings.filter((s) => s.state === 'pending').length >= PENDING_PER_VOLUME)
      throw new ServiceError(
        'ConcurrentSnapshotLimitExceeded',
        `Maximum allowed in-progress snapshots for ${volumeId} exceeded.`,
      );
    beforeSnapshot(volumeId);
    const snapshot: SimSnapshot = {
      id: `snap-0${random.hex(16)}`,
      volumeId: volume.id,
      sizeGiB: volume.sizeGiB,
      startedAt: now,
      state: 'pending',
      completedAt: undefined,
      keyArn: volume.keyArn,
      encrypted: volume.encrypted,
      tags: { ...tags },
      lock: undefined,
    };
    cloud.disks.takeSnapshot(volumeId, snapshot.id);
    ec2.snapshots.set(snapshot.id, snapshot);
    const { snapshotMs } = cloud.faults;
    const takes = snapshotMs === undefined ? random.delay(COMPLETE) : snapshotMs * (1 - SLOW_SPREAD * random.next());
    // One completes after all that were started before it, repost.aws/knowledge-center/ebs-snapshot-stuck
    const before = siblings.filter((s) => s.state === 'pending').map((s) => due.get(s.id) ?? now);
    const completeAt = Math.max(now + Math.round(takes), ...before);
    due.set(snapshot.id, completeAt);
    cloud.clock.at(completeAt, () => {
      // What had not left the zone when it was lost never will.
      if (!ec2.snapshots.has(snapshot.id) || cloud.faults.lostZones.has(volume.zone)) return;
      due.delete(snapshot.id);
      snapshot.state = 'completed';
      snapshot.completedAt = cloud.clock.now();
      bus.emit('EBS Snapshot Notification', { event: 'createSnapshot', result: 'succeeded' });
      done(snapshot);
    });
    return snapshot;
  }

  function describeSnapshots(input: Input): object {
    onlyMembers('DescribeSnapshots', input, ['SnapshotIds', 'OwnerIds', 'Filters', 'NextToken', 'MaxResults']);
    const ids = texts(input, 'SnapshotIds');
    const wanted = [...ec2.snapshots.values()].filter(
      (s) => (ids ? ids.includes(s.id) : true) && matches(input, s.tags, { status: s.state, 'volume-id': s.volumeId }),
    );
    const { items, next } = page(input, wanted, PAGE, cloud.faults.pageItems);
    return { Snapshots: items.map((s) => shape(s, progress(s))), NextToken: next };
  }

  /** Every resource must exist before any is changed. */
  function tagged(input: Input): Tags[] {
    return (texts(input, 'Resources') ?? []).map((id) => {
      if (id.startsWith('vol-')) return ec2.volume(id).tags;
      if (id.startsWith('snap-')) return ec2.snapshot(id).tags;
      return ec2.instance(id).tags;
    });
  }

  function createTags(input: Input): object {
    onlyMembers('CreateTags', input, ['Resources', 'Tags']);
    const added = (input.Tags ?? []) as { Key: string; Value: string }[];
    for (const tags of tagged(input)) for (const { Key, Value } of added) tags[Key] = Value;
    return {};
  }

  /** A tag given without a value is removed whatever its value (API reference of DeleteTags). */
  function deleteTags(input: Input): object {
    onlyMembers('DeleteTags', input, ['Resources', 'Tags']);
    const removed = (input.Tags ?? []) as { Key: string; Value?: string }[];
    for (const tags of tagged(input)) {
      for (const { Key, Value } of removed) if (Value === undefined || tags[Key] === Value) delete tags[Key];
    }
    return {};
  }

  /** Of an encrypted volume: the caller must be allowed the key. How EC2 says so is not documented; here it does so at once. */
  function createSnapshot(input: Input, principal: Principal): object {
    onlyMembers('CreateSnapshot', input, ['VolumeId', 'Description', 'TagSpecifications']);
    const { id, keyArn } = ec2.volume(text(input, 'VolumeId'));
    const missing = keyArn && missingForEbs(cloud, principal, keyArn, id);
    if (missing) {
      cloud.say('iam', `denied: ${principal.name} may not ${missing}`);
      throw new ServiceError('UnauthorizedOperation', `${principal.name} is not authorized: ${missing}`, 403);
    }
    const snapshot = take(id, specifiedTags(input, 'snapshot'));
    cloud.say('ec2', `snapshot ${snapshot.id} of ${snapshot.volumeId} is started`);
    return shape(snapshot, 0);
  }

  /** Volumes that were made from it have all of its data. */
  function deleteSnapshot(input: Input): object {
    onlyMembers('DeleteSnapshot', input, ['SnapshotId']);
    const { id } = ec2.snapshot(text(input, 'SnapshotId'));
    remove(id);
    cloud.say('ec2', `snapshot ${id} is deleted`, { kind: 'snapshotDeleted', snapshotId: id });
    return {};
  }

  function remove(snapshotId: string): void {
    refuseLocked(ec2.snapshot(snapshotId), cloud.clock.now());
    ec2.snapshots.delete(snapshotId);
    cloud.disks.deleteSnapshot(snapshotId);
  }

  /** In percent. */
  function progress(snapshot: SimSnapshot): number {
    const completeAt = due.get(snapshot.id);
    if (snapshot.state === 'completed' || completeAt === undefined) return snapshot.state === 'completed' ? 100 : 99;
    const { startedAt } = snapshot;
    return Math.floor((100 * (cloud.clock.now() - startedAt)) / (completeAt - startedAt + 1));
  }

  cloud.offer('ec2', {
    DescribeSnapshots: describeSnapshots,
    CreateTags: createTags,
    DeleteTags: deleteTags,
    CreateSnapshot: createSnapshot,
    DeleteSnapshot: deleteSnapshot,
  });
  return { take, delete: remove };
}

function shape(snapshot: SimSnapshot, percent: number): object {
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.sizeGiB,
    StartTime: new Date(snapshot.startedAt),
    State: snapshot.state,
    Progress: `${percent}%`,
    Encrypted: snapshot.encrypted,
    KmsKeyId: snapshot.keyArn,
    Tags: tagList(snapshot.tags),
  };
}
