import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GuardObservation, guardActions } from '../../../../lambda/core/guard/guard.ts';
import type { Lock } from '../../../../lambda/core/guard/lock.ts';
import type { Snapshot } from '../../../../lambda/core/guard/retention.ts';
import { NOW } from '../world.ts';
import { guarded, RETENTION, seen, snapshot } from './guard.world.ts';

const MINUTE = 60_000;
const IDS = ['vol-11111111', 'vol-22222222', 'vol-33333333'] as const;

const anyVolume = fc.record({
  id: fc.constantFrom(...IDS),
  state: fc.constantFrom('creating', 'available', 'in-use', 'error', 'deleting'),
  role: fc.constantFrom('current', 'candidate', 'quarantined', 'scratch', 'spare', 'discarded', ''),
  marked: fc.boolean(),
  scheduled: fc.boolean(),
  held: fc.boolean(),
  createdAt: fc.integer({ min: 0, max: 6000 }).map((minutes) => NOW - minutes * MINUTE),
  madeFrom: fc.option(
    fc.integer({ min: 0, max: 30 }).map((n) => `snap-${n}` as const),
    { nil: undefined },
  ),
});
const anySnapshot = fc.record({
  ago: fc.integer({ min: 0, max: 6000 }),
  state: fc.constantFrom('pending', 'completed', 'completed', 'completed', 'error', 'recoverable'),
  role: fc.constantFrom('current', 'current', 'current', 'quarantined'),
  volumeId: fc.constantFrom(...IDS, 'vol-gone'),
  verdict: fc.constantFrom(undefined, 'verified' as const, 'rejected' as const),
  maker: fc.constantFrom('dlm' as const, 'guard' as const, 'other' as const),
  policyId: fc.constantFrom(RETENTION.policyId, 'policy-0'),
  schedule: fc.constantFrom(...RETENTION.schedules, 'hourly-at-07'),
  marked: fc.constantFrom(false, false, true),
  locked: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
/** One of the guard's own that is verified, as the lock asks for. */
const anyOwn = fc.record({
  ago: fc.integer({ min: 0, max: 2000 }),
  volumeId: fc.constantFrom(...IDS),
  verdict: fc.constant('verified' as const),
  maker: fc.constant('guard' as const),
  marked: fc.boolean(),
  locked: fc.boolean(),
});
const LOCK: Lock = { mode: 'governance', days: 7 };
const anyLedger = fc.record({
  generation: fc.constant(1),
  currentVolume: fc.constantFrom(...IDS, undefined),
  owner: fc.constant('i-1'),
  lease: fc.option(
    fc.integer({ min: -10, max: 10 }).map((minutes) => ({ holder: 'heal-1', until: NOW + minutes * MINUTE })),
    { nil: undefined },
  ),
  paged: fc.option(
    fc.integer({ min: 0, max: 20_000 }).map((m) => ({ about: 'x', at: NOW - m * MINUTE, final: true })),
    { nil: undefined },
  ),
});
const anyWorld: fc.Arbitrary<GuardObservation> = fc
  .record({
    ledger: fc.option(anyLedger, { nil: undefined }),
    volumes: fc.uniqueArray(anyVolume, { selector: (v) => v.id, maxLength: 3 }),
    snapshots: fc
      .tuple(fc.array(anySnapshot, { maxLength: 30 }), fc.array(anyOwn, { maxLength: 2 }))
      .map(([some, own]) => [...some, ...own]),
    known: fc.boolean(),
  })
  .map(({ ledger, volumes, snapshots, known }) =>
    seen({
      ledger,
      volumes: volumes.map((v) => guarded(v)),
      snapshots: snapshots.map(({ ago, locked: _, ...over }, n) => snapshot(ago, { ...over, snapshotId: `snap-${n}` })),
      locked: known ? new Set(snapshots.flatMap(({ locked }, n) => (locked ? [`snap-${n}`] : []))) : undefined,
    }),
  );

/** Judged for any world; what is deleted and what is left is distinguished here. */
function holds(
  property: (world: GuardObservation, gone: readonly Snapshot[], left: readonly Snapshot[]) => void,
): void {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const actions = guardActions(world, RETENTION, true, LOCK);
      const reaped = actions.flatMap((a) => (a.kind === 'deleteSnapshot' || a.kind === 'markSnapshot' ? [a] : []));
      for (const { kind, snapshot: s } of reaped) expect(kind).toBe(s.marked ? 'deleteSnapshot' : 'markSnapshot');
      const gone = reaped.map((a) => a.snapshot);
      property(
        world,
        gone,
        world.snapshots.filter((s) => !gone.includes(s)),
      );
    }),
    { numRuns: 2000 },
  );
}

const newestOf = (snapshots: readonly Snapshot[], kind: (s: Snapshot) => boolean) =>
  Math.max(...snapshots.filter((s) => s.state === 'completed' && s.role !== 'quarantined' && kind(s)).map((s) => s.at));

