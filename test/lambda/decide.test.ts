import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide, MAX_RECOVERY_POINTS } from '../../lambda/core/decide.ts';
import { type Observation, PROBE_STATES, type Volume } from '../../lambda/core/model.ts';
import { instance, NOW, point, probe, volume, world, ZONE } from './world.ts';

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
      { kind: 'page', reason: expect.stringContaining('no completed snapshot') },
    );
  });

  test('no standby in the zone: paged; one that is starting is waited for', () => {
    const elsewhere = instance('i-elsewhere', { zone: 'eu-west-1b' });
    expect(decide(world({ probe: probe('shutdown'), instances: [instance('i-owner'), elsewhere] })).kind).toBe('page');
    const starting = instance('i-new', { state: 'pending', agentOnline: false });
    expect(decide(world({ probe: probe('shutdown'), instances: [instance('i-owner'), starting] })).kind).toBe('wait');
  });

  test('the owner itself is never the standby', () => {
    expect(decide(world({ probe: probe('shutdown'), instances: [instance('i-owner')] })).kind).toBe('page');
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
    expect(decide(world({ volumes: [candidate] }))).toMatchObject({ kind: 'promote', volume: { id: 'vol-11111111' } });
    expect(decide(world({ volumes: [volume({ scheduled: false })], ledger: undefined })).kind).toBe('none');
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
    const seen = decide(world({ probe: probe('notMounted') }), { volumeId: 'vol-11111111', state: 'unmountable' });
    expect(seen.kind).toBe('replace');
  });

  test('a host that does not answer says nothing about the disk: no second writer is started on that', () => {
    for (const state of ['unreachable', 'timeout'] as const)
      expect(decide(world({ probe: probe(state) })).kind).toBe('page');
  });

  test('a blank volume is formatted only where nothing ever existed', () => {
    const blank = volume({ blank: true, state: 'available', attachments: [] });
    const first = { volumes: [blank], probe: undefined, ledger: undefined };
    expect(decide(world({ ...first, recoveryPoints: [] }))).toMatchObject({ kind: 'mount', format: true });
    expect(decide(world({ ...first, recoveryPoints: [point(10)] }))).toMatchObject({
      kind: 'page',
      reason: expect.stringContaining('blank'),
    });
    expect(decide(world({ ...first, recoveryPoints: [point(10, { state: 'pending' })] })).kind).toBe('page');
    const older = volume({ id: 'vol-22222222', role: 'quarantined', state: 'available', attachments: [] });
    expect(decide(world({ ...first, recoveryPoints: [], volumes: [blank, older] })).kind).toBe('page');
  });

  test('the ledger outweighs the tags; a volume that it names and EC2 does not have is for a person', () => {
    const stray = volume({ id: 'vol-22222222', generation: 9, attachments: [], state: 'available' });
    expect(decide(world({ volumes: [stray, volume()] })).kind).toBe('none');
    expect(decide(world({ volumes: [stray], probe: undefined })).kind).toBe('page');
  });
});

