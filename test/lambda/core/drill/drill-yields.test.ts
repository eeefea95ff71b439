import { beforeEach, describe, expect, test } from '@jest/globals';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import { volume } from '../world.ts';
import { CHECKED, DISPOSED, DrillScene } from './drill.scene.ts';

let scene: DrillScene;
beforeEach(() => {
  scene = new DrillScene();
});

const run = () => drill(scene.workflow, scene.ports, 'alpha');

describe('a heal', () => {
  test('that is under way: nothing is drilled, and no lease is taken', async () => {
    scene.healBegins();
    expect(await run()).toEqual({ outcome: 'nothing', summary: 'a heal is under way' });
    expect(scene.did).toEqual([]);
    expect(scene.records).toEqual([]);
  });

  test.each([
    ['create vol-of-drill-1 from snap-10', 1],
    ['attach vol-of-drill-1 i-standby', 2],
    ['check vol-of-drill-1 on i-standby', 3],
    ['verified snap-10 up to 2026-01-07T11:49:30.000Z', 4],
    ['spare vol-of-drill-1', 5],
  ])('that begins at "%s" is made way for before anything else is changed', async (at, done) => {
    scene.hasSpare(30);
    scene.before.set(at, () => scene.healBegins());
    const { outcome, summary } = await run();
    expect(outcome).toBe('undecided');
    expect(summary).toContain('a heal is under way');
    expect(scene.did).toHaveLength(done);
    expect(scene.ledger.spare?.volumeId).toBe('vol-spare');
    expect(scene.notified).toEqual([]);
    expect(scene.drillHolder).toBeUndefined();
    expect(scene.records).toMatchObject([{ outcome: 'undecided' }]);
  });

  test('that begins while the check runs is made way for at the next look', async () => {
    scene.looks = 20;
    const { pause } = scene.workflow;
    scene.ports.host.checkAnswer = async () => undefined;
    let waits = 0;
    scene.workflow.pause = async (name, seconds) => {
      await pause(name, seconds);
      if (++waits === 3) scene.healBegins();
    };
    expect(await run()).toMatchObject({ outcome: 'undecided' });
    expect(waits).toBe(3);
    expect(scene.did).toEqual(CHECKED);
  });

  test('that begins as the spare is noted: the ledger refuses, and the old one is left', async () => {
    scene.hasSpare(30);
    scene.before.set('note vol-of-drill-1', () => scene.healBegins());
    expect(await run()).toMatchObject({
      outcome: 'verified',
      summary: expect.stringContaining('a heal began, so it is not the spare'),
    });
    expect(scene.did.at(-1)).toBe('note vol-of-drill-1');
    expect(scene.ledger.spare?.volumeId).toBe('vol-spare');
  });

  test('that came and went, and replaced the volume: the copy is of what served before, and is not kept', async () => {
    scene.before.set('verified snap-10 up to 2026-01-07T11:49:30.000Z', () => {
      scene.volumes.push(volume({ id: 'vol-new', generation: 2 }));
      scene.wasReplacedBy('vol-new');
    });
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.slice(-3)).toEqual(DISPOSED);
    expect(scene.ledger.spare).toBeUndefined();
  });

  test('that took the old spare while the new one was noted: what serves is not cleared away, whatever its tag says', async () => {
    scene.hasSpare(30);
    scene.before.set('note vol-of-drill-1', () => scene.wasReplacedBy('vol-spare'));
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.at(-1)).toBe('note vol-of-drill-1');
  });

  test('that took the spare and died before the tags were settled: a drill leaves it in service', async () => {
    scene.hasSpare(30);
    scene.wasReplacedBy('vol-spare');
    // The old owner is the standby now.
    await run();
    expect(scene.did.filter((d) => d.includes('vol-spare'))).toEqual([]);
  });
});
