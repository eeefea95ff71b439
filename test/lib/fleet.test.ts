import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { InstanceType, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { TAG } from '../../contract/contract.ts';
import { Fleet } from '../../lib/fleet.ts';
import { HostSoftware } from '../../lib/host-software.ts';
import { allowing, onlyOne, resourcesOf, statementsOf, templateOf, text, ZONES } from './support.ts';

const template = templateOf((stack) => {
  const vpc = new Vpc(stack, 'Vpc', {
    availabilityZones: ZONES,
    natGateways: 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [{ name: 'Private', subnetType: SubnetType.PRIVATE_ISOLATED }],
  });
  const software = new HostSoftware(stack, 'Software', { stackName: 'Shop' });
  const some = { stackName: 'Shop', software, instancesPerZone: 3, instanceType: new InstanceType('m7g.large') };
  new Fleet(stack, 'Fleet', { vpc, availabilityZones: ZONES, ...some });
});
const launched = onlyOne(template, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData as Record<string, unknown>;

describe.each(ZONES)('the group of %s', (zone) => {
  const group = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup').find(({ id }) =>
    id.includes(zone.replaceAll('-', '')),
  );

  test('is in that zone alone, because a volume is', () => {
    const subnets = group?.Properties.VPCZoneIdentifier as { Ref: string }[];
    expect(subnets).toHaveLength(1);
    const subnet = resourcesOf(template, 'AWS::EC2::Subnet').find(({ id }) => id === subnets[0]?.Ref);
    expect(subnet?.Properties.AvailabilityZone).toBe(zone);
  });

  test('has the instances that were asked for, and room for one more', () => {
    expect(group?.Properties).toMatchObject({ MinSize: '3', MaxSize: '4' });
  });

  test('is made after all that its instances may do, and deleted before that', () => {
    const policies = resourcesOf(template, 'AWS::IAM::Policy').map(({ id }) => id);
    const groups = resourcesOf(template, 'AWS::AutoScaling::AutoScalingGroup');
    expect(policies.length).toBeGreaterThan(0);
    for (const made of groups) expect(made).toHaveProperty('DependsOn', expect.arrayContaining(policies));
  });

  test('replaces what EC2 finds dead, and nothing that the load balancer finds not to be the owner', () => {
    expect(group?.Properties).toMatchObject({ HealthCheckType: 'EC2', HealthCheckGracePeriod: 300 });
  });

  test('replaces nobody for a changed launch template: the guard brings new host software', () => {
    // The CDK's own: that scheduled actions may change sizes. Neither AutoScalingRollingUpdate nor AutoScalingReplacingUpdate.
    expect(group).toHaveProperty('UpdatePolicy', {
      AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true },
    });
    expect(group?.Properties).not.toHaveProperty('MaxInstanceLifetime');
  });

  test('tags its instances with the stack: by that tag the healer may touch them', () => {
    expect(group?.Properties.Tags).toContainEqual({ Key: TAG.stack, Value: 'Shop', PropagateAtLaunch: true });
  });
});

describe('an instance', () => {
  test('gives its credentials to no more than itself, by IMDSv2', () => {
    expect(launched.MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
  });

  test('has an encrypted root volume', () => {
    expect(launched.BlockDeviceMappings).toEqual([
      { DeviceName: '/dev/xvda', Ebs: expect.objectContaining({ Encrypted: true, VolumeType: 'gp3' }) },
    ]);
  });

  test('is watched each minute, on Graviton, with Amazon Linux 2023 and no key pair', () => {
    expect(launched).toMatchObject({ Monitoring: { Enabled: true }, InstanceType: 'm7g.large' });
    expect(launched.KeyName).toBeUndefined();
    const image = Object.values(template.findParameters('*')).map((p) => String(p.Default));
    expect(image).toContainEqual(expect.stringMatching(/al2023-ami.*arm64/));
  });

  test('talks to nothing but TLS, and is talked to by nobody until somebody is let in', () => {
    expect(onlyOne(template, 'AWS::EC2::SecurityGroup').Properties).toMatchObject({
      SecurityGroupEgress: [expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })],
    });
    expect(onlyOne(template, 'AWS::EC2::SecurityGroup').Properties.SecurityGroupIngress).toBeUndefined();
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('may be managed by Systems Manager, and may send the metrics of this stack only', () => {
    expect((onlyOne(template, 'AWS::IAM::Role').Properties.ManagedPolicyArns as unknown[]).map(text)).toEqual([
      `arn:\${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore`,
    ]);
    const statements = statementsOf(template, /./);
    const allowed = statements.filter(({ effect }) => effect === 'Allow');
    const [metrics, software] = [
      allowing(statements, 'cloudwatch:PutMetricData'),
      allowing(statements, 's3:GetObject'),
    ];
    expect([...metrics, ...software]).toEqual(allowed);
    expect(metrics.map((s) => s.conditions)).toEqual([{ StringEquals: { 'cloudwatch:namespace': 'Remount/Shop' } }]);
    expect(software.flatMap((s) => s.resources)).toEqual([expect.stringMatching(/assets-.*\/remount-host-\*$/)]);
    // Which Systems Manager's policy would let it read, all of them.
    expect(statements.filter(({ effect }) => effect === 'Deny')).toMatchObject([
      { actions: ['ssm:GetParameter', 'ssm:GetParameters'], resources: ['*'], conditions: {} },
    ]);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [Match.objectLike({ Principal: { Service: 'ec2.amazonaws.com' } })],
      }),
    });
  });
});
