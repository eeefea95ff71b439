import { Duration, Tags, Token } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  GroupMetrics,
  HealthChecks,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  AmazonLinuxCpuType,
  type CfnLaunchTemplate,
  InstanceType,
  type IVpc,
  LaunchTemplate,
  MachineImage,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TAG } from '../contract/contract.ts';
import type { ContentBundles } from './bundles/content-bundles.ts';
import type { IContentIntake } from './content-intake.ts';
import type { IContentJournal } from './content-journal.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledge, acknowledgeControl, acknowledgeInlinePolicy } from './internal/acknowledge.ts';
import { contentUserData } from './internal/user-data.ts';
import { checkProps, PROP, stackNameOf } from './props/props.ts';
import { fail } from './props/refusal.ts';
import type { ContentWitness } from './witness/content-witness.ts';

/** How many instances there are, of what type, and where. They are most of what a Remount costs. */
export interface FleetProps {
  /** Where the instances live. They need a way to Systems Manager, CloudWatch, S3 and DynamoDB: by endpoints, or by NAT. */
  readonly vpc: IVpc;
  /**
   * The Remount that the instances belong to: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /** What the instances run: they fetch it when they are launched. */
  readonly software: HostSoftware;
  /**
   * The zones that content volumes live in: each has instances of its own, so they multiply by it. They must be known at synthesis.
   * @default those of the VPC: all of them, whether a content volume lives there or not
   */
  readonly availabilityZones?: readonly string[];
  /**
   * 2 to 20: owner and standby make two. Multiplied by the number of zones they are paid for by the hour, each with 16 GiB of root disk.
   * @default 2: one of them serves, the other is ready, and drills copies meanwhile
   */
  readonly instancesPerZone?: number;
  /**
   * A Graviton type, for the image is of that architecture. Its price is paid for each instance.
   * @default t4g.small
   */
  readonly instanceType?: InstanceType;
  /**
   * Where instances write changes to files, and read them: they must reach its bucket.
   * @default nowhere
   */
  readonly journal?: IContentJournal;
  /**
   * From where instances take courses in: they must reach its bucket.
   * @default nowhere
   */
  readonly intake?: IContentIntake;
  /**
   * Where instances say that an owner does not answer them: they ask each other on port 80, and must reach its table.
   * @default nowhere: they do not ask
   */
  readonly witness?: ContentWitness;
  /**
   * Where instances send what they bring out of copies: they must reach its bucket.
   * @default nowhere: nothing is brought out of copies
   */
  readonly bundles?: ContentBundles;
}

/**
 * The instances: an Auto Scaling group per zone, because a content volume lives in one. The groups look at EC2's health only: a
 * standby is unhealthy for the load balancer by design, and must not be replaced for it.
 */
export class Fleet extends Construct {
  /** One in each zone, in their order: for `ContentBalancerProps.targets`. */
  readonly groups: readonly AutoScalingGroup[];
  /** Of all instances. It lets them out to port 443; a `ContentBalancer` adds itself to whom it lets in. */
  readonly securityGroup: SecurityGroup;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    const stackName = stackNameOf(this, props.stackName);
    const { instancesPerZone = 2, instanceType = new InstanceType('t4g.small') } = props;
    const zones = props.availabilityZones ?? props.vpc.availabilityZones;
    checkProps({ instancesPerZone }, { instancesPerZone: PROP.instancesPerZone });
    // Each zone has resources of its own, whose logical ids have its name.
    if (zones.some(Token.isUnresolved))
      fail(
        'availabilityZones',
        'a token',
        'zones that are known at synthesis, such as eu-west-1a: name them, or those of the VPC',
      );
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Content instances',
      allowAllOutbound: false,
    });
    // Endpoints, and Amazon Linux's packages in S3 through its gateway. There is no route to the internet.
    this.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS services through the VPC endpoints');
    const role = this.#role(props.software);
    props.journal?.grantWrite(role);
    props.intake?.grantTake(role);
    props.bundles?.grantWrite(role);
    if (props.witness) this.#witness(props.witness, role);
    const template = new LaunchTemplate(this, 'LaunchTemplate', {
      instanceType,
      machineImage: MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }),
      role,
      securityGroup: this.securityGroup,
      userData: contentUserData(props.software),
      detailedMonitoring: true,
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(16, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
    });
    // The owner is found by the name that has its id: docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-naming.html
    if (props.witness)
      (template.node.defaultChild as CfnLaunchTemplate).addPropertyOverride(
        'LaunchTemplateData.PrivateDnsNameOptions.EnableResourceNameDnsARecord',
        true,
      );
    this.groups = zones.map((zone) => this.#group(zone, template, { vpc: props.vpc, stackName, instancesPerZone }));
    // What instances may do is there before the first of them, and until the last is gone: policies are resources of their own.
    for (const group of this.groups) group.node.addDependency(role);
  }

  #witness(witness: ContentWitness, role: Role): void {
    witness.grantSay(role);
    const asks = 'Standbys ask the owner whether it serves';
    this.securityGroup.addIngressRule(this.securityGroup, Port.tcp(80), asks);
    this.securityGroup.addEgressRule(this.securityGroup, Port.tcp(80), asks);
  }

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
    // The managed policy lets an instance read every parameter of the account, where others keep secrets; nothing here reads any.
    // docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSSMManagedInstanceCore.html
    role.addToPolicy(
      new PolicyStatement({
        sid: 'ReadsNoParameters',
        effect: Effect.DENY,
        actions: ['ssm:GetParameter', 'ssm:GetParameters'],
        resources: ['*'],
      }),
    );
    software.grantFetch(role);
    software.ledger?.grantAsking(role);
    acknowledgeInlinePolicy(role);
    acknowledge(
      role,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
      'AWS keeps this policy in step with what the Systems Manager agent needs; it touches no content',
    );
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'PutMetricData has no resources; the namespace is bound by a condition',
    );
    return role;
  }

  #group(
    zone: string,
    launchTemplate: LaunchTemplate,
    props: Required<Pick<FleetProps, 'vpc' | 'stackName' | 'instancesPerZone'>>,
  ): AutoScalingGroup {
    const group = new AutoScalingGroup(this, `Group-${zone}`, {
      vpc: props.vpc,
      // By the CDK's own order: private ones with a way out, or isolated ones where there are none.
      vpcSubnets: { availabilityZones: [zone] },
      launchTemplate,
      minCapacity: props.instancesPerZone,
      maxCapacity: props.instancesPerZone + 1,
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      groupMetrics: [GroupMetrics.all()],
    });
    Tags.of(group).add(TAG.stack, props.stackName);
    acknowledge(
      group,
      'AwsSolutions-AS3',
      'The healer and the alarms watch the content, not the size of a group; a lost instance is routine',
    );
    acknowledgeControl(
      group,
      'AutoScalingGroupELBHealthCheckRequired',
      'A standby is unhealthy for the load balancer by design, and must not be replaced for it',
    );
    return group;
  }
}
