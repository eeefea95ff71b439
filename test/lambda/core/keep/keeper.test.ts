import { describe, expect, test } from '@jest/globals';
import type { Course } from '../../../../lambda/core/keep/change.ts';
import type { VolumeClaim } from '../../../../lambda/core/keep/keep.ts';
import { create, type KeeperPorts, type NewVolume, update } from '../../../../lambda/core/keep/keeper.ts';
import type { LedgerState, ProbeState, RecoveryPoint, Volume } from '../../../../lambda/core/world/model.ts';
import { NOW, point, probe, volume, ZONE } from '../world.ts';

const SECOND = 1000;
const CLAIM: VolumeClaim = { volume: 'alpha', zone: ZONE, sizeGiB: 100, type: 'gp3', iops: 3000, throughputMiBs: 125 };
const LARGER = { ...CLAIM, sizeGiB: 160 };
const LEDGER: LedgerState = {
  generation: 1,
  currentVolume: 'vol-11111111',
  owner: 'i-owner',
  lease: undefined,
  paged: undefined,
};

/** A world that the keeper sees; what it does is noted. Time passes only while it waits. */
class Scene {
  now = NOW;
  volumes: Volume[] = [volume()];
  points: RecoveryPoint[] = [point(10)];
  ledger: LedgerState | undefined = LEDGER;
  /** Until then EC2's lists lack everything; and the volume itself is not found. */
  listsFrom = NOW;
  foundFrom = NOW;
  probe: ProbeState = 'serving';
  /** Name of a port -> what it throws. */
  readonly failing = new Map<string, string>();
  readonly made: NewVolume[] = [];
  readonly done: string[] = [];

  readonly ports: KeeperPorts = {
    keyArn: volume().keyArn ?? '',
    clock: {
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
      },
    },
    compute: {
      volumes: () => this.#answer('volumes', this.now < this.listsFrom ? [] : this.volumes),
      recoveryPoints: () => this.#answer('recoveryPoints', this.points),
      volume: (id) =>
        this.#answer('volume', this.now < this.foundFrom ? undefined : this.volumes.find((v) => v.id === id)),
      create: async (order) => {
        this.made.push(order);
        return this.#answer('create', 'vol-made');
      },
      settle: () => this.#answer('settle', undefined),
      modify: async (id, change) => {
        await this.#answer('modify', undefined);
        this.done.push(`modify ${id} to ${change.sizeGiB} GiB, ${change.iops} IOPS`);
        this.volumes = this.volumes.map((v) => (v.id === id ? { ...v, ...change } : v));
      },
    },
    host: {
      probe: () => this.#answer('probe', probe(this.probe)),
      grow: async (instanceId) => {
        await this.#answer('grow', undefined);
        this.done.push(`grow on ${instanceId}`);
        return { result: 'ok', values: {}, detail: '' };
      },
    },
    ledger: { read: () => this.#answer('ledger', this.ledger) },
  };

  async #answer<T>(port: string, value: T): Promise<T> {
    const error = this.failing.get(port);
    if (error) throw new Error(error);
    return value;
  }

  update(before: VolumeClaim, after: VolumeClaim, course: Course = 'forward') {
    return update(this.ports, { before, after, course, clientToken: 'token' });
  }

  create(after = CLAIM) {
    return create(this.ports, { before: after, after, course: 'forward', clientToken: 'token' });
  }
}

