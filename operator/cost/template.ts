import { ENV } from '../../contract/contract.ts';
import { PAGE_PREFIX } from '../../contract/incident-pages.ts';
import { INTAKE_PREFIX } from '../../contract/intake.ts';

type Json = Readonly<Record<string, unknown>>;
export interface Resource {
  readonly Type: string;
  readonly Properties?: Json;
}
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

export interface VolumeSize {
  readonly name: string;
  readonly gib: number;
  readonly iops: number;
  readonly throughputMibs: number;
}

/** What of a template costs something, by number and size. */
export interface Deployed {
  readonly instances: readonly {
    readonly type: string;
    readonly count: number;
    readonly rootGib: number;
    readonly detailed: boolean;
  }[];
  readonly volumes: readonly VolumeSize[];
  readonly drilled: boolean;
  /** MiB/s; 0 for none. */
  readonly initializationMibs: number;
  readonly snapshots: { readonly perHour: number; readonly keepHours: number };
  readonly binDays: { readonly snapshots: number; readonly volumes: number };
  readonly lockDays: number;
  /** For which the journal keeps an object, those for undeleting included; `undefined` without one. */
  readonly journalDays: number | undefined;
  /** Whether standbys ask owners, by what the ledger says of them. */
  readonly witness: boolean;
  /** For which the intake keeps an upload that was answered; `undefined` without one. */
  readonly intakeDays: number | undefined;
  /** For which the page of an incident is kept; `undefined` where none is stored. */
  readonly pageDays: number | undefined;
  readonly balancers: number;
  /** Of load balancers that are open to the internet: one in each of their zones. */
  readonly addresses: number;
  /** Interface endpoints, times their zones. */
  readonly endpoints: number;
  readonly keys: number;
  readonly alarms: { readonly standard: number; readonly quick: number };
  /** By how many metrics each refers to. */
  readonly dashboards: readonly number[];
  /** In a month, by schedules. */
  readonly runs: number;
  readonly runGib: number;
  readonly durable: boolean;
  /** Types that are neither here nor in `FREE`. */
  readonly unpriced: readonly string[];
}

const HERE = 'what it holds or does is on lines of its own';
/** Types for which nothing is billed by themselves, each with the reason. One that is neither here nor read below is named to whoever asks. */
export const FREE: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'no resource',
  'AWS::CloudFormation::CustomResource': 'a call',
  'AWS::DLM::LifecyclePolicy': HERE,
  'AWS::DynamoDB::GlobalTable': 'billed by the request; what it stores is under 0.01 GB',
  'AWS::EC2::FlowLog': 'billed by what it logs',
  'AWS::EC2::InternetGateway': 'nothing is billed for it',
  'AWS::EC2::LaunchTemplate': HERE,
  'AWS::EC2::Route': 'nothing is billed for it',
  'AWS::EC2::RouteTable': 'nothing is billed for it',
  'AWS::EC2::SecurityGroup': 'nothing is billed for it',
  'AWS::EC2::SecurityGroupEgress': 'nothing is billed for it',
  'AWS::EC2::SecurityGroupIngress': 'nothing is billed for it',
  'AWS::EC2::Subnet': 'nothing is billed for it',
  'AWS::EC2::SubnetRouteTableAssociation': 'nothing is billed for it',
  'AWS::EC2::VPC': 'nothing is billed for it',
  'AWS::EC2::VPCGatewayAttachment': 'nothing is billed for it',
  'AWS::ElasticLoadBalancingV2::Listener': 'part of its load balancer',
  'AWS::ElasticLoadBalancingV2::ListenerRule': 'part of its load balancer',
  'AWS::ElasticLoadBalancingV2::TargetGroup': 'part of its load balancer',
  'AWS::Events::Rule': 'events of AWS and schedules are not billed; what they start is',
  'AWS::IAM::InstanceProfile': 'IAM is not billed',
  'AWS::IAM::ManagedPolicy': 'IAM is not billed',
  'AWS::IAM::Policy': 'IAM is not billed',
  'AWS::IAM::Role': 'IAM is not billed',
  'AWS::KMS::Alias': 'part of its key',
  'AWS::Lambda::Alias': 'part of its function',
  'AWS::Lambda::EventSourceMapping': 'reads of a stream by Lambda are free',
  'AWS::Lambda::EventInvokeConfig': 'part of its function',
  'AWS::Lambda::Function': 'billed by what it runs',
  'AWS::Lambda::Permission': 'part of its function',
  'AWS::Lambda::Version': 'part of its function',
  'AWS::Logs::LogGroup': 'billed by what it takes in',
  'AWS::Rbin::Rule': HERE,
  'AWS::S3::Bucket': 'billed by what it holds',
  'AWS::S3::BucketPolicy': 'part of its bucket',
  'AWS::SNS::Subscription': 'billed by messages: cents',
  'AWS::SNS::Topic': 'billed by messages: cents',
  'AWS::SNS::TopicPolicy': 'part of its topic',
  'AWS::SQS::Queue': 'billed by messages: none, where nothing fails',
  'AWS::SQS::QueuePolicy': 'part of its queue',
  'AWS::SSM::Document': 'Run Command on instances is not billed',
};
const READ = [
  'AWS::AutoScaling::AutoScalingGroup',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::EC2::VPCEndpoint',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::KMS::Key',
  'Custom::RemountContentVolume',
];

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
/** A text with its references taken out. */
const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : list(list(object(value)['Fn::Join'])[1])
        .map((part) => (typeof part === 'string' ? part : ''))
        .join('');

