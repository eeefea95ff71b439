import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { AGE_ALARM } from '../../contract/contract.ts';
import type { ContentBalancer } from '../balancer.ts';
import type { IContentJournal } from '../content-journal.ts';
import type { IContentVolume } from '../content-volume.ts';
import { INTAKE_SECONDS, JOURNAL_SECONDS, SPARE_SECONDS } from '../internal/journal-alarm.ts';
import type { ILedger } from '../ledger.ts';
import type { VolumeDrill } from '../volume-drill.ts';
import { PROMISED, type VolumeGuard } from '../volume-guard.ts';
import type { VolumeHealer } from '../volume-healer.ts';

/** Of a page; three graphs are a row. */
const COLUMNS = 24;
const WIDTH = COLUMNS / 3;
/** Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html, "alarms" of an alarm widget. */
const ALARMS = 100;
const MINUTE = { period: Duration.minutes(1) };
const FIVE = { period: Duration.minutes(5) };
const HOUR = { period: Duration.hours(1) };
const DAY = { period: Duration.days(1) };

type Volumes = readonly IContentVolume[];

/** A line of each volume. */
const each = (volumes: Volumes, metric: (volume: IContentVolume) => Metric): Metric[] =>
  volumes.map((volume) => metric(volume).with({ label: volume.volumeName }));

interface Drawn {
  /** A level that an alarm or a promise has. */
  readonly promised?: number;
  readonly most?: number;
  readonly unit?: string;
}

function graph(title: string, left: readonly IMetric[], { promised, most, unit }: Drawn = {}): IWidget {
  return new GraphWidget({
    title,
    left: [...left],
    width: WIDTH,
    leftYAxis: { min: 0, showUnits: false, ...(most !== undefined && { max: most }), ...(unit && { label: unit }) },
    ...(promised !== undefined && { leftAnnotations: [{ value: promised, label: 'alarm' }] }),
  });
}

/** Alarms by name, those of a volume side by side. */
export function alarmsRow(alarms: readonly IAlarm[]): IWidget[][] {
  const pages = Array.from({ length: Math.ceil(alarms.length / ALARMS) }, (_, i) =>
    alarms.slice(i * ALARMS, (i + 1) * ALARMS),
  );
  return pages.map((page) => [
    new AlarmStatusWidget({
      title: 'Alarms',
      alarms: [...page],
      width: COLUMNS,
      height: 2 + Math.ceil(page.length / 6),
    }),
  ]);
}

/** Detection rests on the first: where it falls, an alarm starts a heal within seconds. */
export function servingRow(volumes: Volumes): IWidget[] {
  return [
    graph(
      'Serving: good probes a minute',
      each(volumes, (volume) => volume.metricServing({ ...MINUTE, statistic: Stats.SUM })),
    ),
    graph(
      'Detection: the quickest probe of a minute',
      each(volumes, (volume) => volume.metricProbeMilliseconds()),
      { unit: 'ms' },
    ),
    graph(
      'Space or inodes used',
      each(volumes, (volume) => volume.metricUsedPercent(FIVE)),
      { most: 100, unit: '%' },
    ),
  ];
}

/** Since when content is safe. */
export function agesRow(volumes: Volumes, verified: boolean): IWidget[] {
  const completed = graph(
    'Age of the newest recovery point',
    each(volumes, (volume) => volume.metricRecoveryPointAge()),
    { promised: PROMISED[AGE_ALARM.recoveryPoint], unit: 'min' },
  );
  if (!verified) return [completed];
  return [
    completed,
    graph(
      'Age of the newest verified recovery point',
      each(volumes, (volume) => volume.metricVerifiedRecoveryPointAge()),
      { promised: PROMISED[AGE_ALARM.verifiedRecoveryPoint], unit: 'min' },
    ),
  ];
}

/** What is not in the journal yet, and what a spare has not read yet. */
export function journalRow(volumes: Volumes, spares: boolean): IWidget[] {
  const behind = graph(
    'Journal: behind its volume',
    each(volumes, (volume) => volume.metricJournalLag()),
    { promised: JOURNAL_SECONDS, unit: 's' },
  );
  if (!spares) return [behind];
  return [
    behind,
    graph(
      'Spare: behind the journal',
      each(volumes, (volume) => volume.metricSpareLag()),
      { promised: SPARE_SECONDS, unit: 's' },
    ),
  ];
}

/** Uploads on their way onto a volume. */
export function intakeRow(volumes: Volumes): IWidget[] {
  return [
    graph(
      'Intake: uploads that wait',
      each(volumes, (volume) => volume.metricIntakeWaiting()),
    ),
    graph(
      'Intake: for how long the oldest has waited',
      each(volumes, (volume) => volume.metricIntakeOldestSeconds()),
      { promised: INTAKE_SECONDS, unit: 's' },
    ),
    graph(
      'Intake: refused',
      each(volumes, (volume) => volume.metricIntakeRefused(HOUR)),
    ),
  ];
}

