import { IntakeAgents } from '../../intake/agents.ts';
import { JournalAgents } from '../../journal/agents.ts';
import { WitnessAgents } from '../../witness/agents.ts';
import { CloudFormation } from '../cloudformation/cloudformation.ts';
import { CustomResources } from '../cloudformation/custom-resources.ts';
import { CloudWatch } from '../cloudwatch/cloudwatch.ts';
import { Logs } from '../cloudwatch/logs.ts';
import { metricData } from '../cloudwatch/metric-data.ts';
import { Dlm } from '../dlm/dlm.ts';
import { DynamoDb } from '../dynamodb/dynamodb.ts';
import { Attachments } from '../ec2/attachments.ts';
import { Instances } from '../ec2/instances.ts';
import { ec2Locks } from '../ec2/locks.ts';
import { ec2Modifications } from '../ec2/modifications.ts';
import { ec2Snapshots } from '../ec2/snapshots.ts';
import { Ec2State } from '../ec2/state.ts';
import { StatusChecks } from '../ec2/status.ts';
import { ec2Volumes } from '../ec2/volumes.ts';
import { VpcEndpoints } from '../ec2/vpc-endpoints.ts';
import { AutoScaling } from '../fleet/auto-scaling.ts';
import { takeBundles } from '../fleet/bundles.ts';
import { LoadBalancer } from '../fleet/elb.ts';
import { Fleet } from '../fleet/fleet.ts';
import { Gateways } from '../fleet/gateways.ts';
import { Hosts } from '../fleet/hosts.ts';
import { keepWatchdogs } from '../fleet/watchdogs.ts';
import { kms } from '../kms/kms.ts';
import { EventBus } from '../lambda/event-bus.ts';
import { Lambda } from '../lambda/lambda.ts';
import { Sns } from '../lambda/sns.ts';
import { Sqs } from '../lambda/sqs.ts';
import { StreamMappings } from '../lambda/stream-mappings.ts';
import { S3 } from '../s3/s3.ts';
import { Ssm } from '../ssm/ssm.ts';
import { Cloud } from './cloud.ts';

/** All simulated services, wired to each other. */
export interface Services {
  readonly cloud: Cloud;
  readonly ec2: Ec2State;
  readonly instances: Instances;
  readonly hosts: Hosts;
  readonly ssm: Ssm;
  readonly dynamodb: DynamoDb;
  readonly s3: S3;
  readonly gateways: Gateways;
  readonly endpoints: VpcEndpoints;
  readonly sns: Sns;
  readonly sqs: Sqs;
  readonly logs: Logs;
  readonly lambda: Lambda;
  readonly cloudwatch: CloudWatch;
  readonly fleet: Fleet;
  readonly autoScaling: AutoScaling;
  readonly eventBus: EventBus;
  readonly streams: StreamMappings;
  readonly loadBalancer: LoadBalancer;
  readonly dlm: Dlm;
  readonly customResources: CustomResources;
  readonly cloudFormation: CloudFormation;
}

/** @param assets directory of the cloud assembly, where the functions' bundles are */
export function openServices(options: ConstructorParameters<typeof Cloud>[0], assets: string): Services {
  const cloud = new Cloud(options);
  const ec2 = new Ec2State(cloud);
  const hosts = new Hosts(cloud);
  const dynamodb = new DynamoDb(cloud);
  const sns = new Sns(cloud);
  const lambda = new Lambda(cloud, assets, (url, body) => customResources.answer(url, body));
  const sqs = new Sqs(cloud);
  const logs = new Logs(cloud);
  lambda.logging = ({ principal, logGroup }) => logs.begin(principal, logGroup);
  const cloudFormation = new CloudFormation(cloud);
  const customResources = new CustomResources(cloud, lambda);
  const cloudwatch = new CloudWatch(cloud, lambda, sns);
  sqs.measured = (QueueName, messages) =>
    cloudwatch.put('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName }, cloud.clock.now(), messages);
  const gateways = new Gateways(cloud);
  const endpoints = new VpcEndpoints(cloud);
  const s3 = new S3(cloud, assets, gateways);
  kms(cloud);
  const fleet = new Fleet({ cloud, ec2, hosts, cloudwatch, published: s3.published, gateways });
  const loadBalancer = new LoadBalancer(cloud, ec2, cloudwatch, (id, path) => fleet.web(id, path));
  const eventBus = new EventBus(cloud, lambda);
  const streams = new StreamMappings({ cloud, lambda, dynamodb, sqs });
  const instances = new Instances(cloud, ec2, eventBus, new Attachments(cloud, ec2, eventBus));
  const status = new StatusChecks(cloud, ec2);
  const autoScaling = new AutoScaling(cloud, ec2, { instances, status, fleet, balancer: loadBalancer });
  metricData(cloud, ec2, cloudwatch);
  ec2Volumes(cloud, ec2, eventBus);
  ec2Modifications(cloud, ec2, eventBus);
  ec2Locks(cloud, ec2, eventBus);
  // The probe is run for real only where its answer may have changed; before a snapshot, and before its host ends, it catches up, for its canary is data.
  const snapshots = ec2Snapshots(cloud, ec2, eventBus, (volumeId) => fleet.catchUp(volumeId));
  instances.ending = (id) => fleet.catchUpHost(id);
  const dlm = new Dlm(cloud, ec2, snapshots);
  const ssm = new Ssm(cloud, ec2, hosts);
  keepWatchdogs(cloud, ec2, hosts, fleet);
  const journals = new JournalAgents({ cloud, ec2, hosts, fleet });
  new IntakeAgents({ cloud, ec2, hosts, fleet, s3 }, (...at) => journals.flushed(...at), journals.turns);
  takeBundles({ cloud, hosts, fleet, s3 });
  new WitnessAgents({ cloud, ec2, hosts, fleet, gateways });
  return {
    cloud,
    ec2,
    instances,
    hosts,
    ssm,
    dynamodb,
    s3,
    gateways,
    endpoints,
    sns,
    sqs,
    logs,
    lambda,
    cloudwatch,
    fleet,
    autoScaling,
    eventBus,
    streams,
    loadBalancer,
    dlm,
    customResources,
    cloudFormation,
  };
}
