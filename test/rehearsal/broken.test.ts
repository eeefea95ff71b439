import { describe, expect, test } from '@jest/globals';
import { node } from './child.ts';

interface Result {
  readonly places: number;
  readonly ok: boolean;
  readonly broken: readonly { readonly promise: string; readonly seen: string }[];
  readonly denials: readonly string[];
}

function play(what: string, scenario = 'bad-wednesday-undrilled'): Result {
  const ended = node('test/rehearsal/broken.script.ts', [what, scenario]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  const result = JSON.parse(ended.stdout) as Result;
  expect(result.places).toBeGreaterThan(0);
  return result;
}

describe('breaking the stack breaks the rehearsal, and it says which promise', () => {
  test('the target tag of the snapshot schedule misspelt', () => {
    const result = play('dlm-target-tag');
    expect(result.ok).toBe(false);
    expect(result.broken[0]?.promise).toBe('the snapshot policy does its work');
    expect(result.broken[0]?.seen).toContain('targets remount:shedule=');
  });

  test('the alarms no longer start the healer', () => {
    const result = play('alarm-action');
    expect(result.ok).toBe(false);
    expect(result.broken.map((b) => b.promise)).toContainEqual(expect.stringContaining('detected within 30 s'));
  });

  test('the healer may not send the mount verb', () => {
    const result = play('mount-permission');
    expect(result.ok).toBe(false);
    expect(result.broken[0]?.promise).toContain('served after a deployment');
    expect(result.denials.join()).toMatch(/ssm:SendCommand.*HostMount/);
  });

  test('the healer may not stop a host that hangs: it says so to a person, and starts no second writer', () => {
    const result = play('stop-permission', 'instance-hang');
    expect(result.ok).toBe(false);
    expect(result.broken.map((b) => b.promise)).not.toContain('never two writers');
    expect(result.denials.join()).toContain('ec2:StopInstances');
  });

  test('the healer may not take a suspect volume out of the schedule', () => {
    const result = play('schedule-untagging', 'volume-lost');
    expect(result.ok).toBe(false);
    expect(result.denials.join()).toContain('ec2:DeleteTags');
  });

  test('the guard is not run: nobody makes good what DLM does not do, and its alarms say so', () => {
    const result = play('guard-round', 'dlm-error');
    const promises = result.broken.map((b) => b.promise);
    expect(promises).toContain('the newest completed snapshot is never more than 60 min old');
    expect(promises).toContainEqual(expect.stringContaining('a person is told once'));
    expect(result.broken.map((b) => b.seen).join()).toContain('Remount/alpha/recovery-point ALARM');
  });

  test.each([
    ['snapshot-deletion', 'left-behind', 'ec2:DeleteSnapshot', /only the last verified copy/],
    ['volume-deletion', 'left-behind', 'ec2:DeleteVolume', /dead drill's volume/],
    ['policy-reading', 'dlm-changed', 'dlm:GetLifecyclePolicy', /a person is told once/],
    ['age-publishing', 'dlm-late', 'cloudwatch:PutMetricData', /alarms calm/],
  ])('the guard lacks a permission: %s', (what, scenario, action, promise) => {
    const result = play(what, scenario);
    expect(result.broken.map((b) => b.promise)).toContainEqual(expect.stringMatching(promise));
    expect(result.denials.join()).toContain(action);
    // Whatever else it breaks, and whoever makes good for it: the call is named.
    const [denied] = result.broken.filter((b) => b.promise === 'no call is denied');
    expect(denied?.seen).toContain(`may not ${action}: needs {"Effect":"Allow","Action":"${action}"`);
  });

  test('drills may not publish their metrics: every verdict and the spare are as before, and it is told', () => {
    const result = play('drill-publishing', 'spare');
    expect(result.broken.map((b) => b.promise)).toEqual([
      'what each drill came to is in its metrics',
      'no call is denied',
    ]);
    expect(result.denials.join()).toContain('cloudwatch:PutMetricData');
  });

  test('the topic does not let alarms tell people', () => {
    const result = play('topic-policy', 'snapshot-slow');
    expect(result.ok).toBe(false);
    expect(result.denials.join()).toContain('cloudwatch.amazonaws.com may not sns:Publish');
  });

  test('the key does not let alarms use it: the topic takes nothing from them', () => {
    const result = play('key-without-alarms', 'snapshot-slow');
    expect(result.broken.map((b) => b.promise)).toContainEqual(expect.stringMatching(/^a person is told/));
    expect(result.denials.join()).toContain(
      'cloudwatch.amazonaws.com may not kms:GenerateDataKey: the policy of arn:aws:kms:',
    );
  });

  test('a key of ours encrypts the volumes of instances, and its policy does not name Auto Scaling: none is launched', () => {
    const result = play('root-volume-key', 'volume-lost');
    expect(result.broken.map((b) => b.promise)).toContain('every content volume is served after a deployment');
    expect(result.denials.join()).toMatch(
      /launches no instance.*AWSServiceRoleForAutoScaling"},"Action":"kms:CreateGrant"/,
    );
  });

  test('a function may not write its log: nothing else breaks, and it is told', () => {
    const result = play('log-writing', 'volume-lost');
    expect(result.broken).toEqual([
      { promise: 'no call is denied', kept: false, seen: expect.stringContaining('may not logs:PutLogEvents: needs') },
    ]);
  });

  test.each([
    ['key-without-account', /^Error: Volume.*could not be deployed.*"AWS":"arn:aws:iam::111122223333:root"/m],
    ['key-without-logs', /^Error: NetworkFlowLogs.*KmsKeyId.*"Service":"logs\.eu-west-1\.amazonaws\.com"/m],
    ['dead-letters', /^TemplateError: HealerFunction.*"Action":"sqs:SendMessage"/m],
    ['healer-trust', /^TemplateError: HealerFunctionServiceRole.*does not let lambda\.amazonaws\.com take the role/m],
    ['fleet-trust', /^TemplateError: FleetRole.*does not let ec2\.amazonaws\.com take the role/m],
    ['dlm-trust', /^TemplateError: SnapshotsRole.*does not let dlm\.amazonaws\.com take the role/m],
    [
      'flow-log-trust',
      /^TemplateError: NetworkFlowLogsRole.*does not let vpc-flow-logs\.amazonaws\.com take the role/m,
    ],
  ])('it cannot be deployed, and the message names the statement that is missing: %s', (what, message) => {
    const ended = node('test/rehearsal/broken.script.ts', [what, 'volume-lost']);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(message);
  });

  test.each([
    ['dlm-grant', 'kms:CreateGrant', 'the snapshot policy does its work'],
    ['dlm-copies', 'ec2:CreateSnapshot', 'the snapshot policy does its work'],
    ['healer-key', 'kms:CreateGrant', 'every content volume is served after a deployment'],
  ])('the key, or the role of the snapshot policy, lacks a permission: %s', (what, action, promise) => {
    const result = play(what, 'volume-lost');
    expect(result.broken.map((b) => b.promise)).toContain(promise);
    expect(result.denials.join()).toContain(action);
  });

  test.each([
    ['deletion-tie', 'SnapshotsRoleC48B8970 ec2:DeleteSnapshot: delete its snapshot'],
    ['stop-tie', 'ec2:StopInstances: stop its instance'],
  ])('a permission is not tied to the stack: %s', (what, seen) => {
    const result = play(what, 'two-stacks');
    expect(result.broken).toEqual([
      { promise: 'Remount may change nothing of Remount2', kept: false, seen: expect.stringContaining(seen) },
    ]);
  });

  test('a resource that the simulation does not know stops it, by name', () => {
    const ended = node('test/rehearsal/broken.script.ts', ['unknown-resource']);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('the simulated AWS does not know AWS::Quantum::Oracle (Oddity)');
  });
});
