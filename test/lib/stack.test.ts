import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  AGE_ALARM,
  ALARM,
  alarmName,
  CONDITION_ALARM,
  guardAlarmName,
  HEALER_ALARM,
  healerAlarmName,
  nobodyNotifiedAlarmName,
  softwareAlarmName,
  UNSERVED_ALARM,
} from '../../contract/contract.ts';
import { journalAlarmName, spareAlarmName } from '../../contract/journal.ts';
import { NOBODY_NOTIFIED } from '../../lib/people-topic.ts';
import { buildApp } from '../../lib/stack/app.ts';
import type { RemountStack } from '../../lib/stack/remount-stack.ts';
import { CONTEXT, onlyOne, resourcesOf } from './support.ts';

/** The app with these settings in place of those of `cdk.json`, and its stack. */
function appWith(remount: object): { readonly app: App; readonly stack: RemountStack } {
  const { app, settings } = buildApp(new App({ context: { ...CONTEXT, remount }, analyticsReporting: false }));
  return { app, stack: app.node.findChild(settings.stackName) as RemountStack };
}

interface PluginReport {
  readonly pluginName: string;
  readonly conclusion: string;
  readonly violations: readonly { readonly ruleName: string; readonly severity: string }[];
}

/** Synthesized with all checks: it throws when one of them finds an error. */
function synthesized(remount: object): { readonly template: Template; readonly report: readonly PluginReport[] } {
  const { app, stack } = appWith(remount);
  const { directory } = app.synth();
  const report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  return { template: Template.fromStack(stack), report: report.pluginReports };
}

/** Without what changes with every line of a script or a function, and with every release of the CDK. */
function normalized(template: Template): unknown {
  const { Resources, Parameters, Rules, ...rest } = template.toJSON() as Record<string, Record<string, object>>;
  const resources = Object.entries(Resources ?? {}).filter(([id]) => id !== 'CDKMetadata');
  const kept = resources.map(([id, resource]) => [id, { ...resource, Metadata: undefined }] as const);
  const json = JSON.stringify({ ...rest, Parameters, Resources: Object.fromEntries(kept) }, (key, value) => {
    if (key === 'runCommand') return '<the script of host/>';
    if (key === 'UserData') return '<the script of lib/internal/user-data.ts>';
    return value;
  });
  return JSON.parse(
    json
      .replace(/\b[0-9a-f]{64}\.zip/g, '<asset>.zip')
      .replace(/\b[0-9a-f]{64}\b/g, '<version of the host software>')
      .replace(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, '$1<version>'),
  );
}

/** What the checks found, but for what they only mention. */
function findings(report: readonly PluginReport[]): string[] {
  return report.flatMap(({ violations }) =>
    violations.filter(({ severity }) => severity !== 'info').map(({ ruleName }) => ruleName),
  );
}

describe('the stack of the default settings', () => {
  const { template, report } = synthesized({});

  test('is the one that was reviewed', () => {
    expect(normalized(template)).toMatchSnapshot();
  });

  test('passes every check; the one warning is that nobody is notified', () => {
    expect(report.map((plugin) => plugin.pluginName)).toContain('CloudFormation Validate');
    for (const { pluginName, conclusion } of report) expect([pluginName, conclusion]).toEqual([pluginName, 'success']);
    expect(findings(report)).toEqual([`Annotation::${NOBODY_NOTIFIED}`]);
  });

  test('has a key that outlives it, as what it encrypts does, and that is another each year', () => {
    const key = onlyOne(template, 'AWS::KMS::Key');
    expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(key.Properties.EnableKeyRotation).toBe(true);
  });

  test('has the alarms that the contract names, and no others', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map((alarm) => alarm.Properties.AlarmName);
    const expected = ['alpha', 'beta'].flatMap((volume) =>
      [
        ...Object.values(ALARM),
        UNSERVED_ALARM as typeof UNSERVED_ALARM,
        ...Object.values(AGE_ALARM),
        ...Object.values(CONDITION_ALARM),
      ].map((kind) => alarmName('Remount', volume, kind)),
    );
    const journals = ['alpha', 'beta'].flatMap((volume) =>
      [journalAlarmName, spareAlarmName].map((name) => name('Remount', volume)),
    );
    const own = Object.values(HEALER_ALARM).map((kind) => healerAlarmName('Remount', kind));
    const others = [guardAlarmName, softwareAlarmName, nobodyNotifiedAlarmName].map((name) => name('Remount'));
    expect(new Set(names)).toEqual(new Set([...expected, ...journals, ...own, ...others]));
  });
});

describe('a stack made wrong', () => {
  test('does not synthesize with a port open to the world, and says which rule', () => {
    const { app, stack } = appWith({});
    const { vpc } = stack.remount;
    new SecurityGroup(stack, 'Open', { vpc }).addIngressRule(Peer.anyIpv4(), Port.tcp(22));
    expect(() => app.synth()).toThrow(/AwsSolutions-EC23/);
  });

  test('does not synthesize with a bucket that takes requests without TLS, and says which rule', () => {
    const { app, stack } = appWith({});
    new Bucket(stack, 'Plain');
    expect(() => app.synth()).toThrow(/AwsSolutions-S10/);
  });
});

describe('other settings', () => {
  test('one volume', () => {
    const { template } = synthesized({ volumes: [{ name: 'only' }], fullWithinHours: 48 });
    template.resourceCountIs('Custom::RemountContentVolume', 1);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 1);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 16);
    const AlarmDescription = Match.stringLikeRegexp('^only: .* full within 48 hours');
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'Remount/only/full-soon', AlarmDescription });
  });

  test('seven volumes in three zones, with a certificate and an address', () => {
    const zones = ['us-east-1a', 'us-east-1c', 'us-east-1f'];
    const volumes = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'].map((name) => ({ name }));
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c';
    const settings = {
      stackName: 'Big',
      region: 'us-east-1',
      zones,
      volumes,
      certificateArn,
      alertEmail: 'a@example.com',
    };
    const { template, report } = synthesized(settings);
    expect(findings(report)).toEqual([]);
    template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 3);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 82);
    template.resourceCountIs('AWS::Events::Rule', 9);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 2);
    expect(onlyOne(template, 'AWS::SNS::Subscription').Properties.Endpoint).toBe('a@example.com');
    const homes = resourcesOf(template, 'Custom::RemountContentVolume').map((v) => v.Properties.Zone);
    expect(homes).toEqual([...zones, ...zones, zones[0]]);
  });

  test('a volume comes before its alarms, or they would start a heal that finds nothing', () => {
    const { template } = synthesized({ volumes: [{ name: 'only' }], fullWithinHours: 48 });
    const volume = onlyOne(template, 'Custom::RemountContentVolume').id;
    // Those of the healer itself start none.
    const own = Object.values(HEALER_ALARM).map((kind) => healerAlarmName('Remount', kind));
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(
      (a) => !own.includes(String(a.Properties.AlarmName)),
    );
    for (const alarm of alarms) expect(alarm).toHaveProperty('DependsOn', expect.arrayContaining([volume]));
  });
});
