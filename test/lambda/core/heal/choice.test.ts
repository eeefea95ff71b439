import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { Trigger } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { instance, NOW, point, probe, volume, world } from '../world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const MINUTE = 60_000;

/** A ready spare of 40 minutes ago, and a verified snapshot of 10. */
let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  const { ledger, volumes, ...rest } = world({ probe: probe('shutdown') });
  if (!ledger) throw new Error('the world has a ledger');
  const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
  const spare = {
    volumeId: 'vol-spare',
    snapshotId: 'snap-40',
    instanceId: 'i-standby',
    at: NOW - 40 * MINUTE,
  } as const;
  scene.seen = {
    ...rest,
    volumes: [
      ...volumes,
      volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-40', attachments }),
    ],
    recoveryPoints: [point(10, { verdict: 'verified' }), point(40, { verdict: 'verified' })],
    ledger: { ...ledger, spare, verifiedAt: NOW - 10 * MINUTE, verifiedSnapshot: 'snap-10' },
  };
});

const run = (prefer: 'faster' | 'fresher', maxAgeMinutes = 120) =>
  heal(scene.workflow, scene.ports, ALARM, { prefer, maxAgeMinutes });
const record = () => scene.incidents.at(-1)?.replacement;
/** Ordering a volume, and attaching it, take so long. */
function slowly(seconds: number): void {
  for (const call of ['createReplacement', 'attach'] as const) {
    const answer = scene.ports.compute[call] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(scene.ports.compute, {
      [call]: async (...args: unknown[]) => {
        scene.now += seconds * 1000;
        return answer(...args);
      },
    });
  }
}

describe('the record and the message say what was chosen and what it cost:', () => {
  test('the spare, though a newer recovery point is verified', async () => {
    expect(await run('faster')).toMatchObject({ outcome: 'healed' });
    expect(record()).toMatchObject({ newVolume: 'vol-spare' });
    expect(record()?.choice).toEqual({ taken: 'spare', spare: 'snap-40', newer: 'snap-10', minutes: 30 });
    expect(scene.texts.at(-1)).toContain(
      'The spare (snap-40) was taken, and not snap-10, which is verified too: that gave up 30 min of uploads.',
    );
  });

  test('the same where EC2 answers nothing: the ledger knows', async () => {
    const compute = new Proxy(scene.ports.compute, {
      get: () => async () => {
        throw new Error('RequestLimitExceeded');
      },
    });
    Object.assign(scene.ports, { compute });
    expect(await run('faster')).toMatchObject({ outcome: 'healed' });
    expect(scene.texts.at(-1)).toContain('and not snap-10, which is verified too: that gave up 30 min of uploads.');
  });

  test('the same where the heal that did it did not come to notify people, and another one does', async () => {
    const { notify } = scene.ports.people;
    scene.ports.ledger.record = async ({ outcome }) => {
      if (outcome !== 'open') throw new Error('it dies here');
    };
    scene.ports.people.notify = async () => {
      throw new Error('it dies here');
    };
    await expect(run('faster')).rejects.toThrow('it dies here');
    expect(scene.texts).toEqual([]);
    scene.ports.people.notify = notify;
    scene.ports.ledger.record = async () => {};
    await run('faster');
    expect(scene.texts.at(-1)).toContain('and not snap-10, which is verified too: that gave up 30 min of uploads.');
  });

  test.each([
    ['fresher', 120],
    ['faster', 39],
  ] as const)(
    'the newer one (%s, a spare of 40 min, %i allowed), and how much longer that took',
    async (prefer, allowed) => {
      slowly(45);
      expect(await run(prefer, allowed)).toMatchObject({ outcome: 'healed' });
      expect(record()).toMatchObject({ newVolume: 'vol-new1', snapshotId: 'snap-10' });
      expect(record()?.choice).toEqual({
        taken: 'newer',
        spare: 'snap-40',
        newer: 'snap-10',
        minutes: 30,
        longerSeconds: 90,
      });
      expect(scene.texts.at(-1)).toContain(
        'snap-10 was taken, and not the spare (snap-40), which was ready: 30 min of uploads more, for 90 s more.',
      );
    },
  );

  test('the newer one was no good, and one as old as the spare serves: nothing was gained', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    expect(await run('fresher')).toMatchObject({ outcome: 'healed' });
    expect(record()).toMatchObject({ snapshotId: 'snap-40' });
    expect(record()).not.toHaveProperty('choice');
  });

  test.each(['faster', 'fresher'] as const)('nothing, where nothing newer is verified (%s)', async (prefer) => {
    const { ledger } = scene.seen;
    if (ledger) scene.seen = { ...scene.seen, ledger: { ...ledger, verifiedAt: NOW - 40 * MINUTE } };
    await run(prefer);
    expect(record()).toMatchObject({ newVolume: 'vol-spare' });
    expect(record()).not.toHaveProperty('choice');
    expect(scene.texts.at(-1)).not.toMatch(/was taken, and not/);
  });
});

