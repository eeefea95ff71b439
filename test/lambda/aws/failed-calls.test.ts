import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal } from '../../../lambda/core/heal/heal.ts';
import type { Observation, Trigger } from '../../../lambda/core/world/model.ts';
import { observe } from '../../../lambda/core/world/observe.ts';
import { Scene } from '../core/scene.ts';
import { instance, NOW, point, probe, volume, world } from '../core/world.ts';

/** What could not be asked for is not empty, and what one answer lacks is not gone: nothing is made or moved on it. */
const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  const instances = [instance('i-owner'), instance('i-standby')];
  scene.seen = world({ probe: probe('shutdown'), instances, recoveryPoints: [point(10), point(70)] });
});
const run = () => heal(scene.workflow, scene.ports, ALARM, { prefer: 'faster', maxAgeMinutes: 120 });
const acted = () => scene.did.filter((done) => !/^(probe|copy)/.test(done));

/** In the place of what a port answers. */
function answering(name: 'volumes' | 'instances' | 'recoveryPoints', answer: () => Promise<unknown>): void {
  (scene.ports.compute as unknown as Record<string, unknown>)[name] = answer;
}

test('as it is, the volume is replaced', async () => {
  expect(await run()).toMatchObject({ outcome: 'healed' });
});

describe('a look of the healer that fails', () => {
  test.each(['volumes', 'instances', 'recoveryPoints'] as const)('at %s: nothing is done on it', async (name) => {
    answering(name, async () => {
      throw new Error('it was throttled');
    });
    await expect(observe(scene.ports, 'alpha')).rejects.toThrow('it was throttled');
    expect(await run()).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('it was throttled') });
    expect(acted()).toEqual([]);
  });

  test('at the ledger: the heal does not begin, or fails, and does nothing', async () => {
    (scene.ports.ledger as { read: unknown }).read = async () => {
      throw new Error('it was throttled');
    };
    await expect(observe(scene.ports, 'alpha')).rejects.toThrow('it was throttled');
    await run().catch(() => {});
    expect(acted()).toEqual([]);
  });

  test('at the load balancer: it was not asked, which is neither reached nor out of reach', async () => {
    (scene.ports.balancer as { reach: unknown }).reach = async () => ({ why: 'it was throttled' });
    const seen: Observation = await observe(scene.ports, 'alpha');
    expect([seen.reachableOn, seen.answering, seen.unasked]).toEqual([undefined, undefined, 'it was throttled']);
  });
});

describe('a look of the healer that lacks', () => {
  test('the volume that the ledger names: no other one is made', async () => {
    const ledger = {
      generation: 1,
      currentVolume: 'vol-11111111',
      owner: 'i-owner',
      lease: undefined,
      paged: undefined,
    } as const;
    scene.seen = { ...scene.seen, ledger, volumes: [] };
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(acted()).toEqual([]);
  });

  test('the owner: it may write, and nothing is made', async () => {
    scene.seen = { ...scene.seen, instances: [instance('i-standby')] };
    expect(await run()).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('EC2 does not show') });
    expect(acted().filter((done) => !done.startsWith('unschedule'))).toEqual([]);
  });

  test('all recovery points: a person is notified, and the old volume stays as it is', async () => {
    scene.seen = { ...scene.seen, recoveryPoints: [], volumes: [volume()] };
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(acted().filter((done) => !done.startsWith('unschedule'))).toEqual([]);
  });
});
