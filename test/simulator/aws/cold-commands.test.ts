/** Commands on volumes that load lazily, as Systems Manager shows them. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Hosts } from '../../../simulator/aws/fleet/hosts.ts';
import { Ssm } from '../../../simulator/aws/ssm/ssm.ts';
import { makeCourse, runVerb } from '../disks/support.ts';
import { ANYONE, Lab } from './lab.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const LARGE = { courses: 20_000, files: 1_000_000, kib: 500 * 1024 * 1024, groups: 600 };

let lab: Lab;
let ssm: Ssm;
let copy = '';

/** A document of a host verb, in the words of CloudFormation. */
function documentOf(verb: string): Record<string, unknown> {
  const parameter = { type: 'String', interpolationType: 'ENV_VAR' };
  return {
    DocumentType: 'Command',
    Content: {
      schemaVersion: '2.2',
      parameters: { Volume: parameter, VolumeId: parameter },
      mainSteps: [{ action: 'aws:runShellScript', name: verb, inputs: { runCommand: [`# remount-verb: ${verb}`] } }],
    },
  };
}

async function snapshotOf(source: string): Promise<string> {
  const { disks } = lab.cloud;
  await lab.call('AttachVolume', { VolumeId: source, InstanceId: HOST, Device: '/dev/sdf' });
  await lab.pass(10);
  for (const verb of ['format', 'mount', 'serve']) runVerb(disks, HOST, verb, { volume: 'alpha', volumeId: source });
  disks.upload(HOST, 'alpha', makeCourse('one'));
  const { SnapshotId } = await lab.call('CreateSnapshot', { VolumeId: source });
  await lab.pass(3600);
  return String(SnapshotId);
}

beforeEach(async () => {
  lab = new Lab();
  ssm = new Ssm(lab.cloud, lab.ec2, new Hosts(lab.cloud));
  for (const verb of ['mount', 'verify', 'release']) ssm.define(verb, { path: verb, values: documentOf(verb) });
  lab.launch(HOST);
  const SnapshotId = await snapshotOf(await lab.made());
  lab.cloud.loading.standsFor = LARGE;
  copy = await lab.made({ SnapshotId });
  await lab.call('AttachVolume', { VolumeId: copy, InstanceId: HOST, Device: '/dev/sdg' });
  await lab.pass(10);
});

/** Sends a command. @returns its id */
async function send(verb: string): Promise<string> {
  const Parameters = { Volume: ['alpha'], VolumeId: [copy] };
  const input = { DocumentName: verb, InstanceIds: [HOST], Parameters };
  const sent = (await lab.within(() => lab.cloud.call(ANYONE, 'ssm', 'SendCommand', input))) as Record<string, unknown>;
  return String((sent.Command as Record<string, unknown>).CommandId);
}

async function answered(CommandId: string): Promise<Record<string, unknown>> {
  const input = { CommandId, InstanceId: HOST };
  return (await lab.within(() => lab.cloud.call(ANYONE, 'ssm', 'GetCommandInvocation', input))) as Record<
    string,
    unknown
  >;
}

/** Seconds that a command takes, to its end. */
async function seconds(verb: string): Promise<number> {
  await send(verb);
  await lab.pass(120);
  const ran = ssm.ran.findLast((r) => r.verb === verb);
  return ran ? (ran.endedAt - ran.beganAt) / 1000 : Number.NaN;
}

describe('a command on a volume that loads lazily', () => {
  test('takes longer, once: what was released and is mounted again was touched', async () => {
    const [first, released, again] = [await seconds('mount'), await seconds('release'), await seconds('mount')];
    expect(first).toBeGreaterThan(again + 15);
    expect(released).toBeLessThan(10);
  });

  test('is under way until its blocks are there, and counts no further than it may', async () => {
    await seconds('mount');
    const id = await send('verify');
    await lab.pass(10);
    expect((await answered(id)).Status).toBe('InProgress');
    await lab.pass(30);
    const { Status, StandardOutputContent } = await answered(id);
    expect(Status).toBe('Success');
    expect(StandardOutputContent).toContain('filesComplete=false');
  });

  test('ends when its host wakes up that hung meanwhile', async () => {
    const id = await send('mount');
    await lab.pass(10);
    lab.cloud.faults.hung.set(HOST, lab.clock.now());
    await lab.pass(90);
    expect((await answered(id)).Status).toBe('InProgress');
    lab.cloud.faults.hung.delete(HOST);
    await lab.pass(5);
    expect((await answered(id)).Status).toBe('Success');
  });
});