describe('no volume is made of the newer one: the spare serves after all', () => {
  const ordered = () => scene.did.filter((d) => d.startsWith('create')).length;
  const refusing = (why: string) => {
    scene.ports.compute.createReplacement = async (order) => {
      scene.did.push(`create ${order.snapshotId}: ${why}`);
      throw new Error(why);
    };
  };

  test.each<[string, () => void, RegExp]>([
    ['EC2 has no room', () => refusing('InsufficientVolumeCapacity'), /InsufficientVolumeCapacity/],
    ['it is not there in time', () => refusing('not done within 60 s'), /not done within 60 s/],
    ['it cannot be attached', () => scene.stuck.add('attach vol-new1'), /i-standby did not do what was asked/],
    ['it is there too late', () => slowly(25 * 60), /nothing was done, and alpha is still not serving/],
  ])('%s', async (what, arrange, why) => {
    arrange();
    if (what.endsWith('late')) {
      // Another host could try, and there is no time for it any more.
      scene.answers.set('mount vol-new1', 'unreachable');
      scene.seen = { ...scene.seen, instances: [...scene.seen.instances, instance('i-third')] };
    }
    expect(await run('fresher')).toMatchObject({
      outcome: 'healed',
      summary: 'vol-11111111: its file system is shut down: the spare vol-spare serves in its place',
    });
    expect(ordered()).toBeGreaterThan(0);
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare', owner: 'i-standby' });
    expect(scene.did.slice(-2)).toEqual(['promote vol-spare', 'copy vol-11111111']);
    expect(scene.notified).toEqual(['Remount: alpha is served again, from a snapshot']);
    expect(record()?.choice).toMatchObject({
      taken: 'spare',
      newer: 'snap-10',
      minutes: 30,
      why: expect.stringMatching(why),
    });
    expect(scene.texts.at(-1)).toMatch(/gave up 30 min of uploads\. It was to be taken, and was not: ./);
    expect(scene.leaseHolder).toBeUndefined();
  });

  test('there is no time for its tags any more: they are left to the sweep, and nobody is called', async () => {
    refusing('InsufficientVolumeCapacity');
    const { reach } = scene.ports.balancer;
    scene.ports.balancer.reach = async (of) => {
      if (scene.committed) scene.now += 16 * MINUTE;
      return reach(of);
    };
    expect(await run('fresher')).toMatchObject({
      outcome: 'healed',
      summary: expect.stringContaining('vol-spare serves in its place; its tags are to follow: there was no time'),
    });
    expect(scene.did).not.toContain('promote vol-spare');
  });

  test('nor can EC2 be asked anything: the tags are left to the sweep', async () => {
    const compute = new Proxy(scene.ports.compute, {
      get: () => async () => {
        throw new Error('RequestLimitExceeded');
      },
    });
    Object.assign(scene.ports, { compute });
    expect(await run('fresher')).toMatchObject({
      outcome: 'healed',
      summary: expect.stringContaining('its tags are to follow'),
    });
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare' });
  });

  test('and that is no good either: a person is called, for the first trouble', async () => {
    refusing('InsufficientVolumeCapacity');
    scene.answers.set('mount vol-spare', 'unmountable');
    expect(await run('fresher')).toMatchObject({
      outcome: 'paged',
      summary: expect.stringMatching(/the step after renew-lease: InsufficientVolumeCapacity/),
    });
    expect(scene.committed).toBeUndefined();
    expect(scene.texts.at(-1)).toContain('the spare: mount: unmountable');
  });

  test('but for a heal that has lost its lease: it touches nothing more', async () => {
    scene.ports.compute.createReplacement = async () => {
      scene.leaseHolder = 'another';
      throw new Error('InsufficientVolumeCapacity');
    };
    expect(await run('fresher')).toMatchObject({ outcome: 'overtaken' });
    expect(scene.did.filter((d) => d.includes('vol-spare'))).toEqual([]);
  });

  test('nor that has lost it by then, and the spare with it: what it found is nobody’s business any more', async () => {
    refusing('InsufficientVolumeCapacity');
    const { read } = scene.ports.ledger;
    let asked = 0;
    scene.ports.ledger.read = async (of) => {
      const state = await read(of);
      if (ordered() === 0 || !state) return state;
      // Once by the guard of the step before; what it sees then is the work of another heal.
      if (++asked === 1) return state;
      scene.leaseHolder = 'another';
      return { ...state, spare: undefined };
    };
    expect(await run('fresher')).toMatchObject({ outcome: 'overtaken' });
    expect(scene.notified).toEqual([]);
  });

  test('but not in the place of an owner that is not dead by its own word', async () => {
    refusing('InsufficientVolumeCapacity');
    const { probe: asked } = scene.ports.host;
    scene.ports.host.probe = async (...args) => (ordered() > 0 ? probe('serving') : asked(...args));
    expect(await run('fresher')).toMatchObject({ outcome: 'paged' });
    expect(scene.did.at(-1)).toBe('release vol-spare');
    expect(scene.committed).toBeUndefined();
  });
});
