/**
 * Resource types of the template that are created and then play no part in a rehearsal, each with the reason. A type that is
 * neither here nor in `resources.ts` stops the rehearsal, by name: nothing in the template is skipped in silence.
 */
export const INERT: Readonly<Record<string, string>> = {
  'AWS::EC2::VPC': 'there is no network: every instance can be reached through Systems Manager',
  'AWS::EC2::RouteTable': 'no network',
  'AWS::EC2::Route': 'no network',
  'AWS::EC2::SubnetRouteTableAssociation': 'no network',
  'AWS::EC2::InternetGateway': 'no network',
  'AWS::EC2::VPCGatewayAttachment': 'no network',
  'AWS::EC2::SecurityGroup': 'no network',
  'AWS::EC2::SecurityGroupIngress': 'no network',
  'AWS::EC2::SecurityGroupEgress': 'no network',
  'AWS::KMS::Alias': 'nothing refers to the key by it',
  'AWS::Rbin::Rule': 'what is deleted is gone at once: nothing here may count on getting it back',
  'AWS::SNS::Subscription': 'messages are kept as they are published',
  'AWS::IAM::InstanceProfile': 'instances take the role that it names, see fleet.ts',
  'AWS::ElasticLoadBalancingV2::ListenerRule': 'requests are made to the owner, health checks to each target',
  'AWS::CloudWatch::Dashboard': 'for people who look; the metrics and alarms on it are simulated',
  'AWS::CDK::Metadata': 'usage data of the CDK',
};

/** Attributes that other resources read from an inert one, made up from its id. */
export const INERT_ATTRIBUTES: Readonly<
  Record<string, (ref: string, name: string, arn: (service: string, rest: string) => string) => Record<string, string>>
> = {
  'AWS::EC2::VPC': (ref) => ({ VpcId: ref, DefaultSecurityGroup: `sg-of-${ref}`, CidrBlock: '10.0.0.0/16' }),
  'AWS::EC2::SecurityGroup': (ref) => ({ GroupId: ref, VpcId: 'vpc' }),
  'AWS::EC2::InternetGateway': (ref) => ({ InternetGatewayId: ref }),
  'AWS::IAM::InstanceProfile': (ref) => ({ Arn: `arn:aws:iam::111122223333:instance-profile/${ref}` }),
};
