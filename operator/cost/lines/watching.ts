import { METRIC } from '../../../contract/contract.ts';
import { INTAKE_METRICS } from '../../../contract/intake.ts';
import type { Deployed } from '../template.ts';
import { HOURS } from '../usage.ts';
import { type Ask, sum } from './ask.ts';

/** Of EC2's detailed monitoring, which is billed as so many metrics an instance. */
const DETAILED = 7;
/** Hosts say how things stand every ten seconds, and the agent sends each at once. */
const SAYS = (HOURS * 3600) / 10;

/** Metrics of one content volume: `METRIC` and `contract/journal.ts`. */
const OF_DRILLS = [
  METRIC.verifiedRecoveryPointAge,
  METRIC.drillPassed,
  METRIC.drillCoverage,
  METRIC.drillComplete,
  METRIC.drillDuration,
];
const OF_VOLUME = [METRIC.serving, METRIC.probeMilliseconds, METRIC.usedPercent, METRIC.recoveryPointAge];
export const OF_STACK = [METRIC.hostsBehind, METRIC.subscribers];

/** How many metrics each content volume has. */
export function metricsOfVolume({
  drilled,
  journalDays,
  intakeDays,
}: Pick<Deployed, 'drilled' | 'journalDays' | 'intakeDays'>): number {
  const journaled = journalDays !== undefined;
  return (
    OF_VOLUME.length +
    (drilled ? OF_DRILLS.length : 0) +
    (journaled ? 1 : 0) +
    (journaled && drilled ? 1 : 0) +
    (intakeDays === undefined ? 0 : Object.keys(INTAKE_METRICS).length)
  );
}

export function watching(deployed: Deployed): Ask[] {
  const { alarms, volumes, dashboards, instances, drilled, journalDays, intakeDays } = deployed;
  const journaled = journalDays !== undefined;
  const detailed = sum(instances.filter((each) => each.detailed).map(({ count }) => count));
  // CloudWatch has three for nothing in an account, each of at most 50 metrics.
  const paid = dashboards.filter((metrics) => metrics > 50).length;
  const BOTH = ['volumes', 'drills.enabled', 'journal.enabled', 'intake.enabled'];
  return [
    { id: 'alarms', about: 'alarms', settings: BOTH, quantity: alarms.standard, price: 'cloudwatch.alarm' },
    {
      id: 'alarms.quick',
      about: 'alarms on periods of ten seconds',
      settings: ['volumes'],
      quantity: alarms.quick,
      price: 'cloudwatch.alarm.quick',
    },
    {
      id: 'metrics',
      about: 'metrics',
      settings: BOTH,
      quantity: volumes.length * metricsOfVolume(deployed) + OF_STACK.length,
      price: 'cloudwatch.metric',
    },
    {
      id: 'metrics.instances',
      about: 'metrics of instances, by the minute',
      settings: ['instancesPerZone', 'zones'],
      quantity: detailed * DETAILED,
      price: 'cloudwatch.metric',
    },
    {
      // Of each volume the probe, the journal, the spare and the intake.
      id: 'metrics.requests',
      about: 'what hosts say to CloudWatch, each ten seconds',
      settings: BOTH,
      quantity:
        volumes.length *
        SAYS *
        (1 + (journaled ? 1 : 0) + (journaled && drilled ? 1 : 0) + (intakeDays === undefined ? 0 : 1)),
      price: 'cloudwatch.requests',
    },
    {
      id: 'dashboard',
      about: 'dashboards of more than 50 metrics',
      settings: ['dashboard', 'volumes'],
      quantity: paid,
      price: 'cloudwatch.dashboard',
    },
  ];
}
