import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { EXIT, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { DAY_SETTINGS, type People, withPeople } from '../../../proof/permissions/people.ts';
import { Stacks } from '../../../proof/permissions/survey.ts';
import { MISHAP } from '../../../simulator/aws/account/mishaps.ts';

/** The volume in quarantine, as the simulated EC2 has it. */
function volumeOf({ services }: People) {
  const found = [...services.ec2.volumes.values()].find(({ tags }) =>
    [VOLUME_ROLE.quarantined, VOLUME_ROLE.discarded].some((role) => role === tags[TAG.role]),
  );
  if (!found) throw new Error('nothing is in quarantine');
  return found;
}

test('a volume that its host has is let go of by its operator alone, through lost answers, and stays where it is used', async () => {
  const stacks = new Stacks(mkdtempSync(join(tmpdir(), 'quarantine-')));
  await withPeople(await stacks.of(DAY_SETTINGS), async (people) => {
    const { cloud } = people.services;
    const release = () => people.run('release-quarantine', people.holders.operator);
    const volume = volumeOf(people);
    const host = volume.attachment?.instanceId ?? '';
    const isKept = () => {
      expect(volume.tags[TAG.role]).toBe(VOLUME_ROLE.quarantined);
      expect(volume.attachment).toMatchObject({ instanceId: host, state: 'attached' });
    };

    for (const [service, operation] of [
      ['ec2', 'DetachVolume'],
      ['ec2', 'CreateTags'],
      ['ssm', 'SendCommand'],
    ] as const) {
      cloud.faults.mishaps.order({ service, operation, how: MISHAP.errorAfter, times: 1 });
      const { code, text } = await release();
      expect([operation, code, text.trim().split('\n').at(-1)]).toEqual([
        ...[operation, 0],
        `${volume.id} is let go of: the guard deletes it`,
      ]);
      expect(volume.attachment).toBeUndefined();
      expect(volume.tags[TAG.role]).toBe(VOLUME_ROLE.discarded);
      expect(cloud.faults.mishaps.take({ service, operation } as never)).toBeUndefined();
    }

    // What was damaged mounts nowhere; somebody who reads its device uses it, too.
    const run = cloud.disks.run.bind(cloud.disks);
    const stderr = `remount: process 7 has /dev/nvme1n1 open, which is ${volume.id}\n`;
    cloud.disks.run = (instanceId, command) =>
      command.verb === 'unused'
        ? { exitCode: EXIT.busy, stdout: 'state=busy\n', stderr, realMs: 0 }
        : run(instanceId, command);
    const used = await release();
    expect(used).toMatchObject({
      code: 3,
      text: expect.stringMatching(/used there: process 7 has .*; nothing was done\n$/),
    });
    isKept();
    cloud.disks.run = run;

    cloud.faults.stuckDetaches = 1;
    const stuck = await release();
    expect(stuck).toMatchObject({ code: 1, text: expect.stringContaining('it is kept: give the same command again') });
    expect(volume.tags[TAG.role]).toBe(VOLUME_ROLE.quarantined);

    cloud.faults.hung.set(host, 0);
    const unheard = await release();
    expect(unheard).toMatchObject({ code: 4, text: expect.stringContaining(`could not ask ${host} whether it uses`) });
    expect(volume.tags[TAG.role]).toBe(VOLUME_ROLE.quarantined);
  });
});