/**
 * A look that finds nothing to heal is over in a second, so that a heal stands out by its length. Durable executions have metrics of their own:
 * docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
 */
export function healsRow({ function: code, deadLetters }: VolumeHealer): IWidget[] {
  const duration = code.metric('DurableExecutionDuration', { ...FIVE, statistic: Stats.MAXIMUM, label: 'longest' });
  const count = (name: string, label: string) => code.metric(name, { ...FIVE, statistic: Stats.SUM, label });
  return [
    graph('Heals: the longest execution', [duration], { unit: 'ms' }),
    graph('Heals: executions', [
      count('DurableExecutionStarted', 'started'),
      count('DurableExecutionFailed', 'failed'),
      count('DurableExecutionTimedOut', 'timed out'),
    ]),
    graph('Healer: what failed', [
      code.metricErrors({ ...FIVE, statistic: Stats.SUM, label: 'invocations' }),
      deadLetters.metricApproximateNumberOfMessagesVisible({
        ...FIVE,
        statistic: Stats.MAXIMUM,
        label: 'events nobody healed',
      }),
    ]),
  ];
}

/** What the check of each copy came to. */
export function drillsRow(volumes: Volumes, drill: VolumeDrill): IWidget[] {
  return [
    graph(
      'Drills: passed (1) or rejected (0)',
      each(volumes, (volume) => drill.metricPassed(volume)),
      { most: 1 },
    ),
    graph(
      'Drills: content that was read and compared',
      [
        ...each(volumes, (volume) => drill.metricCoverage(volume)),
        ...volumes.map((volume) =>
          drill.metricComplete(volume).with({ label: `${volume.volumeName}: came to the end (1)` }),
        ),
      ],
      { most: 100, unit: '%' },
    ),
    graph(
      'Drills: the longest of an hour',
      each(volumes, (volume) => drill.metricDuration(volume)),
      { unit: 's' },
    ),
  ];
}

/** Of the load balancer: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html */
export function usersRow({ loadBalancer }: ContentBalancer): IWidget[] {
  const { metrics } = loadBalancer;
  return [
    graph('Users: requests a minute', [metrics.requestCount({ ...MINUTE, label: 'requests' })]),
    graph('Users: errors a minute', [
      metrics.custom('HTTPCode_ELB_5XX_Count', { ...MINUTE, statistic: Stats.SUM, label: 'nobody served (5xx)' }),
      metrics.custom('HTTPCode_Target_5XX_Count', { ...MINUTE, statistic: Stats.SUM, label: 'of an owner (5xx)' }),
    ]),
    graph('Users: time to answer, 99 of 100', [metrics.targetResponseTime({ ...MINUTE, statistic: 'p99' })], {
      unit: 's',
    }),
  ];
}

/** Of the whole stack. */
export function guardRow(guard: VolumeGuard): IWidget[] {
  return [
    graph('People: confirmed subscriptions', [guard.metricSubscribers()]),
    graph('Hosts with older software', [guard.metricHostsBehind()]),
    graph('Guard: rounds that failed', [guard.metricErrors()]),
  ];
}

interface Paid {
  readonly journal?: IContentJournal | undefined;
  readonly balancer?: ContentBalancer | undefined;
  readonly ledger?: ILedger | undefined;
}

/**
 * What is paid for by use; `remount cost` has the rest. Storage metrics of a bucket come once a day:
 * docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
 */
export function costRow({ journal, balancer, ledger }: Paid): IWidget[] {
  const row: IWidget[] = [];
  if (balancer)
    row.push(
      graph('Cost: capacity units of the load balancer', [
        balancer.loadBalancer.metrics.consumedLCUs({ ...HOUR, label: 'of each hour' }),
      ]),
    );
  if (journal)
    row.push(
      graph('Cost: bytes that the journal holds', [
        new Metric({
          namespace: 'AWS/S3',
          metricName: 'BucketSizeBytes',
          dimensionsMap: { BucketName: journal.bucket.bucketName, StorageType: 'StandardStorage' },
          statistic: Stats.AVERAGE,
          label: 'stored',
          ...DAY,
        }),
      ]),
    );
  if (ledger)
    row.push(
      graph('Cost: requests to the ledger', [
        ledger.table.metricConsumedReadCapacityUnits({ ...HOUR, statistic: Stats.SUM, label: 'reads' }),
        ledger.table.metricConsumedWriteCapacityUnits({ ...HOUR, statistic: Stats.SUM, label: 'writes' }),
      ]),
    );
  return row;
}
