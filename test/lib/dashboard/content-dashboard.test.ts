import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { METRIC } from '../../../contract/contract.ts';
import { INTAKE_METRICS } from '../../../contract/intake.ts';
import { JOURNAL_LAG, SPARE_LAG } from '../../../contract/journal.ts';
import { ContentDashboard } from '../../../lib/dashboard/content-dashboard.ts';
import { Remount, type RemountProps } from '../../../lib/remount.ts';
import { contentVolumes, onlyOne, ROOT, resourcesOf, someStack, text, ZONES } from '../support.ts';

interface Widget {
  readonly type: string;
  readonly width: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
  };
}

const named = (names: readonly string[]) => names.map((volumeName) => ({ volumeName }));

function templateOf(props: Partial<RemountProps> = {}): Template {
  const stack = someStack();
  const vpc = new Vpc(stack, 'Vpc', { availabilityZones: ZONES, restrictDefaultSecurityGroup: false });
  const volumes = named(['alpha', 'beta']);
  new Remount(stack, 'Content', { vpc, stackName: 'Shop', email: 'a@example.com', volumes, ...props });
  return Template.fromStack(stack);
}

const widgetsOf = (template: Template): Widget[] =>
  JSON.parse(text(onlyOne(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)).widgets;

/** A metric as an array of namespace, name and dimensions, without how it is drawn; `.` says as above. */
function metricsOf(widgets: readonly Widget[]): string[][] {
  return widgets.flatMap(({ properties }) => {
    let above: string[] = [];
    return (properties.metrics ?? []).map((drawn) => {
      above = drawn
        .filter((part) => typeof part === 'string')
        .map((part, i) => (part === '.' ? (above[i] ?? '') : part));
      return above;
    });
  });
}

const OURS: Readonly<Record<string, string>> = { ...METRIC, journalLag: JOURNAL_LAG, spareLag: SPARE_LAG };

/** What sends metrics: hosts, and gateways of the functions. */
const senders = ['host', 'lambda/aws'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|sh)$/.test(name))
    .map((name) => readFileSync(join(ROOT, room, name), 'utf8')),
);

/** What AWS sends of its own, and the type of the resource that the dimension is to name. */
const AWS: Readonly<Record<string, { readonly names: RegExp; readonly of: string }>> = {
  'AWS/Lambda': { names: /^(DurableExecution(Duration|Started|Failed|TimedOut)|Errors)$/, of: 'AWS::Lambda::Function' },
  'AWS/SQS': { names: /^ApproximateNumberOfMessagesVisible$/, of: 'AWS::SQS::Queue' },
  'AWS/ApplicationELB': {
    names: /^(RequestCount|HTTPCode_(ELB|Target)_5XX_Count|TargetResponseTime|ConsumedLCUs)$/,
    of: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  },
  'AWS/S3': { names: /^BucketSizeBytes$/, of: 'AWS::S3::Bucket' },
  'AWS/DynamoDB': { names: /^Consumed(Read|Write)CapacityUnits$/, of: 'AWS::DynamoDB::GlobalTable' },
};

