import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ENV } from '../../contract/contract.ts';
import { OWN_RUNBOOK, RUNBOOK_CONTEXT, runbookLink } from '../../lib/internal/runbook.ts';
import { RemountStack } from '../../lib/stack/remount-stack.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { CONTEXT, resourcesOf } from './support.ts';

interface Environment {
  readonly Variables?: Readonly<Record<string, unknown>>;
}

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const headings = read('docs/runbook.md')
  .split('\n')
  .flatMap((line) => /^##+ (.+)$/.exec(line)?.[1] ?? [])
  .map((heading) => heading.toLowerCase().replaceAll(' ', '-'));

const WIKI = 'https://wiki.example.com/remount';
const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
const settings = readSettings({ runbookUrl: WIKI, alertEmail: 'people@example.com', intake: { enabled: true } });
const template = Template.fromStack(new RemountStack(app, 'Remount', { env: { region: settings.region }, settings }));

test('the stack says what its parts are called, for commands of the runbook', () => {
  const found = template.findOutputs('*');
  const named = (logicalId: RegExp) => ({ Ref: expect.stringMatching(logicalId) });
  expect(Object.fromEntries(Object.entries(found).map(([name, { Value }]) => [name, Value]))).toEqual({
    TopicArn: named(/^PeopleTopic/),
    LedgerTable: named(/^LedgerTable/),
    HealerFunction: named(/^HealerFunction/),
    DeadLetterQueue: named(/^HealerDeadLetters/),
    GuardFunction: named(/^GuardFunction/),
    KeeperFunction: named(/^KeeperFunction/),
    DrillFunction: named(/^DrillFunction/),
    BalancerName: { 'Fn::GetAtt': [expect.stringMatching(/^BalancerLoadBalancer/), 'DNSName'] },
    AccessLogsBucket: named(/^BalancerAccessLogs/),
    JournalBucket: named(/^JournalBucket/),
    OperatorPolicy: named(/^Operator/),
    ViewerPolicy: named(/^Viewer/),
    UnusedDocument: named(/^HostUnused/),
    IntakeBucket: named(/^IntakeBucket/),
    BundlesBucket: named(/^BundlesBucket/),
    IncidentPagesBucket: named(/^PagesBucket/),
    SoftwareBucket: { 'Fn::Sub': expect.stringMatching(/^cdk-.*-assets-/) },
    KeyArn: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
    NetworkEndpoints: {
      'Fn::Join': [
        '',
        ['s3', 'dynamodb', 'ssm', 'ssmmessages', 'monitoring'].flatMap((service, i) => [
          `${i === 0 ? '' : ','}${service}=`,
          named(/^NetworkVpc/),
        ]),
      ],
    },
  });
  const rows = read('docs/runbook.md').matchAll(/^\| `(\w+)` \| the /gm);
  expect([...rows].map(([, name]) => name)).toEqual(Object.keys(found));
});

describe('the runbook', () => {
  test('is by default that of this version', () => {
    expect(OWN_RUNBOOK).toBe(`remount@${JSON.parse(read('package.json')).version}/docs/runbook.md`);
    expect(runbookLink(new Stack(new App(), 'Any'), 'full')).toBe(`Runbook: ${OWN_RUNBOOK}#full`);
  });

  test('has a section for every alarm, which links to it at the address that is set', () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties as Readonly<Record<string, string>>,
    );
    expect(alarms.length).toBeGreaterThan(15);
    for (const { AlarmName, AlarmDescription } of alarms) {
      const [, section] =
        / Runbook: https:\/\/wiki\.example\.com\/remount#([a-z-]+)$/.exec(AlarmDescription ?? '') ?? [];
      expect([AlarmName, headings]).toEqual([AlarmName, expect.arrayContaining([section])]);
    }
  });

  test('is what every function that notifies people links to, with account and Region', () => {
    const notify = resourcesOf(template, 'AWS::Lambda::Function')
      .map(({ Properties }) => (Properties as { readonly Environment?: Environment }).Environment?.Variables ?? {})
      .filter((variables) => variables[ENV.topic] !== undefined);
    expect(notify).toHaveLength(4);
    for (const variables of notify) {
      const place = JSON.stringify(variables[ENV.place]);
      for (const part of [WIKI, 'AWS::AccountId', 'eu-west-1']) expect(place).toContain(part);
    }
  });

  test('is where the setting says, or the setting is refused', () => {
    expect(() => readSettings({ runbookUrl: 'wiki' })).toThrow(
      'runbookUrl: received "wiki"; allowed: an https address of at most 200 characters, without #',
    );
  });

  test.each(['wiki', 'http://wiki.example.com', 'https://wiki.example.com/a#b'])('is not at %s', (url) => {
    const app = new App({ context: { [RUNBOOK_CONTEXT]: url } });
    expect(() => runbookLink(new Stack(app, 'Any'), 'full')).toThrow(/remount:runbookUrl.*allowed: an https address/);
  });
});
