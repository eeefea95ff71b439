import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal } from '../../lambda/core/heal.ts';
import type { Trigger } from '../../lambda/core/model.ts';
import { Scene } from './scene.ts';
import { NOW, point, probe, volume, world } from './world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const MINUTE = 60_000;

/** A ready spare of 40 minutes ago, and a verified snapshot of 10. */
let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  const { ledger, volumes, ...rest } = world({ probe: probe('shutdown') });
  if (!ledger) throw new Error('the world has a ledger');
  const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }];
  const spare = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 40 * MINUTE };
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

describe('the record and the letter say what was chosen and what it cost:', () => {
  test('the spare, though a newer recovery point is verified', async () => {
    expect(await run('faster')).toMatchObject({ outcome: 'healed' });
    expect(record()).toMatchObject({ newVolume: 'vol-spare' });
    expect(record()?.choice).toEqual({ taken: 'spare', spare: 'snap-40', newer: 'snap-10', minutes: 30 });
    expect(scene.letters.at(-1)).toContain(
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
    expect(scene.letters.at(-1)).toContain('and not snap-10, which is verified too: that gave up 30 min of uploads.');
  });

  test('the same where the heal that did it did not come to tell, and another one does', async () => {
    const { tell } = scene.ports.people;
    scene.ports.ledger.record = async ({ outcome }) => {
      if (outcome !== 'open') throw new Error('it dies here');
    };
    scene.ports.people.tell = async () => {
      throw new Error('it dies here');
    };
    await expect(run('faster')).rejects.toThrow('it dies here');
    expect(scene.letters).toEqual([]);
    scene.ports.people.tell = tell;
    scene.ports.ledger.record = async () => {};
    await run('faster');
    expect(scene.letters.at(-1)).toContain('and not snap-10, which is verified too: that gave up 30 min of uploads.');
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
      expect(scene.letters.at(-1)).toContain(
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
    expect(scene.letters.at(-1)).not.toMatch(/was taken, and not/);
  });
});
