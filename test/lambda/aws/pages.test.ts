import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { cloudWatchAlarms } from '../../../lambda/aws/alarms.ts';
import { ec2Compute } from '../../../lambda/aws/ec2/compute.ts';
import { neighbours } from '../../../lambda/aws/ec2/describe.ts';
import { ec2Stores } from '../../../lambda/aws/ec2/guard-store.ts';
import { ec2Instances } from '../../../lambda/aws/ec2/instances.ts';
import { awsMonitor } from '../../../lambda/aws/monitor.ts';
import { ec2Software } from '../../../lambda/aws/ssm/software.ts';
import { CLIENT_SETTINGS, simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { AdapterLab, STACK } from '../../simulator/aws/adapter-lab.ts';
import { GuardLab, TOPIC } from '../../simulator/aws/guard-lab.ts';
import { ANYONE } from '../../simulator/aws/lab.ts';

/** Pages of one: AWS may put fewer into a page than there is room for, and whoever reads the first alone sees a part. */
let lab: AdapterLab;
const HOSTS = ['i-0aaaaaaaaaaaaaaaa', 'i-0bbbbbbbbbbbbbbbb', 'i-0cccccccccccccccc'];
beforeEach(() => {
  lab = new AdapterLab();
  lab.cloud.faults.pageItems = 1;
  lab.cloud.faults.pagePoints = 1;
});

const compute = () => ec2Compute(lab.clients().ec2, lab.clients().ssm, lab.clock, STACK);
const stores = () => ec2Stores(lab.clients().ec2, STACK);
const fleet = () => lab.within(() => ec2Instances(lab.clients().ec2, lab.clients().ssm, STACK).list());

describe('the last page is read', () => {
  test('of the volumes of a content volume, by the healer', async () => {
    const all = [await lab.ours('alpha'), await lab.ours('alpha'), await lab.ours('alpha')];
    expect((await lab.within(() => compute().volumes('alpha'))).map((v) => v.id)).toEqual(all);
  });

  test('of its recovery points', async () => {
    const volumeId = await lab.ours('alpha');
    const all = [await lab.copied(volumeId), await lab.copied(volumeId), await lab.copied(volumeId)];
    const seen = await lab.within(() => compute().recoveryPoints('alpha'));
    expect(seen.map((p) => p.snapshotId)).toEqual(all);
  });

  test('of its volumes and snapshots, by the guard', async () => {
    const all = [await lab.ours('alpha'), await lab.ours('alpha')];
    const copies = [await lab.copied(all[0] ?? ''), await lab.copied(all[1] ?? '')];
    expect((await lab.within(() => stores().volumes('alpha'))).map((v) => v.id)).toEqual(all);
    expect((await lab.within(() => stores().snapshots('alpha'))).map((s) => s.snapshotId)).toEqual(copies);
  });

  test('of locked snapshots', async () => {
    const volumeId = await lab.ours('alpha');
    const copies = [await lab.copied(volumeId), await lab.copied(volumeId), await lab.copied(volumeId)];
    for (const SnapshotId of copies)
      await lab.call('LockSnapshot', { SnapshotId, LockMode: 'governance', LockDuration: 7 });
    expect([...(await lab.within(() => stores().locked()))].sort()).toEqual([...copies].sort());
  });

  test('of the volumes of the stack, by a drill', async () => {
    const all = [await lab.ours('alpha'), await lab.ours('beta'), await lab.ours('gamma')];
    const seen = await lab.within(() => neighbours(lab.clients().ec2, STACK));
    expect(seen.map((v) => [v.id, v.of])).toEqual(all.map((id, n) => [id, ['alpha', 'beta', 'gamma'][n]]));
  });

  test('of instances, and of those whose agent answers', async () => {
    HOSTS.map((id) => lab.host(id));
    await lab.pass(300);
    expect((await fleet()).map((i) => [i.id, i.agentOnline])).toEqual(HOSTS.map((id) => [id, true]));
  });

  test('of status checks: of a host, and of its volumes', async () => {
    const [, hung = '', stalled = ''] = HOSTS.map((id) => lab.host(id));
    const volumeId = await lab.ours('alpha');
    await lab.call('AttachVolume', { VolumeId: volumeId, InstanceId: stalled, Device: '/dev/sdf' });
    lab.cloud.faults.hung.set(hung, lab.clock.now());
    lab.cloud.faults.stalled.set(volumeId, lab.clock.now());
    await lab.pass(900);
    expect((await fleet()).map((i) => [i.impaired, i.ebsImpaired])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
  });

  test('of instances, by who brings host software to them', async () => {
    for (const id of HOSTS) lab.host(id);
    const { ec2, ssm, cloudWatch } = lab.clients();
    const of = { clock: lab.clock, namespace: 'n', stack: STACK, wanted: 'v', document: 'd', ec2, ssm, cloudWatch };
    expect((await lab.within(() => ec2Software(of).fleet())).map((h) => h.id)).toEqual(HOSTS);
  });

  test('of alarms, and of what is on record of one', async () => {
    const guard = new GuardLab();
    guard.cloud.faults.pageItems = 1;
    const another = `${TOPIC}2`;
    guard.sns.createTopic(another);
    const names = Array.from({ length: 11 }, (_, n) => guard.alarm(`alpha/${n}`, { alarmActions: [another, TOPIC] }));
    guard.mute(600);
    await guard.pass(600);
    const client = simulatedAws(guard.cloud, ANYONE)(new CloudWatchClient({ ...CLIENT_SETTINGS, region: 'eu-west-1' }));
    const alarms = cloudWatchAlarms(client, STACK, TOPIC);
    const standing = await guard.within(() => alarms.standing());
    expect(standing.map(({ name }) => name)).toEqual(names);
    for (const alarm of standing)
      expect(await guard.within(() => alarms.actions(alarm))).toMatchObject([{ succeeded: false }]);
  });

  test('of the minutes of a metric', async () => {
    const start = lab.clock.now();
    for (let n = 0; n < 5; n++) lab.published.push({ at: start + n * 60_000, value: n === 0 ? 1 : 0 });
    await lab.pass(600);
    const { ec2, cloudWatch } = lab.clients();
    const monitor = awsMonitor(ec2, cloudWatch, lab.clock, STACK);
    expect(await lab.within(() => monitor.failingSince('alpha'))).toBe(start + 60_000);
  });
});

/**
 * Lists that AWS gives in pages and the functions ask for, by file; those that are asked for one id have one page. A new one
 * belongs in a test above.
 */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  'alarms.ts': ['paginateDescribeAlarmHistory', 'paginateDescribeAlarms'],
  'balancer.ts': ['DescribeTargetHealthCommand: no pages'],
  'ec2/describe.ts': [
    'DescribeVolumesCommand: by id',
    'paginateDescribeInstances',
    'paginateDescribeSnapshots',
    'paginateDescribeVolumes',
  ],
  'ec2/instances.ts': ['paginateDescribeInstanceInformation', 'paginateDescribeInstanceStatus'],
  'ec2/modifications.ts': ['DescribeVolumesModificationsCommand: by id'],
  'monitor.ts': ['DescribeVolumeStatusCommand: by id', 'GetMetricDataCommand'],
  'stacks.ts': ['DescribeStacksCommand: by name'],
  'ec2/guard-store.ts': ['DescribeLockedSnapshotsCommand'],
};

test('there are no other lists', () => {
  const folder = join(import.meta.dirname, '../../../lambda/aws');
  const asked = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const names = text.match(
        /\b(?:paginate\w+|(?:Describe|List)\w+Command|GetMetricDataCommand|(?:Query|Scan)Command)\b/g,
      );
      return names ? [[file, [...new Set(names)].sort()] as const] : [];
    });
  const known = Object.entries(LISTS).map(([file, lists]) => [file, lists.map((list) => list.replace(/:.*/, ''))]);
  expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(known));
});
