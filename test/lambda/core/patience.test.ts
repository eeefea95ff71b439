import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal } from '../../../lambda/core/heal/heal.ts';
import type { Trigger } from '../../../lambda/core/world/model.ts';
import { patienceSeconds } from '../../../lambda/core/world/patience.ts';
import type { HostAnswer } from '../../../lambda/core/world/ports.ts';
import { Scene } from './scene.ts';
import { instance, NOW, point, probe, volume, world } from './world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const POLICY = { prefer: 'faster', maxAgeMinutes: 120 } as const;
const run = () => heal(scene.workflow, scene.ports, ALARM, POLICY);

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [point(10), point(70)] });
});

/** The next mounts of a volume take so many answers, each after 50 s. */
function mounts(volumeId: string, answers: number, result: HostAnswer['result'] = 'mounting'): void {
  const { mount } = scene.ports.host;
  let left = answers;
  (scene.ports.host as { mount: typeof mount }).mount = async (at, volume, id) => {
    if (id !== volumeId || left-- <= 0) return mount(at, volume, id);
    scene.now += 50_000;
    scene.did.push(`mount ${id}: ${result}`);
    return { result, values: { progress: String((answers - left) * 1000) }, detail: result };
  };
}
const of = (what: string) => scene.did.filter((did) => did.startsWith(what));

describe('a mount that moves on', () => {
  test('is waited for, and people are notified once, with how far it is', async () => {
    mounts('vol-new1', 7);
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(of('mount vol-new1').length).toBe(8);
    expect(of('create').length).toBe(1);
    expect(scene.notified).toEqual([
      'Remount: alpha is mounted slowly',
      'Remount: alpha is served again, from a snapshot',
    ]);
    expect(scene.texts[0]).toContain('1000 sectors');
  });

  test('is waited for longer, the larger the volume is', () => {
    expect(patienceSeconds(100)).toBeGreaterThan(360);
    expect(patienceSeconds(16_384)).toBeGreaterThan(patienceSeconds(100) + 900);
  });

  test('is given up in the end; its copy is not rejected, and the next one is tried', async () => {
    mounts('vol-new1', 1000);
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.committed?.currentVolume).toBe('vol-new2');
    expect(of('reject')).toEqual([]);
    expect(of('mount vol-new1').length * 50).toBeLessThan(patienceSeconds(100) + 120);
  });

  test('goes on being waited for where people cannot be notified', async () => {
    mounts('vol-new1', 3);
    const { notify } = scene.ports.people;
    (scene.ports.people as { notify: typeof notify }).notify = async (message) => {
      if (message.kind === 'slowMount') throw new Error('no topic');
      return notify(message);
    };
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(of('create').length).toBe(1);
    expect(scene.incidents.at(-1)?.steps.find((s) => s.name === 'notify-slow')?.note).toContain('no topic');
  });

  test('of a volume that is sound, and only lost its mount, is waited for too', async () => {
    scene.seen = world({ probe: probe('notMounted'), reachableOn: [] });
    mounts('vol-11111111', 5);
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(of('mount vol-11111111').length).toBe(6);
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-11111111', owner: 'i-owner' });
  });

  test('of the spare is waited for, once its owner is known to be dead', async () => {
    const spare = { volumeId: 'vol-spare', snapshotId: 'snap-10', instanceId: 'i-standby', at: NOW - 600_000 } as const;
    const { ledger } = scene.seen;
    if (!ledger) throw new Error('the world has a ledger');
    const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
    const made = volume({ id: 'vol-spare', role: 'spare', scheduled: false, attachments });
    scene.seen = { ...scene.seen, volumes: [...scene.seen.volumes, made], ledger: { ...ledger, spare } };
    mounts('vol-spare', 4);
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(of('create')).toEqual([]);
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare' });
  });

  test('of the spare is not waited for where the volume serves after all', async () => {
    const spare = { volumeId: 'vol-spare', snapshotId: 'snap-10', instanceId: 'i-standby', at: NOW - 600_000 } as const;
    scene.seen = world({
      ledger: {
        ...world().ledger,
        generation: 1,
        currentVolume: 'vol-11111111',
        owner: 'i-owner',
        lease: undefined,
        paged: undefined,
        spare,
      },
    });
    mounts('vol-spare', 4);
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect(of('mount').length).toBe(1);
    expect(scene.notified).toEqual([]);
  });
});

describe('a mount that moves nothing', () => {
  test('is tried twice, then the next copy is; the first is not rejected', async () => {
    mounts('vol-new1', 1000, 'timeout');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(of('mount vol-new1').length).toBe(2);
    expect(scene.committed?.currentVolume).toBe('vol-new2');
    expect(of('reject')).toEqual([]);
  });

  test('of a sound volume is tried on another host', async () => {
    scene.seen = world({
      probe: probe('notMounted'),
      reachableOn: [],
      instances: [instance('i-owner'), instance('i-standby')],
    });
    mounts('vol-11111111', 2, 'timeout');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-11111111', owner: 'i-standby' });
  });
});

describe('a copy that loads its blocks when they are first read', () => {
  test('serves though there was no time to count all its files, and people are notified', async () => {
    scene.printed.set('verify vol-new1', { files: '37', filesComplete: 'false' });
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(of('create').length).toBe(1);
    expect(scene.incidents.at(-1)?.replacement).toMatchObject({ files: 37, moreFiles: true, cold: true });
    expect(scene.texts.at(-1)).toContain('at least 37 files');
  });

  test('is reported as slow at first; files that were all counted are their number', async () => {
    scene.printed.set('verify vol-new1', { files: '37', filesComplete: 'true' });
    await run();
    expect(scene.incidents.at(-1)?.replacement).not.toHaveProperty('moreFiles');
    expect(scene.texts.at(-1)).toContain('vol-new1 loads each block from the snapshot when that is first read');
    expect(scene.texts.at(-1)).toContain(', 37 files)');
  });
});
