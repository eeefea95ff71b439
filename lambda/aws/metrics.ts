import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRIC } from '../../lib/contract.ts';
import type { Metrics } from '../core/ports.ts';
import { translated } from './errors.ts';

/**
 * Ages of recovery points, in minutes, by the logical name of the content volume. One call takes 1000 metrics (API reference of
 * PutMetricData), far more than a stack has.
 * @param verified also the age of the newest verified one: where nothing is drilled, it would only cost
 */
export function cloudWatchMetrics(cloudWatch: CloudWatchClient, Namespace: string, verified: boolean): Metrics {
  return {
    async publish(ages, at) {
      const datum = (MetricName: string, volume: string, Value: number | undefined): MetricDatum[] =>
        Value === undefined
          ? []
          : [
              {
                MetricName,
                Dimensions: [{ Name: METRIC.volumeDimension, Value: volume }],
                Timestamp: new Date(at),
                Value,
              },
            ];
      const MetricData = [...ages].flatMap(([volume, age]) => [
        ...datum(METRIC.recoveryPointAge, volume, age.recoveryPoint),
        ...(verified ? datum(METRIC.verifiedRecoveryPointAge, volume, age.verified) : []),
      ]);
      // A call without data is refused. That there are none is seen all the same: silence is breaching.
      if (MetricData.length === 0) return;
      await translated('publish the ages of recovery points', () =>
        cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData })),
      );
    },
  };
}
