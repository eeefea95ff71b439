import { expect, test } from '@jest/globals';
import {
  type AgentConfiguration,
  gaugesOf,
  looksAt,
  reaches,
  unknownMembers,
} from '../../../proof/conformance/parts/agents.ts';

const CONFIGURATION: AgentConfiguration = {
  metrics: {
    namespace: 'Remount/x',
    aggregation_dimensions: [['Volume']],
    metrics_collected: { statsd: { service_address: ':8125' } },
  },
};
const SENT = { names: ['Serving', 'UsedPercent'], tag: 'Volume' };
const ALARM = { namespace: 'Remount/x', name: 'Serving', dimensions: ['Volume'] };
const changed = (metrics: object) => ({ metrics: { ...CONFIGURATION.metrics, ...metrics } });

test('the metric of the configuration is the one that the alarm looks at, and no other is', () => {
  expect(reaches(CONFIGURATION, SENT, ALARM)).toBe(true);
  expect(reaches(CONFIGURATION, { ...SENT, names: ['serving'] }, ALARM)).toBe(false);
  expect(reaches(CONFIGURATION, SENT, { ...ALARM, dimensions: ['Volume', 'InstanceId'] })).toBe(false);
  for (const metrics of [
    { namespace: 'x' },
    { aggregation_dimensions: [] },
    { aggregation_dimensions: [['Volume', 'host']] },
    { metrics_collected: {} },
  ])
    expect(reaches(changed(metrics), SENT, ALARM)).toBe(false);
});

test('a member that is not documented is noticed', () => {
  expect(unknownMembers(CONFIGURATION)).toEqual([]);
  expect(unknownMembers(changed({ flush: 1, metrics_collected: { statsd: { address: '' } } }))).toEqual([
    'metrics.metrics_collected.statsd.address',
    'metrics.flush',
  ]);
});

test('gauges are read out of the script that sends them', () => {
  const script = 'awk -v of="|g|#Volume:$1" \'BEGIN { print "Serving:" serving of } { print "UsedPercent:" $2 of }\'';
  expect(gaugesOf(script)).toEqual(SENT);
});

test('what an alarm looks at is its own metric, or the one that its expression is of', () => {
  const metric = { Namespace: 'Remount/x', MetricName: 'Serving', Dimensions: [{ Name: 'Volume', Value: 'alpha' }] };
  expect(looksAt({ ...metric, Threshold: 1 })).toEqual([ALARM]);
  const stat = { Metric: metric, Period: 60, Stat: 'Minimum' };
  expect(
    looksAt({
      Metrics: [
        { Id: 'e', Expression: 'RATE(m)' },
        { Id: 'm', MetricStat: stat },
      ],
    }),
  ).toEqual([ALARM]);
});
