import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { AutoScalingGroup, BlockDeviceVolume, GroupMetrics, HealthChecks } from 'aws-cdk-lib/aws-autoscaling';
import {
  AmazonLinuxCpuType,
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InstanceType,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  LaunchTemplate,
  MachineImage,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerCertificate,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { contentUserData, type HostSoftware } from '../../lib/index.ts';

const CIDR = '10.2.0.0/16';
const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-4000-8000-000000000000';

export interface WikiHostsProps {
  readonly key: Key;
  /** What the instances run beside the wiki's own. */
  readonly software: HostSoftware;
  /** The first has the volume, and the instances with it; a load balancer wants two. */
  readonly zones: readonly string[];
  /** Name of the content volume that is served. */
  readonly volume: string;
}

/** What is the team's own. What lets a healer work with it is marked with "Remount:". */
export class WikiHosts extends Construct {
  readonly group: AutoScalingGroup;
  readonly targetGroup: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: WikiHostsProps) {
    super(scope, id);
    const vpc = this.#network(props);
    const balancerGroup = new SecurityGroup(this, 'BalancerSecurityGroup', { vpc, allowAllOutbound: false });
    const instanceGroup = new SecurityGroup(this, 'InstanceSecurityGroup', { vpc, allowAllOutbound: false });
    balancerGroup.addIngressRule(Peer.ipv4(CIDR), Port.tcp(443), 'Readers, from inside');
    balancerGroup.addEgressRule(instanceGroup, Port.tcp(80), 'Requests and health checks');
    instanceGroup.addIngressRule(balancerGroup, Port.tcp(80), 'Requests and health checks');
    instanceGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS services through the VPC endpoints');
    this.group = this.#instances(vpc, instanceGroup, props);
    this.targetGroup = this.#balancer(vpc, balancerGroup, this.group, props.volume);
  }

  /** Remount: an instance is healed through Systems Manager and CloudWatch, and Amazon Linux has its packages in S3. */
  #network({ zones, key }: WikiHostsProps): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(CIDR),
      availabilityZones: [...zones],
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Wiki', subnetType: SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { All: { destination: FlowLogDestination.toCloudWatchLogs(this.#flowLogs(key)) } },
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    const { SSM, SSM_MESSAGES, CLOUDWATCH_MONITORING } = InterfaceVpcEndpointAwsService;
    for (const [name, service] of Object.entries({ SSM, SSM_MESSAGES, CLOUDWATCH_MONITORING })) {
      const securityGroup = new SecurityGroup(this, `${name}Endpoint`, { vpc, allowAllOutbound: false });
      securityGroup.addIngressRule(Peer.ipv4(CIDR), Port.tcp(443), 'From the instances');
      vpc.addInterfaceEndpoint(name, { service, securityGroups: [securityGroup], open: false });
    }
    acknowledge(
      vpc,
      'VPCDefaultSecurityGroupClosed',
      'Nothing is in the default group; to close it takes a function that may change security groups',
    );
    acknowledge(
      vpc.node.findChild('All'),
      'IAMNoInlinePolicy',
      'The policy belongs to this role alone and goes with it; a managed one could be attached elsewhere',
    );
    return vpc;
  }

  /** Two in the volume's zone: one serves it, the other takes over. */
  #instances(vpc: Vpc, securityGroup: SecurityGroup, { zones, software }: WikiHostsProps): AutoScalingGroup {
    // Remount: the host verbs' tools, the web server and the probe; what a team installs beside them comes after.
    const userData = contentUserData(software);
    userData.addCommands('echo "Pages are for employees" > /etc/motd');
    const group = new AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED, availabilityZones: zones.slice(0, 1) },
      launchTemplate: new LaunchTemplate(this, 'LaunchTemplate', {
        instanceType: new InstanceType('m7g.large'),
        machineImage: MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }),
        role: this.#role(software),
        securityGroup,
        userData,
        requireImdsv2: true,
        detailedMonitoring: true,
        blockDevices: [{ deviceName: '/dev/xvda', volume: BlockDeviceVolume.ebs(30, { encrypted: true }) }],
      }),
      minCapacity: 2,
      maxCapacity: 3,
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      groupMetrics: [GroupMetrics.all()],
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-AS3',
      reason: 'A lost instance is replaced without anybody; the alarms watch the wiki',
    });
    acknowledge(
      group,
      'AutoScalingGroupELBHealthCheckRequired',
      'The one that does not serve is unhealthy for the load balancer, and must not be replaced for it',
    );
    return group;
  }

  /** Remount: commands come through Systems Manager, software from S3, and the probe's metrics go to CloudWatch. */
  #role(software: HostSoftware): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': software.namespace } },
      }),
    );
    software.grantFetch(role);
    Validations.of(role).acknowledge(
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
        reason: 'AWS keeps this policy in step with what the Systems Manager agent needs',
      },
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'PutMetricData has no resources; a condition binds the namespace',
      },
    );
    acknowledge(role, 'IAMNoInlinePolicy', 'The policy belongs to this role alone and goes with it');
    return role;
  }

  /** Remount: the health check reads a file of the volume itself, so that who serves it is healthy, and nobody else. */
  #balancer(vpc: Vpc, securityGroup: SecurityGroup, group: AutoScalingGroup, volume: string): ApplicationTargetGroup {
    const balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroup,
      dropInvalidHeaderFields: true,
      deletionProtection: true,
    });
    balancer.logAccessLogs(Bucket.fromBucketName(this, 'AccessLogs', 'all-access-logs-of-the-company'), 'wiki');
    Validations.of(balancer).acknowledge({
      id: 'NIST.800.53.R5-ALBWAFEnabled',
      reason: 'Files for employees, from inside the network, without an application behind',
    });
    const targetGroup = new ApplicationTargetGroup(this, 'Targets', {
      vpc,
      protocol: ApplicationProtocol.HTTP,
      port: 80,
      targets: [group],
      deregistrationDelay: Duration.seconds(10),
      healthCheck: {
        path: `/healthz/${volume}`,
        interval: Duration.seconds(5),
        timeout: Duration.seconds(2),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    balancer.addListener('Https', {
      protocol: ApplicationProtocol.HTTPS,
      certificates: [ListenerCertificate.fromArn(CERTIFICATE)],
      open: false,
      defaultTargetGroups: [targetGroup],
    });
    return targetGroup;
  }

  /** Without leave in the key's policy CloudWatch Logs refuses to make it: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
  #flowLogs(key: Key): LogGroup {
    const { partition, region, account, stackName } = Stack.of(this);
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:${stackName}-*`,
          },
        },
      }),
    );
    return new LogGroup(this, 'FlowLogs', { encryptionKey: key, retention: RetentionDays.ONE_MONTH });
  }
}

/** Acknowledges a rule that two of the packs have, each under its own name. */
function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  for (const pack of ['NIST.800.53.R5', 'HIPAA.Security'])
    Validations.of(construct).acknowledge({ id: `${pack}-${rule}`, reason });
}
