import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { METRIC } from '../../contract/contract.ts';
import type { DrillPorts } from '../core/drill/ports.ts';
import type { Metrics } from '../core/guard/ports.ts';
import { translated } from './errors.ts';

/**
 * Ages of recovery points, in minutes, by the logical name of the content volume. One call takes 1000 metrics (API reference of
 * PutMetricData), far more than a stack has.
 * @param verified also the age of the newest verified one: where nothing is drilled, it would only cost
 */
export function cloudWatchMetrics(cloudWatch: CloudWatchClient, Namespace: string, verified: boolean): Metrics {
  return {
    async publish(ages, at) {
      const age = (name: string, volume: string, minutes: number | undefined) =>
        minutes === undefined ? [] : [datum(name, volume, at, minutes)];
      const MetricData = [...ages].flatMap(([volume, of]) => [
        ...age(METRIC.recoveryPointAge, volume, of.recoveryPoint),
        ...(verified ? age(METRIC.verifiedRecoveryPointAge, volume, of.verified) : []),
      ]);
      // A call without data is refused. That there are none is seen all the same: silence is breaching.
      if (MetricData.length === 0) return;
      await translated('publish the ages of recovery points', () =>
        cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData })),
      );
    },
  };
}

/**
 * What a drill came to, by the logical name of the content volume. The time is the drill's own: sent twice, the same point counts
 * twice, and no average, minimum or maximum changes.
 */
export function cloudWatchDrillMetrics(cloudWatch: CloudWatchClient, Namespace: string): DrillPorts['metrics'] {
  return {
    async publish({ volume, passed, coverage, complete, seconds, at }) {
      const MetricData = [
        datum(METRIC.drillPassed, volume, at, passed ? 1 : 0),
        datum(METRIC.drillCoverage, volume, at, coverage),
        datum(METRIC.drillComplete, volume, at, complete ? 1 : 0),
        datum(METRIC.drillDuration, volume, at, seconds),
      ];
      await translated(`publish the drill of ${volume}`, () =>
        cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData })),
      );
    },
  };
}

function datum(MetricName: string, volume: string, at: number, Value: number): MetricDatum {
  return {
    MetricName,
    Dimensions: [{ Name: METRIC.volumeDimension, Value: volume }],
    Timestamp: new Date(at),
    Value,
  };
}
