import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { App, type CfnResource, Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ArchiveStack } from '../../examples/archive/archive-stack.ts';
import { ResilienceChecks } from '../../lib/checks/resilience-checks.ts';
import { CONTEXT, REGION, ROOT } from '../lib/support.ts';

test('the example app synthesizes, as whoever tries it runs it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'remount-example-'));
  try {
    const env = { ...process.env, CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT) };
    const child = spawnSync(process.execPath, ['examples/archive/app.ts'], { cwd: ROOT, env, encoding: 'utf8' });
    expect([child.status, child.stderr]).toEqual([0, '']);
    expect(existsSync(join(directory, 'Archive.template.json'))).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** What its ResilienceChecks say once `change` has been at its resources. */
function said(change: (named: (path: string) => CfnResource) => void): string[] {
  const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new ArchiveStack(app, 'Archive', { env: { region: REGION } });
  change((path) => path.split('/').reduce<IConstruct>((at, id) => at.node.findChild(id), stack) as CfnResource);
  app.synth();
  const objectives = { recoveryPointGap: Duration.minutes(90), recoveryPointReach: Duration.hours(48) };
  return new ResilienceChecks(app, objectives).validateScope(app).violations.map(({ ruleName }) => ruleName);
}

describe('the example, changed', () => {
  test.each<[string, Parameters<typeof said>[0], string[]]>([
    ['not at all', () => undefined, []],
    ['the tags taken away', (named) => named('Mail/Resource').addPropertyDeletionOverride('Tags'), ['Resilience-DV1']],
    [
      'one schedule of two taken away',
      (named) => named('Snapshots/Policy').addPropertyDeletionOverride('PolicyDetails.Schedules.1'),
      ['Resilience-RP1'],
    ],
    [
      'the volume deleted with the stack',
      (named) => named('Mail/Resource').addOverride('DeletionPolicy', 'Delete'),
      ['Resilience-DV2'],
    ],
    ['one instance', (named) => named('Group/ASG').addPropertyOverride('MinSize', '1'), ['Resilience-SB1']],
    [
      'an alarm that takes silence for health',
      (named) => named('Serving/Resource').addPropertyOverride('TreatMissingData', 'notBreaching'),
      ['Resilience-AL2'],
    ],
  ])('%s', (_, change, rules) => expect(said(change)).toEqual(rules));
});
