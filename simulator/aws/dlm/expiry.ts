import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Snapshots } from '../ec2/snapshots.ts';

/**
 * DLM deletes a snapshot past its retention, or finds it locked. Documented is that a deletion may fail (the metric
 * `SnapshotsDeleteFailed`), and not what DLM does then: whether it tries again, counts the snapshot on, or gives the policy up. Here it
 * goes on as before; nothing of ours may rely on that, and nothing of ours locks what DLM made (decision 19).
 * Source: docs.aws.amazon.com/ebs/latest/userguide/monitor-dlm-cw-metrics.html
 */
export function expire(cloud: Cloud, snapshots: Snapshots, snapshotId: string): void {
  try {
    snapshots.delete(snapshotId);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    cloud.say('dlm', `snapshot ${snapshotId} cannot be deleted: ${error.message}`);
  }
}
