import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ContentNetwork } from '../../lib/network.ts';
import { onlyOne, REGION, resourcesOf, statementsOf, templateOf, text, ZONES } from './support.ts';

const template = templateOf((stack) => {
  new ContentNetwork(stack, 'Network', { zones: ZONES, key: new Key(stack, 'Key') });
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

  test('has no other endpoints unless asked for, in the same place', () => {
    const more = templateOf((stack) => {
      const key = new Key(stack, 'Key');
      new ContentNetwork(stack, 'Network', { zones: ZONES, key, moreEndpoints: ['ec2', 'kms', 'logs'] });
    });
    const services = (of: typeof template) =>
      resourcesOf(of, 'AWS::EC2::VPCEndpoint').map((e) => text(e.Properties.ServiceName).split('.').at(-1));
    expect(services(template)).toEqual(['s3', 'ssm', 'ssmmessages', 'ec2messages', 'monitoring']);
    expect(services(more)).toEqual([...services(template), 'ec2', 'kms', 'logs']);
  });

  test('logs what it rejects, encrypted', () => {
    expect(onlyOne(template, 'AWS::Logs::LogGroup').Properties.KmsKeyId).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'],
    });
    template.hasResourceProperties('AWS::EC2::FlowLog', { ResourceType: 'VPC', TrafficType: 'REJECT' });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  test('lets only flow logs of its account and Region write as its role, and only there', () => {
    const role = onlyOne(template, 'AWS::IAM::Role');
    expect(onlyOne(template, 'AWS::EC2::FlowLog').Properties.DeliverLogsPermissionArn).toEqual({
      'Fn::GetAtt': [role.id, 'Arn'],
    });
    expect(role.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnLike: {
              'aws:SourceArn': {
                'Fn::Join': ['', [`arn:aws:ec2:${REGION}:`, { Ref: 'AWS::AccountId' }, ':vpc-flow-log/*']],
              },
            },
          },
        },
      ],
    });
    expect(statementsOf(template, /./).map(({ resources }) => resources)).toEqual([
      [`\${${onlyOne(template, 'AWS::Logs::LogGroup').id}.Arn}`],
    ]);
  });
});
