import { Stack } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type IPeer,
  IpAddresses,
  type IVpcEndpoint,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ContentBundles } from './bundles/content-bundles.ts';
import type { IContentIntake } from './content-intake.ts';
import type { IContentJournal } from './content-journal.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledgeControl, acknowledgeInlinePolicy } from './internal/acknowledge.ts';
import { asksLedger, callsOfThisAccount, readsSoftware } from './internal/endpoint-policies.ts';
import { encryptedLogGroup } from './internal/log-group.ts';
import type { ILedger } from './ledger.ts';
import { checkProps, PROP } from './props/props.ts';
import type { ContentWitness } from './witness/content-witness.ts';

/** Addresses of the network; literal, so that checks can judge rules that name it. */
const CIDR = '10.0.0.0/16';

/** Where the network is, and what can be reached from it. Its interface endpoints are paid for by the hour, three in each zone. */
export interface ContentNetworkProps {
  /**
   * Zones such as `eu-west-1a`, with a public subnet (load balancer) and an isolated one (instances) each; at least two, for the load
   * balancer. Multiplies the interface endpoints.
   */
  readonly zones: readonly string[];
  /** Encrypts the flow logs, of rejected traffic alone, which are kept for a month. */
  readonly key: IKey;
  /**
   * Interface endpoints beyond those that an instance is healed through. Each is paid for by the hour and zone, and nothing that
   * Remount runs on an instance calls these services: they are for what a team adds, such as an agent that ships logs.
   * @default none: the instances reach none of these services
   */
  readonly moreEndpoints?: readonly MoreEndpoint[];
  /**
   * Names of buckets that instances read besides those of Amazon Linux and Systems Manager. That they may is for their role and the
   * bucket's policy to say; here it is only not in the way.
   * @default none: the way to all other buckets is barred
   */
  readonly moreBuckets?: readonly string[];
  /**
   * What the instances fetch and run, and the ledger that they ask after a boot, if it names one. That they may is for their role to say
   * (`HostSoftware.grantFetch`, `Ledger.grantAsking`).
   * @default none: instances here have theirs by another way
   */
  readonly software?: HostSoftware;
  /**
   * Where the instances write changes to files, and read them.
   * @default nowhere: the way to its bucket is barred
   */
  readonly journal?: IContentJournal;
  /**
   * From where the instances take courses in.
   * @default nowhere: the way to its bucket is barred
   */
  readonly intake?: IContentIntake;
  /**
   * Where standbys say that an owner does not answer.
   * @default nowhere: the way to its table is barred
   */
  readonly witness?: ContentWitness;
  /**
   * Where the instances send what they bring out of copies.
   * @default nowhere: the way to its bucket is barred
   */
  readonly bundles?: ContentBundles;
}

/** Services that instances may reach as well: the EC2 API, KMS, CloudWatch Logs. */
export type MoreEndpoint = 'ec2' | 'kms' | 'logs';
const MORE_ENDPOINTS: Readonly<Record<MoreEndpoint, InterfaceVpcEndpointAwsService>> = {
  ec2: InterfaceVpcEndpointAwsService.EC2,
  kms: InterfaceVpcEndpointAwsService.KMS,
  logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
};

/**
 * A network whose instances need no internet to be healed: no NAT, but endpoints for what an instance talks to. Amazon Linux
 * 2023 fetches its packages from S3, docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html.
 */
export class ContentNetwork extends Construct {
  /** Its only gateways are that of the public subnets to the internet, and those to S3 and DynamoDB. */
  readonly vpc: Vpc;
  /** By the service that each leads to: all that instances need. */
  readonly endpoints: Readonly<Record<string, IVpcEndpoint>>;
  readonly #endpoints: SecurityGroup;
  #reached = false;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: ContentNetworkProps) {
    super(scope, id);
    checkProps(props, { moreBuckets: PROP.moreBuckets.optional() });
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
    this.#acknowledge();
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    for (const statement of readsSoftware(this, props.moreBuckets ?? [], props.software)) s3.addToPolicy(statement);
    if (props.journal) s3.addToPolicy(props.journal.gatewayStatement());
    if (props.intake) s3.addToPolicy(props.intake.gatewayStatement());
    if (props.bundles) s3.addToPolicy(props.bundles.gatewayStatement());
    // Free, as that of S3 is: docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
    const dynamoDb = props.software?.ledger ? this.#dynamoDb(props.software.ledger, props.witness) : undefined;
    this.#endpoints = new SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: 'VPC endpoints',
      allowAllOutbound: false,
    });
    this.endpoints = { s3, ...(dynamoDb && { dynamodb: dynamoDb }), ...this.#interfaces(props.moreEndpoints ?? []) };
    this.node.addValidation({
      validate: () => (this.#reached ? [] : ['Nothing reaches the VPC endpoints: name the instances with allowFrom']),
    });
  }

  #dynamoDb(ledger: ILedger, witness: ContentWitness | undefined): IVpcEndpoint {
    const gateway = this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    gateway.addToPolicy(asksLedger(ledger));
    if (witness) gateway.addToPolicy(witness.gatewayStatement());
    return gateway;
  }

  /**
   * Lets instances talk to the endpoints. One that is not let in cannot be reached by Systems Manager, and so not be healed: a network
   * that lets nobody in does not synthesize.
   *
   * @param instances their security group, such as `Fleet`'s
   */
  allowFrom(instances: IPeer): void {
    this.#reached = true;
    // The rule goes to the stack of the instances, if that is another one: theirs needs this one for the VPC.
    this.#endpoints.addIngressRule(instances, Port.tcp(443), 'From the content instances', true);
  }

  /**
   * Where a service supports policies, its documentation has examples: docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html.
   * CloudWatch, monitoring/cloudwatch-and-interface-VPC.html; its logs, logs/cloudwatch-logs-and-interface-VPC.html; EC2 User Guide,
   * interface-vpc-endpoints.html; KMS, kms-vpc-endpoint.html; for `ssm`, aws-samples/data-perimeter-policy-examples,
   * vpc_endpoint_policies/ssm_endpoint_policy.json. None was found for `ssmmessages`, through which commands come: it keeps the
   * default, which lets everybody through. There is none for `ec2messages`: from version 3.3.40.0 the agent takes `ssmmessages` wherever
   * that is to be had, and the documents need 3.3.2746 already, docs.aws.amazon.com/systems-manager/latest/userguide/
   * systems-manager-setting-up-messageAPIs.html and setup-create-vpc.html.
   */
  #interfaces(more: readonly MoreEndpoint[]): Readonly<Record<string, IVpcEndpoint>> {
    const { SSM, SSM_MESSAGES, CLOUDWATCH_MONITORING } = InterfaceVpcEndpointAwsService;
    const add = (name: string, service: InterfaceVpcEndpointAwsService) =>
      this.vpc.addInterfaceEndpoint(name, {
        service,
        subnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [this.#endpoints],
        open: false,
      });
    const ssm = add('Ssm', SSM);
    ssm.addToPolicy(callsOfThisAccount(this));
    const ssmmessages = add('SsmMessages', SSM_MESSAGES);
    // CloudWatch's own example of a policy: its agent has nothing to read.
    const monitoring = add('Monitoring', CLOUDWATCH_MONITORING);
    monitoring.addToPolicy(callsOfThisAccount(this, ['cloudwatch:PutMetricData']));
    const others = more.map((name) => [name, add(name, MORE_ENDPOINTS[name])] as const);
    for (const [, endpoint] of others) endpoint.addToPolicy(callsOfThisAccount(this));
    return { ssm, ssmmessages, monitoring, ...Object.fromEntries(others) };
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
