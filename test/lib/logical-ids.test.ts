import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RemountStack } from '../../lib/stack/remount-stack.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { CONTEXT, REGION } from './support.ts';

/**
 * CloudFormation knows a resource by its logical id alone. Under another one it makes a new resource, empty, and takes the old one away
 * or leaves it to nobody: so a stack that was deployed before is updated only while these stay as they are. Whoever has to change one
 * writes down how a deployed stack gets over it.
 * Source: docs.aws.amazon.com/cdk/v2/guide/identifiers.html, "Logical IDs"
 */
const HOLDS_STATE: Readonly<Record<string, readonly string[]>> = {
  'AWS::KMS::Key': ['Key961B73FD'],
  'AWS::DynamoDB::GlobalTable': ['LedgerTable9343E4AA'],
  'AWS::SNS::Topic': ['PeopleTopic78050798'],
  'AWS::SNS::Subscription': ['PeopleTopicpeopleexamplecomBFBA431C'],
  'AWS::S3::Bucket': [
    'BalancerAccessLogs16497920',
    'BundlesBucketB9647150',
    'IntakeBucketDF3620F2',
    'JournalBucket5A21B06D',
    'PagesBucket1F9960AC',
  ],
  'AWS::SQS::Queue': ['HealerDeadLetters70F26189'],
  'Custom::RemountContentVolume': ['VolumealphaA08C2B88', 'Volumebeta2925F137'],
  // Snapshots of a policy that is gone are rotated out by nobody.
  'AWS::DLM::LifecyclePolicy': ['SnapshotsPolicy6F54DF6C'],
  'AWS::Rbin::Rule': ['RecycleBinSnapshots8E46F73E', 'RecycleBinVolumes316E5C79'],
  'AWS::Logs::LogGroup': [
    'DrillFunctionLogs2829DE75',
    'GuardFunctionLogs1EB7053F',
    'HealerFunctionLogsDF1F7564',
    'KeeperFunctionLogs786C9187',
    'NetworkFlowLogs2BEC3212',
    'PagesFunctionLogsA0B0C32A',
  ],
  // Running executions, and what was published, belong to the function.
  'AWS::Lambda::Function': [
    'DrillFunctionFA872318',
    'GuardFunction9CCE20FB',
    'HealerFunction7F1CB672',
    'KeeperFunction7330A899',
    'PagesFunction85F206D0',
  ],
  'AWS::Lambda::Alias': ['DrillLive9DE6272F', 'HealerLive5022AE03'],
  // Another VPC is another everything that is in it; the name of the load balancer is what people's DNS points to.
  'AWS::EC2::VPC': ['NetworkVpc7FB7348F'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['BalancerLoadBalancer9134B087'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': ['BalancerTargetsalphaA92B594E', 'BalancerTargetsbetaEC7F8769'],
  'AWS::AutoScaling::AutoScalingGroup': ['FleetGroupeuwest1aASG9DC68387', 'FleetGroupeuwest1bASG793E62E5'],
};

/** A version is new with each deployment, and is kept for the executions that are on it. */
const RETAINED_AND_NEW = 'AWS::Lambda::Version';

interface Found {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
const settings = readSettings({ alertEmail: 'people@example.com', intake: { enabled: true } });
const stack = new RemountStack(app, 'Remount', { env: { region: REGION }, settings });
const resources = Object.entries(Template.fromStack(stack).toJSON().Resources as Readonly<Record<string, Found>>);

describe('what holds state has the logical id that it always had', () => {
  test.each(Object.entries(HOLDS_STATE))('%s', (type, ids) => {
    const found = resources.filter(([, { Type }]) => Type === type).map(([id]) => id);
    expect(found.sort()).toEqual([...ids].sort());
  });

  test('and all that outlives the stack is among it', () => {
    const retained = resources.filter(([, { DeletionPolicy, Type }]) => DeletionPolicy && Type !== RETAINED_AND_NEW);
    const kept = retained.filter(([, { DeletionPolicy }]) => DeletionPolicy !== 'Delete');
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.map(([, { Type }]) => Type).filter((type) => !(type in HOLDS_STATE))).toEqual([]);
  });
});

/**
 * A resource that is made under another id has the same name until the old one is gone, which is after: CloudFormation refuses it.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
test('alarms, which have names, have the logical ids that they always had', () => {
  const alarms = resources.filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');
  const named = alarms.map(([id, { Properties }]) => `${String(Properties?.AlarmName)}: ${id}`).sort();
  expect(named).toMatchInlineSnapshot(`
[
  "Remount/alpha/filling: Conditionsalphafilling58B3B239",
  "Remount/alpha/full-soon: ConditionsalphafullsoonBB3E7457",
  "Remount/alpha/full: Conditionsalphafull0FADBA13",
  "Remount/alpha/intake-behind: Intakealphaintakebehind3F6BA921",
  "Remount/alpha/journal-behind: JournaledalphajournalbehindF29DFC94",
  "Remount/alpha/reachable: Alarmsalphareachable118742E2",
  "Remount/alpha/recovery-point: Guardrecoverypointalpha68D45327",
  "Remount/alpha/serving: Alarmsalphaserving100220DE",
  "Remount/alpha/slow: Conditionsalphaslow93CE7385",
  "Remount/alpha/spare-behind: Sparealphasparebehind9838CEDF",
  "Remount/alpha/unserved: AlarmsalphaunservedFEDB93A2",
  "Remount/alpha/verified-recovery-point: Guardverifiedrecoverypointalpha48BD1AAF",
  "Remount/beta/filling: Conditionsbetafilling5B4C4042",
  "Remount/beta/full-soon: ConditionsbetafullsoonE5D61B65",
  "Remount/beta/full: Conditionsbetafull50BDAAC0",
  "Remount/beta/intake-behind: Intakebetaintakebehind51DD1D00",
  "Remount/beta/journal-behind: JournaledbetajournalbehindCF6330CE",
  "Remount/beta/reachable: Alarmsbetareachable682695F9",
  "Remount/beta/recovery-point: Guardrecoverypointbeta90136DBF",
  "Remount/beta/serving: Alarmsbetaserving79C32205",
  "Remount/beta/slow: Conditionsbetaslow98E5EE4E",
  "Remount/beta/spare-behind: Sparebetasparebehind1795CD66",
  "Remount/beta/unserved: Alarmsbetaunserved84D1CAC4",
  "Remount/beta/verified-recovery-point: Guardverifiedrecoverypointbeta71F763FE",
  "Remount/guard-failed: GuardFailed7FB29A55",
  "Remount/healer-dead-letters: Healerhealerdeadletters277AAD6B",
  "Remount/healer-failed: Healerhealerfailed94D041A8",
  "Remount/nobody-notified: GuardFunctionNobodyNotifiedF7F923D3",
  "Remount/software-behind: GuardFunctionSoftwareBehindAA1DB462",
]
`);
});
