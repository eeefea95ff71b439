import { statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MAX_VOLUMES } from '../../lib/props/allowed.ts';
import { RemountStack } from '../../lib/stack/remount-stack.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { CONTEXT, resourcesOf, text } from './support.ts';

/**
 * Quotas that a template's check cannot see, because they bind what the names in it become: a stack that is as large, and
 * named as long, as the settings allow. Source: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const ENVIRONMENT_BYTES = 4096;
const ALIAS_POLICY_BYTES = 20_480;

/** docs.aws.amazon.com/general/latest/gr/ssm.html */
const DOCUMENT_BYTES = 65_536;
/** Of all inline policies of a role, without white space: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLE_POLICIES_CHARACTERS = 10_240;
/** Without white space: the same page. */
const MANAGED_POLICY_CHARACTERS = 6144;
/** docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const RESOURCES = 500;
const TEMPLATE_BYTES = 1_048_576;

const REGION = 'us-gov-west-1';
const ACCOUNT = '123456789012';
const PARTITION = 'aws-us-gov';
const STACK = 'S'.repeat(51);
const volumes = Array.from({ length: MAX_VOLUMES }, (_, i) => ({ name: `v${'o'.repeat(29)}${10 + i}` }));
const runbookUrl = `https://${'u'.repeat(192)}`;
const settings = readSettings({
  stackName: STACK,
  region: REGION,
  volumes,
  alertEmail: 'people@example.com',
  runbookUrl,
  intake: { enabled: true },
});
const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
const template = Template.fromStack(new RemountStack(app, STACK, { env: { region: REGION }, settings }));
const types = new Map(Object.entries(template.toJSON().Resources).map(([id, r]) => [id, (r as { Type: string }).Type]));

/** A name as CloudFormation makes it: the stack's, the resource's and 12 characters, cut to what the service takes. */
function named(id: string, most: number): string {
  return `${`${STACK}-${id}`.slice(0, most - 13)}-${'x'.repeat(12)}`;
}

