import { beforeEach, describe, expect, test } from '@jest/globals';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import type { HostAnswer } from '../../../../lambda/core/world/ports.ts';
import { NOW } from '../world.ts';
import { DrillScene, SOUND } from './drill.scene.ts';

let scene: DrillScene;
beforeEach(() => {
  scene = new DrillScene();
});

const run = () => drill(scene.workflow, scene.ports, 'alpha');

describe('the metrics of a drill', () => {
  test.each<[string, HostAnswer['result'], Record<string, string>, boolean, number]>([
    ['that passed', 'ok', SOUND, true, 100],
    ['that had time for a part', 'ok', { ...SOUND, files: '12', checked: '3' }, true, 25],
    ['of a copy without a file', 'ok', { ...SOUND, files: '0', checked: '0' }, true, 100],
    ['that found an altered file', 'altered', { files: '10', checked: '9' }, false, 90],
    ['of a copy that is not mounted', 'unmountable', {}, false, 0],
  ])('%s', async (_, result, values, passed, coverage) => {
    scene.answer = { result, values, detail: 'differs: a' };
    await run();
    const { endedAt = 0 } = scene.records[0] ?? {};
    expect(endedAt).toBeGreaterThan(NOW);
    expect(scene.published).toEqual([
      { volume: 'alpha', passed, coverage, complete: false, seconds: (endedAt - NOW) / 1000, at: endedAt },
    ]);
  });

  test.each<[string, (of: DrillScene) => unknown]>([
    ['without a verdict', (of) => Object.assign(of, { answer: { result: 'unreachable', values: {}, detail: '' } })],
    ['that a heal stopped', (of) => of.before.set('attach vol-of-drill-1 i-standby', () => of.healBegins())],
    ['with nothing to do', (of) => Object.assign(of, { points: [] })],
  ])('there are none of one %s', async (_, arrange) => {
    arrange(scene);
    expect((await run()).outcome).toMatch(/undecided|nothing/);
    expect(scene.published).toEqual([]);
  });

  test('that cannot be published change nothing of the verdict, and the log says so', async () => {
    scene.unpublished = 'AccessDenied';
    const heldBy: unknown[] = [];
    const { publish } = scene.ports.metrics;
    scene.ports.metrics.publish = async (drilled) => {
      heldBy.push(scene.drillHolder);
      await publish(drilled);
    };
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.ledger.spare?.volumeId).toBe('vol-of-drill-1');
    expect(scene.records).toMatchObject([{ outcome: 'verified' }]);
    expect(scene.logged).toEqual(['alpha: the metrics of this drill are lost: AccessDenied']);
    // Nor does it keep the next drill waiting.
    expect(heldBy).toEqual([undefined]);
  });
});
