import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../../lib/stack/app.ts';
import { ContentWitness } from '../../lib/witness/content-witness.ts';
import { allowing, CONTEXT, resourcesOf, someStack, statementsOf, text } from './support.ts';

const ONLY_ITS_OWN = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['WITNESS#*'] } };

interface PluginReport {
  readonly violations: readonly { readonly ruleName: string; readonly severity: string }[];
}

/** The app with all checks: it throws where one of them finds an error. */
function synthesized(remount: object): { readonly template: Template; readonly warnings: readonly string[] } {
  const { app, settings } = buildApp(new App({ context: { ...CONTEXT, remount }, analyticsReporting: false }));
  const { directory } = app.synth();
  const { pluginReports } = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  const found = (pluginReports as PluginReport[]).flatMap(({ violations }) => violations.map((v) => v.ruleName));
  return { template: Template.fromStack(app.node.findChild(settings.stackName) as never), warnings: found };
}

describe('a stack with a witness', () => {
  let on: ReturnType<typeof synthesized>;
  let off: ReturnType<typeof synthesized>;
  beforeAll(() => {
    [on, off] = [synthesized({ witness: { enabled: true } }), synthesized({})];
  });

  test('passes every check that it passes without', () => {
    expect(on.warnings).toEqual(off.warnings);
  });

  test('has its stream read for a minute at most, twice again, and what fails is kept', () => {
    on.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      MaximumRecordAgeInSeconds: 60,
      MaximumRetryAttempts: 2,
      BisectBatchOnFunctionError: true,
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT","MODIFY"]}' }] },
    });
  });

  test('lets instances say what they see of an owner, and nothing else, there', () => {
    const statements = statementsOf(on.template, /FleetRole/);
    const saying = allowing(statements, 'dynamodb:PutItem');
    expect(saying.map(({ actions, conditions }) => [actions, conditions])).toEqual([
      [['dynamodb:PutItem'], ONLY_ITS_OWN],
    ]);
    expect(allowing(statements, 'dynamodb:UpdateItem')).toEqual([]);
    const gateways = resourcesOf(on.template, 'AWS::EC2::VPCEndpoint').filter(({ Properties }) =>
      JSON.stringify(Properties.PolicyDocument ?? '').includes('"Witness"'),
    );
    expect(gateways.length).toBe(1);
  });

  test('lets the starter note looks, start the healer, and touch nothing', () => {
    const statements = statementsOf(on.template, /WitnessStarter/);
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions.filter((action) => /^(ec2|ssm|s3|sns):/.test(action))).toEqual([]);
    expect(allowing(statements, 'dynamodb:PutItem').map(({ conditions }) => conditions)).toEqual([ONLY_ITS_OWN]);
  });

  test('lets instances ask each other on port 80, by their names, and nobody else', () => {
    const own = (type: string, other: string) =>
      resourcesOf(on.template, type).filter(
        ({ Properties: p }) => p.FromPort === 80 && text(p.GroupId) === text(p[other]) && p.ToPort === 80,
      );
    expect(own('AWS::EC2::SecurityGroupIngress', 'SourceSecurityGroupId').length).toBe(1);
    expect(own('AWS::EC2::SecurityGroupEgress', 'DestinationSecurityGroupId').length).toBe(1);
    on.template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { PrivateDnsNameOptions: { EnableResourceNameDnsARecord: true } },
    });
  });

  test('is none by default', () => {
    // The other is that of the pages of incidents.
    on.template.resourceCountIs('AWS::Lambda::EventSourceMapping', 2);
    off.template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
    off.template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    const { Resources } = off.template.toJSON() as { readonly Resources: Readonly<Record<string, unknown>> };
    expect(Object.keys(Resources).filter((id) => id.startsWith('Witness'))).toEqual([]);
    expect(JSON.stringify(resourcesOf(off.template, 'AWS::EC2::LaunchTemplate'))).not.toContain('PrivateDnsName');
  });
});

test('one that starts nobody does not synthesize', () => {
  const stack = someStack();
  new ContentWitness(stack, 'Witness', { volumes: [{ volumeName: 'alpha', availabilityZone: 'eu-west-1a' }] });
  expect(() => Template.fromStack(stack)).toThrow('name the healer with starts');
});
