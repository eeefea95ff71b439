import { beforeEach, describe, expect, test } from '@jest/globals';
import { decide, NOTHING_YET } from '../../../../lambda/core/heal/decide.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import { CONFIRMED_STALL_SECONDS, STALL_SECONDS, seenAgain } from '../../../../lambda/core/world/evidence.ts';
import type { Spare, Trigger } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { instance, NOW, probe, volume, world } from '../world.ts';

const ALARM = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW } as const;
const UNKNOWN = { status: 'ok', stalled: undefined, why: [] };

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  scene.seen = world({ probe: probe('timeout'), io: UNKNOWN });
});

const run = (trigger: Trigger = ALARM) =>
  heal(scene.workflow, scene.ports, trigger, { prefer: 'faster', maxAgeMinutes: 120 });

/** From a moment of the heal on, the probe on the owner says something else. */
function later(seconds: number, state: 'serving' | 'notMounted' | 'shutdown'): void {
  const { pause } = scene.workflow;
  scene.workflow.pause = async (...args) => {
    await pause(...args);
    if (scene.now >= NOW + seconds * 1000) scene.seen = { ...scene.seen, probe: probe(state) };
  };
}

describe('a heal of a volume whose I/O hangs', () => {
  test('that goes on: recorded with what EBS said, and nothing is touched', async () => {
    later(30, 'serving');
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect([scene.did, scene.notified]).toEqual([[], []]);
    expect(scene.incidents.at(-1)?.steps.find((s) => s.name === 'observe')?.note).toBe(
      'probe: timeout; EBS: volume status ok, the check for stalled I/O has no data',
    );
  });

  test('that goes on, found by a sweep: on record, and no false alarm, for none was raised', async () => {
    later(30, 'serving');
    expect(await run({ kind: 'sweep', volume: 'alpha', reason: 'sweep', at: undefined })).toMatchObject({
      outcome: 'sound',
    });
    expect([scene.notified, scene.incidents.at(-1)?.outcome]).toEqual([[], 'sound']);
  });

  test('that hangs on: two minutes, and then it is replaced', async () => {
    expect(await run()).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('its I/O hangs') });
    expect(scene.now - NOW).toBe(STALL_SECONDS * 1000);
  });

  test('that turns out to be dead is replaced at once', async () => {
    later(10, 'shutdown');
    expect(await run()).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('is shut down') });
    expect(scene.now - NOW).toBe(10_000);
  });
});

describe('a heal of a sound volume whose mount hangs, and moves nothing', () => {
  beforeEach(() => {
    scene.seen = world({ probe: probe('notMounted'), reachableOn: [] });
    scene.answers.set('mount vol-11111111', 'timeout');
  });

  test('on one host: the other takes it, and it is never replaced', async () => {
    const { mount } = scene.ports.host;
    scene.ports.host.mount = async (at, ...rest) => {
      if (at !== 'i-owner') scene.answers.delete('mount vol-11111111');
      return mount(at, ...rest);
    };
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-11111111', owner: 'i-standby' });
  });

  test('on two hosts that answer: it is set aside, and a copy serves on one of them', async () => {
    expect(await run()).toMatchObject({
      outcome: 'healed',
      summary: expect.stringContaining('vol-11111111: its mount hangs, on two hosts'),
    });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-new1', owner: 'i-owner' });
    expect(scene.did).toContain('quarantine vol-11111111');
  });

  test('and where there is no second host, a person is called, and nothing is made', async () => {
    scene.seen = world({ probe: probe('notMounted'), reachableOn: [], instances: [instance('i-owner')] });
    expect(await run()).toMatchObject({
      outcome: 'paged',
      summary: expect.stringContaining('i-owner failed to take it'),
    });
    expect(scene.did.some((d) => d.startsWith('create'))).toBe(false);
  });

  test('of which one does not answer: that says nothing of the volume', async () => {
    const { mount } = scene.ports.host;
    scene.ports.host.mount = async (at, ...rest) => {
      scene.answers.set('mount vol-11111111', at === 'i-owner' ? 'timeout' : 'unreachable');
      return mount(at, ...rest);
    };
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(scene.did.some((d) => d.startsWith('create'))).toBe(false);
  });
});

test('what goes on for one look and hangs again begins anew', () => {
  const again = world({ probe: probe('timeout'), at: NOW + 1 });
  const hung = { on: 'i-owner', stalled: NOW };
  expect(seenAgain(hung, again).stalled).toBe(NOW);
  expect(seenAgain(seenAgain(hung, world()), again).stalled).toBe(NOW + 1);
  expect(seenAgain({ ...hung, on: 'i-other' }, again).stalled).toBe(NOW + 1);
});

test('what EC2 does not show, late in a heal, is looked for as long as what it never showed', () => {
  const gone = world({ volumes: [] });
  const { unseen } = seenAgain({}, gone);
  expect(unseen).toBe(NOW);
  expect(decide(gone, { ...NOTHING_YET, waitedSeconds: 600, since: { unseen } })).toMatchObject({
    kind: 'wait',
    brief: true,
  });
  expect(seenAgain({ unseen: NOW - 1 }, gone).unseen).toBe(NOW - 1);
  expect(seenAgain({ unseen: NOW - 1 }, world()).unseen).toBeUndefined();
  expect(seenAgain({}, world({ instances: [] })).unseen).toBe(NOW);
});

describe('a spare, where I/O hangs', () => {
  const spare: Spare = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 2_400_000 };
  beforeEach(() => {
    const { ledger, volumes } = scene.seen;
    if (!ledger) throw new Error('the world has a ledger');
    const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
    const ready = volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-40', attachments });
    scene.seen = { ...scene.seen, volumes: [...volumes, ready], ledger: { ...ledger, spare } };
  });

  test('lies ready for two minutes, and is taken', async () => {
    expect(await run()).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('the spare vol-spare') });
    expect(scene.now - NOW).toBe(STALL_SECONDS * 1000);
    expect(scene.did.slice(0, 3)).toEqual(['mount vol-spare', 'verify vol-spare', 'release vol-11111111']);
  });

  test('is taken sooner where EBS says so too', async () => {
    scene.seen = { ...scene.seen, io: { status: undefined, stalled: true, why: ['RequestLimitExceeded'] } };
    expect(await run()).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('the spare vol-spare') });
    expect(scene.now - NOW).toBe(CONFIRMED_STALL_SECONDS * 1000);
    expect(scene.incidents.at(-1)?.steps.find((s) => s.name === 'look-again')?.note).toBe(
      'probe: timeout; EBS: volume status unknown, the check for stalled I/O says stalled, RequestLimitExceeded',
    );
  });

  test('that cannot be used is let go without waiting for it', async () => {
    scene.answers.set('mount vol-spare', 'busy');
    later(10, 'serving');
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect(scene.did).toEqual(['mount vol-spare: busy', 'release vol-spare']);
  });

  test('is let go where the owner serves again', async () => {
    later(20, 'serving');
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect(scene.did).toEqual(['mount vol-spare', 'verify vol-spare', 'release vol-spare']);
    expect(scene.notified).toEqual([]);
  });
});
