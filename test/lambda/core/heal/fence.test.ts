import { describe, expect, test } from '@jest/globals';
import { takeOff } from '../../../../lambda/core/heal/attach.ts';
import { fence } from '../../../../lambda/core/heal/fence.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import { Journal } from '../../../../lambda/core/world/journal.ts';
import type { ProbeState } from '../../../../lambda/core/world/model.ts';
import type { HostAnswer } from '../../../../lambda/core/world/ports.ts';
import { Scene } from '../scene.ts';
import { instance, NOW, probe, volume, world } from '../world.ts';

type Owner = Parameters<typeof fence>[1]['owner'];
const OWNER: Owner = { kind: 'instance', id: 'i-owner', state: 'running' };

const runOf = ({ ports }: Scene, journal: Journal) => ({ ports, journal, healId: 'heal', volume: 'alpha' });

function fenceIn(scene: Scene, moves: boolean, owner = OWNER) {
  const journal = new Journal(scene.workflow, scene.ports.clock);
  journal.guardBy(async () => undefined);
  return fence(runOf(scene, journal), { volumeId: 'vol-11111111', owner, moves });
}

async function fenced(owner: Owner, moves = false, state = 'running') {
  const scene = new Scene();
  scene.seen = world({ instances: [instance('i-owner', { state }), instance('i-standby')] });
  const end = await fenceIn(scene, moves, owner);
  return { ...end, did: scene.did, fencing: scene.fencing };
}

test('a volume that is attached nowhere needs no fence', async () => {
  expect(await fenced({ kind: 'nobody' })).toMatchObject({ certain: true, did: [] });
});

test.each([true, false])('one that is attached to somebody of whom EC2 says nothing is never fenced', async (moves) => {
  expect(await fenced({ kind: 'unseen', id: 'i-elsewhere' }, moves)).toMatchObject({ certain: false, did: [] });
});

test.each(['stopped', 'terminated'])('an owner that is %s writes nothing', async (state) => {
  const end = await fenced({ kind: 'instance', id: 'i-owner', state }, false, state);
  expect(end).toMatchObject({ certain: true, did: [], fencing: ['i-owner'] });
});

test('an owner that was stopped and was started before the ledger knew of its fence is asked to let go', async () => {
  const end = await fenced({ kind: 'instance', id: 'i-owner', state: 'stopped' });
  expect(end).toMatchObject({ certain: true, did: ['release vol-11111111'], fencing: ['i-owner'] });
});

test('the ledger knows of a fence before anything that it is certain of is seen', async () => {
  const scene = new Scene();
  scene.failing.add('note fencing');
  await expect(fenceIn(scene, false)).rejects.toThrow('denied');
  expect(scene.did).toEqual([]);
});

test.each([
  ['ok', true],
  ['unreachable', false],
] as const)('an owner that boots, and was not asked at first, is asked once it answers: %s', async (again, certain) => {
  const scene = new Scene();
  const answers = ['unreachable', again] as const;
  let asked = 0;
  scene.ports.host.release = async () => ({ result: answers[asked++] ?? 'failed', values: {}, detail: '' });
  scene.ports.host.probe = async (id) => probe('notMounted', id);
  scene.stopsAs = 'running';
  const end = await fenceIn(scene, false);
  // Nothing is mounted there yet; whether it stays so, only the host can see to.
  expect({ certain: end.certain, asked }).toEqual({ certain, asked: 2 });
});

test('an owner that runs is asked to let go', async () => {
  const end = await fenced({ kind: 'instance', id: 'i-owner', state: 'running' });
  expect(end).toMatchObject({ certain: true, did: ['release vol-11111111'], fencing: ['i-owner'] });
});

test('a heal never replaces a volume in quarantine that is attached to an instance that EC2 does not show', async () => {
  const scene = new Scene();
  const attachments = [{ instanceId: 'i-elsewhere', device: '/dev/sdf', state: 'attached' }] as const;
  scene.seen = world({ volumes: [volume({ role: 'quarantined', scheduled: false, attachments })], probe: undefined });
  const alarm = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW } as const;
  const end = await heal(scene.workflow, scene.ports, alarm, { prefer: 'faster', maxAgeMinutes: 120 });
  expect(end).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('i-elsewhere') });
  expect(scene.did).toEqual([]);
});

/** What `release` answers, what the probe says then, and whether the owner counts as fenced: where another volume takes over, and where this one moves. */
const ANSWERS: readonly (readonly [HostAnswer['result'], HostAnswer['values'], ProbeState, boolean, boolean])[] = [
  ['ok', { state: 'released' }, 'notMounted', true, true],
  // Shut down, with a file open: it takes no writes, but it cannot be detached.
  ['ok', { state: 'fenced' }, 'notMounted', true, false],
  ['busy', { held: 'other' }, 'notMounted', false, false],
  ['busy', {}, 'notMounted', false, false],
  // Nothing but a probe of ours hangs there.
  ['busy', { held: 'own' }, 'notMounted', true, false],
  ['busy', { held: 'own' }, 'serving', false, false],
  ['busy', { held: 'own' }, 'timeout', false, false],
  ['busy', { held: 'own' }, 'unreachable', false, false],
  ['timeout', {}, 'notMounted', true, false],
  ['timeout', {}, 'timeout', false, false],
  ['timeout', {}, 'shutdown', true, false],
  ['unreachable', {}, 'unreachable', false, false],
  ['failed', {}, 'serving', false, false],
];

describe.each([false, true])('an owner that is asked to let go, where the volume itself moves: %s', (moves) => {
  test.each(ANSWERS)('release says %s %p, and the probe %s', async (result, printed, state, replaced, moved) => {
    const scene = new Scene();
    scene.answers.set('release vol-11111111', result);
    scene.printed.set('release vol-11111111', printed);
    scene.ports.host.probe = async (id) => probe(state, id);
    scene.stopsAs = 'running';
    const end = await fenceIn(scene, moves);
    const certain = moves ? moved : replaced;
    expect({ certain: end.certain, stopped: scene.did.includes('stop i-owner') }).toEqual({
      certain,
      stopped: !certain,
    });
  });
});

test('an owner that is asked to stop, and that EC2 does not list then, is not taken for stopped', async () => {
  const scene = new Scene();
  scene.answers.set('release vol-11111111', 'unreachable');
  scene.ports.compute.instances = async () => [];
  const end = await fenceIn(scene, true);
  expect(end).toMatchObject({
    certain: false,
    reasons: [{ code: 'notReleased' }, { code: 'notStopped', instanceId: 'i-owner' }],
  });
});

test('a candidate that is fenced and still mounted is not detached', async () => {
  const scene = new Scene();
  scene.printed.set('release vol-11111111', { state: 'fenced' });
  const journal = new Journal(scene.workflow, scene.ports.clock);
  journal.guardBy(async () => undefined);
  expect(await takeOff(runOf(scene, journal), 'vol-11111111', 'i-owner')).toBe(false);
  expect(scene.did).toEqual(['release vol-11111111']);
});
