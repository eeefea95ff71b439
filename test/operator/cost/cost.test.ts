import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { METRIC } from '../../../contract/contract.ts';
import { INTAKE_METRICS } from '../../../contract/intake.ts';
import { difference } from '../../../operator/cost/diff.ts';
import { readConfiguration } from '../../../operator/cost/input.ts';
import { metricsOfVolume, OF_STACK } from '../../../operator/cost/lines/watching.ts';
import { type Line, type Month, month } from '../../../operator/cost/month.ts';
import { type PriceTable, readPrices } from '../../../operator/cost/prices.ts';
import { FREE, readTemplate, type Template } from '../../../operator/cost/template.ts';
import { differenceText, monthText } from '../../../operator/cost/text.ts';
import { DEFAULT_USAGE } from '../../../operator/cost/usage.ts';
import { node } from '../../rehearsal/child.ts';

const directory = mkdtempSync(join(tmpdir(), 'cost-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const table = readPrices();
const { template, region, stack } = await readConfiguration('{}');
const USAGE = {
  ...DEFAULT_USAGE,
  gib: 40,
  changedPerHour: 0.5,
  uploadsPerHour: 100,
  gbOut: 10,
  drillMinutes: 6,
  logGb: 2,
};

const of = (from: Template, where = region, prices: PriceTable = table): Month =>
  month({ stack, region: where, deployed: readTemplate(from), usage: USAGE, table: prices });
const line = ({ lines }: Month, id: string): Line | undefined => lines.find((each) => each.id === id);
const usd = (of: Month, id: string) => line(of, id)?.usd?.toFixed(4);

describe('the stack with its defaults, in eu-west-1', () => {
  const cost = of(template);

  /** By hand: two zones, two instances in each, two volumes of 100 GiB, 730 hours. */
  test.each([
    ['instances.t4g.small', 4 * 730 * 0.0184],
    ['disks.root', 4 * 16 * 0.088],
    ['volumes', 2 * 100 * 0.088],
    ['spares', 2 * 100 * 0.088],
    // Four drills an hour, of six minutes each.
    ['drills.volumes', 2 * 100 * 0.4 * 0.088],
    // 40 GiB once, and half of one an hour for a day and three in the Recycle Bin.
    ['snapshots', 2 * (40 + 0.5 * 96) * 0.05],
    ['balancer', 730 * 0.0252],
    ['balancer.addresses', 2 * 730 * 0.005],
    // Systems Manager twice, and CloudWatch, in two zones.
    ['endpoints', 3 * 2 * 730 * 0.011],
    ['alarms', 25 * 0.1],
    ['alarms.quick', 2 * 0.3],
    // Eleven of each volume, and two of the stack.
    ['metrics', (2 * 11 + 2) * 0.3],
    ['metrics.instances', 4 * 7 * 0.3],
    // Of each volume three, each ten seconds.
    ['metrics.requests', 2 * 3 * 262_800 * 0.00001],
    ['logs', 2 * 0.57],
    ['key', 1],
    ['journal.writes', 2 * 73_000 * 0.000005],
    ['journal.reads', 2 * 1_314_000 * 0.0000004],
    ['journal.stored', 2 * 100 * 24 * 15 * 0.001048576 * 0.023],
    // Looks of the healer and rounds of the guard each five minutes, of drills each ten, and four completed snapshots an hour of two
    // volumes, each of which starts both.
    ['functions.runs', (2 * 8760 + 8760 + 2 * 4380 + 4 * 730 * 4) * 0.0000002],
  ])('%s is what the prices come to', (id, expected) => {
    expect([id, usd(cost, id)]).toEqual([id, expected.toFixed(4)]);
  });

  test('comes to the sum of its lines, the dearest first', () => {
    const amounts = cost.lines.map((each) => each.usd ?? -1);
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
    expect(cost.usd).toBeCloseTo(
      amounts.filter((each) => each > 0).reduce((a, b) => a + b, 0),
      6,
    );
    expect(cost.usd).toBeGreaterThan(150);
  });

  test('has nothing on by default whose price is not known, but for what Lambda keeps of steps', () => {
    expect(cost.unknown).toEqual(['steps of heals and drills that Lambda keeps']);
    expect(cost.unpriced).toEqual([]);
  });

  test('is nothing for a dashboard of two volumes, and 3 USD for one of more than 50 metrics', async () => {
    expect(line(cost, 'dashboard')).toBeUndefined();
    const volumes = ['a1', 'b1', 'c1', 'd1', 'e1', 'f1'].map((name) => ({ name }));
    const many = await readConfiguration(JSON.stringify({ volumes }));
    expect(usd(of(many.template), 'dashboard')).toBe('3.0000');
  });

  test('says which prices are of another Region, and what they come to', () => {
    const standIns = cost.lines.filter(({ standIn }) => standIn);
    expect(standIns.map(({ id }) => id)).toContain('alarms');
    expect(cost.standInUsd).toBeCloseTo(
      standIns.reduce((total, each) => total + (each.usd ?? 0), 0),
      6,
    );
    expect(of(template, 'us-east-1').standInUsd).toBe(0);
    // No price of it was looked up.
    const far = of(template, 'ap-southeast-2');
    expect(far.standInUsd).toBeCloseTo(far.usd, 6);
  });
});

test('an intake costs its looks, four metrics and an alarm of each volume, and what it keeps', async () => {
  const { template: other } = await readConfiguration('{"intake":{"enabled":true,"days":20}}');
  const found = difference(of(template), of(other));
  const more = Object.fromEntries(found.changed.map((each) => [each.id, each.more?.toFixed(4)]));
  expect(more).toEqual({
    'intake.looks': (2 * 730 * 1800 * 0.000005).toFixed(4),
    'intake.writes': (2 * 100 * 730 * 2 * 0.000005).toFixed(4),
    'intake.stored': (2 * 100 * 24 * 20 * 0.001048576 * 0.023).toFixed(4),
    metrics: (2 * 4 * 0.3).toFixed(4),
    alarms: (2 * 0.1).toFixed(4),
    'metrics.requests': (2 * 262_800 * 0.00001).toFixed(4),
  });
});

describe('what is not known', () => {
  test('is named where it is asked for: a rate of initialization', async () => {
    const paid = await readConfiguration('{"drills":{"initializationMiBs":300}}');
    const cost = of(paid.template);
    // Each of four copies an hour of two volumes is loaded in full.
    expect(line(cost, 'drills.initialization')).toMatchObject({ usd: null, price: null, quantity: 4 * 730 * 2 * 40 });
    expect(cost.unknown).toContain('loading of drilled volumes at a rate');
    expect(monthText(cost)).toMatch(/unknown {2}loading of drilled volumes at a rate/);
  });

  test('an instance type that is not in the table has no price, and is not for nothing', async () => {
    const { template: other } = await readConfiguration('{"instanceType":"x2gd.medium"}');
    const cost = of(other);
    expect(line(cost, 'instances.x2gd.medium')).toMatchObject({ usd: null, quantity: 4 * 730 });
    expect(cost.unknown).toContain('4 instances (x2gd.medium)');
  });

  test('a type of resource that it does not know is named', () => {
    const more = { ...template, Resources: { ...template.Resources, Nat: { Type: 'AWS::EC2::NatGateway' } } };
    const cost = of(more);
    expect(cost.unpriced).toEqual(['AWS::EC2::NatGateway']);
    expect(monthText(cost)).toMatch(/does not know these types:\n {2}AWS::EC2::NatGateway/);
  });

  test('each type that costs nothing by itself has a reason', () => {
    for (const reason of Object.values(FREE)) expect(reason.length).toBeGreaterThan(5);
  });
});

test('metrics are as many as the contract names', () => {
  const { volumeDimension: _, ...named } = METRIC;
  const most = metricsOfVolume({ drilled: true, journalDays: 15, intakeDays: 14 }) + OF_STACK.length;
  // The journal's lag and the spare's are named in contract/journal.ts.
  expect(most).toBe(Object.keys(named).length + 2 + Object.keys(INTAKE_METRICS).length);
});

describe('two configurations', () => {
  test('differ by what differs, and by no more', async () => {
    const other = await readConfiguration('{"volumes":[{"name":"alpha","iops":4000},{"name":"beta","sizeGiB":300}]}');
    const found = difference(of(template), of(other.template));
    const more = Object.fromEntries(found.changed.map((each) => [each.id, each.more?.toFixed(4)]));
    expect(more).toEqual({
      volumes: (200 * 0.088).toFixed(4),
      spares: (200 * 0.088).toFixed(4),
      'drills.volumes': (200 * 0.4 * 0.088).toFixed(4),
      'volumes.iops': (1000 * 0.0055).toFixed(4),
      'spares.iops': (1000 * 0.0055).toFixed(4),
    });
    expect(found.more).toBeCloseTo(found.to.usd - found.from.usd, 6);
  });

  test('that are the same do not differ', () => {
    const found = difference(of(template), of(template));
    expect(found).toMatchObject({ changed: [], more: 0 });
    expect(differenceText(found)).toContain('They cost the same.');
  });
});

describe('the table of prices', () => {
  test('is dated, and each price has AWS page, unit, and how it was found', () => {
    expect(table.date).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(table.regions).toContain('eu-west-1');
    expect(table.regions.length).toBeGreaterThanOrEqual(3);
    for (const [key, { page, unit, found, usd: prices, usage }] of Object.entries(table.prices)) {
      expect([key, page]).toEqual([key, expect.stringMatching(/^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\//)]);
      expect([key, unit !== '' && found !== '']).toEqual([key, true]);
      for (const region of Object.keys(prices)) expect(table.regions).toContain(region);
      expect([key, usage === null]).toEqual([key, Object.keys(prices).length === 0]);
    }
  });
});

describe('npm run remount -- cost', () => {
  const remount = (...args: readonly string[]) => node('operator/main.ts', ['cost', ...args]);
  const settings = join(directory, 'settings.json');
  writeFileSync(settings, '{"stackName":"Shop"}');

  test('prints a month, what it assumes and what it leaves out', () => {
    const { code, stdout, stderr } = remount('--gib', '40', '--uploads-per-hour', '5');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^A month of Remount in eu-west-1, in USD, at prices of 20\d\d-\d\d-\d\d \(found by hand\)$/m,
    );
    expect(stdout).toMatch(/^ {4}53\.73 {2}4 instances \(t4g\.small\)/m);
    expect(stdout).toMatch(/--uploads-per-hour 5 /);
    expect(stdout).toMatch(/Left out:\n {2}taxes/);
  });

  test('prints the same as one document, of a file of settings too', () => {
    const { schema, stack: name, lines, usage } = JSON.parse(remount(settings, '--json', '--gib', '7').stdout);
    expect({ schema, name, gib: usage.gib }).toEqual({ schema: 1, name: 'Shop', gib: 7 });
    expect(lines[0]).toEqual({
      ...{ id: 'instances.t4g.small', about: '4 instances (t4g.small)', unit: 'hour', quantity: 2920, price: 0.0184 },
      ...{ usd: 2920 * 0.0184, standIn: false, assumes: [], page: 'https://aws.amazon.com/ec2/pricing/on-demand/' },
      settings: ['instancesPerZone', 'zones', 'instanceType'],
    });
  });

  test('says what other settings cost more', () => {
    const { stdout } = remount('--diff', '{"journal":{"enabled":false}}');
    expect(stdout).toMatch(/-\d+\.\d\d {2}in all/);
    expect(stdout).toMatch(/^ +1\.74 +0\.00 +-1\.74 {2}what the journal holds +journal\.enabled, journal\.days$/m);
  });

  test('reads what cdk synth has written', () => {
    const out = join(directory, 'cdk.out');
    const context = JSON.stringify(JSON.parse(readFileSync('cdk.json', 'utf8')).context);
    const made = node('bin/app.ts', [], { CDK_OUTDIR: out, CDK_CONTEXT_JSON: context });
    expect(made.code).toBe(0);
    expect(JSON.parse(remount(out, '--json').stdout)).toMatchObject({
      stack: 'Remount',
      region: 'eu-west-1',
      unpriced: [],
    });
    expect(remount(out, '--stack', 'Other').stderr).toBe('--stack: received Other; allowed: one of Remount\n');
  });

  test.each([
    [
      ['nowhere'],
      'CONFIG: received nowhere; allowed: the output directory of cdk synth, a JSON file of settings, or settings as JSON',
    ],
    [
      ['{nothing'],
      'CONFIG: received {nothing; allowed: the output directory of cdk synth, a JSON file of settings, or settings as JSON',
    ],
    [
      [directory],
      `CONFIG: received ${directory}; allowed: the output directory of cdk synth, a JSON file of settings, or settings as JSON`,
    ],
    [['--gib', '-1'], '--gib: received "-1"; allowed: a number from 0 on'],
    [['{"volumes":[]}'], 'volumes: received []; allowed: 1 to 14 content volumes'],
  ])('%j is wrong usage, in one line', (args, said) => {
    const { code, stdout, stderr } = remount(...args);
    expect({ code, stdout, stderr: stderr.trim() }).toEqual({ code: 2, stdout: '', stderr: said });
  });
});
