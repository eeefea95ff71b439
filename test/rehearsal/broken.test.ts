import { describe, expect, test } from '@jest/globals';
import { node } from './child.ts';

interface Result {
  readonly what: string;
  readonly places: number;
  readonly ok: boolean;
  readonly broken: readonly { readonly promise: string; readonly seen: string }[];
  readonly denials: readonly string[];
  /** The error that ended it. */
  readonly stopped?: string;
}

/** Each break, and what is played on it. */
const PLAYED: Readonly<Record<string, string>> = {
  'dlm-target-tag': 'bad-wednesday-undrilled',
  'alarm-action': 'bad-wednesday-undrilled',
  'mount-permission': 'bad-wednesday-undrilled',
  'stop-permission': 'instance-hang',
  'schedule-untagging': 'volume-lost',
  'guard-round': 'dlm-error',
  'guard-never': 'first-deployment',
  'keeper-publishing': 'first-deployment',
  'healer-never': 'first-deployment',
  'drill-publishing': 'spare',
  'topic-policy': 'snapshot-slow',
  'key-without-alarms': 'snapshot-slow',
  'root-volume-key': 'volume-lost',
  'log-writing': 'volume-lost',
  'snapshot-deletion': 'left-behind',
  'volume-deletion': 'left-behind',
  'policy-reading': 'dlm-changed',
  'age-publishing': 'dlm-late',
  'key-without-account': 'volume-lost',
  'key-without-logs': 'volume-lost',
  'dead-letters': 'volume-lost',
  'healer-trust': 'volume-lost',
  'fleet-trust': 'volume-lost',
  'dlm-trust': 'volume-lost',
  'flow-log-trust': 'volume-lost',
  'dlm-grant': 'volume-lost',
  'dlm-copies': 'volume-lost',
  'healer-key': 'volume-lost',
  'unknown-resource': 'volume-lost',
  'deletion-tie': 'two-stacks',
  'stop-tie': 'two-stacks',
};
let results: ReadonlyMap<string, Result> | undefined;

/** All are played by one process, in the first test that asks. */
function resultOf(what: string): Result {
  if (!results) {
    const ended = node('test/rehearsal/broken.script.ts', Object.entries(PLAYED).flat());
    if (ended.code !== 0) throw new Error(ended.stderr);
    const lines = ended.stdout.trim().split('\n');
    results = new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.what, result]));
  }
  const result = results.get(what);
  if (!result) throw new Error(`${what} is not in PLAYED`);
  expect(result.places).toBeGreaterThan(0);
  return result;
}

