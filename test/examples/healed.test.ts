import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { WikiStack } from '../../examples/healed/wiki-stack.ts';
import { USER_DATA_BYTES } from '../../lib/internal/user-data.ts';
import { CONTEXT, onlyOne, REGION, text } from '../lib/support.ts';
import { node } from '../rehearsal/child.ts';

const directory = mkdtempSync(join(tmpdir(), 'remount-example-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** As whoever tries it runs it, with all checks. */
beforeAll(() => {
  const env = { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT), CDK_VALIDATION: 'true' };
  const { code, stderr } = node('examples/healed/app.ts', [], env);
  expect([code, stderr]).toEqual([0, '']);
});

interface Result {
  readonly ok: boolean;
  readonly outcome: string;
  readonly broken: readonly { readonly promise: string; readonly seen: string }[];
}

function play(scenario: string, slip = 'none'): Result {
  const ended = node('test/examples/healed.script.ts', [directory, scenario, slip]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return JSON.parse(ended.stdout) as Result;
}

describe('the wiki is healed', () => {
  test.each([
    ['volume-lost', 'replace'],
    ['instance-loss', 'failover'],
    ['instance-hang', 'failover'],
    ['unmounted', 'remount'],
  ])('%s', (scenario, outcome) => expect(play(scenario)).toEqual({ ok: true, outcome, broken: [] }));
});

describe('what the instances must have', () => {
  test.each([
    ['the tag of the stack', 'tag', /^every content volume is served after a deployment/m],
    [
      'leave to send the metrics of the probe',
      'metrics',
      /^no call is denied: .*HostsRole\w+ may not cloudwatch:PutMetricData/m,
    ],
  ])('%s', (_, slip, broke) => {
    const { ok, broken } = play('volume-lost', slip);
    expect(ok).toBe(false);
    expect(broken.map((b) => `${b.promise}: ${b.seen}`).join('\n')).toMatch(broke);
  });

  test('no more user data than EC2 takes', () => {
    const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
    const stack = new WikiStack(app, 'Wiki', { env: { region: REGION } });
    const { Properties } = onlyOne(Template.fromStack(stack), 'AWS::EC2::LaunchTemplate');
    const { UserData } = Properties.LaunchTemplateData as { UserData: unknown };
    expect(Buffer.byteLength(text(UserData))).toBeLessThanOrEqual(USER_DATA_BYTES);
  });
});
