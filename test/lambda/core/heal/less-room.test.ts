import { describe, expect, test } from '@jest/globals';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { Trigger } from '../../../../lambda/core/world/model.ts';
import { DrillScene } from '../drill/drill.scene.ts';
import { Scene } from '../scene.ts';
import { NOW, point, probe, volume, world } from '../world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const GROWN = 160;

describe('a spare from before its volume was made larger', () => {
  /** The current volume has so many GiB, and the spare 100. */
  const healed = async (sizeGiB: number) => {
    const scene = new Scene();
    const { ledger, ...rest } = world({ probe: probe('shutdown') });
    if (!ledger) throw new Error('the world has a ledger');
    const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
    const spare = {
      volumeId: 'vol-spare',
      snapshotId: 'snap-70',
      instanceId: 'i-standby',
      at: NOW - 70 * 60_000,
    } as const;
    scene.seen = {
      ...rest,
      volumes: [
        volume({ sizeGiB }),
        volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-70', attachments }),
      ],
      ledger: { ...ledger, spare, verifiedAt: spare.at },
    };
    const end = await heal(scene.workflow, scene.ports, ALARM, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(end).toMatchObject({ outcome: 'healed' });
    expect(scene.committed?.currentVolume).toBe('vol-spare');
    return { text: scene.texts.at(-1), record: scene.incidents.at(-1) };
  };

  test('serves, and people are notified of how much room is missing', async () => {
    const { text, record } = await healed(GROWN);
    expect(record?.lessRoom).toEqual({ before: GROWN, now: 100 });
    expect(text).toContain('vol-spare has 100 GiB, and vol-11111111 has 160: it was made before that grew.');
  });

  test('nothing is said of one that is as large', async () => {
    const { text, record } = await healed(100);
    expect(record).not.toHaveProperty('lessRoom');
    expect(text).not.toContain('GiB');
  });
});

describe('no volume is made smaller than the snapshot that it is made from, though what serves is:', () => {
  test('a replacement', async () => {
    const scene = new Scene();
    scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [point(10, { sizeGiB: GROWN })] });
    const sizes: number[] = [];
    const { createReplacement } = scene.ports.compute;
    scene.ports.compute.createReplacement = async (order) => {
      sizes.push(order.like.sizeGiB);
      return createReplacement(order);
    };
    await heal(scene.workflow, scene.ports, ALARM, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(sizes).toEqual([GROWN]);
  });

  test.each([
    [GROWN, GROWN],
    [50, 100],
  ])('a drill, of a copy of %i GiB: %i', async (sizeGiB, made) => {
    const scene = new DrillScene();
    scene.points = [point(10, { sizeGiB })];
    await drill(scene.workflow, scene.ports, 'alpha');
    expect(scene.volumes.find((v) => v.id === 'vol-of-drill-1')?.sizeGiB).toBe(made);
  });
});
