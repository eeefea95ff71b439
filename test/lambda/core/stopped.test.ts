import { describe, expect, test } from '@jest/globals';
import { drill } from '../../../lambda/core/drill/drill.ts';
import { heal } from '../../../lambda/core/heal/heal.ts';
import type { Workflow } from '../../../lambda/core/world/ports.ts';
import { DrillScene } from './drill/drill.scene.ts';
import { Scene } from './scene.ts';
import { NOW, probe, world } from './world.ts';

/** A durable execution keeps of an error what it likes: here nothing, so that whoever decides by its text decides wrongly. */
const forgetful = ({ step, pause }: Workflow): Workflow => ({
  pause,
  step: (name, run) =>
    step(name, run).catch(() => {
      throw new Error('StepError');
    }),
});

describe('a heal', () => {
  const run = (scene: Scene) => {
    scene.seen = world({ probe: probe('shutdown') });
    const trigger = { kind: 'alarm', volume: 'alpha', reason: 'ALARM', at: NOW } as const;
    return heal(forgetful(scene.workflow), scene.ports, trigger, { prefer: 'faster', maxAgeMinutes: 120 });
  };

  test('whose lease another takes is overtaken, whatever is kept of errors', async () => {
    const scene = new Scene();
    const { createReplacement } = scene.ports.compute;
    scene.ports.compute.createReplacement = (order) => {
      scene.leaseHolder = 'another';
      return createReplacement(order);
    };
    expect(await run(scene)).toMatchObject({ outcome: 'overtaken', summary: 'alpha: the lease was lost to another' });
  });

  test('that fails with the words of a lost lease has not lost it, and pages', async () => {
    const scene = new Scene();
    scene.ports.compute.volumes = async () => {
      throw new Error('alpha: the lease was lost to another');
    };
    const trigger = { kind: 'alarm', volume: 'alpha', reason: 'ALARM', at: NOW } as const;
    const ended = await heal(scene.workflow, scene.ports, trigger, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(ended).toMatchObject({ outcome: 'paged' });
  });
});

describe('a drill', () => {
  test('that a heal stops has no verdict, whatever is kept of errors', async () => {
    const scene = new DrillScene();
    scene.before.set('check vol-of-drill-1 on i-standby', () => scene.healBegins());
    expect(await drill(forgetful(scene.workflow), scene.ports, 'alpha')).toMatchObject({ outcome: 'undecided' });
  });

  test('that fails with the words of a yield has failed', async () => {
    const scene = new DrillScene();
    scene.ports.compute.attach = async () => {
      throw new Error('alpha: the drill yields: a heal is under way');
    };
    await expect(drill(scene.workflow, scene.ports, 'alpha')).rejects.toThrow('the drill yields');
  });
});
