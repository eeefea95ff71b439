import { beforeEach, describe, expect, test } from '@jest/globals';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import type { DrillPorts } from '../../../../lambda/core/drill/ports.ts';
import { CHECKED, DrillScene } from './drill.scene.ts';

let scene: DrillScene;
let ports: DrillPorts;
beforeEach(() => {
  scene = new DrillScene();
  ports = { ...scene.ports, journaled: true };
});

const run = () => drill(scene.workflow, ports, 'alpha');
const followed = () => scene.did.filter((each) => each.startsWith('follow'));

test('a volume that passed follows the journal from then on, once the spare before it is gone', async () => {
  scene.hasSpare(30);
  expect(await run()).toMatchObject({ outcome: 'verified' });
  expect(followed()).toEqual(['follow vol-spare on i-standby', 'follow vol-of-drill-1 on i-standby']);
  expect(scene.did.at(-1)).toBe('follow vol-of-drill-1 on i-standby');
  expect(scene.did.indexOf('discard vol-spare')).toBeLessThan(scene.did.length - 1);
  expect(scene.records[0]?.steps.at(-1)).toMatchObject({
    name: 'follow-spare',
    note: 'vol-of-drill-1 on i-standby: state=following',
  });
});

test('where there is nothing to check, each sweep has the spare followed again: its host may have booted', async () => {
  scene.hasSpare(5);
  scene.points = scene.points.map((point) => ({ ...point, verdict: 'verified' as const }));
  expect(await run()).toMatchObject({ outcome: 'nothing' });
  expect(scene.did).toEqual(['follow vol-spare on i-standby']);
  expect([scene.drillHolder, scene.records]).toEqual([undefined, []]);
});

describe('it is no part of the drill', () => {
  test('that it cannot be followed changes nothing', async () => {
    ports = {
      ...ports,
      host: {
        ...ports.host,
        follow: async () => {
          throw new Error('Systems Manager throttles');
        },
      },
    };
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.ledger.spare?.volumeId).toBe('vol-of-drill-1');
    expect(scene.records[0]?.steps.at(-1)?.note).toContain('Systems Manager throttles');
  });

  test('a heal that begins is made way for, also by a sweep that only follows', async () => {
    scene.hasSpare(5);
    scene.points = scene.points.map((point) => ({ ...point, verdict: 'verified' as const }));
    const { acquireDrill } = ports.ledger;
    const acquire: typeof acquireDrill = async (...args) => {
      const had = await acquireDrill(...args);
      scene.healBegins();
      return had;
    };
    ports = { ...ports, ledger: { ...ports.ledger, acquireDrill: acquire } };
    expect(await run()).toMatchObject({ outcome: 'nothing' });
    expect(scene.did).toEqual([]);
    expect(scene.drillHolder).toBeUndefined();
  });

  test('without a journal nobody follows, and a sweep takes no lease', async () => {
    scene.hasSpare(5);
    expect(await drill(scene.workflow, scene.ports, 'alpha')).toMatchObject({ outcome: 'verified' });
    expect(followed()).toEqual([]);
    expect(scene.did).toEqual(expect.arrayContaining([...CHECKED]));
  });
});
