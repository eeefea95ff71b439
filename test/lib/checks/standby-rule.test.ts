import { describe, expect, test } from '@jest/globals';
import { CfnCondition, CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { CfnSubnet, type CfnVolume } from 'aws-cdk-lib/aws-ec2';
import { findings, group, policy, volume, ZONE } from './support.ts';

type Build = (stack: Stack) => unknown;
const OTHER_ZONE = 'eu-west-1b';

const said = (build: Build, instancesPerZone?: number) =>
  findings(
    (stack) => {
      policy(stack);
      if (!stack.node.tryFindChild('Volume')) volume(stack);
      build(stack);
    },
    instancesPerZone === undefined ? {} : { instancesPerZone },
  );

const subnet = (stack: Stack, id: string, availabilityZone: string) =>
  new CfnSubnet(stack, id, { vpcId: 'vpc-1', cidrBlock: '10.0.0.0/24', availabilityZone }).ref;
const inSubnets = (stack: Stack, minSize: string, vpcZoneIdentifier: string[]) =>
  new CfnAutoScalingGroup(stack, 'Group', { minSize, maxSize: '9', vpcZoneIdentifier });

describe('SB1: instances enough for a standby', () => {
  test.each<[string, Build]>([
    ['two in the zone', (stack) => group(stack, '2')],
    ['four in two zones', (stack) => group(stack, '4', [ZONE, OTHER_ZONE])],
    ['one each of two groups', (stack) => [group(stack, '1', [ZONE], 'A'), group(stack, '1', [ZONE], 'B')]],
    ['by subnets', (stack) => inSubnets(stack, '4', [subnet(stack, 'A', ZONE), subnet(stack, 'B', OTHER_ZONE)])],
    ['two subnets of one zone', (stack) => inSubnets(stack, '2', [subnet(stack, 'A', ZONE), subnet(stack, 'B', ZONE)])],
    [
      'under the condition of the volume',
      (stack) => {
        const condition = new CfnCondition(stack, 'Sometimes', { expression: Fn.conditionEquals('a', 'a') });
        for (const made of [stack.node.findChild('Volume') as CfnVolume, group(stack)])
          made.cfnOptions.condition = condition;
        (stack.node.findChild('Policy') as CfnLifecyclePolicy).cfnOptions.condition = condition;
      },
    ],
    [
      'the same intrinsic for both',
      (stack) => {
        const zone = Fn.select(0, Fn.getAzs());
        (stack.node.findChild('Volume') as CfnVolume).availabilityZone = zone;
        inSubnets(stack, '2', [subnet(stack, 'A', zone)]);
      },
    ],
  ])('good: %s', (_, build) => expect(said(build)).toEqual([]));

  test.each<[string, Build, RegExp]>([
    [
      'no group',
      () => undefined,
      /is sure of 0 instances \(no AWS::AutoScaling::AutoScalingGroup\); allowed: at least 2\. Raise MinSize/,
    ],
    ['one', (stack) => group(stack, '1'), /"eu-west-1a" is sure of 1 instances \(Other\/Group: 1\)/],
    ['three in two zones: one may have one', (stack) => group(stack, '3', [ZONE, OTHER_ZONE]), /Other\/Group: 1/],
    ['two, in another zone', (stack) => group(stack, '2', [OTHER_ZONE]), /Other\/Group: 0/],
  ])('bad: %s', (_, build, says) => {
    expect(said(build)).toEqual([expect.stringMatching(/^Resilience-SB1 at Other\/Volume: /)]);
    expect(said(build)[0]).toMatch(says);
  });

  test.each<[string, Build, RegExp]>([
    [
      'a size from a parameter',
      (stack) => group(stack, new CfnParameter(stack, 'P').valueAsString),
      /MinSize of Other\/Group is {"Ref":"P"}/,
    ],
    [
      'a subnet from elsewhere',
      (stack) => inSubnets(stack, '2', ['subnet-1']),
      /subnet "subnet-1", whose zone is not known/,
    ],
    [
      'zones from elsewhere',
      (stack) => group(stack, '2', [Fn.select(0, Fn.getAzs())]),
      /zones of Other\/Group are known at deployment only/,
    ],
    [
      'a group under a condition',
      (stack) => {
        const expression = Fn.conditionEquals('a', 'a');
        group(stack).cfnOptions.condition = new CfnCondition(stack, 'Sometimes', { expression });
      },
      /Other\/Group exists only under the condition Sometimes/,
    ],
    [
      'zones by their ids',
      (stack) =>
        new CfnAutoScalingGroup(stack, 'Group', { minSize: '2', maxSize: '9', availabilityZoneIds: ['euw1-az1'] }),
      /the zones of Other\/Group are given by their ids, \["euw1-az1"\]/,
    ],
    [
      'a volume in a zone by its id',
      (stack) => {
        const made = stack.node.findChild('Volume') as CfnVolume;
        made.addPropertyDeletionOverride('AvailabilityZone');
        made.addPropertyOverride('AvailabilityZoneId', 'euw1-az1');
        group(stack);
      },
      /which zone it is in: it has no AvailabilityZone/,
    ],
    [
      'a list of zones from elsewhere',
      (stack) => {
        group(stack).availabilityZones = Fn.getAzs();
      },
      /the zones of Other\/Group are {"Fn::GetAZs":""}/,
    ],
  ])('cannot be judged: %s', (_, build, says) => {
    expect(said(build)).toEqual([expect.stringMatching(/^Resilience-SB1\[CannotBeJudged\] at Other\/Volume: /)]);
    expect(said(build)[0]).toMatch(says);
  });

  test('the objective is the app’s own', () => {
    expect(said((stack) => group(stack, '2'), 3)).toEqual([expect.stringMatching(/allowed: at least 3/)]);
    expect(said((stack) => group(stack, '1'), 1)).toEqual([]);
  });
});
