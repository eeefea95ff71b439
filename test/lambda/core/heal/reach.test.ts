import { describe, expect, test } from '@jest/globals';
import type { Reason } from '../../../../contract/reasons.ts';
import { decide, NOTHING_YET } from '../../../../lambda/core/heal/decide.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import { seenAgain, UNREACHED_SECONDS } from '../../../../lambda/core/world/evidence.ts';
import type { Observation } from '../../../../lambda/core/world/model.ts';
import { observe } from '../../../../lambda/core/world/observe.ts';
import { Scene } from '../scene.ts';
import { instance, NOW, probe, volume, world } from '../world.ts';

describe('the probe says serving, and the load balancer does not reach it', () => {
  const unreached = (over: Partial<Observation> = {}) =>
    world({
      reachableOn: [],
      answering: ['i-standby'],
      instances: [instance('i-owner'), instance('i-standby')],
      ...over,
    });
  const later = { ...NOTHING_YET, since: { on: 'i-owner', unreached: NOW - UNREACHED_SECONDS * 1000 } };
  const soon = { ...NOTHING_YET, since: { on: 'i-owner', unreached: NOW - UNREACHED_SECONDS * 1000 + 1000 } };

  test('for a moment: waited for', () => {
    expect(decide(unreached()).kind).toBe('wait');
    expect(decide(unreached(), soon).kind).toBe('wait');
  });

  test('by an answer that came long before the others: it says nothing of the time in between', async () => {
    expect(decide(unreached({ reachAt: NOW - 30_000 }), later).kind).toBe('wait');
    const scene = new Scene();
    const { instances } = scene.ports.compute;
    scene.ports.compute.instances = async () => {
      scene.now += 60_000;
      return instances();
    };
    expect(await observe(scene.ports, 'alpha')).toMatchObject({ reachAt: NOW, at: NOW + 60_000 });
  });

  test('on: moved to a standby whose web server answers', () => {
    expect(decide(unreached(), later)).toMatchObject({
      kind: 'failover',
      volume: { id: 'vol-11111111' },
      owner: { id: 'i-owner' },
      standby: { id: 'i-standby' },
    });
  });

  test.each<[string, Partial<Observation>, Reason]>([
    ['nobody answers', { answering: [] }, { code: 'noWebServer' }],
    ['only an instance of another zone answers', { answering: ['i-far'] }, { code: 'noWebServer' }],
    [
      'the owner’s web server answers, with another code',
      { answering: ['i-owner', 'i-standby'] },
      { code: 'webAnswers' },
    ],
    [
      'it is reached on another instance',
      { reachableOn: ['i-standby'] },
      { code: 'reachedElsewhere', instanceIds: ['i-standby'] },
    ],
  ])('%s: a person is notified of what contradicts what, and nothing is moved', (_, over, reason) => {
    const instances = [instance('i-owner'), instance('i-standby'), instance('i-far', { zone: 'eu-west-1b' })];
    const decision = decide(unreached({ instances, ...over }), later);
    const unreachedOwner = { code: 'unreached', volumeId: 'vol-11111111', instanceId: 'i-owner' };
    expect(decision).toEqual({ kind: 'page', reasons: [{ code: 'contradiction' }, unreachedOwner, reason] });
  });

  test('cannot be said where the load balancer cannot be asked, or has reached it once in between', () => {
    expect(decide(unreached({ reachableOn: undefined, answering: undefined }), later).kind).toBe('none');
    expect(seenAgain(later.since, world()).unreached).toBeUndefined();
    expect(seenAgain(later.since, unreached()).unreached).toBe(later.since.unreached);
    // Of another owner nothing has been seen yet.
    expect(seenAgain(later.since, unreached({ probe: probe('serving', 'i-standby') })).unreached).toBe(NOW);
  });

  test('does not keep the tags from being settled', () => {
    expect(decide(unreached({ volumes: [volume({ scheduled: false })] }), later).kind).toBe('settle');
  });

  test('a heal fences the owner before it moves the volume, and ends when it is reached', async () => {
    const scene = new Scene();
    scene.seen = unreached();
    const alarm = { kind: 'alarm', volume: 'alpha', reason: 'reachable', at: NOW } as const;
    const end = await heal(scene.workflow, scene.ports, alarm, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(end).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('served by i-standby') });
    expect(scene.did).toEqual([
      'release vol-11111111',
      'detach vol-11111111 i-owner',
      'attach vol-11111111 i-standby',
      'mount vol-11111111',
      'commit',
      'serve vol-11111111',
    ]);
    expect(scene.incidents.at(-1)?.steps.find((s) => s.name === 'observe')?.note).toBe(
      'probe: serving; the load balancer does not reach it',
    );
  });
});

describe('an owner that answers no command, and fails a status check of EC2', () => {
  const silent = (over: object, reachableOn: Observation['reachableOn'] | undefined) =>
    world({
      probe: probe('unreachable'),
      reachableOn,
      instances: [instance('i-owner', over), instance('i-standby')],
    });

  test.each([
    ['of itself', { impaired: true }],
    ['of its volumes', { ebsImpaired: true }],
  ])('%s: is not waited for, also where the load balancer cannot be asked', (_, over) => {
    for (const reachableOn of [[], undefined])
      expect(decide(silent(over, reachableOn))).toMatchObject({ kind: 'failover', owner: { id: 'i-owner' } });
  });

  test('is left alone while the load balancer reaches the content on it', () => {
    expect(decide(silent({ impaired: true }, ['i-owner'])).kind).toBe('wait');
  });
});
