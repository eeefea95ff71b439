import { describe, expect, test } from '@jest/globals';
import { Aws, CfnParameter, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ApplicationTargetGroup, TargetType } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ENV } from '../../contract/contract.ts';
import { ContentBalancer } from '../../lib/balancer.ts';
import { ContentVolume } from '../../lib/content-volume.ts';
import { Fleet } from '../../lib/fleet.ts';
import { HostSoftware } from '../../lib/host-software.ts';
import { ConditionAlarms } from '../../lib/internal/condition-alarms.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { Ledger } from '../../lib/ledger.ts';
import { RecycleBin } from '../../lib/recycle-bin.ts';
import { SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { SettingsError } from '../../lib/stack/settings.ts';
import { VolumeAlarms } from '../../lib/volume-alarms.ts';
import { VolumeDrill } from '../../lib/volume-drill.ts';
import { VolumeGuard } from '../../lib/volume-guard.ts';
import { VolumeHealer } from '../../lib/volume-healer.ts';
import { VolumeKeeper } from '../../lib/volume-keeper.ts';
import { onlyOne, someStack, text, ZONES } from './support.ts';

/** Another team's stack with all that a construct may need of others, made when it is asked for. */
function parts(stack: Stack) {
  const key = new Key(stack, 'Key');
  const people = new Topic(stack, 'People', { masterKey: key });
  const vpc = () => new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
  const targetGroup = (of = vpc()) =>
    new ApplicationTargetGroup(stack, 'Targets', { vpc: of, port: 80, targetType: TargetType.INSTANCE });
  const ledger = () => new Ledger(stack, 'Ledger', { key });
  const documents = () => new HostDocuments(stack, 'Documents');
  return { key, people, vpc, targetGroup, ledger, documents };
}

type Parts = ReturnType<typeof parts>;
type Make = (stack: Stack, parts: Parts) => unknown;

const schedule =
  (some: object): Make =>
  (stack, { key }) =>
    new SnapshotSchedule(stack, 'It', { stackName: 'Shop', key, perHour: 2, keepHours: 24, ...some });
const bin =
  (some: object): Make =>
  (stack) =>
    new RecycleBin(stack, 'It', { stackName: 'Shop', snapshotDays: 3, volumeDays: 3, ...some });
const healer =
  (names: readonly string[], some: object = {}): Make =>
  (stack, { key, people, ledger, documents, targetGroup }) => {
    const group = targetGroup();
    const targetGroups = new Map(names.map((name) => [name, group]));
    const spare = { prefer: 'faster', maxAgeMinutes: 60 } as const;
    const rest = { key, people, ledger: ledger(), documents: documents(), targetGroups, spare };
    return new VolumeHealer(stack, 'It', { stackName: 'Shop', ...rest, ...some });
  };
const drill =
  (some: object): Make =>
  (stack, { key, people, ledger, documents }) => {
    const rest = { key, people, ledger: ledger(), documents: documents(), initializationMiBs: 0, fallPercent: 20 };
    return new VolumeDrill(stack, 'It', { stackName: 'Shop', volumes: ['alpha'], ...rest, ...some });
  };
const guard =
  (some: object): Make =>
  (stack, { key, people, ledger }) => {
    const copies = new SnapshotSchedule(stack, 'Snapshots', { stackName: 'Shop', key, perHour: 2, keepHours: 24 });
    const rest = { key, people, ledger: ledger(), schedule: copies, verified: true };
    return new VolumeGuard(stack, 'It', { stackName: 'Shop', volumes: ['alpha'], ...rest, ...some });
  };
const alarms =
  (some: object): Make =>
  (stack, { people, targetGroup }) => {
    const live = Alias.fromAliasAttributes(stack, 'Live', {
      aliasName: 'live',
      // Only named.
      aliasVersion: { lambda: { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:heal' } } as never,
    });
    const rest = { people, targetGroup: targetGroup(), healer: live, namespace: 'Remount/Shop' };
    return new VolumeAlarms(stack, 'It', { stackName: 'Shop', volume: 'alpha', ...rest, ...some });
  };
const conditions =
  (some: object): Make =>
  (stack, { people }) =>
    new ConditionAlarms(stack, 'It', {
      stackName: 'Shop',
      namespace: 'Remount/Shop',
      volume: 'alpha',
      people,
      ...some,
    });
const keeper =
  (some: object = {}) =>
  (stack: Stack, { key, people, ledger, documents }: Parts) => {
    const rest = { key, people, ledger: ledger(), documents: documents() };
    return new VolumeKeeper(stack, 'Keeper', { stackName: 'Shop', ...rest, ...some });
  };
const volumes =
  (...each: readonly object[]): Make =>
  (stack, of) => {
    const size = { zone: 'eu-west-1a', sizeGiB: 10, iops: 3000, throughputMiBs: 125 };
    const rest = { name: 'alpha', keeper: keeper()(stack, of), ...size };
    return each.map((some, i) => new ContentVolume(stack, `It${i}`, { ...rest, ...some }));
  };
const fleet =
  (some: object): Make =>
  (stack, { vpc }) => {
    const software = new HostSoftware(stack, 'Software', { namespace: 'Remount/Shop' });
    const rest = { vpc: vpc(), software, zones: ZONES, instanceType: 'm7g.large' };
    return new Fleet(stack, 'It', { stackName: 'Shop', instancesPerZone: 2, ...rest, ...some });
  };
const balancer =
  (names: readonly string[]): Make =>
  (stack, { vpc }) => {
    const fleet = new Fleet(stack, 'Fleet', {
      vpc: vpc(),
      stackName: 'Shop',
      software: new HostSoftware(stack, 'Software', { namespace: 'Remount/Shop' }),
      zones: ZONES,
      instancesPerZone: 2,
      instanceType: 'm7g.large',
    });
    const rest = { vpc: stack.node.findChild('Vpc') as Vpc, groups: fleet.groups };
    return new ContentBalancer(stack, 'It', { ...rest, instanceSecurityGroup: fleet.securityGroup, volumes: names });
  };

function build(make: Make): Stack {
  const stack = someStack();
  make(stack, parts(stack));
  return stack;
}

const STACK =
  '1 to 128 letters, digits, _ and - (it is a tag, a part of names and ARNs, and of the description of the snapshot policy)';
const NAME =
  '2 to 32 of a-z, 0-9 and -, from a letter to a letter or digit (it is a tag, a path and a metric dimension)';
const FIFTEEN = Array.from({ length: 15 }, (_, n) => `volume-${n}`);

describe('a wrong prop is refused as a wrong setting is', () => {
  test.each<[what: string, make: Make, line: string]>([
    [
      'no schedule',
      schedule({ perHour: 0 }),
      'perHour: received 0; allowed: a whole number from 1 to 4 schedules an hour',
    ],
    [
      'five schedules',
      schedule({ perHour: 5 }),
      'perHour: received 5; allowed: a whole number from 1 to 4 schedules an hour',
    ],
    [
      'half a schedule',
      schedule({ perHour: 1.5 }),
      'perHour: received 1.5; allowed: a whole number from 1 to 4 schedules an hour',
    ],
    [
      'copies that are not kept',
      schedule({ keepHours: 0 }),
      'keepHours: received 0; allowed: a whole number from 2 to 250 hours',
    ],
    [
      'copies kept for too long',
      schedule({ keepHours: 251 }),
      'keepHours: received 251; allowed: a whole number from 2 to 250 hours',
    ],
    [
      'a consistency of its own',
      schedule({ consistency: 'both' }),
      'consistency: received "both"; allowed: crash or application',
    ],
    ['a schedule of no stack', schedule({ stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    ['a schedule of every stack', schedule({ stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    ['a schedule of a path', schedule({ stackName: 'a/b' }), `stackName: received "a/b"; allowed: ${STACK}`],
    [
      'a schedule without a stack',
      schedule({ stackName: undefined }),
      `stackName: received nothing; allowed: ${STACK}`,
    ],
    [
      'snapshots kept for over a year',
      bin({ snapshotDays: 366 }),
      'snapshotDays: received 366; allowed: a whole number from 0 to 365 days',
    ],
    [
      'snapshots kept for less than nothing',
      bin({ snapshotDays: -1 }),
      'snapshotDays: received -1; allowed: a whole number from 0 to 365 days',
    ],
    [
      'volumes kept for over a week',
      bin({ volumeDays: 8 }),
      'volumeDays: received 8; allowed: a whole number from 0 to 7 days',
    ],
    ['a bin for some stacks', bin({ stackName: 'Shop*' }), `stackName: received "Shop*"; allowed: ${STACK}`],
    ['a healer of no stack', healer(['alpha'], { stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    ['a healer of every stack', healer(['alpha'], { stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    ['a healer of nothing', healer([]), 'targetGroups: received []; allowed: 1 to 14 content volumes'],
    [
      'a healer of too much',
      healer(FIFTEEN),
      `targetGroups: received ${JSON.stringify(FIFTEEN)}; allowed: 1 to 14 content volumes`,
    ],
    ['a volume with a slash', healer(['alpha', 'a/b']), `targetGroups[1]: received "a/b"; allowed: ${NAME}`],
    [
      'a volume named as the health checks are',
      healer(['healthz']),
      'targetGroups[0]: received "healthz"; allowed: any other name (below /healthz/ are the health checks)',
    ],
    [
      'a spare that is never taken',
      healer(['alpha'], { spare: { prefer: 'faster', maxAgeMinutes: 0 } }),
      'spare.maxAgeMinutes: received 0; allowed: a whole number from 15 to 1440 minutes',
    ],
    ['a drill of every stack', drill({ stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    [
      'a drill of one volume twice',
      drill({ volumes: ['alpha', 'alpha'] }),
      'volumes: received ["alpha","alpha"]; allowed: each name once',
    ],
    [
      'a rate that EBS does not have',
      drill({ initializationMiBs: 50 }),
      'initializationMiBs: received 50; allowed: a whole number from 100 to 300 MiB/s, or 0 to pay for none',
    ],
    [
      'a fall of nothing',
      drill({ fallPercent: 0 }),
      'fallPercent: received 0; allowed: a whole number from 1 to 99 percent',
    ],
    ['a guard of no stack', guard({ stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    [
      'a guard of a volume in capitals',
      guard({ volumes: ['Alpha'] }),
      `volumes[0]: received "Alpha"; allowed: ${NAME}`,
    ],
    [
      'a lock for ever',
      guard({ lock: { days: 36_500, mode: 'compliance' } }),
      'lock.days: received 36500; allowed: a whole number from 0 to 365 days',
    ],
    ['alarms of every stack', alarms({ stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    ['alarms of a nameless volume', alarms({ volume: '' }), `volume: received ""; allowed: ${NAME}`],
    [
      'alarms of the last minute',
      conditions({ fullWithinHours: 1 }),
      'fullWithinHours: received 1; allowed: a whole number from 12 to 168 hours',
    ],
    ['a keeper of no stack', keeper({ stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    ['a volume with a blank', volumes({ name: 'a b' }), `name: received "a b"; allowed: ${NAME}`],
    ['two volumes of one name', volumes({}, { name: 'beta' }, {}), 'name: received "alpha"; allowed: each name once'],
    [
      'a volume of no size',
      volumes({ sizeGiB: 0 }),
      'sizeGiB: received 0; allowed: a whole number from 1 to 65536 GiB (gp3)',
    ],
    [
      'a volume too small for its speed',
      volumes({ iops: 6000 }),
      'iops: received 6000; allowed: at most 5000 for 10 GiB (gp3: 500 a GiB)',
    ],
    [
      'one instance in a zone',
      fleet({ instancesPerZone: 1 }),
      'instancesPerZone: received 1; allowed: a whole number from 2 to 20 instances (owner and standby are two)',
    ],
    ['a fleet of every stack', fleet({ stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    [
      'a load balancer for one volume twice',
      balancer(['alpha', 'alpha']),
      'volumes: received ["alpha","alpha"]; allowed: each name once',
    ],
  ])('%s', (_, make, line) => {
    expect(() => build(make)).toThrow(new SettingsError(line));
  });
});

describe('what is known at deployment only', () => {
  const number = (stack: Stack, id: string) => new CfnParameter(stack, id, { type: 'Number' });

  test('passes, and is what the resource has', () => {
    const stack = build((of, { key }) => {
      const days = number(of, 'Days').valueAsNumber;
      const keepHours = number(of, 'Hours').valueAsNumber;
      new RecycleBin(of, 'Bin', { stackName: Aws.STACK_NAME, snapshotDays: days, volumeDays: 0 });
      new SnapshotSchedule(of, 'Snapshots', { stackName: Aws.STACK_NAME, key, perHour: 1, keepHours });
    });
    const template = Template.fromStack(stack);
    expect(onlyOne(template, 'AWS::Rbin::Rule').Properties).toMatchObject({
      RetentionPeriod: { RetentionPeriodValue: { Ref: 'Days' } },
      ResourceTags: [{ ResourceTagValue: { Ref: 'AWS::StackName' } }],
    });
    expect(onlyOne(template, 'AWS::DLM::LifecyclePolicy').Properties.PolicyDetails).toMatchObject({
      Schedules: [{ RetainRule: { Count: { Ref: 'Hours' } } }],
    });
  });

  test('passes in a volume', () => {
    const stack = build((of, all) => volumes({ sizeGiB: number(of, 'Size').valueAsNumber })(of, all));
    expect(onlyOne(Template.fromStack(stack), 'Custom::RemountContentVolume').Properties.SizeGiB).toEqual({
      Ref: 'Size',
    });
  });

  test('passes as a part of a prop', () => {
    const stack = build((of, all) => {
      healer(['alpha'], { spare: { prefer: 'faster', maxAgeMinutes: number(of, 'Minutes').valueAsNumber } })(of, all);
    });
    const { Environment } = onlyOne(Template.fromStack(stack), 'AWS::Lambda::Function').Properties;
    expect(text((Environment as { Variables: Record<string, unknown> }).Variables[ENV.spare])).toBe(
      `{"prefer":"faster","maxAgeMinutes":\${Minutes}}`,
    );
  });

  test('beside what is wrong does not hide it', () => {
    const make = bin({ snapshotDays: 400, stackName: Aws.STACK_NAME });
    expect(() => build(make)).toThrow('snapshotDays: received 400; allowed: a whole number from 0 to 365 days');
  });

  test('cannot be a number of schedules: they are made at synthesis', () => {
    const make: Make = (of, all) => schedule({ perHour: number(of, 'Schedules').valueAsNumber })(of, all);
    expect(() => build(make)).toThrow(
      'perHour: received "a token"; allowed: a number that is known at synthesis, for as many schedules are made',
    );
  });
});
