import { expect, test } from '@jest/globals';
import { fence } from '../../lambda/core/fence.ts';
import { heal } from '../../lambda/core/heal.ts';
import { Journal } from '../../lambda/core/journal.ts';
import { Scene } from './scene.ts';
import { NOW, volume, world } from './world.ts';

function fenced(owner: Parameters<typeof fence>[4], moves = false) {
  const scene = new Scene();
  const journal = new Journal(scene.workflow, scene.ports.clock);
  journal.guardBy(async () => {});
  return fence(scene.ports, journal, 'alpha', 'vol-11111111', owner, moves).then((end) => ({ ...end, did: scene.did }));
}

test('a volume that is attached nowhere needs no fence', async () => {
  expect(await fenced({ kind: 'nobody' })).toMatchObject({ certain: true, did: [] });
});

test.each([true, false])('one that is attached to somebody of whom EC2 says nothing is never fenced', async (moves) => {
  expect(await fenced({ kind: 'unseen', id: 'i-elsewhere' }, moves)).toMatchObject({ certain: false, did: [] });
});

test.each(['stopped', 'terminated'])('an owner that is %s writes nothing', async (state) => {
  expect(await fenced({ kind: 'instance', id: 'i-owner', state })).toMatchObject({ certain: true, did: [] });
});

test('an owner that runs is asked to let go', async () => {
  const end = await fenced({ kind: 'instance', id: 'i-owner', state: 'running' });
  expect(end).toMatchObject({ certain: true, did: ['release vol-11111111'] });
});

test('a heal never replaces a volume in quarantine that is attached to an instance that EC2 does not show', async () => {
  const scene = new Scene();
  const attachments = [{ instanceId: 'i-elsewhere', device: '/dev/sdf', state: 'attached' }];
  scene.seen = world({ volumes: [volume({ role: 'quarantined', scheduled: false, attachments })], probe: undefined });
  const alarm = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW } as const;
  const end = await heal(scene.workflow, scene.ports, alarm, { prefer: 'faster', maxAgeMinutes: 120 });
  expect(end).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('i-elsewhere') });
  expect(scene.did).toEqual([]);
});
