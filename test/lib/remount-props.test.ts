import { describe, expect, test } from '@jest/globals';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { ENV } from '../../contract/contract.ts';
import { Remount, type RemountProps } from '../../lib/remount.ts';
import { resourcesOf, someStack, text, ZONES } from './support.ts';

/** What stands in a template for a prop: a list, for it may be in several resources. */
type Read = (template: Template) => unknown;

const of =
  (type: string, read: (properties: Readonly<Record<string, unknown>>) => unknown): Read =>
  (template) =>
    resourcesOf(template, type).map(({ Properties }) => read(Properties));
/** An environment key of whatever functions have it, each value once. */
const environment =
  (key: string): Read =>
  (template) => {
    const all = resourcesOf(template, 'AWS::Lambda::Function').flatMap(({ Properties }) => {
      const { Variables } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
      return Variables?.[key] === undefined ? [] : [text(Variables[key])];
    });
    return [...new Set(all)];
  };
const schedules = of('AWS::DLM::LifecyclePolicy', ({ PolicyDetails }) => {
  const { ResourceTypes, Schedules } = PolicyDetails as {
    readonly ResourceTypes: readonly string[];
    readonly Schedules: readonly { readonly RetainRule: { readonly Count: number } }[];
  };
  return [...ResourceTypes, ...Schedules.map(({ RetainRule }) => RetainRule.Count)];
});
const volumes = of('Custom::RemountContentVolume', ({ SizeGiB, Iops, ThroughputMiBs }) => [
  SizeGiB,
  Iops,
  ThroughputMiBs,
]);
const bin = of('AWS::Rbin::Rule', ({ RetentionPeriod }) => RetentionPeriod);
const fullSoon = (template: Template) => {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  const found = alarms.find(({ Properties }) => String(Properties.AlarmName).endsWith('/full-soon'));
  return /RATE\(used\) \* (\d+)/.exec(JSON.stringify(found?.Properties.Metrics))?.[1];
};
const endpoints = of('AWS::EC2::VPCEndpoint', ({ ServiceName }) => text(ServiceName));
const readable: Read = (template) =>
  /arn:aws:s3:::pictures[^"]*/.exec(JSON.stringify(resourcesOf(template, 'AWS::EC2::VPCEndpoint')))?.[0];

/** Without one, each synthesis warns. */
const EMAIL = 'b@example.com';
const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/4f6a';

/** The facade hands on what it is given: a prop that got lost on the way would be the default, and nothing would say so. */
describe('what a Remount is given', () => {
  const templateOf = (some: Partial<RemountProps>) => {
    const stack = someStack();
    new Remount(stack, 'It', { availabilityZones: ZONES, volumes: [{ volumeName: 'pages' }], email: EMAIL, ...some });
    return Template.fromStack(stack);
  };
  const byDefault = templateOf({});
  const days = (RetentionPeriodValue: number) => ({ RetentionPeriodUnit: 'DAYS', RetentionPeriodValue });
  const spare = (prefer: string, maxAgeMinutes: number) => [JSON.stringify({ prefer, maxAgeMinutes })];
  const quarters = [24, 24, 24, 24];

  test.each<[prop: string, some: Partial<RemountProps>, read: Read, then: unknown, otherwise: unknown]>([
    ['stackName', { stackName: 'Shop' }, environment(ENV.stack), ['Shop'], ['Other']],
    ['email', { email: 'a@example.com' }, of('AWS::SNS::Subscription', (p) => p.Endpoint), ['a@example.com'], [EMAIL]],
    [
      'certificateArn',
      { certificateArn: CERTIFICATE },
      of('AWS::ElasticLoadBalancingV2::Listener', (p) => p.Certificates),
      [undefined, [{ CertificateArn: CERTIFICATE }]],
      [undefined],
    ],
    [
      'instancesPerZone',
      { instancesPerZone: 3 },
      of('AWS::AutoScaling::AutoScalingGroup', (p) => p.MinSize),
      ['3', '3'],
      ['2', '2'],
    ],
    [
      'instanceType',
      { instanceType: new InstanceType('m7g.large') },
      of('AWS::EC2::LaunchTemplate', (p) => (p.LaunchTemplateData as { InstanceType: string }).InstanceType),
      ['m7g.large'],
      ['t4g.small'],
    ],
    ['snapshots.perHour', { snapshots: { perHour: 1 } }, schedules, [['VOLUME', 24]], [['VOLUME', ...quarters]]],
    [
      'snapshots.keep',
      { snapshots: { perHour: 1, keep: Duration.hours(48) } },
      schedules,
      [['VOLUME', 48]],
      [['VOLUME', ...quarters]],
    ],
    [
      'snapshots.consistency',
      { snapshots: { perHour: 1, consistency: 'application' } },
      schedules,
      [['INSTANCE', 24]],
      [['VOLUME', ...quarters]],
    ],
    [
      'recycleBin.keepSnapshots',
      { recycleBin: { keepSnapshots: Duration.days(5) } },
      bin,
      [days(5), days(7)],
      [days(3), days(7)],
    ],
    [
      'recycleBin.keepVolumes',
      { recycleBin: { keepVolumes: Duration.days(2) } },
      bin,
      [days(3), days(2)],
      [days(3), days(7)],
    ],
    ['drills.readAllEvery', { drills: { readAllEvery: 6 } }, environment(ENV.readAllEvery), ['6'], ['24']],
    ['drills.fallPercent', { drills: { fallPercent: 30 } }, environment(ENV.fallPercent), ['30'], ['20']],
    [
      'drills.initializationMiBs',
      { drills: { initializationMiBs: 200 } },
      environment(ENV.initializationRate),
      ['200'],
      ['0'],
    ],
    [
      'drills.prefer',
      { drills: { prefer: 'fresher' } },
      environment(ENV.spare),
      spare('fresher', 120),
      spare('faster', 120),
    ],
    [
      'drills.maxSpareAge',
      { drills: { maxSpareAge: Duration.minutes(30) } },
      environment(ENV.spare),
      spare('faster', 30),
      spare('faster', 120),
    ],
    [
      'snapshotLock',
      { snapshotLock: { lockFor: Duration.days(7), lockMode: 'compliance' } },
      environment(ENV.lock),
      [JSON.stringify({ days: 7, mode: 'compliance' })],
      [],
    ],
    ['drills, to the guard', { drills: false }, environment(ENV.verified), ['false'], ['true']],
    ['fullWithin', { fullWithin: Duration.hours(48) }, fullSoon, '172800', '86400'],
    [
      'moreEndpoints',
      { moreEndpoints: ['kms'] },
      (template) => (endpoints(template) as string[]).filter((name) => name.endsWith('.kms')),
      ['com.amazonaws.eu-west-1.kms'],
      [],
    ],
    [
      'moreBuckets',
      { moreBuckets: ['pictures'] },
      readable,
      expect.stringMatching(/^arn:aws:s3:::pictures/),
      undefined,
    ],
    [
      'volumes[].size, iops and throughputMiBs',
      { volumes: [{ volumeName: 'pages', size: Size.gibibytes(20), iops: 4000, throughputMiBs: 500 }] },
      volumes,
      [['20', '4000', '500']],
      [['100', '3000', '125']],
    ],
  ])('%s: it reaches its part', (_, some, read, then, otherwise) => {
    expect(read(byDefault)).toEqual(otherwise);
    expect(read(templateOf(some))).toEqual(then);
  });

  test('web: it reaches its part, and instances run another version of the host software', () => {
    const versionOf = (web: RemountProps['web']) => {
      const props = { availabilityZones: ZONES, volumes: [{ volumeName: 'pages' }], web };
      return new Remount(someStack(), 'It', props).software.version;
    };
    expect(versionOf({ gzip: true })).toBe(versionOf(undefined));
    expect(versionOf({ gzip: false })).not.toBe(versionOf(undefined));
  });

  test('each volume is served, healed, drilled, guarded and watched', () => {
    const stack = someStack();
    const names = ['alpha', 'beta', 'gamma'];
    const props = { availabilityZones: ZONES, volumes: names.map((volumeName) => ({ volumeName })), email: EMAIL };
    const remount = new Remount(stack, 'It', props);
    const template = Template.fromStack(Stack.of(remount));
    expect(remount.volumes.map(({ volumeName }) => volumeName)).toEqual(names);
    expect(environment(ENV.volumes)(template)).toEqual([JSON.stringify(names)]);
    const [healed = ''] = environment(ENV.targetGroups)(template) as string[];
    expect(Object.keys(JSON.parse(healed))).toEqual(names);
    const rules = JSON.stringify(resourcesOf(template, 'AWS::Events::Rule'));
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
      String(Properties.AlarmName),
    );
    for (const name of names) {
      expect(rules).toContain(`{\\"drill\\":\\"${name}\\"}`);
      expect(rules).toContain(`{\\"sweep\\":\\"${name}\\"}`);
      expect(alarms.filter((alarm) => alarm.startsWith(`Other/${name}/`))).toHaveLength(11);
    }
    const served = of('AWS::ElasticLoadBalancingV2::TargetGroup', (p) => p.HealthCheckPath)(template);
    expect(served).toEqual(names.map((name) => `/healthz/${name}`));
  });
});
