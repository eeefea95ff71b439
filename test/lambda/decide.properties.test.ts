import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_RECOVERY_POINTS } from '../../lambda/core/candidates.ts';
import { decide, HANG_SECONDS, RELOCATE_SECONDS } from '../../lambda/core/decide.ts';
import { type Observation, PROBE_STATES, type Volume } from '../../lambda/core/model.ts';
import { instance, NOW, point, probe, volume, world, ZONE } from './world.ts';

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
          impaired: fc.boolean(),
          launchedAt: fc.constantFrom(NOW - 60_000, NOW - 86_400_000),
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
      reachableOn: fc.option(fc.subarray(['i-1', 'i-2']), { nil: undefined }),
    })
    .map((w) =>
      world({
        ledger: w.ledger && { ...w.ledger, lease: undefined, paged: undefined },
        volumes: w.volumes.map((v): Volume => volume(v)),
        instances: w.instances.map((i) => instance(i.id, i)),
        recoveryPoints: w.points.map((p, n) => ({
          ...point(p.ago, { state: p.state, role: p.role }),
          snapshotId: `snap-${n}`,
        })),
        probe: w.state && probe(w.state, 'i-1'),
        reachableOn: w.reachableOn,
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

  const anyContext = fc.record({
    waitedSeconds: fc.constantFrom(0, HANG_SECONDS, RELOCATE_SECONDS, 600),
    useless: fc.subarray(['i-1', 'i-2', 'i-3']),
    failing: fc.subarray(['i-1', 'i-2', 'i-3']),
    found: fc.option(
      fc.record({
        volumeId: fc.constantFrom('vol-11111111', 'vol-22222222'),
        state: fc.constantFrom('unmountable' as const, 'stuck' as const),
      }),
      { nil: undefined },
    ),
  });

  test('a replacement comes from completed, unquarantined points, newest first, onto a live other instance, and raises the generation', () => {
    fc.assert(
      fc.property(anyWorld, anyContext, (w, context) => {
        const seen = decide(w, context);
        if (seen.kind !== 'replace' && seen.kind !== 'relocate') return;
        const { recoveryPoints: points } = seen;
        expect(points.length).toBeGreaterThan(0);
        expect(points.length).toBeLessThanOrEqual(MAX_RECOVERY_POINTS);
        for (const p of points) expect(p).toMatchObject({ state: 'completed', role: 'current' });
        expect(points.map((p) => p.at)).toEqual(points.map((p) => p.at).sort((a, b) => b - a));
        expect(seen.standby).toMatchObject({ state: 'running', agentOnline: true, impaired: false });
        expect(seen.standby.zone === seen.old.zone).toBe(seen.kind === 'replace');
        expect([seen.oldOwner?.id, ...context.useless]).not.toContain(seen.standby.id);
        for (const v of w.volumes) expect(seen.generation).toBeGreaterThan(v.generation);
        expect(seen.generation).toBeGreaterThan(w.ledger?.generation ?? 0);
      }),
      { numRuns: 3000 },
    );
  });

  test('a sound volume moves only off an owner that is off, or that neither commands nor the load balancer reach', () => {
    fc.assert(
      fc.property(anyWorld, anyContext, (w, context) => {
        const seen = decide(w, context);
        if (seen.kind !== 'failover') return;
        const off = ['stopped', 'terminated'].includes(seen.owner.state);
        const silent =
          w.probe?.state === 'unreachable' &&
          w.reachableOn !== undefined &&
          !w.reachableOn.includes(seen.owner.id) &&
          context.waitedSeconds >= HANG_SECONDS;
        expect(off || silent).toBe(true);
        expect(seen.standby.id).not.toBe(seen.owner.id);
        expect(seen.standby.zone).toBe(seen.volume.zone);
      }),
      { numRuns: 3000 },
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
