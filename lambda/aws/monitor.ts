import { type CloudWatchClient, GetMetricDataCommand, type Metric } from '@aws-sdk/client-cloudwatch';
import { DescribeVolumeStatusCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { METRIC, metricNamespace } from '../../contract/contract.ts';
import type { InstanceId, VolumeId } from '../../contract/ids.ts';
import type { Clock } from '../core/world/clock.ts';
import type { Monitor } from '../core/world/ports.ts';
import { translated } from './errors.ts';

const MINUTE_SECONDS = 60;
/** The metric comes once a minute, and some minutes late. */
const MINUTES = 5;
/** How far back the first sign of trouble is looked for: minutes are kept for 15 days (API reference of GetMetricData). */
const TROUBLE_HOURS = 72;

/** What Amazon's own checks say of a volume. Each may be had without the other, and neither is needed. */
export function awsMonitor(ec2: EC2Client, cloudWatch: CloudWatchClient, clock: Clock, stack: string): Monitor {
  /** Volumes in state `error` are not in the answer (API reference of DescribeVolumeStatus). */
  async function status(volumeId: VolumeId): Promise<string | undefined> {
    const answer = await translated(`ask for the status of ${volumeId}`, () =>
      ec2.send(new DescribeVolumeStatusCommand({ VolumeIds: [volumeId] })),
    );
    return answer.VolumeStatuses?.[0]?.VolumeStatus?.Status;
  }

  /**
   * The newest minute's word. The metric is of the volume at that instance: with one of the two dimensions alone there is none
   * (docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html).
   */
  async function stalled(volumeId: VolumeId, instanceId: InstanceId): Promise<boolean | undefined> {
    const Metric = {
      Namespace: 'AWS/EBS',
      MetricName: 'VolumeStalledIOCheck',
      Dimensions: [
        { Name: 'VolumeId', Value: volumeId },
        { Name: 'InstanceId', Value: instanceId },
      ],
    };
    const newest = (await minutes(`ask whether the I/O of ${volumeId} is stalled`, Metric, MINUTES))[0]?.value;
    return newest === undefined ? undefined : newest > 0;
  }

  /** The largest value of each minute, the newest first. */
  async function minutes(
    doing: string,
    Metric: Metric,
    back: number,
  ): Promise<{ readonly at: number; readonly value: number }[]> {
    const now = clock.now();
    const found: { readonly at: number; readonly value: number }[] = [];
    let NextToken: string | undefined;
    do {
      const page = await translated(doing, () =>
        cloudWatch.send(
          new GetMetricDataCommand({
            MetricDataQueries: [{ Id: 'asked', MetricStat: { Metric, Period: MINUTE_SECONDS, Stat: 'Maximum' } }],
            StartTime: new Date(now - back * MINUTE_SECONDS * 1000),
            EndTime: new Date(now),
            ScanBy: 'TimestampDescending',
            ...(NextToken && { NextToken }),
          }),
        ),
      );
      const { Timestamps = [], Values = [] } = page.MetricDataResults?.[0] ?? {};
      found.push(...Timestamps.map((at, n) => ({ at: at.getTime(), value: Values[n] ?? 0 })));
      NextToken = page.NextToken;
    } while (NextToken);
    return found;
  }

  return {
    async failingSince(volume) {
      const Dimensions = [{ Name: METRIC.volumeDimension, Value: volume }];
      const Metric = { Namespace: metricNamespace(stack), MetricName: METRIC.serving, Dimensions };
      try {
        const seen = await minutes(`ask since when ${volume} does not serve`, Metric, TROUBLE_HOURS * 60);
        // Silence is no word of the volume: its host, or the way of the metric, may be gone.
        const good = seen.findIndex(({ value }) => value > 0);
        return seen.slice(0, good === -1 ? undefined : good).at(-1)?.at;
      } catch {
        // The alarm has a time, too (`failedAt` in `core/evidence.ts`).
        return undefined;
      }
    },

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