describe('the keeper looks again', () => {
  test('a list that lacks the volume for a moment: it grows, and no second one is made', async () => {
    const scene = new Scene();
    scene.listsFrom = NOW + 100 * SECOND;
    scene.foundFrom = NOW + 60 * SECOND;
    expect(await scene.update(CLAIM, LARGER)).toEqual({ volumeId: 'vol-11111111', left: [] });
    expect(scene.made).toEqual([]);
    expect(scene.done).toEqual(['modify vol-11111111 to 160 GiB, 3000 IOPS', 'grow on i-owner']);
  });

  test('a list that lacks for ever what is found by its id: that is adopted', async () => {
    const scene = new Scene();
    scene.listsFrom = Number.POSITIVE_INFINITY;
    expect((await scene.create()).volumeId).toBe('vol-11111111');
    expect(scene.made).toEqual([]);
  });

  test('the same without a ledger that names it', async () => {
    const scene = new Scene();
    scene.ledger = undefined;
    scene.listsFrom = NOW + 100 * SECOND;
    expect((await scene.create()).volumeId).toBe('vol-11111111');
    expect(scene.made).toEqual([]);
  });

  test('what is not shown for two minutes is not there: the newest copy is restored, as large as it is', async () => {
    const scene = new Scene();
    scene.volumes = [];
    scene.points = [point(10, { sizeGiB: 160 }), point(70)];
    expect((await scene.update(CLAIM, CLAIM)).volumeId).toBe('vol-made');
    expect(scene.now - NOW).toBeGreaterThanOrEqual(120 * SECOND);
    expect(scene.made).toMatchObject([
      { snapshotId: 'snap-10', generation: 2, clientToken: 'token', claim: { sizeGiB: 160, iops: 3000 } },
    ]);
  });

  test('of two volumes the one that the ledger names, though it is shown later', async () => {
    const scene = new Scene();
    const current = volume({ id: 'vol-22222222', generation: 2 });
    scene.ledger = { ...LEDGER, currentVolume: current.id };
    scene.ports.clock.sleep = async (ms) => {
      scene.now += ms;
      if (scene.now > NOW + 50 * SECOND) scene.volumes = [volume(), current];
    };
    expect((await scene.update(CLAIM, CLAIM)).volumeId).toBe(current.id);
  });

  test('a volume in use that is shown attached nowhere is looked at again before it is changed', async () => {
    const scene = new Scene();
    scene.volumes = [volume({ attachments: [] })];
    await expect(scene.update(CLAIM, LARGER)).rejects.toThrow(/attached nowhere/);
    expect(scene.done).toEqual([]);
  });

  test('a blank one is made where nothing is', async () => {
    const scene = new Scene();
    Object.assign(scene, { volumes: [], points: [], ledger: undefined });
    await scene.create();
    expect(scene.made).toEqual([{ claim: CLAIM, clientToken: 'token', snapshotId: undefined, generation: 1 }]);
  });
});

describe('a call that fails', () => {
  const looks = ['volumes', 'recoveryPoints', 'ledger'];

  test.each(looks)('%s: nothing is made, neither by a first deployment nor by a later one', async (port) => {
    for (const way of ['create', 'update'] as const) {
      const scene = new Scene();
      scene.volumes = [];
      scene.points = [];
      scene.failing.set(port, 'Throttling: slow down');
      await expect(way === 'create' ? scene.create() : scene.update(CLAIM, LARGER)).rejects.toThrow(/slow down/);
      expect(scene.made).toEqual([]);
    }
  });

  test('the volume that the ledger names cannot be asked for: nothing is made', async () => {
    const scene = new Scene();
    scene.listsFrom = Number.POSITIVE_INFINITY;
    scene.failing.set('volume', 'UnauthorizedOperation');
    await expect(scene.create()).rejects.toThrow(/UnauthorizedOperation/);
    expect(scene.made).toEqual([]);
  });

  test.each([...looks, 'volume', 'settle', 'modify', 'probe', 'grow'])(
    '%s: a deployment forward fails, a rollback ends and says why',
    async (port) => {
      const forward = new Scene();
      forward.failing.set(port, 'it fails');
      await expect(forward.update(CLAIM, LARGER)).rejects.toThrow(/it fails/);
      const back = new Scene();
      back.failing.set(port, 'it fails');
      const { left } = await back.update(LARGER, { ...CLAIM, iops: 4000, sizeGiB: 170 }, 'back');
      expect(left).toMatchObject([{ code: 'failed', detail: 'it fails' }]);
      expect(back.made).toEqual([]);
    },
  );

  test.each<ProbeState>(['shutdown', 'timeout', 'unreachable', 'notMounted', 'noCanary', 'unreadable', 'unmountable'])(
    'a volume whose probe says %s is not changed',
    async (state) => {
      const scene = new Scene();
      scene.probe = state;
      await expect(scene.update(CLAIM, LARGER)).rejects.toThrow(new RegExp(`says ${state}`));
      expect(scene.done).toEqual([]);
    },
  );
});

