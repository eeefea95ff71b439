import {
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeLockedSnapshotsCommand,
  type EC2Client,
  type Snapshot as Ec2Snapshot,
  LockSnapshotCommand,
  type LockState,
} from '@aws-sdk/client-ec2';
import { scheduleTagValue, TAG, VERDICT } from '../../../contract/contract.ts';
import { isVolumeId } from '../../../contract/ids.ts';
import type { Stores } from '../../core/guard/ports.ts';
import type { Snapshot } from '../../core/guard/retention.ts';
import { AwsError, isKind, translated } from '../errors.ts';
import { createSnapshot } from './create.ts';
import { snapshotsOf, volumesOf } from './describe.ts';
import { presentId } from './present.ts';
import { toRecoveryPoint } from './shapes.ts';
import { tag, tagsOf, unschedule, untag } from './tags.ts';

/** System tags of DLM. Source: EBS User Guide, "Considerations for snapshot lifecycle policies". */
const DLM_POLICY = 'aws:dlm:lifecycle-policy-id';
const DLM_SCHEDULE = 'aws:dlm:lifecycle-schedule-name';
/** EBS refuses it now and will take it later: too soon after another, or five are pending. Source: EBS quotas. */
const NOT_NOW: readonly string[] = ['SnapshotCreationPerVolumeRateExceeded', 'ConcurrentSnapshotLimitExceeded'];
/** What a volume may carry and a new snapshot of it may not: the guard's role gives no leave for them. */
const NEVER_COPIED: readonly string[] = [TAG.held, TAG.reap, TAG.verdict];

/**
 * States of a lock that has not run out. DescribeSnapshots says nothing of locks, and DescribeLockedSnapshots knows no tags; what it says
 * of an id that was never locked is not documented, so it is asked for no ids.
 * Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html
 */
const LOCKED: readonly LockState[] = ['governance', 'compliance', 'compliance-cooloff'];

/** EC2, as the guard needs it, for the volumes and snapshots of one stack. */
export function ec2Stores(ec2: EC2Client, stack: string): Stores {
  return {
    volumes: (volume) => volumesOf(ec2, stack, volume),
    snapshots: (volume) => snapshotsOf(ec2, stack, volume, toSnapshot),

    // Crash-consistent, whatever the schedule is: it must work where the owner does not answer.
    async take(volume) {
      // As DLM copies them, so that the snapshot is found by whoever looks for recovery points. `aws:` tags cannot be given.
      const own = Object.entries(volume.tags).filter(([key]) => !key.startsWith('aws:') && !NEVER_COPIED.includes(key));
      const tags = { ...Object.fromEntries(own), [TAG.guard]: 'true' };
      const description = 'Taken by the guard: the schedule was late';
      try {
        return await createSnapshot(ec2, { volumeId: volume.id, description, tags }, `take a snapshot of ${volume.id}`);
      } catch (error) {
        // There is no client token: when an answer was lost, the SDK's second try comes within 15 s and is refused here.
        if (error instanceof AwsError && NOT_NOW.includes(error.code)) return undefined;
        throw error;
      }
    },

    hold: (volumeId) => tag(ec2, volumeId, { [TAG.held]: 'true' }),

    unschedule: (volumeId) => unschedule(ec2, volumeId),

    // First into the schedule: with both tags it is held again, or let go, by the next round.
    async unhold(volumeId) {
      await tag(ec2, volumeId, { [TAG.schedule]: scheduleTagValue(stack) });
      await untag(ec2, volumeId, TAG.held);
    },

    mark: (id) => unlessGone(() => tag(ec2, id, { [TAG.reap]: 'true' }, `mark ${id}`)),

    async locked() {
      return translated('describe the locked snapshots', async () => {
        const found = new Set<string>();
        let token: string | undefined;
        do {
          // There is no paginator of the SDK for it.
          const page = await ec2.send(
            new DescribeLockedSnapshotsCommand({
              Filters: [{ Name: 'lock-state', Values: [...LOCKED] }],
              ...(token && { NextToken: token }),
            }),
          );
          for (const { SnapshotId } of page.Snapshots ?? []) if (SnapshotId) found.add(SnapshotId);
          token = page.NextToken;
        } while (token);
        return found;
      });
    },

    async lock(SnapshotId, { mode: LockMode, days: LockDuration }) {
      await translated(`lock ${SnapshotId}`, () =>
        ec2.send(new LockSnapshotCommand({ SnapshotId, LockMode, LockDuration })),
      );
    },

    async deleteSnapshot(SnapshotId) {
      await unlessGone(() =>
        translated(`delete ${SnapshotId}`, () => ec2.send(new DeleteSnapshotCommand({ SnapshotId }))),
      );
    },

    async deleteVolume(VolumeId) {
      await unlessGone(() => translated(`delete ${VolumeId}`, () => ec2.send(new DeleteVolumeCommand({ VolumeId }))));
    },
  };
}

function toSnapshot(snapshot: Ec2Snapshot): Snapshot {
  const tags = tagsOf(snapshot);
  const verdict = Object.values(VERDICT).find((v) => v === tags[TAG.verdict]);
  return {
    ...toRecoveryPoint(snapshot),
    volumeId: presentId(snapshot.VolumeId, 'VolumeId', isVolumeId),
    verdict,
    maker: DLM_POLICY in tags ? 'dlm' : tags[TAG.guard] === 'true' ? 'guard' : 'other',
    policyId: tags[DLM_POLICY],
    schedule: tags[DLM_SCHEDULE],
    marked: tags[TAG.reap] === 'true',
  };
}

async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isKind(error, 'notFound') && !isKind(error, 'conflict')) throw error;
  }
}
