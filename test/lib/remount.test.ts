import { describe, expect, test } from '@jest/globals';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { TAG } from '../../contract/contract.ts';
import { SettingsError } from '../../lib/props/refusal.ts';
import { Remount, type RemountProps } from '../../lib/remount.ts';
import { CONTEXT, onlyOne, REGION, resourcesOf, someStack, ZONES } from './support.ts';

/** A Remount in a network of the team's own. */
function own(props: Partial<RemountProps> = {}, stack = someStack()): Remount {
  const vpc = new Vpc(stack, 'Vpc', { availabilityZones: ZONES, restrictDefaultSecurityGroup: false });
  return new Remount(stack, 'Content', { vpc, email: 'a@example.com', volumes: [{ volumeName: 'pages' }], ...props });
}

describe('in a VPC of the team', () => {
  const remount = own();
  const template = Template.fromStack(Stack.of(remount));

  test('makes no network, and has its instances in the private subnets', () => {
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 0);
    const priv = remount.vpc.privateSubnets.map((subnet) => [Stack.of(remount).resolve(subnet.subnetId)]);
    const groups = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup');
    expect(groups.map(({ Properties }) => Properties.VPCZoneIdentifier)).toEqual(priv);
  });

  test('is known by the name of the stack', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !name.startsWith('Other/'))).toEqual([]);
    for (const { Properties } of resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup'))
      expect(Properties.Tags).toContainEqual({ Key: TAG.stack, Value: 'Other', PropagateAtLaunch: true });
  });

  test('has volumes of 100 GiB with what gp3 has, the first in the first zone', () => {
    expect(onlyOne(template, 'Custom::RemountContentVolume').Properties).toMatchObject({
      Volume: 'pages',
      Zone: ZONES[0],
      SizeGiB: '100',
      Iops: '3000',
      ThroughputMiBs: '125',
    });
  });

  test('encrypts with the key that it is given', () => {
    const stack = someStack();
    const { key } = own({}, stack);
    const other = new Remount(someStack(), 'It', { key, availabilityZones: ZONES, volumes: [{ volumeName: 'pages' }] });
    expect(other.key).toBe(key);
    expect(other.node.tryFindChild('Key')).toBeUndefined();
  });
});

test('volumes are put into the zones in turn', () => {
  const volumes = ['a1', 'b2', 'c3'].map((volumeName) => ({ volumeName }));
  const template = Template.fromStack(Stack.of(own({ volumes })));
  const zones = resourcesOf(template, 'Custom::RemountContentVolume').map(({ Properties }) => Properties.Zone);
  expect(zones).toEqual([ZONES[0], ZONES[1], ZONES[0]]);
});

test('without drills there is neither a drill nor its alarms', () => {
  const remount = own({ drills: false });
  const template = Template.fromStack(Stack.of(remount));
  expect(remount.drill).toBeUndefined();
  const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName));
  expect(names.filter((name) => name.endsWith('/verified-recovery-point'))).toEqual([]);
});

describe('what cannot be is refused', () => {
  const stackOf = (props: StackProps) =>
    new Stack(new App({ context: CONTEXT, analyticsReporting: false }), 'Other', props);

  test.each<[string, () => unknown, string]>([
    [
      'no zones at all',
      () => new Remount(stackOf({ env: { region: REGION } }), 'It', { volumes: [{ volumeName: 'pages' }] }),
      'availabilityZones: received nothing; allowed: zones such as eu-west-1a, or a vpc that has them',
    ],
    [
      'zones that nobody knows yet',
      () => {
        const stack = stackOf({});
        return new Remount(stack, 'It', { vpc: new Vpc(stack, 'Vpc'), volumes: [{ volumeName: 'pages' }] });
      },
      'availabilityZones: received "a token"; allowed: zones that are known at synthesis, such as eu-west-1a: name them, or those of the VPC',
    ],
    [
      'a volume where no instance is',
      () => own({ volumes: [{ volumeName: 'pages', availabilityZone: 'eu-west-1c' }] }),
      'volumes[0].availabilityZone: received "eu-west-1c"; allowed: one of eu-west-1a, eu-west-1b',
    ],
    [
      'more volumes than an instance has names for',
      () =>
        own({
          volumes: Array.from({ length: 11 }, (_, i) => ({ volumeName: `v${i}x`, availabilityZone: 'eu-west-1a' })),
        }),
      'volumes: received "11 in eu-west-1a"; allowed: at most 10 in a zone (one instance may have to take them all, and has 11 device names, one for a drill)',
    ],
    [
      'endpoints in a VPC of the team',
      () => own({ moreEndpoints: ['kms'] }),
      'moreEndpoints: received ["kms"]; allowed: nothing beside a vpc, which has endpoints of its own',
    ],
  ])('%s', (_, make, line) => {
    expect(make).toThrow(new SettingsError(line));
  });
});
