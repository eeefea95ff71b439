import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { Replaced, Trigger } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { NOW, volume, world } from '../world.ts';

const SWEEP: Trigger = { kind: 'sweep', volume: 'alpha', reason: 'sweep', at: undefined };
const REPLACED: Replaced = {
  oldVolume: 'vol-old',
  newVolume: 'vol-11111111',
  snapshotId: 'snap-10',
  owner: 'i-owner',
  recoveryPointAt: NOW - 600_000,
  files: 12,
};

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
const run = (trigger: Trigger) => heal(scene.workflow, scene.ports, trigger, { prefer: 'faster', maxAgeMinutes: 120 });

const ALARM = (alarm: 'serving' | 'reachable'): Trigger => ({
  kind: 'alarm',
  alarm,
  volume: 'alpha',
  reason: 'x',
  at: NOW,
});

describe('EC2 cannot be asked, and content serves', () => {
  const failing = (error: Error) => {
    scene.ports.compute.volumes = async () => {
      throw error;
    };
  };
  const silent = Object.assign(new Error('no answer'), { unanswered: 'EC2' });

  test.each(['serving', 'reachable'] as const)('nobody is called to what is well: alarm %s', async (alarm) => {
    scene.seen = world();
    failing(silent);
    expect(await run(ALARM(alarm))).toMatchObject({
      outcome: 'falseAlarm',
      summary: expect.stringMatching(/is served/),
    });
    expect(scene.messages).toEqual([]);
  });

  test('what the load balancer does not reach is not well', async () => {
    scene.seen = world({ reachableOn: [] });
    failing(silent);
    expect(await run(ALARM('reachable'))).toMatchObject({ outcome: 'paged' });
  });

  test('what is denied is reported', async () => {
    scene.seen = world();
    failing(new Error('UnauthorizedOperation'));
    expect(await run(ALARM('serving'))).toMatchObject({ outcome: 'paged' });
  });
});

describe('EC2 takes no tags, and content serves', () => {
  const left = volume({ id: 'vol-left', role: 'candidate', generation: 2, scheduled: false, attachments: [] });
  const failing = (error: Error) => {
    scene.ports.compute.quarantine = async () => {
      throw error;
    };
  };
  const silent = Object.assign(new Error('no answer'), { unanswered: 'EC2' });

  test('nobody is paged: the next sweep does it', async () => {
    scene.seen = world({ volumes: [volume(), left] });
    failing(silent);
    expect(await run(SWEEP)).toMatchObject({
      outcome: 'sound',
      summary: expect.stringMatching(/are to follow: no answer/),
    });
    expect(scene.messages).toEqual([]);
  });

  test('good news does not wait for them', async () => {
    scene.replaced = REPLACED;
    scene.seen = world({ volumes: [volume(), left], ledger: { ...world().ledger, replaced: REPLACED } as never });
    failing(silent);
    expect(await run(SWEEP)).toMatchObject({ outcome: 'healed', summary: expect.stringMatching(/are to follow/) });
    expect(scene.messages.map((m) => m.kind)).toEqual(['served']);
  });

  test('what is denied is reported', async () => {
    scene.seen = world({ volumes: [volume(), left] });
    failing(new Error('UnauthorizedOperation'));
    expect(await run(SWEEP)).toMatchObject({ outcome: 'paged' });
  });
});
