/** Checks as Systems Manager runs them on one host: `host/check.sh` refuses a second one (`test/host/check.script.ts`). */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../../contract/contract.ts';
import { Hosts } from '../../../simulator/aws/fleet/hosts.ts';
import { Ssm } from '../../../simulator/aws/ssm/ssm.ts';
import { ANYONE, Lab } from './lab.ts';

const [HOST, NEXT] = ['i-0aaaaaaaaaaaaaaaa', 'i-0bbbbbbbbbbbbbbbb'];
const [ONE, TWO] = ['vol-0000000000000000a', 'vol-0000000000000000b'];

let lab: Lab;
let ssm: Ssm;

beforeEach(() => {
  lab = new Lab();
  ssm = new Ssm(lab.cloud, lab.ec2, new Hosts(lab.cloud));
  const parameter = { type: 'String', interpolationType: 'ENV_VAR' };
  const runCommand = ['# remount-verb: check'];
  const Content = {
    schemaVersion: '2.2',
    parameters: { Volume: parameter, VolumeId: parameter, Seed: parameter },
    mainSteps: [{ action: 'aws:runShellScript', name: 'check', inputs: { runCommand } }],
  };
  ssm.define('check', { path: 'check', values: { DocumentType: 'Command', Content } });
  for (const id of [HOST, NEXT]) lab.launch(id);
});

/** Sends the command, and lets it begin. */
async function send(volumeId: string, instanceId = HOST): Promise<void> {
  const Parameters = { Volume: ['alpha'], VolumeId: [volumeId], Seed: ['1'] };
  const input = { DocumentName: 'check', InstanceIds: [instanceId], Parameters };
  await lab.within(() => lab.cloud.call(ANYONE, 'ssm', 'SendCommand', input));
  await lab.pass(5);
}
/** What became of those that have ended. On these hosts no volume is attached. */
const ended = () => ssm.ran.map(({ volumeId, exitCode }) => [volumeId, exitCode]);
const HOUR = 3600;

describe('a host that checks a copy', () => {
  test('refuses another one at once, and takes it when it is done', async () => {
    await send(ONE);
    await send(TWO);
    expect(ended()).toEqual([[TWO, EXIT.busy]]);
    await lab.pass(HOUR);
    await send(TWO);
    await lab.pass(HOUR);
    expect(ended().slice(1)).toEqual([
      [ONE, EXIT.noDevice],
      [TWO, EXIT.noDevice],
    ]);
  });

  test('is asked twice for the same one: the later takes over', async () => {
    await send(ONE);
    await send(ONE);
    expect(ended()).toEqual([[ONE, EXIT.interrupted]]);
    await lab.pass(HOUR);
    expect(ended().slice(1)).toEqual([[ONE, EXIT.noDevice]]);
  });

  test('is not the next host', async () => {
    await send(ONE);
    await send(TWO, NEXT);
    await lab.pass(HOUR);
    expect(ended()).not.toContainEqual([TWO, EXIT.busy]);
  });

  test('and hangs meanwhile refuses nobody for ever', async () => {
    await send(ONE);
    lab.cloud.faults.hung.set(HOST, lab.clock.now());
    await lab.pass(HOUR);
    lab.cloud.faults.hung.delete(HOST);
    await send(TWO);
    await lab.pass(HOUR);
    expect(ended()).toEqual([[TWO, EXIT.noDevice]]);
  });
});
