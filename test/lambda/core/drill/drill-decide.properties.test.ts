import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DrillObservation, decideDrill } from '../../../../lambda/core/drill/decide.ts';
import { standbys } from '../../../../lambda/core/drill/turn.ts';
import { currentVolume } from '../../../../lambda/core/world/current.ts';
import type { RecoveryPoint } from '../../../../lambda/core/world/model.ts';
import { instance, NOW, point, volume, ZONE } from '../world.ts';
import { type Check, HOURS_2, ledger, MINUTE, on, seen, spareVolume } from './drill-decide.world.ts';

describe('decideDrill, in any world', () => {
  const IDS = ['vol-11111111', 'vol-22222222', 'vol-33333333', 'vol-44444444'] as const;
  const HOSTS = ['i-1', 'i-2', 'i-3'] as const;
  const anyVolume = fc.record({
    id: fc.constantFrom(...IDS),
    state: fc.constantFrom('creating', 'available', 'in-use', 'in-use', 'error', 'deleting'),
    zone: fc.constantFrom(ZONE, ZONE, ZONE, 'eu-west-1b'),
    role: fc.constantFrom('current', 'current', 'quarantined', 'scratch', 'scratch', 'spare', ''),
    generation: fc.constantFrom(1, 1, 2),
    madeFrom: fc.constantFrom(undefined, 'snap-0', 'snap-0', 'snap-1'),
    attachments: fc.array(
      fc.record({
        instanceId: fc.constantFrom(...HOSTS, 'i-gone'),
        device: fc.constant('/dev/sdf'),
        state: fc.constantFrom('attaching', 'attached', 'attached', 'detaching'),
      }),
      { maxLength: 1 },
    ),
  });
  const anyLedger = fc.record({
    generation: fc.constant(1),
    currentVolume: fc.constantFrom(...IDS, undefined),
    owner: fc.constant('i-1'),
    paged: fc.constant(undefined),
    lease: fc.option(
      fc.integer({ min: -9, max: 1 }).map((minutes) => ({ holder: 'heal-1', until: NOW + minutes * MINUTE })),
      { nil: undefined },
    ),
    spare: fc.option(
      fc.record({
        volumeId: fc.constantFrom(...IDS),
        snapshotId: fc.constant('snap-x'),
        instanceId: fc.constantFrom(...HOSTS),
        at: fc.integer({ min: 0, max: 300 }).map((minutes) => NOW - minutes * MINUTE),
      }),
      { nil: undefined },
    ),
  });
  const anyWorld: fc.Arbitrary<DrillObservation> = fc
    .record({
      ledger: fc.option(anyLedger, { nil: undefined }),
      // Where the ledger says, or wherever chance has put it.
      spareIsThere: fc.boolean(),
      volumes: fc.uniqueArray(anyVolume, { selector: (v) => v.id, minLength: 2, maxLength: 4 }),
      instances: fc.uniqueArray(
        fc.record({
          id: fc.constantFrom(...HOSTS),
          zone: fc.constantFrom(ZONE, ZONE, ZONE, 'eu-west-1b'),
          state: fc.constantFrom('pending', 'running', 'running', 'running', 'running', 'stopped'),
          impaired: fc.constantFrom(false, false, false, true),
          agentOnline: fc.constantFrom(true, true, true, false),
        }),
        { selector: (i) => i.id, minLength: 2 },
      ),
      points: fc.array(
        fc.record({
          ago: fc.integer({ min: 0, max: 200 }),
          state: fc.constantFrom('pending', 'completed', 'completed', 'error'),
          role: fc.constantFrom('current', 'current', 'quarantined'),
          generation: fc.constantFrom(1, 2, 2),
          verdict: fc.constantFrom(undefined, undefined, 'verified' as const, 'rejected' as const),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    })
    .map(({ ledger: of, spareIsThere, volumes, instances, points }) =>
      seen({
        ledger: of,
        volumes: volumes.map((v) =>
          spareIsThere && of?.spare?.volumeId === v.id
            ? spareVolume({ id: v.id, attachments: on(of.spare.instanceId) })
            : volume(v),
        ),
        instances: instances.map((i) => instance(i.id, i)),
        recoveryPoints: points.map(({ ago, ...over }, n) => point(ago, { ...over, snapshotId: `snap-${n}` })),
      }),
    );

  /** Judges the worlds in which something is checked. */
  function holds(property: (world: DrillObservation, decision: Check) => void): void {
    fc.assert(
      fc.property(anyWorld, (w) => {
        const decision = decideDrill(w);
        if (decision.kind === 'check') property(w, decision);
      }),
      { numRuns: 4000 },
    );
  }

  test('something is checked often enough for what follows to mean anything', () => {
    const decisions = fc.sample(anyWorld, { numRuns: 4000, seed: 1 }).map((w) => decideDrill(w));
    const checks = decisions.filter((d) => d.kind === 'check');
    expect(checks.length).toBeGreaterThan(100);
    expect(checks.some((d) => d.strays.length > 0)).toBe(true);
    expect(checks.filter((d) => d.scratch !== undefined).length).toBeGreaterThan(10);
    expect(checks.filter((d) => !d.keep).length).toBeGreaterThan(10);
  });

  test('it is the same for the same world, and never changes it', () => {
    fc.assert(
      fc.property(anyWorld, (w) => {
        const before = structuredClone(w);
        expect(decideDrill(w)).toEqual(decideDrill(structuredClone(w)));
        expect(w).toEqual(before);
      }),
    );
  });

  test('nothing is drilled while a heal has the lease', () => {
    fc.assert(
      fc.property(anyWorld, fc.integer({ min: 1, max: 900_000 }), (w, left) => {
        const held = { ...(w.ledger ?? ledger()), lease: { holder: 'heal-1', until: NOW + left } };
        expect(decideDrill({ ...w, ledger: held }).kind).toBe('none');
      }),
    );
  });

  test('for a standby only: never the owner, a live host in the zone of the current volume', () => {
    holds((w, { like }) => {
      expect(like).toEqual(currentVolume(w));
      for (const host of standbys(w)) {
        expect(like.attachments.map((a) => a.instanceId)).not.toContain(host.id);
        expect(host).toMatchObject({ state: 'running', agentOnline: true, impaired: false, zone: like.zone });
      }
      expect(standbys(w)).not.toEqual([]);
    });
  });

  test('only what is completed, not in quarantine and not rejected; the newest unchecked one of what serves and of the last two hours first', () => {
    const usable = (p: RecoveryPoint) =>
      p.state === 'completed' && p.role !== 'quarantined' && p.verdict !== 'rejected';
    const age = (p: RecoveryPoint) => NOW - p.at;
    holds((w, { point: chosen, like }) => {
      const among = w.recoveryPoints.filter(usable);
      expect(among).toContainEqual(chosen);
      const unchecked = among.filter(
        (p) => p.verdict === undefined && age(p) < HOURS_2 * MINUTE && p.generation >= like.generation,
      );
      // Verified, it is to become the spare, which is missing: then nothing newer is unchecked.
      const eligible = unchecked.length > 0 && chosen.verdict === undefined ? unchecked : among;
      expect(age(chosen)).toBe(Math.min(...eligible.map(age)));
    });
  });

  test('nothing that is checked or older than two hours, where the ledger’s spare is attached to a standby that answers', () => {
    holds((w, { like, point: chosen }) => {
      const spare = w.ledger?.spare;
      const host = w.instances.find((i) => i.id === spare?.instanceId);
      const there = w.volumes.find((v) => v.id === spare?.volumeId && v.state === 'in-use');
      if (!spare || !host?.agentOnline || host.state !== 'running' || host.impaired) return;
      if (!there?.attachments.some((a) => a.instanceId === host.id && a.state === 'attached')) return;
      if (like.attachments.some((a) => a.instanceId === host.id)) return;
      expect(chosen.verdict).toBeUndefined();
      expect(NOW - chosen.at).toBeLessThan(HOURS_2 * MINUTE);
    });
  });

  test('what it clears away was made by drills, and is neither the current volume nor the noted spare nor what it goes on with', () => {
    holds((w, { strays, scratch, like }) => {
      const ids = strays.map((v) => v.id);
      for (const { role } of strays) expect(['scratch', 'spare']).toContain(role);
      expect(ids).not.toContain(like.id);
      const noted = w.volumes.find((v) => v.id === w.ledger?.spare?.volumeId && v.role === 'spare');
      if (noted) expect(ids).not.toContain(noted.id);
      if (scratch) expect(ids).not.toContain(scratch.id);
    });
  });

  test('it goes on only with a drill’s volume of the same snapshot, which is free or on a standby', () => {
    holds((w, { scratch, point: chosen, like }) => {
      if (!scratch) return;
      expect(scratch).toMatchObject({ role: 'scratch', madeFrom: chosen.snapshotId, zone: like.zone });
      expect(scratch.id).not.toBe(like.id);
      expect(scratch.id).not.toBe(w.ledger?.spare?.volumeId);
      if (scratch.state !== 'available')
        expect(standbys(w).map((host) => host.id)).toContain(scratch.attachments[0]?.instanceId);
    });
  });
});
