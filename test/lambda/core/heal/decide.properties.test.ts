import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InstanceId, VolumeId } from '../../../../contract/ids.ts';
import { MAX_RECOVERY_POINTS, MAX_SUSPECT_POINTS } from '../../../../lambda/core/heal/candidates.ts';
import { decide, type Found, HANG_SECONDS, RELOCATE_SECONDS } from '../../../../lambda/core/heal/decide.ts';
import {
  CONFIRMED_STALL_SECONDS,
  failedAt,
  STALL_SECONDS,
  UNREACHED_SECONDS,
} from '../../../../lambda/core/world/evidence.ts';
import { type Observation, PROBE_STATES, type Volume } from '../../../../lambda/core/world/model.ts';
import { instance, NOW, point, probe, volume, world, ZONE } from '../world.ts';

describe('decide, for any world', () => {
  /** Mostly what is sound, or the decisions about sound things would hardly come up. */
  const mostly = <T>(usual: T, ...others: readonly T[]) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
  const anyVolume = fc.record({
    id: mostly<VolumeId>('vol-11111111', 'vol-22222222', 'vol-33333333'),
    state: mostly<Volume['state']>('in-use', 'creating', 'available', 'error', 'deleting'),
    zone: mostly(ZONE, 'eu-west-1b'),
    role: mostly('current', 'candidate', 'quarantined', ''),
    generation: mostly(1, 0, 2, 3, 4, 5),
    blank: fc.boolean(),
    scheduled: mostly(true, false),
    attachments: fc.array(
      fc.record({
        instanceId: mostly<InstanceId>('i-1', 'i-2', 'i-gone'),
        device: fc.constant('/dev/sdf'),
        state: mostly<Volume['attachments'][number]['state']>('attached', 'attaching', 'detaching', 'detached'),
      }),
      { minLength: 1, maxLength: 1 },
    ),
  });
  const anyWorld: fc.Arbitrary<Observation> = fc
    .record({
      ledger: fc.option(
        fc.record({
          generation: mostly(1, 2, 3, 4, 5),
          currentVolume: mostly<VolumeId | undefined>('vol-11111111', 'vol-22222222', undefined),
          owner: fc.constant('i-1'),
        }),
        { nil: undefined },
      ),
      volumes: fc.uniqueArray(anyVolume, { selector: (v) => v.id, minLength: 1, maxLength: 3 }),
      instances: fc.uniqueArray(
        fc.record({
          id: mostly<InstanceId>('i-1', 'i-2', 'i-3'),
          zone: mostly(ZONE, 'eu-west-1b'),
          state: mostly('running', 'pending', 'stopping', 'stopped', 'terminated'),
          impaired: mostly(false, true),
          ebsImpaired: mostly(false, true),
          launchedAt: fc.constantFrom(NOW - 60_000, NOW - 86_400_000),
          agentOnline: mostly(true, false),
        }),
        { selector: (i) => i.id, minLength: 2 },
      ),
      points: fc.array(
        fc.record({
          ago: fc.integer({ min: 1, max: 500 }),
          state: fc.constantFrom('pending', 'completed', 'error'),
          role: fc.constantFrom('current', 'quarantined'),
        }),
        { maxLength: 12 },
      ),
      state: fc.constantFrom(...PROBE_STATES, ...PROBE_STATES, 'serving' as const, 'unreachable' as const, undefined),
      reachableOn: mostly<readonly InstanceId[] | undefined>([], ['i-1'], ['i-2'], ['i-1', 'i-2'], undefined),
      answering: fc.subarray<InstanceId>(['i-1', 'i-2', 'i-3']),
      failing: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    })
    .map((w) =>
      world({
        ledger: w.ledger && { ...w.ledger, lease: undefined, paged: undefined },
        volumes: w.volumes.map((v): Volume => volume(v.state === 'available' ? { ...v, attachments: [] } : v)),
        instances: w.instances.map((i) => instance(i.id, i)),
        recoveryPoints: w.points.map((p, n) => ({
          ...point(p.ago, { state: p.state, role: p.role }),
          snapshotId: `snap-${n}`,
        })),
        probe: w.state && probe(w.state, 'i-1'),
        reachableOn: w.reachableOn,
        answering: w.answering,
        failingSince: w.failing === undefined ? undefined : NOW - w.failing * 60_000,
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

  /** That a property holds says nothing where what it is about never comes up. */
  const TIMES = 3;

  const anyContext = fc.record({
    waitedSeconds: fc.constantFrom(0, HANG_SECONDS, RELOCATE_SECONDS, 600),
    useless: mostly<readonly InstanceId[]>([], ['i-1'], ['i-2'], ['i-3'], ['i-2', 'i-3']),
    failing: mostly<readonly InstanceId[]>([], ['i-1'], ['i-2']),
    alarmedAt: mostly<number | undefined>(undefined, NOW - 120 * 60_000),
    since: fc.record({ unreached: mostly(NOW - UNREACHED_SECONDS * 1000, NOW) }),
    found: mostly<Found | undefined>(
      undefined,
      { volumeId: 'vol-11111111', state: 'unmountable' },
      { volumeId: 'vol-11111111', state: 'stuck' },
      { volumeId: 'vol-11111111', state: 'hung' },
    ),
  });

  test('a replacement comes from completed, unquarantined points, those from before the failure first and newest first, onto a live other instance, and raises the generation', () => {
    fc.assert(
      fc.property(anyWorld, anyContext, (w, context) => {
        const seen = decide(w, context);
        if (seen.kind !== 'replace' && seen.kind !== 'relocate') return;
        const { recoveryPoints: points } = seen;
        expect(points.length).toBeGreaterThan(0);
        const failed = failedAt(w, context.alarmedAt) ?? Number.POSITIVE_INFINITY;
        const after = points.filter((p) => p.at > failed);
        expect(points.length - after.length).toBeLessThanOrEqual(MAX_RECOVERY_POINTS);
        expect(after.length).toBeLessThanOrEqual(MAX_SUSPECT_POINTS);
        const all = w.recoveryPoints.filter((p) => p.state === 'completed' && p.role === 'current');
        const before = all.filter((p) => p.at <= failed && p.verdict !== 'rejected');
        // The limit counts only what is from before: a schedule that went on pushes nothing out.
        expect(points.slice(0, points.length - after.length).length).toBe(Math.min(MAX_RECOVERY_POINTS, before.length));
        expect(points.slice(points.length - after.length)).toEqual(after);
        for (const p of points) expect(p).toMatchObject({ state: 'completed', role: 'current' });
        for (const some of [points.slice(0, points.length - after.length), after])
          expect(some.map((p) => p.at)).toEqual(some.map((p) => p.at).sort((a, b) => b - a));
        expect(seen.standby).toMatchObject({ state: 'running', agentOnline: true, impaired: false });
        expect(seen.standby.zone === seen.old.zone).toBe(seen.kind === 'replace');
        expect(context.useless).not.toContain(seen.standby.id);
        expect(seen.oldOwner).not.toMatchObject({ id: seen.standby.id });
        for (const v of w.volumes) expect(seen.generation).toBeGreaterThan(v.generation);
        expect(seen.generation).toBeGreaterThan(w.ledger?.generation ?? 0);
      }),
      { numRuns: 3000 },
    );
  });

  test('a sound volume moves only off an owner that is off, that neither commands nor the load balancer reach, or that only they reach', () => {
    const moved = { off: 0, silent: 0, unreached: 0 };
    fc.assert(
      fc.property(anyWorld, anyContext, (w, context) => {
        const seen = decide(w, context);
        if (seen.kind !== 'failover') return;
        const off = ['stopped', 'terminated'].includes(seen.owner.state);
        if (!off) expect(w.reachableOn ?? []).not.toContain(seen.owner.id);
        const known = w.reachableOn !== undefined && context.waitedSeconds >= HANG_SECONDS;
        const silent = w.probe?.state === 'unreachable' && (known || seen.owner.impaired || seen.owner.ebsImpaired);
        const unreached = context.since.unreached <= w.at - UNREACHED_SECONDS * 1000 && w.reachableOn !== undefined;
        // It was asked to serve, and did not.
        const failed = context.useless.includes(seen.owner.id) && w.probe?.state === 'notMounted';
        expect(off || silent || failed || (unreached && w.probe?.state === 'serving')).toBe(true);
        if (failed && !off && !silent) return;
        moved[off ? 'off' : silent ? 'silent' : 'unreached']++;
        expect(seen.standby.id).not.toBe(seen.owner.id);
        expect(seen.standby.zone).toBe(seen.volume.zone);
      }),
      { numRuns: 20_000 },
    );
    for (const times of Object.values(moved)) expect(times).toBeGreaterThan(TIMES);
  });

  test('a volume whose I/O hangs, and of which nothing else is wrong, is replaced only when it has been looked at for a while', () => {
    fc.assert(
      fc.property(
        anyWorld,
        anyContext,
        fc.integer({ min: 0, max: 200 }),
        fc.boolean(),
        (w, context, ago, confirmed) => {
          const io = { status: confirmed ? 'impaired' : 'ok', stalled: confirmed, why: [] };
          const hung = { ...context, found: undefined, since: { stalled: w.at - ago * 1000 } };
          const seen = decide({ ...w, probe: probe('timeout', 'i-1'), io }, hung);
          if (seen.kind !== 'replace' && seen.kind !== 'relocate') return;
          const wrong = seen.old.role === 'quarantined' || seen.old.state === 'error';
          const owner = w.instances.find((i) => i.id === seen.old.attachments[0]?.instanceId);
          const known = confirmed || owner?.ebsImpaired === true;
          expect(wrong || ago >= (known ? CONFIRMED_STALL_SECONDS : STALL_SECONDS)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('nobody else begins to write while the holder of the volume is not seen', () => {
    fc.assert(
      fc.property(anyWorld, anyContext, (w, context) => {
        const seen = decide(w, context);
        const writes = seen.kind === 'replace' || seen.kind === 'relocate' || seen.kind === 'failover';
        if (!writes && seen.kind !== 'mount') return;
        const old = 'old' in seen ? seen.old : seen.volume;
        const at = old.attachments.find((a) => a.state !== 'detached');
        if (at) expect(w.instances.map((i) => i.id)).toContain(at.instanceId);
        if (!('oldOwner' in seen)) return;
        expect(seen.oldOwner.kind).toBe(at ? 'instance' : 'nobody');
      }),
      { numRuns: 5000 },
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
