import { Duration, RemovalPolicy, Size, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AutoScalingGroup, BlockDeviceVolume, GroupMetrics, HealthChecks } from 'aws-cdk-lib/aws-autoscaling';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import {
  EbsDeviceVolumeType,
  FlowLogDestination,
  InstanceType,
  IpAddresses,
  LaunchTemplate,
  MachineImage,
  SecurityGroup,
  SubnetType,
  Volume,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { NOBODY_NOTIFIED, PeopleTopic, RecycleBin, SnapshotSchedule } from '../../lib/index.ts';

const ZONE = 'eu-west-1a';

/** A mail archive of another team: its own network, its own instances, one plain EBS volume. Three constructs are Remount's. */
export class ArchiveStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const key = new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });

    // Remount's: who is notified, which volumes are copied and when, and what can be got back.
    const people = new PeopleTopic(this, 'People', { key });
    Validations.of(people).acknowledge({
      id: `Annotation::${NOBODY_NOTIFIED}`,
      reason: 'The team subscribes its pager',
    });
    const schedule = new SnapshotSchedule(this, 'Snapshots', { key, perHour: 2, keep: Duration.hours(48) });
    new RecycleBin(this, 'RecycleBin', { keepSnapshots: Duration.days(7) });

    const volume = new Volume(this, 'Mail', {
      availabilityZone: ZONE,
      size: Size.gibibytes(500),
      volumeType: EbsDeviceVolumeType.GP3,
      encrypted: true,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    schedule.cover(volume);
    acknowledge(volume, 'EC2EBSInBackupPlan', 'DLM copies it twice an hour, which ResilienceChecks holds it to');

    this.#instances(key);

    // Keyed by the role of the volume, not by its id: it still watches after a replacement.
    const alarm = new Alarm(this, 'Serving', {
      alarmDescription: 'The archive does not answer, or says nothing',
      metric: new Metric({
        namespace: 'Archive',
        metricName: 'Serving',
        dimensionsMap: { Volume: 'mail' },
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(1),
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 2,
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(people.topic));
  }

  /** Two in the volume's zone: one has it mounted, the other could. */
  #instances(key: Key): void {
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.1.0.0/16'),
      availabilityZones: [ZONE],
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Archive', subnetType: SubnetType.PRIVATE_ISOLATED }],
      flowLogs: { All: { destination: FlowLogDestination.toCloudWatchLogs(this.#flowLogs(key)) } },
    });
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
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
      reason: 'AWS keeps this policy in step with what the Systems Manager agent needs',
    });
    const launchTemplate = new LaunchTemplate(this, 'LaunchTemplate', {
      instanceType: new InstanceType('t4g.small'),
      machineImage: MachineImage.genericLinux({ 'eu-west-1': 'ami-0123456789abcdef0' }),
      role,
      securityGroup: new SecurityGroup(this, 'SecurityGroup', { vpc, allowAllOutbound: false }),
      requireImdsv2: true,
      detailedMonitoring: true,
      blockDevices: [{ deviceName: '/dev/xvda', volume: BlockDeviceVolume.ebs(16, { encrypted: true }) }],
    });
    const group = new AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      launchTemplate,
      minCapacity: 2,
      maxCapacity: 3,
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      groupMetrics: [GroupMetrics.all()],
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions-AS3',
      reason: 'A lost instance is replaced without anybody; the alarm watches the archive',
    });
  }

  /** Without leave in the key's policy CloudWatch Logs refuses to make it: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
  #flowLogs(key: Key): LogGroup {
    const { partition, region, account, stackName } = this;
    const ours = `arn:${partition}:logs:${region}:${account}:log-group:${stackName}-FlowLogs*`;
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': ours } },
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
