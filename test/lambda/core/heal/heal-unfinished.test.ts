import { beforeEach, describe, expect, test } from '@jest/globals';
import { decide, NOTHING_YET } from '../../../../lambda/core/heal/decide.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { Replaced, Trigger } from '../../../../lambda/core/world/model.ts';
import type { HostAnswer } from '../../../../lambda/core/world/ports.ts';
import { Scene } from '../scene.ts';
import { instance, NOW, point, probe, volume, world } from '../world.ts';

/** What a heal leaves that a host, a call or its own end kept from being done: the next one goes on from there. */

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
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

const run = (trigger = ALARM) => heal(scene.workflow, scene.ports, trigger, { prefer: 'faster', maxAgeMinutes: 120 });

/** The host answers so the first few times that a verb is run on a volume. */
function failing(verb: 'mount' | 'verify' | 'serve' | 'release', id: string, ...results: HostAnswer['result'][]): void {
  const sound = scene.ports.host[verb];
  scene.ports.host[verb] = async (instanceId, name, volumeId) => {
    const result = volumeId === id ? results.shift() : undefined;
    return result ? { result, values: {}, detail: 'killed' } : sound(instanceId, name, volumeId);
  };
}

/** It was dead for longer than its lease before it notifies people, and so was the scene changed. */
function overslept(meanwhile: Partial<Scene>): typeof scene.workflow {
  const { step } = scene.workflow;
  return {
    ...scene.workflow,
    step: (name, work) => {
      if (name === 'notify') Object.assign(scene, meanwhile);
      return step(name, work);
    },
  };
}

describe("a host's fault says nothing of a recovery point", () => {
  test('one command that was killed is repeated', async () => {
    failing('mount', 'vol-new1', 'failed');
    failing('verify', 'vol-new1', 'timeout');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.committed?.currentVolume).toBe('vol-new1');
    expect(scene.did.some((d) => d.startsWith('reject'))).toBe(false);
  });

  test.each(['failed', 'notMounted', 'usage' as never, 'interrupted'] as const)(
    '%s, twice: another host is tried, and the point is not rejected',
    async (result) => {
      scene.seen = world({
        probe: probe('shutdown'),
        instances: [instance('i-owner'), instance('i-standby'), instance('i-third')],
      });
      failing('mount', 'vol-new1', result, result);
      expect(await run()).toMatchObject({ outcome: 'healed' });
      expect(scene.committed?.owner).toBe('i-third');
      expect(scene.did).toContain('create snap-10 in eu-west-1a attempt 8');
      expect(scene.did.some((d) => d.startsWith('reject'))).toBe(false);
    },
  );

  test('too slow, twice: the next older one is tried, and this one is not rejected', async () => {
    failing('mount', 'vol-new1', 'timeout', 'timeout');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toContain('create snap-70 in eu-west-1a attempt 1');
    expect(scene.did.some((d) => d.startsWith('reject'))).toBe(false);
  });

  test('one that is used up is off its host before it is kept', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    await run();
    const [released, detached, kept] = ['release vol-new1', 'detach vol-new1 i-standby', 'quarantine vol-new1'].map(
      (what) => scene.did.indexOf(what),
    );
    expect(released).toBeGreaterThan(0);
    expect(detached).toBeGreaterThan(released ?? 0);
    expect(kept).toBeGreaterThan(detached ?? 0);
  });
});

describe('a sound volume whose host does not serve it', () => {
  const unmounted = () => world({ probe: probe('notMounted'), reachableOn: [] });

  test('moves to another host', () => {
    const context = { ...NOTHING_YET, useless: ['i-owner'], failing: ['i-owner'] };
    expect(decide(unmounted(), context)).toMatchObject({ kind: 'failover', standby: { id: 'i-standby' } });
  });

  test('is not given up for a snapshot: a person is called, and the sweep goes on trying', () => {
    const both = ['i-owner', 'i-standby'];
    const context = { waitedSeconds: 600, useless: both, failing: both };
    const elsewhere = {
      ...unmounted(),
      instances: [...unmounted().instances, instance('i-far', { zone: 'eu-west-1b' })],
    };
    expect(decide(elsewhere, context)).toMatchObject({
      kind: 'page',
      open: true,
      reasons: [{ code: 'ownerServesNot' }, { code: 'failedToTake', instanceIds: ['i-owner', 'i-standby'] }],
    });
  });

  test('is taken from a host that fails, fence and all', async () => {
    scene.seen = unmounted();
    failing('mount', 'vol-11111111', 'failed', 'failed');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual(expect.arrayContaining(['release vol-11111111', 'detach vol-11111111 i-owner']));
    expect(scene.committed?.owner).toBe('i-standby');
  });
});