function arn(service: string, rest: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT}:${rest}`;
}

/** What `Ref` or an `Arn` becomes, of the types that an environment or a permission names. */
function physical(id: string): string {
  switch (types.get(id)) {
    case 'AWS::ElasticLoadBalancingV2::TargetGroup':
      return arn('elasticloadbalancing', `targetgroup/${named(id, 32)}/${'0'.repeat(16)}`);
    case 'AWS::SSM::Document':
      return named(id, 128);
    case 'AWS::SNS::Topic':
      return arn('sns', named(id, 256));
    case 'AWS::DynamoDB::GlobalTable':
      return named(id, 255);
    case 'AWS::Lambda::Alias':
      return arn('lambda', `function:${named(id.replace(/Live.*$/, 'Function00000000'), 64)}:live`);
    case 'AWS::Events::Rule':
      return arn('events', `rule/${named(id, 64)}`);
    case 'AWS::DLM::LifecyclePolicy':
      return `policy-0${'0'.repeat(16)}`;
    case 'AWS::KMS::Key':
      return arn('kms', `key/${'0'.repeat(36)}`);
    case 'AWS::CloudWatch::Alarm': {
      const alarm = resourcesOf(template, 'AWS::CloudWatch::Alarm').find((a) => a.id === id);
      return arn('cloudwatch', `alarm:${String(alarm?.Properties.AlarmName)}`);
    }
    // S3 takes names of 3 to 63 characters (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
    case 'AWS::S3::Bucket':
      return 'b'.repeat(63);
    default:
      throw new Error(`what does ${id} (${types.get(id)}) become?`);
  }
}

function deployed(value: unknown, of: (id: string) => string = physical): string {
  const pseudo: Record<string, string> = {
    'AWS::Region': REGION,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': PARTITION,
  };
  return text(value).replace(/\$\{([^}.]+)(?:\.Arn)?\}/g, (_, id: string) => pseudo[id] ?? of(id));
}

/** Of what no environment names: as long as such ARNs are at most. */
const SOME_ARN = 'x'.repeat(120);

function physicalOr(id: string): string {
  try {
    return physical(id);
  } catch {
    return SOME_ARN;
  }
}

/** JSON with what intrinsics become. */
function asDeployed(value: unknown): string {
  const intrinsic = (of: object) => Object.keys(of).length === 1 && /^(Ref|Fn::)/.test(Object.keys(of)[0] ?? '');
  return JSON.stringify(value, (_, of) =>
    typeof of === 'object' && of !== null && !Array.isArray(of) && intrinsic(of) ? deployed(of, physicalOr) : of,
  );
}

describe(`a stack of ${MAX_VOLUMES} volumes with the longest names`, () => {
  const functions = resourcesOf(template, 'AWS::Lambda::Function').filter(({ Properties }) => Properties.Environment);

  test.each(functions.map(({ id, Properties }) => [id, Properties] as const))(
    'has a %s whose environment Lambda takes',
    (_, { Environment }) => {
      const { Variables } = Environment as { Variables: Record<string, unknown> };
      expect(Object.keys(Variables).length).toBeGreaterThanOrEqual(3);
      const sizes = Object.entries(Variables).map(([key, value]) => key.length + deployed(value).length);
      expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(ENVIRONMENT_BYTES);
    },
  );

  test('of which there are the healer, the keeper, the guard and the drill', () => {
    for (const name of [/^Healer/, /^Keeper/, /^Guard/, /^Drill/])
      expect(functions.filter(({ id }) => name.test(id))).toHaveLength(1);
  });

  test.each([
    ['healer', /^Healer/, 2 * MAX_VOLUMES],
    ['drill', /^Drill/, 2],
  ])('has a %s whose permissions fit into one policy', (_, name, least) => {
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission').filter(({ Properties }) => {
      const { Ref = '' } = Properties.FunctionName as { Ref?: string };
      return types.get(Ref) === 'AWS::Lambda::Alias' && name.test(Ref);
    });
    expect(permissions.length).toBeGreaterThanOrEqual(least);
    const Statement = permissions.map(({ id, Properties: p }) => ({
      Sid: named(id, 100),
      Effect: 'Allow',
      Principal: { Service: deployed(p.Principal) },
      Action: deployed(p.Action),
      Resource: deployed(p.FunctionName),
      Condition: { ArnLike: { 'AWS:SourceArn': deployed(p.SourceArn) } },
    }));
    const policy = JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement });
    expect(policy.length).toBeLessThan(ALIAS_POLICY_BYTES);
  });

  test('has documents that Systems Manager takes', () => {
    const documents = resourcesOf(template, 'AWS::SSM::Document').map(({ Properties }) =>
      asDeployed(Properties.Content),
    );
    expect(documents.length).toBeGreaterThan(8);
    for (const document of documents) expect(Buffer.byteLength(document)).toBeLessThan(DOCUMENT_BYTES);
  });

  test('has roles whose own policies IAM takes', () => {
    const sizes = new Map<string, number>();
    for (const { Properties } of resourcesOf(template, 'AWS::IAM::Policy'))
      for (const role of Properties.Roles as { readonly Ref: string }[])
        sizes.set(role.Ref, (sizes.get(role.Ref) ?? 0) + asDeployed(Properties.PolicyDocument).length);
    expect(sizes.size).toBeGreaterThanOrEqual(5);
    for (const [role, size] of sizes) expect([role, size < ROLE_POLICIES_CHARACTERS]).toEqual([role, true]);
  });

  test('has policies for people that IAM takes', () => {
    const policies = resourcesOf(template, 'AWS::IAM::ManagedPolicy');
    const sizes = policies.map(({ Properties }) => asDeployed(Properties.PolicyDocument).length);
    expect(sizes).toHaveLength(2);
    for (const size of sizes) expect(size).toBeLessThan(MANAGED_POLICY_CHARACTERS);
  });

  test('is a template that CloudFormation takes', () => {
    expect(types.size).toBeLessThan(RESOURCES);
    // As it is sent, blanks and all.
    expect(statSync(app.synth().getStackByName(STACK).templateFullPath).size).toBeLessThan(TEMPLATE_BYTES * 0.9);
  });
});