describe('of a whole stack', () => {
  const template = templateOf();
  const widgets = widgetsOf(template);
  const metrics = metricsOf(widgets);

  test('is named after the stack and its Region: an account has one list for all Regions', () => {
    expect(onlyOne(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardName).toBe('Shop-eu-west-1');
  });

  test('begins with every alarm of the stack', () => {
    const all = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ id }) => `\${${id}.Arn}`);
    expect(all.length).toBeGreaterThan(20);
    expect(widgets[0]?.type).toBe('alarm');
    expect([...(widgets[0]?.properties.alarms ?? [])].sort()).toEqual(all.sort());
  });

  test('shows what content is safe by, drills, heals and what is paid for by use', () => {
    expect(widgets.map(({ properties }) => properties.title)).toEqual([
      'Alarms',
      'Serving: good probes a minute',
      'Detection: the quickest probe of a minute',
      'Space or inodes used',
      'Age of the newest recovery point',
      'Age of the newest verified recovery point',
      'Journal: behind its volume',
      'Spare: behind the journal',
      'Heals: the longest execution',
      'Heals: executions',
      'Healer: what failed',
      'Drills: passed (1) or rejected (0)',
      'Drills: content that was read and compared',
      'Drills: the longest of an hour',
      'Users: requests a minute',
      'Users: errors a minute',
      'Users: time to answer, 99 of 100',
      'People: confirmed subscriptions',
      'Hosts with older software',
      'Guard: rounds that failed',
      'Cost: capacity units of the load balancer',
      'Cost: bytes that the journal holds',
      'Cost: requests to the ledger',
    ]);
  });

  test('shows nothing of ours that nobody sends', () => {
    const ours = metrics.filter(([namespace]) => namespace === 'Remount/Shop').map(([, name = '']) => name);
    expect(new Set(ours).size).toBeGreaterThanOrEqual(13);
    for (const name of new Set(ours)) {
      const key = Object.entries(OURS).find(([, value]) => value === name)?.[0];
      expect([name, key]).toEqual([name, expect.any(String)]);
      const constant = { [JOURNAL_LAG]: 'JOURNAL_LAG', [SPARE_LAG]: 'SPARE_LAG' }[name] ?? `METRIC.${key}`;
      const sent = senders.some((source) => new RegExp(`${constant}\\b|\\b${name}:`).test(source));
      expect([name, sent]).toEqual([name, true]);
    }
  });

  test('and of AWS what it sends of resources of this stack', () => {
    const others = metrics.filter(([namespace = '']) => !namespace.startsWith('Remount/'));
    expect(others.length).toBeGreaterThan(10);
    for (const [namespace = '', name, ...dimensions] of others) {
      expect([namespace, name]).toEqual([namespace, expect.stringMatching(AWS[namespace]?.names ?? /^$/)]);
      const ids = resourcesOf(template, AWS[namespace]?.of ?? '').map(({ id }) => id);
      const referred = ids.some((id) => new RegExp(`\\$\\{${id}[.}]`).test(dimensions.join(' ')));
      expect([namespace, name, referred]).toEqual([namespace, name, true]);
    }
  });

  test('costs nothing for two volumes where an account has no more than three: it refers to 50 metrics at most', () => {
    const distinct = new Set(metrics.map((metric) => metric.join(' ')));
    expect(distinct.size).toBeGreaterThan(35);
    expect(distinct.size).toBeLessThanOrEqual(50);
  });

  test('no two graphs lie on each other', () => {
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, i) => `${x + (i % width)},${y + Math.floor(i / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
  });
});

test('a volume more is a line more, and no graph', () => {
  const [one, three] = [['alpha'], ['alpha', 'beta', 'gamma']].map((names) =>
    widgetsOf(templateOf({ volumes: named(names) })),
  );
  expect(three?.length).toBe(one?.length);
  const serving = (widgets: readonly Widget[] = []) =>
    metricsOf(widgets.filter(({ properties }) => /^Serving/.test(properties.title)));
  expect(serving(one)).toEqual([['Remount/Shop', METRIC.serving, METRIC.volumeDimension, 'alpha']]);
  expect(serving(three).map((metric) => metric.at(-1))).toEqual(['alpha', 'beta', 'gamma']);
});

test('an alarm widget takes a hundred alarms: fourteen volumes have two', () => {
  const names = Array.from({ length: 14 }, (_, i) => `volume-${i}`);
  const alarms = widgetsOf(templateOf({ volumes: named(names) })).filter(({ type }) => type === 'alarm');
  expect(alarms.map(({ properties }) => properties.alarms?.length)).toEqual([100, expect.any(Number)]);
});

test('what a stack does not have is not shown', () => {
  const titles = widgetsOf(templateOf({ drills: false, journal: false })).map(({ properties }) => properties.title);
  expect(titles.filter((title) => /verified|Drill|Spare|[Jj]ournal/.test(title))).toEqual([]);
  expect(titles).toContain('Heals: executions');
});

test('an intake has its row, of metrics that its hosts send', () => {
  const widgets = widgetsOf(templateOf({ intake: {} }));
  const own = widgets.filter(({ properties }) => properties.title.startsWith('Intake: '));
  expect(own).toHaveLength(3);
  const names = [...new Set(metricsOf(own).map(([, name]) => name))];
  expect(names).toEqual([INTAKE_METRICS.waiting, INTAKE_METRICS.oldest, INTAKE_METRICS.refused]);
  for (const key of ['waiting', 'oldest', 'refused'])
    expect([key, senders.some((source) => source.includes(`INTAKE_METRICS.${key}`))]).toEqual([key, true]);
  expect(new Set(metricsOf(widgets).map((metric) => metric.join(' '))).size).toBeLessThanOrEqual(50);
});

test('it can be left out', () => {
  expect(resourcesOf(templateOf({ dashboard: false }), 'AWS::CloudWatch::Dashboard')).toEqual([]);
});

describe('alone', () => {
  test('it shows the volumes of another stack', () => {
    const stack = someStack();
    new ContentDashboard(stack, 'Dashboard', { stackName: 'Shop', volumes: contentVolumes(stack, ['pages']) });
    const widgets = widgetsOf(Template.fromStack(stack));
    expect(widgets.map(({ properties }) => properties.title)).toEqual([
      'Serving: good probes a minute',
      'Detection: the quickest probe of a minute',
      'Space or inodes used',
      'Age of the newest recovery point',
    ]);
  });

  test('of nothing it is refused', () => {
    expect(() => new ContentDashboard(new Stack(), 'Dashboard', { volumes: [] })).toThrow(
      'volumes: received []; allowed: one content volume at least',
    );
  });
});