describe('what another heal did is reported', () => {
  test('once, by whoever sees that it serves', async () => {
    scene.replaced = REPLACED;
    scene.seen = world({ ledger: { ...world().ledger, ...scene.committed, replaced: REPLACED } as never });
    expect(await run(SWEEP)).toMatchObject({ outcome: 'healed' });
    expect(scene.notified).toEqual(['Remount: alpha is served again, from a snapshot']);
    expect(scene.incidents.at(-1)?.replacement).toMatchObject(REPLACED);
    expect(scene.did).toContain('copy vol-old');
    expect(scene.replaced).toBeUndefined();
    scene.seen = world();
    expect(await run(SWEEP)).toMatchObject({ outcome: 'sound' });
    expect(scene.notified.length).toBe(1);
  });

  test('also that it serves again after people were called', async () => {
    scene.seen = world({
      ledger: { ...world().ledger, paged: { about: 'nothing safe', at: NOW - 60_000, final: true } } as never,
    });
    scene.paged = { about: 'nothing safe', at: NOW - 60_000, final: true };
    expect(await run(SWEEP)).toMatchObject({ outcome: 'healed' });
    expect(scene.notified).toEqual(['Remount: alpha is served']);
    expect(scene.paged).toBeUndefined();
  });

  test('but not where the load balancer cannot be asked: that it serves is half known', async () => {
    const paged = { about: 'the load balancer reaches nobody', at: NOW - 60_000, final: true };
    scene.seen = world({ ledger: { ...world().ledger, paged } as never, reachableOn: undefined });
    scene.paged = paged;
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect([scene.notified, scene.paged]).toEqual([[], paged]);
    expect(scene.incidents.at(-1)?.steps.find((s) => s.name === 'observe')?.note).toBe(
      'probe: serving; could not ask the load balancer',
    );
  });

  test('what one that overslept would have called people for is the next one to say, and its record says so', async () => {
    scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [] });
    const workflow = overslept({ leaseHolder: 'another' });
    const ended = await heal(workflow, scene.ports, ALARM, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(ended).toMatchObject({
      outcome: 'overtaken',
      summary: expect.stringContaining('the next heal notifies people'),
    });
    expect([scene.notified, scene.paged]).toEqual([[], undefined]);
    expect(scene.incidents.at(-1)).toMatchObject({ outcome: 'overtaken' });
  });

  test('nor is good news reported again that the next one has reported; what it alone has rejected is', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    const late = overslept({ leaseHolder: 'another', replaced: undefined });
    const ended = await heal(late, scene.ports, ALARM, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(ended).toMatchObject({ outcome: 'overtaken' });
    expect(scene.notified).toEqual(['Remount: what a heal of alpha found before another took over']);
    expect(scene.incidents.at(-1)).toMatchObject({ outcome: 'overtaken', replacement: { newVolume: 'vol-new2' } });
  });

  test.each([
    ['nor what another has said meanwhile', undefined, []],
    [
      'but what nobody has said yet',
      { about: 'nothing safe', at: NOW - 60_000, final: true },
      ['Remount: alpha is served'],
    ],
  ])('that it serves again is said late, %s', async (_, stillPaged, said) => {
    const paged = { about: 'nothing safe', at: NOW - 60_000, final: true };
    scene.seen = world({ ledger: { ...world().ledger, paged } as never });
    scene.paged = paged;
    const late = overslept({ leaseHolder: 'another', paged: stillPaged });
    await heal(late, scene.ports, SWEEP, { prefer: 'faster', maxAgeMinutes: 120 });
    expect(scene.notified).toEqual(said);
  });

  test('and not again when only the note of it fails', async () => {
    scene.ports.ledger.noteServed = async () => {
      throw new Error('throttled');
    };
    await expect(run()).rejects.toThrow('note-notified: throttled');
    expect(scene.notified.length).toBe(1);
    expect(scene.leaseHolder).toBeUndefined();
  });
});

describe('a ledger that falls silent once the lease is taken', () => {
  /** People were paged so long before; from the lease on no read is answered. */
  async function said(minutesBefore: number): Promise<string[]> {
    scene = new Scene();
    scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [] });
    scene.paged = { about: 'the volume', at: NOW - minutesBefore * 60_000, final: true };
    const { acquire, read } = scene.ports.ledger;
    let silent = false;
    scene.ports.ledger.acquire = async (...request) => {
      const state = await acquire(...request);
      silent = true;
      return state;
    };
    scene.ports.ledger.read = async (volume) => {
      if (silent && scene.leaseHolder) throw Object.assign(new Error('no answer'), { unanswered: 'DynamoDB' });
      return read(volume);
    };
    await run().catch(() => undefined);
    return scene.messages.map((m) => m.kind);
  }

  test('pages nobody who was paged a short while ago: the lease came with the note of it', async () => {
    expect(await said(11)).toEqual([]);
  });

  test('and does page who was paged long before', async () => {
    expect(await said(90)).toEqual(['ledgerSilent']);
  });

  test('and notes it where it takes a note, so that the next heal pages nobody', async () => {
    await said(90);
    expect(scene.paged?.at).toBeGreaterThan(NOW - 60_000);
  });
});

