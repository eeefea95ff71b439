import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { Trigger } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { NOW, probe, world } from '../world.ts';

const WITNESS: Trigger = { kind: 'witness', volume: 'alpha', reason: 'i-standby says so', at: NOW - 10_000 };
const POLICY = { prefer: 'faster', maxAgeMinutes: 120 } as const;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
const run = () => heal(scene.workflow, scene.ports, WITNESS, POLICY);

describe('a heal that a witness asked for', () => {
  test('asks the owner first: it serves, and nothing is touched, noted or said', async () => {
    scene.seen = world();
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect([scene.did, scene.notified, scene.incidents]).toEqual([[], [], []]);
  });

  test('goes on as after an alarm where the owner does not say that it serves', async () => {
    scene.seen = world({ probe: probe('shutdown') });
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.incidents.at(-1)).toMatchObject({ outcome: 'healed', trigger: { kind: 'witness' } });
    expect(scene.did).toContain('serve vol-new1');
  });

  test('ends where another heal has the lease', async () => {
    scene.seen = world({ probe: probe('shutdown') });
    scene.leaseHolder = 'another';
    expect(await run()).toMatchObject({ outcome: 'busy' });
    expect(scene.did).toEqual([]);
  });

  test('leaves it to the alarm where the ledger names nobody', async () => {
    scene.ports.ledger.read = async () => undefined;
    expect(await run()).toMatchObject({ outcome: 'unanswered' });
    expect(scene.did).toEqual([]);
  });
});
