import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, MachineImage, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContentBalancer } from '../../lib/balancer.ts';
import { contentVolumes, onlyOne, resourcesOf, templateOf, text } from './support.ts';

const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c';

/** In another team's network, before its own group. */
function balancer(stack: Stack, certificateArn?: string): void {
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false });
  const instanceSecurityGroup = new SecurityGroup(stack, 'Instances', { vpc, allowAllOutbound: false });
  const group = new AutoScalingGroup(stack, 'Group', {
    vpc,
    vpcSubnets: { subnets: vpc.publicSubnets },
    instanceType: new InstanceType('t4g.small'),
    machineImage: MachineImage.genericLinux({ 'eu-west-1': 'ami-0123456789abcdef0' }),
    securityGroup: instanceSecurityGroup,
  });
  const made = new ContentBalancer(stack, 'Balancer', {
    vpc,
    targets: [group],
    instanceSecurityGroup,
    ...(certificateArn && { certificateArn }),
  });
  for (const volume of contentVolumes(stack, ['alpha', 'beta'])) made.serves(volume);
}

const plain = templateOf((stack) => balancer(stack));
const secure = templateOf((stack) => balancer(stack, CERTIFICATE));
const listeners = (template: typeof plain) => resourcesOf(template, 'AWS::ElasticLoadBalancingV2::Listener');
const NOT_FOUND = [
  expect.objectContaining({
    Type: 'fixed-response',
    FixedResponseConfig: expect.objectContaining({ StatusCode: '404' }),
  }),
];

describe.each(['alpha', 'beta'])('content volume %s', (volume) => {
  const group = resourcesOf(plain, 'AWS::ElasticLoadBalancingV2::TargetGroup').find(({ id }) => id.includes(volume));

  test('has a health check of its own, as quick as can be', () => {
    expect(group?.Properties).toMatchObject({
      Port: 80,
      Protocol: 'HTTP',
      TargetType: 'instance',
      HealthCheckPath: `/healthz/${volume}`,
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: '200' },
    });
  });

  test('is served below its name', () => {
    plain.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [`/${volume}`, `/${volume}/*`] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: group?.id } }],
    });
  });
});

describe('the load balancer', () => {
  const attributes = onlyOne(plain, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.LoadBalancerAttributes;

  test.each([
    // A first deployment that fails is rolled back: docs/removal.md.
    ['deletion_protection.enabled', 'false'],
    ['routing.http.drop_invalid_header_fields.enabled', 'true'],
    ['access_logs.s3.enabled', 'true'],
  ])('has %s = %s', (Key, Value) => {
    expect(attributes).toContainEqual({ Key, Value });
  });

  test('has every instance in each target group', () => {
    expect(onlyOne(plain, 'AWS::AutoScaling::AutoScalingGroup').Properties.TargetGroupARNs).toHaveLength(2);
  });

  test('answers 404 to what is no content volume', () => {
    expect(listeners(plain).map(({ Properties }) => [Properties.Port, Properties.Protocol])).toEqual([[80, 'HTTP']]);
    expect(listeners(plain)[0]?.Properties.DefaultActions).toEqual(NOT_FOUND);
  });

  test('is the only way to the instances, on port 80', () => {
    const ingress = resourcesOf(plain, 'AWS::EC2::SecurityGroupIngress').filter(({ Properties }) =>
      text(Properties.GroupId).includes('Instances'),
    );
    expect(ingress.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({ FromPort: 80, ToPort: 80, SourceSecurityGroupId: expect.anything() }),
    ]);
    expect(text(ingress[0]?.Properties.SourceSecurityGroupId)).toContain('Balancer');
  });

  test('talks to the instances and to nothing else', () => {
    const egress = resourcesOf(plain, 'AWS::EC2::SecurityGroupEgress').map(({ Properties }) => Properties);
    expect(egress).toEqual([expect.objectContaining({ FromPort: 80, ToPort: 80 })]);
    expect(text(egress[0]?.DestinationSecurityGroupId)).toContain('Instances');
  });
});

describe('with a certificate', () => {
  const byPort = Object.fromEntries(listeners(secure).map(({ Properties }) => [Properties.Port, Properties]));

  test('serves on port 443, and 404 by default there too', () => {
    expect(Object.keys(byPort)).toEqual(['80', '443']);
    expect(byPort[443]).toMatchObject({ Protocol: 'HTTPS', Certificates: [{ CertificateArn: CERTIFICATE }] });
    expect(byPort[443]?.DefaultActions).toEqual(NOT_FOUND);
    const rules = resourcesOf(secure, 'AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(rules).toHaveLength(2);
    for (const { Properties } of rules) expect(text(Properties.ListenerArn)).toContain('Https');
  });

  test('only redirects on port 80', () => {
    expect(byPort[80]?.DefaultActions).toEqual([
      {
        Type: 'redirect',
        RedirectConfig: expect.objectContaining({ Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' }),
      },
    ]);
  });
});

describe('the bucket of access logs', () => {
  test('is encrypted, closed to the public, kept, and emptied in time', () => {
    const bucket = onlyOne(plain, 'AWS::S3::Bucket');
    expect(bucket.DeletionPolicy).toBe('Retain');
    plain.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90, Status: 'Enabled' })] },
    });
  });

  test('is refused without TLS', () => {
    plain.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });
});
