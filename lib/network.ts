import { Stack } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeControl, acknowledgeInlinePolicy } from './acknowledge.ts';
import { encryptedLogGroup } from './log-group.ts';

/** Addresses of the network; literal, so that checks can judge rules that name it. */
const CIDR = '10.0.0.0/16';

export interface ContentNetworkProps {
  /** Zones with a public subnet (load balancer) and an isolated one (instances) each. */
  readonly zones: readonly string[];
  /** Encrypts the flow logs. */
  readonly key: IKey;
  /**
   * Interface endpoints beyond those that an instance is healed through. Each is billed by the hour and zone, and nothing that
   * Remount runs on an instance calls these services: they are for what a team adds, such as an agent that ships logs.
   * @default none
   */
  readonly moreEndpoints?: readonly MoreEndpoint[];
}

const MORE_ENDPOINTS = {
  ec2: InterfaceVpcEndpointAwsService.EC2,
  kms: InterfaceVpcEndpointAwsService.KMS,
  logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
} as const;
export type MoreEndpoint = keyof typeof MORE_ENDPOINTS;

/**
 * A network whose instances need no internet to be healed: no NAT, but endpoints for what an instance talks to. Amazon Linux
 * 2023 fetches its packages from S3, docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html.
 */
export class ContentNetwork extends Construct {
  readonly vpc: Vpc;

  constructor(scope: Construct, id: string, props: ContentNetworkProps) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(CIDR),
      availabilityZones: [...props.zones],
      natGateways: 0,
      // Nothing uses the VPC's default group, and taking its rules away would need a function with rights over groups.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'Content', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 22 },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: {
        Rejected: {
          trafficType: FlowLogTrafficType.REJECT,
          destination: FlowLogDestination.toCloudWatchLogs(
            encryptedLogGroup(this, 'FlowLogs', props.key, RetentionDays.ONE_MONTH),
            this.#flowLogsRole(),
          ),
        },
      },
    });
    const securityGroup = new SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: 'VPC endpoints',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(Peer.ipv4(CIDR), Port.tcp(443), 'From the content instances');
    this.#acknowledge();
    const { SSM, SSM_MESSAGES, EC2_MESSAGES, CLOUDWATCH_MONITORING } = InterfaceVpcEndpointAwsService;
    for (const [name, service] of Object.entries({
      Ssm: SSM,
      SsmMessages: SSM_MESSAGES,
      Ec2Messages: EC2_MESSAGES,
      Monitoring: CLOUDWATCH_MONITORING,
      ...Object.fromEntries((props.moreEndpoints ?? []).map((name) => [name, MORE_ENDPOINTS[name]])),
    })) {
      this.vpc.addInterfaceEndpoint(name, {
        service,
        subnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [securityGroup],
        open: false,
      });
    }
  }

  /**
   * Only for flow logs of this account and Region. The log names its role, so the role cannot name the log.
   * Source: docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
   */
  #flowLogsRole(): Role {
    const { partition, region, account } = Stack.of(this);
    const role = new Role(this, 'FlowLogsRole', {
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:ec2:${region}:${account}:vpc-flow-log/*` },
        },
      }),
    });
    acknowledgeInlinePolicy(role);
    return role;
  }

  #acknowledge(): void {
    acknowledgeControl(
      this.vpc,
      'VPCDefaultSecurityGroupClosed',
      'Nothing is in the default group; closing it would take a function with rights over every security group',
    );
    for (const subnet of this.vpc.publicSubnets)
      acknowledgeControl(
        subnet,
        'VPCNoUnrestrictedRouteToIGW',
        'The load balancer answers the public from here; instances live in isolated subnets',
      );
  }
}
