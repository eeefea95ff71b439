import { beforeEach, describe, expect, test } from '@jest/globals';
import { DLM_COMMANDS, TAG } from '../../../contract/contract.ts';
import { Dlm } from '../../../simulator/aws/dlm/dlm.ts';
import { Hosts } from '../../../simulator/aws/fleet/hosts.ts';
import { Ssm } from '../../../simulator/aws/ssm/ssm.ts';
import { ANYONE, Lab, policy } from './lab.ts';

const OWNER = 'i-0aaaaaaaaaaaaaaaa';
const SCRIPT = { ExecutionHandler: 'freeze', ExecutionTimeout: 30, MaximumRetryCount: 0, Stages: ['PRE', 'POST'] };

let lab: Lab;
let dlm: Dlm;

/** A document of `host/dlm.sh`, in the words of CloudFormation. */
function document(allowedValues: readonly string[]): object {
  const parameter = { type: 'String', interpolationType: 'ENV_VAR' };
  return {
    DocumentType: 'Command',
    Content: {
      schemaVersion: '2.2',
      parameters: {
        command: { ...parameter, default: 'dry-run', allowedValues },
        executionId: { ...parameter, default: 'None', allowedPattern: '^(None|[a-f0-9-]{36})$' },
      },
      mainSteps: [{ action: 'aws:runShellScript', name: 'dlm', inputs: { runCommand: ['# remount-verb: dlm'] } }],
    },
  };
}
const details = (script: object = {}, over: object = {}) => ({
  PolicyType: 'EBS_SNAPSHOT_MANAGEMENT',
  ResourceTypes: ['INSTANCE'],
  TargetTags: [{ Key: TAG.stack, Value: 'Shop' }],
  Parameters: { ExcludeBootVolume: true, ExcludeDataVolumeTags: [{ Key: TAG.role, Value: 'spare' }] },
  Schedules: [
    {
      Name: 'hourly',
      CopyTags: true,
      CreateRule: { Interval: 1, IntervalUnit: 'HOURS', Times: ['00:00'], Scripts: [{ ...SCRIPT, ...script }] },
      RetainRule: { Count: 2 },
    },
  ],
  ...over,
});
const define = (policyDetails: object, principal = ANYONE) =>
  dlm.define({ path: 'P', values: { State: 'ENABLED', PolicyDetails: policyDetails } }, principal);

let volumeId = '';
let ssm: Ssm;
beforeEach(async () => {
  lab = new Lab();
  dlm = new Dlm(lab.cloud, lab.ec2, lab.snapshots);
  ssm = new Ssm(lab.cloud, lab.ec2, new Hosts(lab.cloud));
  ssm.define('freeze', { path: 'D', values: { ...document(DLM_COMMANDS) } });
  lab.launch(OWNER).tags[TAG.stack] = 'Shop';
  for (const role of ['current', 'spare']) {
    const Tags = [{ Key: TAG.role, Value: role }];
    const id = await lab.made({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
    await lab.call('AttachVolume', {
      VolumeId: id,
      InstanceId: OWNER,
      Device: role === 'spare' ? '/dev/sdg' : '/dev/sdf',
    });
    if (role === 'current') volumeId = id;
  }
  await lab.pass(10);
});
const copies = () =>
  [...lab.ec2.snapshots.values()].map((s) => [s.volumeId, s.tags['aws:dlm:pre-script'], s.tags['aws:dlm:post-script']]);

describe('a policy of instances', () => {
  test('copies what is attached and not left out, and says that its scripts ran', async () => {
    define(details());
    dlm.runNow();
    await lab.pass(60);
    expect(copies()).toEqual([[volumeId, 'SUCCESS', 'SUCCESS']]);
  });

  test.each([
    ['its agent hangs', () => void lab.cloud.faults.hung.set(OWNER, lab.clock.now())],
    [
      'the document has no such command',
      () => ssm.define('freeze', { path: 'D', values: { ...document(['pre-script']) } }),
    ],
  ])('copies all the same where %s, or not at all, as the policy says', async (_, harm) => {
    harm();
    define(details());
    dlm.runNow();
    await lab.pass(90);
    expect(copies()).toEqual([[volumeId, 'FAILED', undefined]]);
    dlm.policies.clear();
    define(details({ ExecuteOperationOnScriptFailure: false }));
    dlm.runNow();
    await lab.pass(90);
    expect(copies()).toHaveLength(1);
  });

  test('does nothing that its role may not', async () => {
    define(details(), { name: 'role', statements: () => policy('ssm:*', '*') });
    dlm.runNow();
    await lab.pass(60);
    expect(copies()).toEqual([]);
    expect(lab.cloud.log.some((h) => h.what.includes('may not ec2:CreateSnapshots'))).toBe(true);
  });

  test.each([
    [
      'a script on volumes',
      details({}, { ResourceTypes: ['VOLUME'], Parameters: {} }),
      /only policies that target instances/,
    ],
    ['a timeout beyond the bounds', details({ ExecutionTimeout: 121 }), /must be 10 to 120/],
    ['more retries than DLM makes', details({ MaximumRetryCount: 4 }), /must be 0 to 3/],
  ])('is refused with %s', (_, wrong, says) => {
    expect(() => define(wrong)).toThrow(says);
  });
});
