/**
 * Plays scenarios on a template that was broken in one place, as a slip in `lib/` would break it: a pair of arguments each, the break
 * and the scenario. Prints a line of JSON for each: the checks that were not kept and the denials, or how it ended. One process for
 * all of them, for the CDK loads and synthesizes longer than most scenarios play.
 */
import { join } from 'node:path';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import type { Assembly } from '../../rehearsal/world/assembly.ts';
import { rehearse, templateOf, withDirectory } from '../../rehearsal/world/rehearse.ts';
import { synthesizeFor } from '../../rehearsal/world/synthesize.ts';
import { MemoryDisks } from '../../simulator/disks/memory/memory.ts';

type Resource = { Type: string; Properties: Record<string, unknown> };
type Break = (resources: Record<string, Resource>) => number;

const ofType = (resources: Record<string, Resource>, type: string) =>
  Object.entries(resources).filter(([, r]) => r.Type === type);

function withoutAction(resources: Record<string, Resource>, action: string): number {
  return ofType(resources, 'AWS::IAM::Policy').filter(([, r]) => {
    const document = r.Properties.PolicyDocument as { Statement: { Action: string | string[] }[] };
    const speaks = document.Statement.filter((s) => [s.Action].flat().includes(action));
    for (const s of speaks) s.Action = [...[s.Action].flat().filter((a) => a !== action), 'none:None'];
    return speaks.length > 0;
  }).length;
}

function only(resources: Record<string, Resource>, prefix: string): Record<string, Resource> {
  return Object.fromEntries(Object.entries(resources).filter(([id]) => id.startsWith(prefix)));
}

function withoutTie(resources: Record<string, Resource>, role: string, action: string): number {
  const own = ofType(resources, 'AWS::IAM::Policy').filter(([id]) => id.startsWith(role));
  return own.flatMap(([, r]) => {
    const { Statement } = r.Properties.PolicyDocument as {
      Statement: { Action: string | string[]; Condition?: object }[];
    };
    const tied = Statement.filter((s) => [s.Action].flat().includes(action) && s.Condition);
    for (const statement of tied) delete statement.Condition;
    return tied;
  }).length;
}

/** Takes out what key policies say to whoever matches. */
function withoutKeyUser(resources: Record<string, Resource>, principal: RegExp): number {
  return ofType(resources, 'AWS::KMS::Key').flatMap(([, { Properties }]) => {
    const policy = Properties.KeyPolicy as { Statement: { Principal: object }[] };
    const speaks = policy.Statement.filter((s) => principal.test(JSON.stringify(s.Principal)));
    policy.Statement = policy.Statement.filter((s) => !speaks.includes(s));
    return speaks;
  }).length;
}

/** Has a role trust another service than the one that takes it. */
function trusting(resources: Record<string, Resource>, prefix: string, service: string): number {
  const roles = ofType(only(resources, prefix), 'AWS::IAM::Role');
  for (const [, { Properties }] of roles) {
    const { Statement } = Properties.AssumeRolePolicyDocument as { Statement: { Principal: object }[] };
    for (const statement of Statement) statement.Principal = { Service: service };
  }
  return roles.length;
}

/** Takes the healer out of what alarms do. */
function withoutHealer(resources: Record<string, Resource>): number {
  return ofType(resources, 'AWS::CloudWatch::Alarm').filter(([, r]) => {
    const before = r.Properties.AlarmActions as unknown[];
    const after = before.filter((action) => !JSON.stringify(action).includes('Live'));
    r.Properties.AlarmActions = after;
    return after.length < before.length;
  }).length;
}

/** Rules that start nothing. */
function disabled(resources: Record<string, Resource>, prefix: string): number {
  const rules = ofType(only(resources, prefix), 'AWS::Events::Rule');
  for (const [, rule] of rules) rule.Properties.State = 'DISABLED';
  return rules.length;
}