describe('decide, for any world', () => {
  const anyVolume = fc.record({
    id: fc.constantFrom('vol-11111111', 'vol-22222222', 'vol-33333333'),
    state: fc.constantFrom('creating', 'available', 'in-use', 'error', 'deleting'),
    zone: fc.constantFrom(ZONE, 'eu-west-1b'),
    role: fc.constantFrom('current', 'candidate', 'quarantined', ''),
    generation: fc.integer({ min: 0, max: 5 }),
    blank: fc.boolean(),
    scheduled: fc.boolean(),
    attachments: fc.array(
      fc.record({
        instanceId: fc.constantFrom('i-1', 'i-2', 'i-gone'),
        device: fc.constant('/dev/sdf'),
        state: fc.constantFrom('attaching', 'attached', 'detaching', 'detached'),
      }),
      { maxLength: 1 },
    ),
  });
  const anyWorld: fc.Arbitrary<Observation> = fc
    .record({
      ledger: fc.option(
        fc.record({
          generation: fc.integer({ min: 1, max: 5 }),
          currentVolume: fc.constantFrom('vol-11111111', 'vol-22222222', undefined),
          owner: fc.constant('i-1'),
        }),
        { nil: undefined },
      ),
      volumes: fc.uniqueArray(anyVolume, { selector: (v) => v.id, maxLength: 3 }),
      instances: fc.uniqueArray(
        fc.record({
          id: fc.constantFrom('i-1', 'i-2', 'i-3'),
          zone: fc.constantFrom(ZONE, 'eu-west-1b'),
          state: fc.constantFrom('pending', 'running', 'stopping', 'stopped', 'terminated'),
          agentOnline: fc.boolean(),
        }),
        { selector: (i) => i.id },
      ),
      points: fc.array(
        fc.record({
          ago: fc.integer({ min: 1, max: 500 }),
          state: fc.constantFrom('pending', 'completed', 'error'),
          role: fc.constantFrom('current', 'quarantined'),
        }),
        { maxLength: 8 },
      ),
      state: fc.option(fc.constantFrom(...PROBE_STATES), { nil: undefined }),
    })
    .map((w) =>
      world({
        ledger: w.ledger,
        volumes: w.volumes.map((v): Volume => volume(v)),
        instances: w.instances.map((i) => instance(i.id, i)),
        recoveryPoints: w.points.map((p, n) => ({
          ...point(p.ago, { state: p.state, role: p.role }),
          snapshotId: `snap-${n}`,
        })),
        probe: w.state && probe(w.state, 'i-1'),
      }),
    );

  test('is the same for the same world, and never changes it', () => {
    fc.assert(
      fc.property(anyWorld, (w) => {
        const before = structuredClone(w);
        expect(decide(w)).toEqual(decide(structuredClone(w)));
        expect(w).toEqual(before);
      }),
    );
  });

  test('a replacement comes from completed, unquarantined points, newest first, onto a live other instance of the zone, and raises the generation', () => {
    fc.assert(
      fc.property(anyWorld, (w) => {
        const seen = decide(w);
        if (seen.kind !== 'replace') return;
        const { recoveryPoints: points } = seen;
        expect(points.length).toBeGreaterThan(0);
        expect(points.length).toBeLessThanOrEqual(MAX_RECOVERY_POINTS);
        for (const p of points) expect(p).toMatchObject({ state: 'completed', role: 'current' });
        expect(points.map((p) => p.at)).toEqual(points.map((p) => p.at).sort((a, b) => b - a));
        expect(seen.standby).toMatchObject({ state: 'running', agentOnline: true, zone: seen.old.zone });
        expect(seen.standby.id).not.toBe(seen.oldOwner?.id);
        for (const v of w.volumes) expect(seen.generation).toBeGreaterThan(v.generation);
        expect(seen.generation).toBeGreaterThan(w.ledger?.generation ?? 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('nothing is formatted or served blank where any snapshot or any other volume exists', () => {
    fc.assert(
      fc.property(anyWorld, (w) => {
        const seen = decide(w);
        if (seen.kind !== 'mount') return;
        expect(seen.format).toBe(seen.volume.blank);
        if (seen.volume.blank) expect([w.recoveryPoints.length, w.volumes.length]).toEqual([0, 1]);
      }),
      { numRuns: 2000 },
    );
  });

  test('a volume attached to an instance is mounted nowhere else', () => {
    fc.assert(
      fc.property(anyWorld, (w) => {
        const seen = decide(w);
        if (seen.kind !== 'mount') return;
        const at = seen.volume.attachments.find((a) => a.state !== 'detached');
        if (at) expect(seen.instance.id).toBe(at.instanceId);
        expect(seen.volume.zone).toBe(seen.instance.zone);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes no time from anywhere but the world', () => {
    expect(JSON.stringify(decide(world({ at: NOW })))).toBe(JSON.stringify(decide(world({ at: NOW + 1e9 }))));
  });
});