function play(what: string): Result {
  const result = resultOf(what);
  expect(result.stopped).toBeUndefined();
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
    const result = play('stop-permission');
    expect(result.ok).toBe(false);
    expect(result.broken.map((b) => b.promise)).not.toContain('never two writers');
    expect(result.denials.join()).toContain('ec2:StopInstances');
  });

  test('the healer may not take a suspect volume out of the schedule', () => {
    const result = play('schedule-untagging');
    expect(result.ok).toBe(false);
    expect(result.denials.join()).toContain('ec2:DeleteTags');
  });

  test('the guard is not run: nobody makes good what DLM does not do, and its alarms say so', () => {
    const result = play('guard-round');
    const promises = result.broken.map((b) => b.promise);
    expect(promises).toContain('the newest completed snapshot is never more than 60 min old');
    expect(promises).toContainEqual(expect.stringContaining('a person is notified once'));
    expect(result.broken.map((b) => b.seen).join()).toContain('Remount/alpha/recovery-point INSUFFICIENT_DATA');
  });

  test('the keeper may not publish the first age: the deployment does not fail for it, and the guard publishes', () => {
    const result = play('keeper-publishing');
    expect(result.broken.map((b) => b.promise)).toEqual(['no call is denied']);
    expect(result.denials.join()).toContain('cloudwatch:PutMetricData');
  });

  // Silence is where an alarm begins: what never spoke must be reported all the same.
  test.each([
    ['guard-never', 'INSUFFICIENT_DATA: "Remount/alpha/recovery-point" in '],
    ['healer-never', 'ALARM: "Remount/alpha/unserved" in '],
  ])('what is never run from the first deployment on is reported: %s', (what, mail) => {
    const { broken } = play(what);
    const alarmed = broken.find((b) => b.promise === 'nobody is alarmed by a first deployment');
    expect(alarmed?.seen).toContain(mail);
  });

  test.each([
    ['snapshot-deletion', 'ec2:DeleteSnapshot', /only the last verified copy/],
    ['volume-deletion', 'ec2:DeleteVolume', /dead drill's volume/],
    ['policy-reading', 'dlm:GetLifecyclePolicy', /a person is notified once/],
    ['age-publishing', 'cloudwatch:PutMetricData', /alarms calm/],
  ])('the guard lacks a permission: %s', (what, action, promise) => {
    const result = play(what);
    expect(result.broken.map((b) => b.promise)).toContainEqual(expect.stringMatching(promise));
    expect(result.denials.join()).toContain(action);
    // Whatever else it breaks, and whoever makes good for it: the call is named.
    const [denied] = result.broken.filter((b) => b.promise === 'no call is denied');
    expect(denied?.seen).toContain(`may not ${action}: needs {"Effect":"Allow","Action":"${action}"`);
  });

  test('drills may not publish their metrics: every verdict and the spare are as before, and it is reported', () => {
    const result = play('drill-publishing');
    expect(result.broken.map((b) => b.promise)).toEqual([
      'what each drill came to is in its metrics',
      'no call is denied',
    ]);
    expect(result.denials.join()).toContain('cloudwatch:PutMetricData');
  });

  test('the topic does not let alarms notify people', () => {
    const result = play('topic-policy');
    expect(result.ok).toBe(false);
    expect(result.denials.join()).toContain('cloudwatch.amazonaws.com may not sns:Publish');
  });

  test('the key does not let alarms use it: the topic takes nothing from them', () => {
    const result = play('key-without-alarms');
    expect(result.broken.map((b) => b.promise)).toContainEqual(expect.stringMatching(/^a person is notified/));
    expect(result.denials.join()).toContain(
      'cloudwatch.amazonaws.com may not kms:GenerateDataKey: the policy of arn:aws:kms:',
    );
  });

  test('a key of ours encrypts the volumes of instances, and its policy does not name Auto Scaling: none is launched', () => {
    const result = play('root-volume-key');
    expect(result.broken.map((b) => b.promise)).toContain('every content volume is served after a deployment');
    expect(result.denials.join()).toMatch(
      /launches no instance.*AWSServiceRoleForAutoScaling"},"Action":"kms:CreateGrant"/,
    );
  });

  test('a function may not write its log: nothing else breaks, and it is reported', () => {
    const result = play('log-writing');
    expect(result.broken).toEqual([
      { promise: 'no call is denied', kept: false, seen: expect.stringContaining('may not logs:PutLogEvents: needs') },
    ]);
  });

  test.each([
    ['key-without-account', /^TemplateError: PagesStream.*kms:Decrypt.*"AWS":"arn:aws:iam::111122223333:root"/m],
    ['key-without-logs', /^Error: PagesFunctionLogs.*KmsKeyId.*"Service":"logs\.eu-west-1\.amazonaws\.com"/m],
    ['dead-letters', /^TemplateError: HealerFunction.*"Action":"sqs:SendMessage"/m],
    ['healer-trust', /^TemplateError: HealerFunctionServiceRole.*does not let lambda\.amazonaws\.com take the role/m],
    ['fleet-trust', /^TemplateError: FleetRole.*does not let ec2\.amazonaws\.com take the role/m],
    ['dlm-trust', /^TemplateError: SnapshotsRole.*does not let dlm\.amazonaws\.com take the role/m],
    [
      'flow-log-trust',
      /^TemplateError: NetworkFlowLogsRole.*does not let vpc-flow-logs\.amazonaws\.com take the role/m,
    ],
  ])('it cannot be deployed, and the message names the statement that is missing: %s', (what, message) => {
    expect(resultOf(what).stopped).toMatch(message);
  });

  test.each([
    ['dlm-grant', 'kms:CreateGrant', 'the snapshot policy does its work'],
    ['dlm-copies', 'ec2:CreateSnapshot', 'the snapshot policy does its work'],
    ['healer-key', 'kms:CreateGrant', 'every content volume is served after a deployment'],
  ])('the key, or the role of the snapshot policy, lacks a permission: %s', (what, action, promise) => {
    const result = play(what);
    expect(result.broken.map((b) => b.promise)).toContain(promise);
    expect(result.denials.join()).toContain(action);
  });

  test.each([
    ['deletion-tie', 'SnapshotsRoleC48B8970 ec2:DeleteSnapshot: delete its snapshot'],
    ['stop-tie', 'ec2:StopInstances: stop its instance'],
  ])('a permission is not tied to the stack: %s', (what, seen) => {
    const result = play(what);
    expect(result.broken).toEqual([
      { promise: 'Remount may change nothing of Remount2', kept: false, seen: expect.stringContaining(seen) },
    ]);
  });

  test('a resource that the simulation does not know stops it, by name', () => {
    expect(resultOf('unknown-resource').stopped).toContain(
      'the simulated AWS does not know AWS::Quantum::Oracle (Oddity)',
    );
  });
});
