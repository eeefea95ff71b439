import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { ContentNetwork } from '../../lib/network.ts';
import { onlyOne, REGION, resourcesOf, templateOf, text, ZONES } from './support.ts';

const template = templateOf((stack) => {
  new ContentNetwork(stack, 'Network', { zones: ZONES });
});

describe('the network', () => {
  test('has no NAT gateway: healing needs no internet', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    // Two routes to the internet gateway, of the load balancer's subnets; none of the instances'.
    const routes = resourcesOf(template, 'AWS::EC2::Route').map((r) => text(r.Properties.RouteTableId));
    expect(routes).toHaveLength(ZONES.length);
    for (const table of routes) expect(table).toContain('PublicSubnet');
  });

  test.each(ZONES)('has a subnet for the load balancer and an isolated one for instances in %s', (zone) => {
    const subnets = resourcesOf(template, 'AWS::EC2::Subnet').filter((s) => s.Properties.AvailabilityZone === zone);
    const kinds = subnets.map(({ Properties }) =>
      (Properties.Tags as { Key: string; Value: string }[]).find((t) => t.Key === 'aws-cdk:subnet-type'),
    );
    expect(kinds.map((tag) => tag?.Value).sort()).toEqual(['Isolated', 'Public']);
    for (const { Properties } of subnets) expect(Properties.MapPublicIpOnLaunch).toBe(false);
  });

  test.each(['ssm', 'ssmmessages', 'ec2messages', 'monitoring'])('has an endpoint for %s in each zone', (service) => {
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      ServiceName: `com.amazonaws.${REGION}.${service}`,
      VpcEndpointType: 'Interface',
      PrivateDnsEnabled: true,
      SubnetIds: [{ Ref: Match.stringLikeRegexp('ContentSubnet1') }, { Ref: Match.stringLikeRegexp('ContentSubnet2') }],
    });
  });

  test('reaches S3, where the packages are, from the isolated subnets', () => {
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      VpcEndpointType: 'Gateway',
      RouteTableIds: Match.arrayWith([
        { Ref: Match.stringLikeRegexp('ContentSubnet1') },
        { Ref: Match.stringLikeRegexp('ContentSubnet2') },
      ]),
    });
  });

  test('lets only its own addresses talk to the endpoints, over TLS', () => {
    expect(onlyOne(template, 'AWS::EC2::SecurityGroup').Properties.SecurityGroupIngress).toEqual([
      expect.objectContaining({ CidrIp: '10.0.0.0/16', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
    ]);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('logs what it rejects', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', { ResourceType: 'VPC', TrafficType: 'REJECT' });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });
});
