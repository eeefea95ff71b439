import { Duration, Tags } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  GroupMetrics,
  HealthChecks,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  AmazonLinuxCpuType,
  InstanceType,
  type IVpc,
  LaunchTemplate,
  MachineImage,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TAG } from '../contract/contract.ts';
import type { HostSoftware } from './host-software.ts';
import { acknowledge, acknowledgeControl, acknowledgeInlinePolicy } from './internal/acknowledge.ts';
import { checkProps, PROP } from './internal/props.ts';
import { contentUserData } from './internal/user-data.ts';

export interface FleetProps {
  readonly vpc: IVpc;
  /** Value of the tag `remount:stack` on the instances. */
  readonly stackName: string;
  /** What the instances run. */
  readonly software: HostSoftware;
  readonly zones: readonly string[];
  /** Owner and standby make at least two. */
  readonly instancesPerZone: number;
  /** A Graviton type. */
  readonly instanceType: string;
}

/**
 * The instances: an Auto Scaling group per zone, because a content volume lives in one. The groups look at EC2's health only: a
 * standby is unhealthy for the load balancer by design, and must not be replaced for it.
 */
export class Fleet extends Construct {
  readonly groups: readonly AutoScalingGroup[];
  readonly securityGroup: SecurityGroup;

  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    checkProps(props, { stackName: PROP.stackName, instancesPerZone: PROP.instancesPerZone });
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Content instances',
      allowAllOutbound: false,
    });
    // Endpoints, and Amazon Linux's packages in S3 through its gateway. There is no route to the internet.
    this.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS services through the VPC endpoints');
    const role = this.#role(props.software);
    const template = new LaunchTemplate(this, 'LaunchTemplate', {
      instanceType: new InstanceType(props.instanceType),
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
    this.groups = props.zones.map((zone) => this.#group(zone, template, props));
    // What instances may do is there before the first of them, and until the last is gone: policies are resources of their own.
    for (const group of this.groups) group.node.addDependency(role);
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

  #group(zone: string, launchTemplate: LaunchTemplate, props: FleetProps): AutoScalingGroup {
    const group = new AutoScalingGroup(this, `Group-${zone}`, {
      vpc: props.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED, availabilityZones: [zone] },
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
