import type { Cloud } from '../account/cloud.ts';
import { type Input, onlyMembers, optionalText, page, text } from '../ec2/input.ts';
import type { Ec2State } from '../ec2/state.ts';
import type { CloudWatch } from './cloudwatch.ts';

const MINUTE_MS = 60_000;
/** From the end of a minute to its data point, at most about: AWS gives no figure, and a slow one is the harder case. */
const LATE_MS = MINUTE_MS;
/** API reference of GetMetricData, MaxDatapoints. */
const PAGE = 100_800;
const NAMESPACE = 'AWS/EBS';
const STALLED = 'VolumeStalledIOCheck';

interface Point {
  readonly at: number;
  readonly value: number;
}

/** By minutes, the oldest first. */
function maxima(points: readonly Point[], from: number, to: number): Point[] {
  const largest = new Map<number, number>();
  for (const { at, value } of points) {
    if (at < from || at >= to) continue;
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    largest.set(minute, Math.max(value, largest.get(minute) ?? value));
  }
  return [...largest].map(([at, value]) => ({ at, value })).sort((a, b) => a.at - b.at);
}

function result(query: Input, inOrder: readonly Point[]): object {
  return {
    Id: text(query, 'Id'),
    Timestamps: inOrder.map((point) => new Date(point.at)),
    Values: inOrder.map((point) => point.value),
    StatusCode: 'Complete',
  };
}

/**
 * GetMetricData: the largest value of each minute, of metrics that were published, and of the one of Amazon's own that is asked for: whether a volume at an instance completed no I/O in a whole
 * minute. It is by both dimensions, and by one of them there is nothing, as in CloudWatch. Source: EBS User Guide, "Metrics for
 * Amazon EBS volumes", and for the minute "Pause I/O fault injection". In a lost zone nothing measures.
 */
export function metricData(cloud: Cloud, ec2: Ec2State, cloudwatch: Pick<CloudWatch, 'points'>): void {
  const { faults, clock } = cloud;

  function value(volumeId: string, instanceId: string, start: number): number | undefined {
    const attachment = ec2.volumes.get(volumeId)?.attachment;
    const instance = ec2.instances.get(instanceId);
    if (attachment?.instanceId !== instanceId || attachment.since > start || instance?.state !== 'running')
      return undefined;
    if (faults.lostZones.has(instance.zone)) return undefined;
    const whole = (stall: { from: number; until: number }) => stall.from <= start && stall.until >= start + MINUTE_MS;
    return +faults.stalls.some((stall) => stall.volumeId === volumeId && whole(stall));
  }

  cloud.offer('cloudwatch', {
    GetMetricData: (input) => {
      onlyMembers('GetMetricData', input, ['MetricDataQueries', 'StartTime', 'EndTime', 'ScanBy', 'NextToken']);
      let NextToken: string | undefined;
      // The newest first, unless it is asked for otherwise. Source: API reference of GetMetricData.
      const paged = (points: readonly Point[], ascending: boolean) => {
        const { items, next } = page(input, ascending ? points : points.toReversed(), PAGE, faults.pagePoints);
        NextToken = next;
        return items;
      };
      const from = Math.floor((input.StartTime as Date).getTime() / MINUTE_MS) * MINUTE_MS;
      const to = Math.min((input.EndTime as Date).getTime(), clock.now() - LATE_MS - MINUTE_MS + 1);
      const MetricDataResults = ((input.MetricDataQueries ?? []) as Input[]).map((query) => {
        onlyMembers('MetricDataQuery', query, ['Id', 'MetricStat']);
        const stat = query.MetricStat as Input;
        onlyMembers('MetricStat', stat, ['Metric', 'Period', 'Stat']);
        if (stat.Period !== MINUTE_MS / 1000 || stat.Stat !== 'Maximum')
          throw new Error('the simulated GetMetricData knows the maximum of a minute only');
        const metric = stat.Metric as Input;
        const dimensions = (metric.Dimensions ?? []) as Input[];
        const ascending = optionalText(input, 'ScanBy') === 'TimestampAscending';
        if (text(metric, 'Namespace') !== NAMESPACE) {
          const given = Object.fromEntries(dimensions.map((d) => [text(d, 'Name'), text(d, 'Value')]));
          const all = cloudwatch.points(text(metric, 'Namespace'), text(metric, 'MetricName'), given);
          return result(query, paged(maxima(all, from, (input.EndTime as Date).getTime()), ascending));
        }
        if (text(metric, 'MetricName') !== STALLED)
          throw new Error(`the simulated GetMetricData knows ${STALLED} of ${NAMESPACE} only`);
        const named = (name: string) => {
          const found = dimensions.find((dimension) => dimension.Name === name);
          return found && dimensions.length === 2 ? text(found, 'Value') : '';
        };
        const points: Point[] = [];
        for (let at = from; at < to; at += MINUTE_MS) {
          const seen = value(named('VolumeId'), named('InstanceId'), at);
          if (seen !== undefined) points.push({ at, value: seen });
        }
        return result(query, paged(points, ascending));
      });
      return { MetricDataResults, NextToken };
    },
  });
}