describe('a rollback', () => {
  test('of a growth leaves the volume as large as it is, and says so', async () => {
    const scene = new Scene();
    scene.volumes = [volume({ sizeGiB: 160 })];
    const { volumeId, left } = await scene.update(LARGER, CLAIM, 'back');
    expect(volumeId).toBe('vol-11111111');
    expect(left).toEqual([{ code: 'doesNotShrink', received: 100, allowed: 160 }]);
    expect(scene.done).toEqual([]);
    await expect(scene.update(LARGER, CLAIM, 'forward')).rejects.toThrow(/^doesNotShrink: /);
  });

  test('of a zone that was refused has nothing to do', async () => {
    const elsewhere = { ...CLAIM, zone: 'eu-west-1b' };
    await expect(new Scene().update(CLAIM, elsewhere)).rejects.toThrow(/^staysInZone: zone: received eu-west-1b/);
    expect(await new Scene().update(elsewhere, CLAIM, 'back')).toEqual({ volumeId: 'vol-11111111', left: [] });
  });

  test('of a zone that the template had caught up with leaves the volume where a heal had moved it', async () => {
    const scene = new Scene();
    scene.volumes = [volume({ zone: 'eu-west-1b' })];
    const moved = { ...CLAIM, zone: 'eu-west-1b' };
    expect(await scene.update(CLAIM, moved)).toEqual({ volumeId: 'vol-11111111', left: [] });
    expect((await scene.update(moved, CLAIM, 'back')).left).toMatchObject([{ code: 'staysInZone' }]);
  });

  test('of performance that is still optimizing leaves it, and brings back what can be', async () => {
    const scene = new Scene();
    scene.volumes = [volume({ iops: 4000 })];
    const faster = { ...CLAIM, iops: 4000 };
    expect((await scene.update(faster, CLAIM, 'back')).left).toEqual([]);
    expect(scene.done).toEqual(['modify vol-11111111 to 100 GiB, 3000 IOPS']);
    scene.failing.set('modify', 'IncorrectModificationState');
    expect((await scene.update(CLAIM, faster, 'back')).left).toMatchObject([
      { code: 'failed', detail: 'IncorrectModificationState' },
    ]);
  });

  test('during a heal ends too, and touches nothing', async () => {
    const scene = new Scene();
    scene.ledger = { ...LEDGER, lease: { holder: 'heal-1', until: NOW + 3600 * SECOND } };
    const { left } = await scene.update(LARGER, CLAIM, 'back');
    expect(left).toMatchObject([{ code: 'healUnderWay', healId: 'heal-1' }]);
    await expect(scene.update(CLAIM, LARGER)).rejects.toThrow(/heal-1/);
    expect([...scene.made, ...scene.done]).toEqual([]);
  });

  test('that cannot be known from a deployment: what asks for no more is left, what asks for more fails', async () => {
    const scene = new Scene();
    scene.volumes = [volume({ sizeGiB: 160, iops: 4000 })];
    scene.failing.set('modify', 'IncorrectModificationState');
    const { left } = await scene.update({ ...LARGER, iops: 4000 }, CLAIM, 'unknown');
    expect(left).toMatchObject([{ code: 'doesNotShrink' }, { code: 'failed', detail: 'IncorrectModificationState' }]);
    await expect(scene.update(CLAIM, { ...LARGER, iops: 5000 }, 'unknown')).rejects.toThrow(/IncorrectModification/);
  });
});

test('what took over and does not carry its tags yet is adopted as it is, and not changed', async () => {
  const scene = new Scene();
  scene.volumes = [volume({ role: 'candidate' })];
  await expect(scene.update(CLAIM, LARGER)).rejects.toThrow(/^unsettled: vol-11111111/);
  const { left } = await scene.update({ ...CLAIM, iops: 4000 }, { ...CLAIM, iops: 3500 }, 'back');
  expect(left).toEqual([{ code: 'unsettled', volumeId: 'vol-11111111', volume: 'alpha' }]);
  expect((await scene.create()).left).toEqual([]);
  expect(scene.done).toEqual([]);
});

test('a first deployment that finds a volume brings it to what it claims', async () => {
  const scene = new Scene();
  scene.volumes = [volume({ state: 'available', attachments: [] })];
  expect((await scene.create(LARGER)).volumeId).toBe('vol-11111111');
  expect(scene.done).toEqual(['modify vol-11111111 to 160 GiB, 3000 IOPS']);
});

test('a volume of another key is adopted, and people are notified that the stack may not be able to use it', async () => {
  const scene = new Scene();
  scene.volumes = [volume({ keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/2' })];
  const { volumeId, left } = await scene.create();
  expect(volumeId).toBe('vol-11111111');
  expect(left).toMatchObject([
    { code: 'otherKey', key: expect.stringContaining('key/2'), allowed: expect.stringContaining('key/1') },
  ]);
});