/** Each returns how many places it broke, so that a break that breaks nothing is seen. */
const BREAKS: Readonly<Record<string, Break>> = {
  nothing: () => 1,
  'dlm-target-tag': (resources) =>
    ofType(resources, 'AWS::DLM::LifecyclePolicy').filter(([, r]) => {
      const details = r.Properties.PolicyDetails as { TargetTags: { Key: string }[] };
      for (const tag of details.TargetTags) tag.Key = 'remount:shedule';
      return details.TargetTags.length > 0;
    }).length,
  'alarm-action': withoutHealer,
  'mount-permission': (resources) =>
    ofType(resources, 'AWS::IAM::Policy').filter(([, r]) => {
      const document = r.Properties.PolicyDocument as { Statement: { Resource: unknown }[] };
      return document.Statement.filter((s) => {
        if (!Array.isArray(s.Resource)) return false;
        const kept = s.Resource.filter((arn) => !JSON.stringify(arn).includes('HostMount'));
        const removed = kept.length < s.Resource.length;
        s.Resource = kept;
        return removed;
      }).length;
    }).length,
  'stop-permission': (resources) => withoutAction(resources, 'ec2:StopInstances'),
  'schedule-untagging': (resources) => withoutAction(resources, 'ec2:DeleteTags'),
  'snapshot-deletion': (resources) => withoutAction(resources, 'ec2:DeleteSnapshot'),
  'volume-deletion': (resources) => withoutAction(resources, 'ec2:DeleteVolume'),
  'policy-reading': (resources) => withoutAction(resources, 'dlm:GetLifecyclePolicy'),
  'age-publishing': (resources) => withoutAction(resources, 'cloudwatch:PutMetricData'),
  'keeper-publishing': (resources) => withoutAction(only(resources, 'Keeper'), 'cloudwatch:PutMetricData'),
  'drill-publishing': (resources) => withoutAction(only(resources, 'DrillFunction'), 'cloudwatch:PutMetricData'),
  /** The condition that ties a permission to the stack, on one role. */
  'deletion-tie': (resources) => withoutTie(resources, 'SnapshotsRole', 'ec2:DeleteSnapshot'),
  'stop-tie': (resources) => withoutTie(resources, 'Healer', 'ec2:StopInstances'),
  'dlm-grant': (resources) => withoutAction(only(resources, 'SnapshotsRole'), 'kms:CreateGrant'),
  'dlm-copies': (resources) => withoutAction(only(resources, 'SnapshotsRole'), 'ec2:CreateSnapshot'),
  'healer-key': (resources) => withoutAction(only(resources, 'Healer'), 'kms:CreateGrant'),
  'topic-policy': (resources) => {
    const policies = ofType(resources, 'AWS::SNS::TopicPolicy');
    for (const [id] of policies) delete resources[id];
    return policies.length;
  },
  'key-without-alarms': (resources) => withoutKeyUser(resources, /cloudwatch\.amazonaws\.com/),
  'key-without-logs': (resources) => withoutKeyUser(resources, /"logs\./),
  'key-without-account': (resources) => withoutKeyUser(resources, /:root/),
  'healer-trust': (resources) => trusting(resources, 'HealerFunction', 'ec2.amazonaws.com'),
  'fleet-trust': (resources) => trusting(resources, 'FleetRole', 'lambda.amazonaws.com'),
  'dlm-trust': (resources) => trusting(resources, 'SnapshotsRole', 'ec2.amazonaws.com'),
  'flow-log-trust': (resources) => trusting(resources, 'NetworkFlowLogsRole', 'logs.amazonaws.com'),
  'dead-letters': (resources) => withoutAction(resources, 'sqs:SendMessage'),
  'log-writing': (resources) => withoutAction(only(resources, 'Healer'), 'logs:PutLogEvents'),
  /** Volumes of instances that a key of ours encrypts: its policy would have to name Auto Scaling. */
  'root-volume-key': (resources) => {
    const [key] = ofType(resources, 'AWS::KMS::Key').map(([id]) => id);
    return ofType(resources, 'AWS::EC2::LaunchTemplate').flatMap(([, { Properties }]) => {
      const { BlockDeviceMappings } = Properties.LaunchTemplateData as {
        BlockDeviceMappings: { Ebs: Record<string, unknown> }[];
      };
      for (const { Ebs } of BlockDeviceMappings) Ebs.KmsKeyId = { 'Fn::GetAtt': [key, 'Arn'] };
      return BlockDeviceMappings;
    }).length;
  },
  'guard-round': (resources) => disabled(resources, 'GuardRound'),
  /** From the first deployment on. */
  'guard-never': (resources) => disabled(resources, 'GuardRound'),
  'healer-never': (resources) => disabled(resources, 'Healer') && withoutHealer(resources),
  'unknown-resource': (resources) => {
    resources.Oddity = { Type: 'AWS::Quantum::Oracle', Properties: {} };
    return 1;
  },
};

/** Synthesized once for each set of settings. */
function stackFor(scenario: string, directory: string, made: Map<string, Assembly>): Assembly {
  const { settings = {}, neighbour } = SCENARIOS[scenario] ?? {};
  const key = JSON.stringify([settings, neighbour]);
  const into = join(directory, String(made.size));
  const known = made.get(key);
  if (known) return known;
  const assembly = synthesizeFor({ settings, ...(neighbour && { neighbour }) }, into);
  made.set(key, assembly);
  return assembly;
}

async function play(what: string, scenario: string, assembly: Assembly) {
  const broken = BREAKS[what];
  if (!broken) throw new Error(`allowed: ${Object.keys(BREAKS).join(', ')}`);
  const template = templateOf(assembly) as { Resources: Record<string, Resource> };
  const places = broken(template.Resources);
  const options = { scenario, seed: 3 };
  const quiet = { progress: () => {}, happening: () => {}, quote: () => {} };
  try {
    const { ok, virtual } = await rehearse(options, assembly, new MemoryDisks(), quiet, template);
    const denials = virtual.log.filter((l) => l.who === 'iam').map((l) => l.what);
    return { places, ok, broken: virtual.checks.filter((c) => !c.kept), denials };
  } catch (error) {
    return { places, stopped: String((error as Error).stack) };
  }
}

await withDirectory(async (directory) => {
  const made = new Map<string, Assembly>();
  const pairs = process.argv.slice(2);
  for (let i = 0; i < pairs.length; i += 2) {
    const [what = '', scenario = ''] = pairs.slice(i, i + 2);
    console.log(
      JSON.stringify({ what, scenario, ...(await play(what, scenario, stackFor(scenario, directory, made))) }),
    );
  }
});
