import { describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostSoftware } from '../../lib/host-software.ts';
import { Ledger } from '../../lib/ledger.ts';
import { ContentNetwork, type ContentNetworkProps } from '../../lib/network.ts';
import { SettingsError } from '../../lib/props/refusal.ts';
import { CONTEXT, onlyOne, REGION, resourcesOf, someStack, statementsOf, templateOf, text, ZONES } from './support.ts';

/** A network with instances in it. */
function networkWith(props: Partial<ContentNetworkProps> = {}): Template {
  return templateOf((stack) => {
    const network = new ContentNetwork(stack, 'Network', { zones: ZONES, key: new Key(stack, 'Key'), ...props });
    network.allowFrom(new SecurityGroup(stack, 'Instances', { vpc: network.vpc, allowAllOutbound: false }));
  });
}
const template = networkWith();

type Policy = { readonly Statement: readonly Readonly<Record<string, unknown>>[] };

/** The policy of each endpoint, by the last part of its service's name; of S3's, a name that is joined. */
function policiesOf(of: Template): Record<string, Policy | undefined> {
  const endpoints = resourcesOf(of, 'AWS::EC2::VPCEndpoint').map(({ Properties }) => [
    text(Properties.ServiceName).split('.').at(-1),
    Properties.PolicyDocument,
  ]);
  return Object.fromEntries(endpoints);
}

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

  test.each(['ssm', 'ssmmessages', 'monitoring'])('has an endpoint for %s in each zone', (service) => {
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

  test('lets only its instances talk to the endpoints, over TLS', () => {
    const groups = resourcesOf(template, 'AWS::EC2::SecurityGroup').map(({ id }) => id);
    const idOf = (name: string) => ({ 'Fn::GetAtt': [groups.find((id) => id.startsWith(name)), 'GroupId'] });
    const { id: _, ...rule } = onlyOne(template, 'AWS::EC2::SecurityGroupIngress');
    expect(rule.Properties).toEqual({
      Description: 'From the content instances',
      GroupId: idOf('NetworkEndpoints'),
      SourceSecurityGroupId: idOf('Instances'),
      FromPort: 443,
      ToPort: 443,
      IpProtocol: 'tcp',
    });
    for (const { Properties } of resourcesOf(template, 'AWS::EC2::SecurityGroup'))
      expect(Properties.SecurityGroupIngress).toBeUndefined();
    for (const { Properties } of resourcesOf(template, 'AWS::EC2::VPCEndpoint'))
      if (Properties.VpcEndpointType === 'Interface')
        expect(Properties.SecurityGroupIds).toEqual([idOf('NetworkEndpoints')]);
  });

  test('lets instances of another stack in, without each stack waiting for the other', () => {
    const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
    const [one, other] = ['One', 'Other'].map((id) => new Stack(app, id, { env: { region: REGION } })) as [
      Stack,
      Stack,
    ];
    const network = new ContentNetwork(one, 'Network', { zones: ZONES, key: new Key(one, 'Key') });
    network.allowFrom(new SecurityGroup(other, 'Instances', { vpc: network.vpc }));
    Template.fromStack(other).resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  });

  test('does not synthesize without anybody who reaches the endpoints', () => {
    const stack = someStack();
    new ContentNetwork(stack, 'Network', { zones: ZONES, key: new Key(stack, 'Key') });
    expect(() => Template.fromStack(stack)).toThrow(/Nothing reaches the VPC endpoints: .* allowFrom/);
  });

  test('has no other endpoints unless asked for, in the same place', () => {
    const more = networkWith({ moreEndpoints: ['ec2', 'kms', 'logs'] });
    const services = (of: Template) => Object.keys(policiesOf(of));
    expect(services(template)).toEqual(['s3', 'ssm', 'ssmmessages', 'monitoring']);
    expect(services(more)).toEqual([...services(template), 'ec2', 'kms', 'logs']);
  });

  test('has a gateway to the ledger where instances ask one, for reading items of it', () => {
    const asked = templateOf((stack) => {
      const key = new Key(stack, 'Key');
      const software = new HostSoftware(stack, 'Software', {
        stackName: 'Shop',
        ledger: new Ledger(stack, 'Ledger', { key }),
      });
      const network = new ContentNetwork(stack, 'Network', { zones: ZONES, key, software });
      network.allowFrom(new SecurityGroup(stack, 'Instances', { vpc: network.vpc, allowAllOutbound: false }));
    });
    expect(policiesOf(template).dynamodb).toBeUndefined();
    expect(policiesOf(asked).dynamodb?.Statement).toEqual([
      {
        Sid: 'Ledger',
        Effect: 'Allow',
        Principal: '*',
        Action: 'dynamodb:GetItem',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^LedgerTable/), 'Arn'] },
      },
    ]);
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

describe('through an endpoint', () => {
  const ofThisAccount = (action: string) => ({
    Statement: [
      {
        Sid: 'ThisAccount',
        Effect: 'Allow',
        Principal: '*',
        Action: action,
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
      },
    ],
    Version: '2012-10-17',
  });

  test.each([
    ['ssm', '*'],
    ['monitoring', 'cloudwatch:PutMetricData'],
  ])('to %s there are only calls of this account: %s', (service, action) => {
    expect(policiesOf(template)[service]).toEqual(ofThisAccount(action));
  });

  test.each(['ec2', 'kms', 'logs'] as const)('to %s, which a team may ask for, as well', (service) => {
    expect(policiesOf(networkWith({ moreEndpoints: [service] }))[service]).toEqual(ofThisAccount('*'));
  });

  test('to ssmmessages there is everything: no policy was found for it', () => {
    expect(policiesOf(template)).toHaveProperty(['ssmmessages'], undefined);
  });

  const READS = {
    AmazonLinux: [`al2023-repos-${REGION}-de612dc2`],
    SystemsManagerAgent: [
      `amazon-ssm-${REGION}`,
      `aws-ssm-distributor-file-${REGION}`,
      `aws-ssm-document-attachments-${REGION}`,
      `aws-ssm-${REGION}`,
      `${REGION}-birdwatcher-prod`,
      `patch-baseline-snapshot-${REGION}`,
    ],
  };
  const reads = (buckets: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(buckets).map(([sid, names]) => {
      const objects = names.map((name) => `arn:aws:s3:::${name}/*`);
      const Resource = objects.length > 1 ? objects : objects[0];
      return { Sid: sid, Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource };
    });

  test('to S3 anybody reads where packages and the agent are from; nothing else is read, and nothing written', () => {
    expect(policiesOf(template).s3?.Statement).toEqual(reads(READS));
  });

  test('to S3 more buckets can be read', () => {
    const { s3 } = policiesOf(networkWith({ moreBuckets: ['images.example'] }));
    expect(s3?.Statement).toEqual(reads({ ...READS, More: ['images.example'] }));
  });

  test.each(['*', 'images/*', 'Images', 'arn:aws:s3:::images'])('to S3 %s is no bucket to open it for', (name) => {
    expect(() => networkWith({ moreBuckets: [name] })).toThrow(SettingsError);
  });
});
