import { describe, expect, test } from '@jest/globals';
import { decide, HANG_SECONDS, NOTHING_YET, RELOCATE_SECONDS } from '../../../../lambda/core/heal/decide.ts';
import { CONFIRMED_STALL_SECONDS, STALL_SECONDS, UNSEEN_SECONDS } from '../../../../lambda/core/world/evidence.ts';
import type { Observation, VolumeIo } from '../../../../lambda/core/world/model.ts';
import { instance, NOW, point, probe, volume, world } from '../world.ts';

const UNSEEN = { unseen: NOW - UNSEEN_SECONDS * 1000 };

describe('decide', () => {
  test('a volume that serves is left alone', () => {
    expect(decide(world()).kind).toBe('none');
  });

  test.each(['shutdown', 'unmountable'] as const)(
    'a file system that is %s is replaced from the newest completed snapshot, on the standby',
    (state) => {
      const seen = decide(
        world({ probe: probe(state), recoveryPoints: [point(70), point(3, { state: 'pending' }), point(10)] }),
      );
      expect(seen).toMatchObject({
        kind: 'replace',
        old: { id: 'vol-11111111' },
        oldOwner: { id: 'i-owner' },
        standby: { id: 'i-standby' },
        generation: 2,
      });
      expect(seen.kind === 'replace' && seen.recoveryPoints.map((p) => p.snapshotId)).toEqual(['snap-10', 'snap-70']);
    },
  );

  test('copies of a quarantined volume are no recovery points', () => {
    const seen = decide(
      world({ probe: probe('shutdown'), recoveryPoints: [point(5, { role: 'quarantined' }), point(10)] }),
    );
    expect(seen.kind === 'replace' && seen.recoveryPoints.map((p) => p.snapshotId)).toEqual(['snap-10']);
  });

  test('no completed snapshot: a person is paged, nothing blank is made', () => {
    expect(decide(world({ probe: probe('shutdown'), recoveryPoints: [point(1, { state: 'pending' })] }))).toMatchObject(
      {
        kind: 'page',
        reasons: [
          { code: 'dead', state: 'shutdown' },
          { code: 'noPoint', volume: 'alpha' },
        ],
      },
    );
  });

  test('no standby in the zone: one that is starting is waited for; else, after a while, another zone takes over', () => {
    const starting = instance('i-new', { state: 'pending', agentOnline: false });
    expect(decide(world({ probe: probe('shutdown'), instances: [instance('i-owner'), starting] })).kind).toBe('wait');
    const elsewhere = instance('i-elsewhere', { zone: 'eu-west-1b' });
    const seen = world({ probe: probe('shutdown'), instances: [instance('i-owner'), elsewhere] });
    expect(decide(seen).kind).toBe('wait');
    expect(decide(seen, { ...NOTHING_YET, waitedSeconds: RELOCATE_SECONDS })).toMatchObject({
      kind: 'relocate',
      standby: { id: 'i-elsewhere' },
    });
  });

  test('nobody left anywhere: paged; the owner itself is never the standby', () => {
    expect(decide(world({ probe: probe('shutdown'), instances: [instance('i-owner')] })).kind).toBe('page');
  });

  test('an instance that did not do what it was asked, or fails its status checks, is not chosen again', () => {
    const three = [instance('i-owner'), instance('i-a'), instance('i-b')];
    expect(decide(world({ probe: probe('shutdown'), instances: three }))).toMatchObject({ standby: { id: 'i-a' } });
    expect(
      decide(world({ probe: probe('shutdown'), instances: three }), { ...NOTHING_YET, useless: ['i-a'] }),
    ).toMatchObject({ standby: { id: 'i-b' } });
    expect(
      decide(
        world({
          probe: probe('shutdown'),
          instances: [instance('i-owner'), instance('i-a', { impaired: true }), instance('i-b')],
        }),
      ),
    ).toMatchObject({ standby: { id: 'i-b' } });
  });

  test('an instance that was launched long ago and does not answer is not waited for as one that starts', () => {
    const old = instance('i-old', { agentOnline: false });
    const young = instance('i-young', { agentOnline: false, launchedAt: NOW - 60_000 });
    const waited = { ...NOTHING_YET, waitedSeconds: RELOCATE_SECONDS };
    const elsewhere = instance('i-elsewhere', { zone: 'eu-west-1b' });
    expect(
      decide(world({ probe: probe('shutdown'), instances: [instance('i-owner'), old, elsewhere] }), waited).kind,
    ).toBe('relocate');
    expect(
      decide(world({ probe: probe('shutdown'), instances: [instance('i-owner'), young, elsewhere] }), waited).kind,
    ).toBe('wait');
  });

  test('error state: replaced', () => {
    expect(decide(world({ volumes: [volume({ state: 'error' })], probe: undefined }))).toMatchObject({
      kind: 'replace',
      recoveryPoints: [{ snapshotId: 'snap-10' }, { snapshotId: 'snap-70' }],
    });
  });

  describe('hanging I/O', () => {
    const io = (over: Partial<VolumeIo> = {}): VolumeIo => ({ status: 'ok', stalled: false, why: [], ...over });
    const stalled = (over: Partial<Observation> = {}) => world({ probe: probe('timeout'), io: io(), ...over });
    const hung = (seconds: number) => ({ ...NOTHING_YET, since: { stalled: NOW - seconds * 1000 } });
    const impaired = [instance('i-owner', { ebsImpaired: true }), instance('i-standby')];

    test('seen once is waited for, whatever else says so', () => {
      for (const seen of [stalled(), stalled({ io: io({ status: 'impaired', stalled: true }), instances: impaired })])
        expect(decide(seen)).toMatchObject({ kind: 'wait', reasons: [{ code: 'mayGoOn' }] });
    });

    test('is replaced when it has outlasted its time, also where EBS says nothing', () => {
      for (const said of [undefined, io(), io({ status: undefined, stalled: undefined, why: ['denied'] })]) {
        expect(decide(stalled({ io: said }), hung(STALL_SECONDS - 1)).kind).toBe('wait');
        expect(decide(stalled({ io: said }), hung(STALL_SECONDS))).toMatchObject({
          kind: 'replace',
          recoveryPoints: [{ snapshotId: 'snap-10' }, { snapshotId: 'snap-70' }],
        });
      }
    });

    test.each([
      ['its volume status', { io: io({ status: 'impaired' }) }],
      ['its check for stalled I/O', { io: io({ stalled: true }) }],
      ['the status check of its owner', { instances: impaired }],
    ])('is replaced sooner where EBS says so too: %s', (_, over) => {
      expect(decide(stalled(over), hung(CONFIRMED_STALL_SECONDS - 1)).kind).toBe('wait');
      expect(decide(stalled(over), hung(CONFIRMED_STALL_SECONDS)).kind).toBe('replace');
    });

    test('what EBS says is in the reason', () => {
      const detail = 'EBS: volume status ok, the check for stalled I/O says stalled';
      expect(decide(stalled({ io: io({ stalled: true }) }), hung(STALL_SECONDS))).toMatchObject({
        reasons: [{ code: 'dead', volumeId: 'vol-11111111', state: 'timeout', detail }],
      });
    });

    test('in quarantine or in state error, it is not waited for', () => {
      expect(decide(stalled({ volumes: [volume({ role: 'quarantined' })] })).kind).toBe('replace');
      expect(decide(stalled({ volumes: [volume({ state: 'error' })] })).kind).toBe('replace');
    });
  });

  test.each(['stopped', 'terminated'])('the owner is %s: the volume moves to the standby', (state) => {
    const seen = world({
      probe: undefined,
      instances: [instance('i-owner', { state, agentOnline: false }), instance('i-standby')],
    });
    expect(decide(seen)).toMatchObject({
      kind: 'failover',
      owner: { id: 'i-owner' },
      standby: { id: 'i-standby' },
      volume: { id: 'vol-11111111' },
    });
  });

  test.each(['stopping', 'shutting-down'])('the owner is %s: that is not yet off', (state) => {
    expect(
      decide(world({ probe: undefined, instances: [instance('i-owner', { state }), instance('i-standby')] })).kind,
    ).toBe('wait');
  });

  test('the owner answers no command: looked at twice, and left alone while the load balancer reaches it or cannot be asked', () => {
    const later = { ...NOTHING_YET, waitedSeconds: HANG_SECONDS };
    const silent = (reachableOn: Observation['reachableOn'] | undefined) =>
      world({ probe: probe('unreachable'), reachableOn });
    expect(decide(silent([])).kind).toBe('wait');
    expect(decide(silent([]), later)).toMatchObject({ kind: 'failover', owner: { id: 'i-owner' } });
    expect(decide(silent(['i-owner']), later).kind).toBe('wait');
    expect(decide(silent(undefined), later).kind).toBe('wait');
  });

  test.each([
    ['in quarantine', { role: 'quarantined', scheduled: false }, undefined],
    ['in state error', { state: 'error' as const }, undefined],
    ['stuck', {}, { volumeId: 'vol-11111111', state: 'stuck' } as const],
    ['sound', {}, undefined],
  ])(
    'a volume that is %s at an instance that EC2 does not show: waited for, then paged; never replaced',
    (_, over, found) => {
      const attachments = [{ instanceId: 'i-elsewhere', device: '/dev/sdf', state: 'attached' }] as const;
      const seen = world({ volumes: [volume({ ...over, attachments })], probe: undefined });
      expect(decide(seen, { ...NOTHING_YET, found })).toMatchObject({
        kind: 'wait',
        reasons: [{ code: 'holderUnseen', volumeId: 'vol-11111111', instanceId: 'i-elsewhere' }],
      });
      expect(decide(seen, { ...NOTHING_YET, found, since: UNSEEN }).kind).toBe('page');
    },
  );

  test('a volume that cannot be moved is replaced', () => {
    const context = { ...NOTHING_YET, found: { volumeId: 'vol-11111111', state: 'stuck' } as const };
    const seen = world({
      probe: undefined,
      instances: [instance('i-owner', { state: 'stopped' }), instance('i-standby')],
    });
    expect(decide(seen, context)).toMatchObject({ kind: 'replace', oldOwner: { id: 'i-owner' } });
  });

  test('a volume without owner is mounted on an instance of its zone', () => {
    const seen = decide(
      world({
        volumes: [volume({ state: 'available', attachments: [] })],
        probe: undefined,
        instances: [instance('i-b', { zone: 'eu-west-1b' }), instance('i-a')],
      }),
    );
    expect(seen).toMatchObject({ kind: 'mount', instance: { id: 'i-a' }, format: false });
  });

  test('attached, but not mounted: it is mounted where it is', () => {
    expect(decide(world({ probe: probe('notMounted') }))).toMatchObject({ kind: 'mount', instance: { id: 'i-owner' } });
  });

  test('a volume that serves but was never put into the schedule is put there, if the ledger names it', () => {
    const candidate = volume({ role: 'candidate', scheduled: false });
    expect(decide(world({ volumes: [candidate] }))).toMatchObject({ kind: 'settle', volume: { id: 'vol-11111111' } });
    expect(decide(world({ volumes: [volume({ scheduled: false })], ledger: undefined })).kind).toBe('none');
  });

  test('a volume that the guard holds out of the schedule stays out of it', () => {
    const held = (over = {}) => world({ volumes: [volume({ scheduled: false, held: true, ...over })] });
    expect(decide(held()).kind).toBe('none');
    expect(decide(held({ held: false })).kind).toBe('settle');
    expect(decide(held({ role: 'candidate' })).kind).toBe('settle');
  });

  test('a quarantined volume is never served again by itself', () => {
    const quarantined = volume({ role: 'quarantined', scheduled: false });
    expect(decide(world({ volumes: [quarantined], probe: probe('notMounted') })).kind).toBe('replace');
    expect(
      decide(world({ volumes: [{ ...quarantined, state: 'available', attachments: [] }], probe: undefined })).kind,
    ).toBe('replace');
    expect(decide(world({ volumes: [quarantined] })).kind).toBe('page');
  });

  test('what a mount found outweighs what the probe cannot see', () => {
    const seen = decide(world({ probe: probe('notMounted') }), {
      ...NOTHING_YET,
      found: { volumeId: 'vol-11111111', state: 'unmountable' },
    });
    expect(seen.kind).toBe('replace');
  });

  test('a blank volume is formatted only where nothing ever existed', () => {
    const blank = volume({ blank: true, state: 'available', attachments: [] });
    const first = { volumes: [blank], probe: undefined, ledger: undefined };
    expect(decide(world({ ...first, recoveryPoints: [] }))).toMatchObject({ kind: 'mount', format: true });
    expect(decide(world({ ...first, recoveryPoints: [point(10)] }))).toMatchObject({
      kind: 'page',
      reasons: [{ code: 'blankWithHistory', volumeId: 'vol-11111111', volume: 'alpha' }],
    });
    expect(decide(world({ ...first, recoveryPoints: [point(10, { state: 'pending' })] })).kind).toBe('page');
    const older = volume({ id: 'vol-22222222', role: 'quarantined', state: 'available', attachments: [] });
    expect(decide(world({ ...first, recoveryPoints: [], volumes: [blank, older] })).kind).toBe('page');
  });

  test('the ledger outweighs the tags; a volume that it names and EC2 does not have is for a person', () => {
    const stray = volume({ id: 'vol-22222222', generation: 9, attachments: [], state: 'available' });
    expect(decide(world({ volumes: [stray, volume()] }))).toMatchObject({
      kind: 'settle',
      suspects: [{ id: 'vol-22222222' }],
    });
    const unseen = world({ volumes: [stray], probe: undefined });
    expect(decide(unseen).kind).toBe('wait');
    expect(decide(unseen, { ...NOTHING_YET, waitedSeconds: 600 }).kind).toBe('wait');
    expect(decide(unseen, { ...NOTHING_YET, since: UNSEEN }).kind).toBe('page');
  });

  test('what a deployment restored in the place of a volume that is gone is mounted, once that is looked for in vain', () => {
    const free = { id: 'vol-22222222', attachments: [], state: 'available', madeFrom: 'snap-10' } as const;
    const restored = (generation: number) => world({ volumes: [volume({ ...free, generation })], probe: undefined });
    const waited = { ...NOTHING_YET, since: UNSEEN };
    expect(decide(restored(2)).kind).toBe('wait');
    expect(decide(restored(2), waited)).toMatchObject({ kind: 'mount', volume: { id: 'vol-22222222' } });
    // Of the same generation, or an earlier one, it is not.
    expect(decide(restored(1), waited).kind).toBe('page');
  });
});

