import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeVolumeStatusCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { Clock } from '../core/clock.ts';
import type { Monitor } from '../core/ports.ts';
import { translated } from './errors.ts';

const MINUTE_SECONDS = 60;
/** The metric comes once a minute, and some minutes late. */
const MINUTES = 5;

/** What Amazon's own checks say of a volume. Each may be had without the other, and neither is needed. */
export function awsMonitor(ec2: EC2Client, cloudWatch: CloudWatchClient, clock: Clock): Monitor {
  /** Volumes in state `error` are not in the answer (API reference of DescribeVolumeStatus). */
  async function status(volumeId: string): Promise<string | undefined> {
    const answer = await translated(`ask for the status of ${volumeId}`, () =>
      ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: [volumeId] })),
    );
    return answer.VolumeStatuses?.[0]?.VolumeStatus?.Status;
  }

  /**
   * The newest minute's word. The metric is of the volume at that instance: with one of the two dimensions alone there is none
   * (docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html).
   */
  async function stalled(volumeId: string, instanceId: string): Promise<boolean | undefined> {
    const Metric = {
      Namespace: 'AWS/EBS',
      MetricName: 'VolumeStalledIOCheck',
      Dimensions: [
        { Name: 'VolumeId', Value: volumeId },
        { Name: 'InstanceId', Value: instanceId },
      ],
    };
    const now = clock.now();
    const answer = await translated(`ask whether the I/O of ${volumeId} is stalled`, () =>
      cloudWatch.send(
        new GetMetricDataCommand({
          MetricDataQueries: [{ Id: 'stalled', MetricStat: { Metric, Period: MINUTE_SECONDS, Stat: 'Maximum' } }],
          StartTime: new Date(now - MINUTES * MINUTE_SECONDS * 1000),
          EndTime: new Date(now),
          ScanBy: 'TimestampDescending',
        }),
      ),
    );
    const newest = answer.MetricDataResults?.[0]?.Values?.[0];
    return newest === undefined ? undefined : newest > 0;
  }

  return {
    async io(volumeId, instanceId) {
      const why: string[] = [];
      const orNone = <T>(asked: Promise<T | undefined>) =>
        asked.catch((error: unknown) => {
          why.push(error instanceof Error ? error.message : String(error));
          return undefined;
        });
      const [volumeStatus, stalledCheck] = await Promise.all([
        orNone(status(volumeId)),
        orNone(stalled(volumeId, instanceId)),
      ]);
      return { status: volumeStatus, stalled: stalledCheck, why };
    },
  };
}
