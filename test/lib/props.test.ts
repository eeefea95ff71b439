import { describe, expect, test } from '@jest/globals';
import { Aws, CfnParameter, Duration, Size, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { InstanceType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ENV } from '../../contract/contract.ts';
import { ContentBalancer } from '../../lib/balancer.ts';
import { ContentVolume, type IContentVolume } from '../../lib/content-volume.ts';
import { Fleet } from '../../lib/fleet.ts';
import { HostSoftware } from '../../lib/host-software.ts';
import { ConditionAlarms } from '../../lib/internal/condition-alarms.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { Ledger } from '../../lib/ledger.ts';
import { SettingsError } from '../../lib/props/refusal.ts';
import { RecycleBin } from '../../lib/recycle-bin.ts';
import { SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { VolumeDrill } from '../../lib/volume-drill.ts';
import { VolumeGuard } from '../../lib/volume-guard.ts';
import { VolumeHealer } from '../../lib/volume-healer.ts';
import { VolumeKeeper } from '../../lib/volume-keeper.ts';
import { contentVolume, importedTargetGroup, onlyOne, someStack, text, ZONES } from './support.ts';

/** Another team's stack with all that a construct may need of others, made when it is asked for. */
function parts(stack: Stack) {
  const key = new Key(stack, 'Key');
  const people = new Topic(stack, 'People', { masterKey: key });
  const vpc = () => new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
  const targetGroup = importedTargetGroup(stack, 'Targets');
  const ledger = () => new Ledger(stack, 'Ledger', { key });
  const documents = () => new HostDocuments(stack, 'Documents');
  return { key, people, vpc, targetGroup, ledger, documents };
}

/** A content volume of Shop. */
function named(stack: Stack, id: string, volumeName: string): IContentVolume {
  return ContentVolume.fromContentVolumeAttributes(stack, id, { volumeName, stackName: 'Shop' });
}

type Parts = ReturnType<typeof parts>;
type Make = (stack: Stack, parts: Parts) => unknown;

const schedule =
  (some: object): Make =>
  (stack, { key }) =>
    new SnapshotSchedule(stack, 'It', { stackName: 'Shop', key, ...some });
const bin =
  (some: object): Make =>
  (stack) =>
    new RecycleBin(stack, 'It', { stackName: 'Shop', ...some });
const healer =
  (names: readonly string[], some: object = {}): Make =>
  (stack, { key, people, ledger, documents, targetGroup }) => {
    const rest = { key, people, ledger: ledger(), documents: documents() };
    const made = new VolumeHealer(stack, 'It', { stackName: 'Shop', ...rest, ...some });
    for (const [i, volumeName] of names.entries()) made.heals(named(stack, `V${i}`, volumeName), { targetGroup });
  };
const drill =
  (some: object, names = ['alpha']): Make =>
  (stack, { key, people, ledger, documents }) => {
    const rest = { key, people, ledger: ledger(), documents: documents() };
    const volumes = names.map((name, i) => named(stack, `V${i}`, name));
    return new VolumeDrill(stack, 'It', { stackName: 'Shop', volumes, ...rest, ...some });
  };
const guard =
  (some: object, names = ['alpha']): Make =>
  (stack, { key, people, ledger }) => {
    const copies = new SnapshotSchedule(stack, 'Snapshots', { stackName: 'Shop', key });
    const rest = { key, people, ledger: ledger(), schedule: copies, verified: true };
    const volumes = names.map((name, i) => named(stack, `V${i}`, name));
    return new VolumeGuard(stack, 'It', { stackName: 'Shop', volumes, ...rest, ...some });
  };
const conditions =
  (some: object): Make =>
  (stack, { people }) =>
    new ConditionAlarms(stack, 'It', {
      volume: contentVolume(stack),
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
    const rest = {
      volumeName: 'alpha',
      keeper: keeper()(stack, of),
      availabilityZone: 'eu-west-1a',
      size: Size.gibibytes(10),
    };
    return each.map((some, i) => new ContentVolume(stack, `It${i}`, { ...rest, ...some }));
  };
const fleet =
  (some: object): Make =>
  (stack, { vpc }) => {
    const software = new HostSoftware(stack, 'Software', { stackName: 'Shop' });
    const rest = { vpc: vpc(), software, availabilityZones: ZONES, instanceType: new InstanceType('m7g.large') };
    return new Fleet(stack, 'It', { stackName: 'Shop', ...rest, ...some });
  };
const balancer =
  (names: readonly string[]): Make =>
  (stack, { vpc }) => {
    const fleet = new Fleet(stack, 'Fleet', {
      vpc: vpc(),
      stackName: 'Shop',
      software: new HostSoftware(stack, 'Software', { stackName: 'Shop' }),
      availabilityZones: ZONES,
    });
    const rest = { vpc: stack.node.findChild('Vpc') as Vpc, targets: fleet.groups };
    const made = new ContentBalancer(stack, 'It', { ...rest, instanceSecurityGroup: fleet.securityGroup });
    for (const [i, name] of names.entries()) made.serves(named(stack, `V${i}`, name));
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
      schedule({ keep: Duration.hours(0) }),
      'keep: received 0; allowed: a whole number from 2 to 250 hours',
    ],
    [
      'copies kept for too long',
      schedule({ keep: Duration.hours(251) }),
      'keep: received 251; allowed: a whole number from 2 to 250 hours',
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
      'snapshots kept for over a year',
      bin({ keepSnapshots: Duration.days(366) }),
      'keepSnapshots: received 366; allowed: a whole number from 0 to 365 days',
    ],
    [
      'snapshots kept for half a day',
      bin({ keepSnapshots: Duration.hours(12) }),
      'keepSnapshots: received 0.5; allowed: a whole number from 0 to 365 days',
    ],
    [
      'volumes kept for over a week',
      bin({ keepVolumes: Duration.days(8) }),
      'keepVolumes: received 8; allowed: a whole number from 0 to 7 days',
    ],
    ['a bin for some stacks', bin({ stackName: 'Shop*' }), `stackName: received "Shop*"; allowed: ${STACK}`],
    ['a healer of no stack', healer(['alpha'], { stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    ['a healer of every stack', healer(['alpha'], { stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    ['a drill of nothing', drill({}, []), 'volumes: received []; allowed: 1 to 14 content volumes'],
    [
      'a healer of too much',
      healer(FIFTEEN),
      `volumes: received ${JSON.stringify(FIFTEEN)}; allowed: 1 to 14 content volumes`,
    ],
    ['a volume with a slash', healer(['alpha', 'a/b']), `volumeName: received "a/b"; allowed: ${NAME}`],
    [
      'a volume named as the health checks are',
      healer(['healthz']),
      'volumeName: received "healthz"; allowed: any other name (below /healthz/ are the health checks)',
    ],
    [
      'a spare that is never taken',
      healer(['alpha'], { maxSpareAge: Duration.minutes(0) }),
      'maxSpareAge: received 0; allowed: a whole number from 15 to 1440 minutes',
    ],
    ['a drill of every stack', drill({ stackName: '*' }), `stackName: received "*"; allowed: ${STACK}`],
    [
      'a drill of one volume twice',
      drill({}, ['alpha', 'alpha']),
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
    [
      'all content in more drills than a day has',
      drill({ readAllEvery: 97 }),
      'readAllEvery: received 97; allowed: a whole number from 1 to 96 drills',
    ],
    ['a guard of no stack', guard({ stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    ['a guard of a volume in capitals', guard({}, ['Alpha']), `volumeName: received "Alpha"; allowed: ${NAME}`],
    [
      'a lock for ever',
      guard({ lockFor: Duration.days(36_500), lockMode: 'compliance' }),
      'lockFor: received 36500; allowed: a whole number from 0 to 365 days',
    ],
    ['a nameless volume', healer(['']), `volumeName: received ""; allowed: ${NAME}`],
    [
      'a volume of another Remount',
      healer(['alpha'], { stackName: 'Other' }),
      'volume: received "alpha of Shop"; allowed: content volumes of Other (prop stackName of both)',
    ],
    [
      'alarms of the last minute',
      conditions({ fullWithin: Duration.hours(1) }),
      'fullWithin: received 1; allowed: a whole number from 12 to 168 hours',
    ],
    ['a keeper of no stack', keeper({ stackName: '' }), `stackName: received ""; allowed: ${STACK}`],
    ['a volume with a blank', volumes({ volumeName: 'a b' }), `volumeName: received "a b"; allowed: ${NAME}`],
    [
      'two volumes of one name',
      volumes({}, { volumeName: 'beta' }, {}),
      'name: received "alpha"; allowed: each name once',
    ],
    [
      'a volume of no size',
      volumes({ size: Size.gibibytes(0) }),
      'size: received 0; allowed: a whole number from 1 to 65536 GiB (gp3)',
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
      new RecycleBin(of, 'Bin', {
        stackName: Aws.STACK_NAME,
        keepSnapshots: Duration.days(days),
        keepVolumes: Duration.days(0),
      });
      const keep = Duration.hours(keepHours);
      new SnapshotSchedule(of, 'Snapshots', { stackName: Aws.STACK_NAME, key, perHour: 1, keep });
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
    const stack = build((of, all) => volumes({ size: Size.gibibytes(number(of, 'Size').valueAsNumber) })(of, all));
    expect(onlyOne(Template.fromStack(stack), 'Custom::RemountContentVolume').Properties.SizeGiB).toEqual({
      Ref: 'Size',
    });
  });

  test('passes as a part of a prop', () => {
    const stack = build((of, all) => {
      healer(['alpha'], { maxSpareAge: Duration.minutes(number(of, 'Minutes').valueAsNumber) })(of, all);
    });
    const { Environment } = onlyOne(Template.fromStack(stack), 'AWS::Lambda::Function').Properties;
    expect(text((Environment as { Variables: Record<string, unknown> }).Variables[ENV.spare])).toBe(
      `{"prefer":"faster","maxAgeMinutes":\${Minutes}}`,
    );
  });

  test('beside what is wrong does not hide it', () => {
    const make = bin({ keepSnapshots: Duration.days(400), stackName: Aws.STACK_NAME });
    expect(() => build(make)).toThrow('keepSnapshots: received 400; allowed: a whole number from 0 to 365 days');
  });

  test('cannot be a number of schedules: they are made at synthesis', () => {
    const make: Make = (of, all) => schedule({ perHour: number(of, 'Schedules').valueAsNumber })(of, all);
    expect(() => build(make)).toThrow(
      'perHour: received "a token"; allowed: a number that is known at synthesis, for as many schedules are made',
    );
  });
});