describe('copies from after the failure', () => {
  const ids = (over: Parameters<typeof world>[0], alarmedAt?: number) => {
    const points = [5, 15, 25, 35, 45, 55, 65, 125, 185, 245, 305].map((ago) => point(ago));
    const decision = decide(world({ probe: probe('shutdown'), recoveryPoints: points, ...over }), {
      ...NOTHING_YET,
      alarmedAt,
    });
    return decision.kind === 'replace' ? decision.recoveryPoints.map((p) => p.snapshotId) : decision.kind;
  };
  const LAST = ['snap-5', 'snap-15', 'snap-25'];
  const FROM_BEFORE = ['snap-65', 'snap-125', 'snap-185', 'snap-245', 'snap-305'];

  test('come last, and take no place from those before', () => {
    expect(ids({ failingSince: NOW - 60 * 60_000 })).toEqual([...FROM_BEFORE, ...LAST]);
  });

  test('are known by the alarm where the probe published nothing, and by the first call where there was no alarm', () => {
    expect(ids({}, NOW - 60 * 60_000)).toEqual([...FROM_BEFORE, ...LAST]);
    const paged = { about: 'it', at: NOW - 60 * 60_000, final: false };
    expect(
      ids({
        ledger: {
          ...world().ledger,
          generation: 1,
          currentVolume: 'vol-11111111',
          owner: 'i-owner',
          lease: undefined,
          paged,
        },
      }),
    ).toEqual([...FROM_BEFORE, ...LAST]);
    expect(ids({ failingSince: NOW - 20 * 60_000 }, NOW)).toEqual([
      'snap-25',
      'snap-35',
      'snap-45',
      'snap-55',
      'snap-65',
      'snap-5',
      'snap-15',
    ]);
  });

  test('are not known where nobody knows when it failed', () => {
    expect(ids({})).toEqual(['snap-5', 'snap-15', 'snap-25', 'snap-35', 'snap-45']);
  });

  test('come after an unverified one from before, verified or not', () => {
    const points = [point(5, { verdict: 'verified' }), point(65), point(125, { verdict: 'verified' })];
    expect(ids({ recoveryPoints: points, failingSince: NOW - 60 * 60_000 })).toEqual(['snap-125', 'snap-65', 'snap-5']);
  });
});