test('a generation never goes back: the spare has the tag of the volume before it', () => {
  const spare = volume({ role: 'spare', generation: 1 });
  const seen = world({
    volumes: [spare],
    ledger: { ...world().ledger, generation: 2, currentVolume: spare.id } as never,
    probe: probe('notMounted'),
  });
  expect(decide(seen)).toMatchObject({ kind: 'mount', generation: 2 });
});

test('a candidate that no heal came back to is let go and kept', async () => {
  const left = volume({
    id: 'vol-left',
    role: 'candidate',
    generation: 2,
    scheduled: false,
    attachments: [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }],
  });
  scene.seen = world({ volumes: [volume(), left] });
  expect(await run(SWEEP)).toMatchObject({ outcome: 'healed' });
  expect(scene.did.slice(0, 3)).toEqual(['release vol-left', 'detach vol-left i-standby', 'quarantine vol-left']);
});

test('a dead volume that cannot be replaced leaves the schedule, and keeps its role', async () => {
  scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [] });
  expect(await run()).toMatchObject({ outcome: 'paged' });
  expect(scene.did).toEqual(['unschedule vol-11111111']);
});

test('an attachment that was not seen is looked at again', async () => {
  scene.seen = world({ probe: probe('notMounted'), volumes: [volume({ state: 'available', attachments: [] })] });
  const { attach } = scene.ports.compute;
  let asked = 0;
  scene.ports.compute.attach = async (id, at) => (asked++ === 0 ? 'elsewhere' : attach(id, at));
  expect(await run()).toMatchObject({ outcome: 'healed' });
  expect(asked).toBe(2);
});

test('all points rejected is said so', () => {
  const seen = world({ probe: probe('shutdown'), recoveryPoints: [point(10, { verdict: 'rejected' })] });
  expect(decide(seen)).toMatchObject({
    kind: 'page',
    reasons: [{ code: 'dead' }, { code: 'pointsRejected', volume: 'alpha', count: 1 }],
  });
});

test('a host on which somebody has a file open is not fenced by an unmount that failed', async () => {
  scene.seen = world({ probe: probe('shutdown') });
  scene.answers.set('release vol-11111111', 'busy');
  scene.ports.host.probe = async (id) =>
    probe(
      scene.did.includes('serve vol-new1')
        ? 'serving'
        : id === 'i-owner' && scene.did.includes('release vol-11111111: busy')
          ? 'notMounted'
          : 'shutdown',
      id,
    );
  await run();
  expect(scene.did).toContain('stop i-owner');
});

describe('an instance that takes no more volumes', () => {
  const owner = instance('i-owner', { state: 'terminated' });
  const spare = volume({
    id: 'vol-spare',
    role: 'spare',
    scheduled: false,
    attachments: [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }],
  });
  const full = () => {
    const { attach, detach } = scene.ports.compute;
    const taken = new Set(['i-standby']);
    scene.ports.compute.attach = async (id, at) => (taken.has(at) ? 'full' : attach(id, at));
    scene.ports.compute.detach = async (id, at) => {
      if (id === 'vol-spare') taken.delete(at);
      return detach(id, at);
    };
  };

  test('is given room by the spare of the same content volume', async () => {
    scene.seen = world({ instances: [owner, instance('i-standby')], volumes: [volume(), spare], probe: undefined });
    full();
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual(expect.arrayContaining(['release vol-spare', 'detach vol-spare i-standby']));
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-11111111', owner: 'i-standby' });
  });

  test('says nothing of a sound volume: another one takes it, and it is never replaced', async () => {
    scene.seen = world({ instances: [owner, instance('i-standby'), instance('i-third')], probe: undefined });
    full();
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-11111111', owner: 'i-third' });
  });

  test('where there is no other, a person is called', async () => {
    scene.seen = world({ instances: [owner, instance('i-standby')], probe: undefined });
    full();
    expect(await run()).toMatchObject({
      outcome: 'paged',
      summary: expect.stringContaining('i-standby failed to take it'),
    });
    expect(scene.did.some((d) => d.startsWith('create'))).toBe(false);
  });
});