describe('the guard, in any world', () => {
  test('leaves the newest completed, the newest that is not rejected and the newest verified one where they are', () => {
    holds((world, _, left) => {
      for (const kind of [
        () => true,
        (s: Snapshot) => s.verdict !== 'rejected',
        (s: Snapshot) => s.verdict === 'verified',
      ])
        expect(newestOf(left, kind)).toBe(newestOf(world.snapshots, kind));
    });
  });

  test('deletes nothing of a quarantined volume, of a person, unfinished or young, and no more than ten', () => {
    holds((_, gone) => {
      expect(gone.length).toBeLessThanOrEqual(10);
      for (const s of gone) {
        expect([s.role, s.maker, s.state]).not.toContain('quarantined');
        expect(s.maker).not.toBe('other');
        expect(['completed', 'error']).toContain(s.state);
        expect(NOW - s.at).toBeGreaterThan(24 * 60 * MINUTE);
      }
    });
  });

  test('deletes nothing that is locked, nor anything where nobody knows what is', () => {
    holds((world) => {
      for (const action of guardActions(world, RETENTION, true, LOCK)) {
        if (action.kind !== 'deleteSnapshot') continue;
        expect([world.locked === undefined, world.locked?.has(action.snapshot.snapshotId)]).toEqual([false, false]);
      }
    });
  });

  test('locks at most one, a verified copy of its own that is young and not about to be deleted, and none a day after another', () => {
    let locks = 0;
    fc.assert(
      fc.property(anyWorld, (seen) => {
        const world = { ...seen, ledger: undefined, volumes: [guarded()], locked: seen.locked ?? new Set<string>() };
        const actions = guardActions(world, RETENTION, true, LOCK);
        const [lock, ...more] = actions.filter((a) => a.kind === 'lock');
        expect(more).toEqual([]);
        expect(guardActions(world, RETENTION, true).some((a) => a.kind === 'lock')).toBe(false);
        if (!lock) return;
        locks++;
        const { snapshotId, maker, verdict, role, state, marked, at } = lock.snapshot;
        expect([maker, verdict, role, state, marked]).toEqual(['guard', 'verified', 'current', 'completed', false]);
        expect(NOW - at).toBeLessThan(24 * 60 * MINUTE);
        expect(actions.filter((a) => a.kind !== 'lock' && 'snapshot' in a && a.snapshot === lock.snapshot)).toEqual([]);
        expect(world.locked.has(snapshotId)).toBe(false);
        for (const s of world.snapshots.filter((s) => world.locked.has(s.snapshotId)))
          expect(NOW - s.at).toBeGreaterThanOrEqual(22 * 60 * MINUTE);
      }),
      { numRuns: 2000 },
    );
    expect(locks).toBeGreaterThan(20);
  });

  test('does nothing while a heal has the lease', () => {
    fc.assert(
      fc.property(anyWorld, fc.integer({ min: 1, max: 900_000 }), (world, left) => {
        const ledger = { generation: 1, currentVolume: undefined, owner: undefined, paged: undefined };
        const held = { ...world, ledger: { ...ledger, lease: { holder: 'heal-1', until: NOW + left } } };
        expect(guardActions(held, RETENTION, true, LOCK)).toEqual([]);
      }),
    );
  });

  test('takes at most one, of a live current volume, never within 15 s of another, never as the third that is pending', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const taken = guardActions(world, RETENTION, true, LOCK).flatMap((a) => (a.kind === 'take' ? [a.volume] : []));
        expect(taken.length).toBeLessThanOrEqual(1);
        for (const { id, role, state } of taken) {
          expect([role, ['in-use', 'available'].includes(state)]).toEqual(['current', true]);
          const own = world.snapshots.filter((s) => s.volumeId === id);
          expect(Math.min(...own.map((s) => NOW - s.at))).toBeGreaterThan(15_000);
          expect(own.filter((s) => s.state === 'pending').length).toBeLessThan(2);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('deletes no volume but marked ones that are attached nowhere: discarded, or scratch and two hours old', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        for (const action of guardActions(world, RETENTION, true)) {
          if (action.kind !== 'deleteVolume' && action.kind !== 'markVolume') continue;
          const { role, state, marked, createdAt } = action.volume;
          expect([['scratch', 'discarded'].includes(role), state]).toEqual([true, 'available']);
          expect(marked).toBe(action.kind === 'deleteVolume');
          if (role === 'scratch') expect(NOW - createdAt).toBeGreaterThan(120 * MINUTE);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Minute by minute: snapshots complete in order, and DLM comes when it likes, or never. */
test('rounds of five minutes keep the age at 60 minutes, and at most two rounds in an hour take one', () => {
  const runs = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 20 });
  const takes = fc.integer({ min: 1, max: 10 });
  fc.assert(
    fc.property(runs, takes, fc.integer({ min: 0, max: 4 }), (dlm, completeAfter, phase) => {
      const volume = guarded({ createdAt: NOW });
      const started: { at: number; maker: 'dlm' | 'guard' }[] = [];
      let oldest = 0;
      for (let minute = 1; minute <= 600; minute++) {
        const at = NOW + minute * MINUTE;
        if (dlm.includes(minute)) started.push({ at, maker: 'dlm' });
        const snapshots = started.map((s, n) =>
          snapshot(0, {
            ...s,
            snapshotId: `snap-${n}`,
            state: at - s.at < completeAfter * MINUTE ? 'pending' : 'completed',
          }),
        );
        const done = snapshots.filter((s) => s.state === 'completed').map((s) => s.at);
        oldest = Math.max(oldest, at - Math.max(NOW, ...done));
        if (minute % 5 !== phase) continue;
        const actions = guardActions(seen({ at, volumes: [volume], snapshots }), RETENTION, true);
        if (actions.some((a) => a.kind === 'take')) started.push({ at, maker: 'guard' });
      }
      expect(oldest).toBeLessThanOrEqual(60 * MINUTE);
      const own = started.filter((s) => s.maker === 'guard').map((s) => s.at);
      for (const [n, at] of own.entries()) expect(at - (own[n - 1] ?? 0)).toBeGreaterThanOrEqual(40 * MINUTE);
    }),
  );
});