/** What a template deploys. */
export function readTemplate({ Resources }: Template): Deployed {
  const all = Object.entries(Resources);
  const of = (type: string) => all.filter(([, one]) => one.Type === type).map(([, { Properties = {} }]) => Properties);
  const functions = of('AWS::Lambda::Function').map((each) => ({
    properties: each,
    env: object(object(each.Environment).Variables),
  }));
  const drill = functions.find(({ env }) => env[ENV.initializationRate] !== undefined);
  const lock = functions.map(({ env }) => text(env[ENV.lock])).find((value) => value !== '');
  const buckets = of('AWS::S3::Bucket').filter(({ BucketEncryption }) =>
    JSON.stringify(BucketEncryption ?? '').includes('"aws:kms"'),
  );
  const ofPrefix = (prefix: string) =>
    buckets.find((bucket) => rulesOf(bucket).some(({ Prefix }) => Prefix === prefix));
  const [intake, pages] = [ofPrefix(INTAKE_PREFIX), ofPrefix(PAGE_PREFIX)];
  const journal = buckets.find(
    (bucket) => bucket !== intake && rulesOf(bucket).some(({ Prefix }) => Prefix === undefined),
  );
  const schedules = list(object(of('AWS::DLM::LifecyclePolicy')[0]?.PolicyDetails).Schedules).map(object);
  const bin = (type: string) =>
    sum(
      of('AWS::Rbin::Rule')
        .filter(({ ResourceType }) => ResourceType === type)
        .map((rule) => Number(object(rule.RetentionPeriod).RetentionPeriodValue)),
    );
  const balancers = of('AWS::ElasticLoadBalancingV2::LoadBalancer');
  const alarms = of('AWS::CloudWatch::Alarm');
  const quick = alarms.filter(({ Period }) => Number(Period) < 60).length;
  return {
    instances: of('AWS::AutoScaling::AutoScalingGroup').map((group) => instancesOf(group, Resources)),
    volumes: of('Custom::RemountContentVolume').map((each) => ({
      name: String(each.Volume),
      gib: Number(each.SizeGiB),
      iops: Number(each.Iops),
      throughputMibs: Number(each.ThroughputMiBs),
    })),
    drilled: drill !== undefined,
    initializationMibs: Number(drill?.env[ENV.initializationRate] ?? 0),
    snapshots: { perHour: schedules.length, keepHours: Number(object(schedules[0]?.RetainRule).Count ?? 0) },
    binDays: { snapshots: bin('EBS_SNAPSHOT'), volumes: bin('EBS_VOLUME') },
    lockDays: lock === undefined ? 0 : Number(JSON.parse(lock).days),
    journalDays: journal && daysOf(rulesOf(journal)),
    witness: functions.some(({ env }) => env[ENV.healer] !== undefined),
    intakeDays: intake && daysOf(rulesOf(intake).filter(({ Prefix }) => Prefix === INTAKE_PREFIX)),
    pageDays: pages && daysOf(rulesOf(pages)),
    balancers: balancers.length,
    addresses: sum(
      balancers.filter(({ Scheme }) => Scheme === 'internet-facing').map(({ Subnets }) => list(Subnets).length),
    ),
    endpoints: sum(
      of('AWS::EC2::VPCEndpoint')
        .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
        .map(({ SubnetIds }) => list(SubnetIds).length),
    ),
    keys: of('AWS::KMS::Key').length,
    alarms: { standard: alarms.length - quick, quick },
    dashboards: of('AWS::CloudWatch::Dashboard').map(({ DashboardBody }) => metricsOn(text(DashboardBody))),
    runs: sum(
      of('AWS::Events::Rule').map(
        ({ ScheduleExpression, Targets }) => perMonth(text(ScheduleExpression)) * list(Targets).length,
      ),
    ),
    runGib: Math.max(0, ...functions.map(({ properties }) => Number(properties.MemorySize ?? 128))) / 1024,
    durable: functions.some(({ properties }) => properties.DurableConfig !== undefined),
    unpriced: [...new Set(all.map(([, { Type }]) => Type))]
      .filter((type) => !READ.includes(type) && !(type in FREE))
      .sort(),
  };
}

function instancesOf(group: Json, resources: Template['Resources']) {
  const id = String(object(object(object(group.LaunchTemplate).LaunchTemplateId)).Ref);
  const data = object(resources[id]?.Properties?.LaunchTemplateData);
  const disks = list(data.BlockDeviceMappings).map((each) => Number(object(object(each).Ebs).VolumeSize ?? 0));
  return {
    type: String(data.InstanceType),
    count: Number(group.DesiredCapacity ?? group.MinSize),
    rootGib: sum(disks),
    detailed: object(data.Monitoring).Enabled === true,
  };
}

const rulesOf = ({ LifecycleConfiguration }: Json): Json[] => list(object(LifecycleConfiguration).Rules).map(object);

/** For which an object is kept by these rules, and can be had back after that. */
function daysOf(rules: readonly Json[]): number {
  const days = rules.map(
    (rule) => Number(rule.ExpirationInDays ?? 0) + Number(object(rule.NoncurrentVersionExpiration).NoncurrentDays ?? 0),
  );
  return Math.max(...days);
}

const MINUTES_OF_A_MONTH = 730 * 60;
/** Of `rate(5 minutes)`. */
function perMonth(expression: string): number {
  const [, every, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1440 }[unit];
  return every && minutes ? MINUTES_OF_A_MONTH / (Number(every) * minutes) : 0;
}

/** Lines that a dashboard's graphs draw. */
function metricsOn(body: string): number {
  const { widgets = [] } = JSON.parse(body) as { widgets?: { properties?: { metrics?: unknown[] } }[] };
  return sum(widgets.map(({ properties }) => properties?.metrics?.length ?? 0));
}
