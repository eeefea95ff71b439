import { describe, expect, test } from '@jest/globals';
import { type GuardObservation, guardActions } from '../../../../lambda/core/guard/guard.ts';
import { LOCK_EVERY_HOURS, LOCK_RETRY_HOURS, type Lock } from '../../../../lambda/core/guard/lock.ts';
import type { Snapshot } from '../../../../lambda/core/guard/retention.ts';
import { guarded, RETENTION, seen, snapshot } from './guard.world.ts';

const HOUR = 60;
const LOCK: Lock = { mode: 'governance', days: 7 };

/** A copy of the guard's own, so many hours old. */
const own = (hours: number, over: Partial<Snapshot> = {}) =>
  snapshot(hours * HOUR, { maker: 'guard', policyId: undefined, schedule: undefined, ...over });
const verified = (hours: number, over: Partial<Snapshot> = {}) => own(hours, { verdict: 'verified', ...over });
/** DLM's newest, verified. */
const dlms = snapshot(20, { verdict: 'verified' });
const world = (snapshots: readonly Snapshot[], locked: readonly number[] = [], over: Partial<GuardObservation> = {}) =>
  seen({ snapshots, locked: new Set(locked.map((hours) => `snap-${hours * HOUR}`)), ...over });
const decided = (observation: GuardObservation, retention = RETENTION) =>
  guardActions(observation, retention, true, LOCK).map((action) => {
    const { kind } = action;
    return kind === 'lock' ? `lock ${action.snapshot.snapshotId} for ${action.lock.days}` : kind;
  });

describe('a copy is locked', () => {
  test('when none is: the newest of the guard’s own that is verified', () => {
    expect(decided(world([dlms, verified(2), verified(5), own(1)]))).toEqual(['lock snap-120 for 7']);
    expect(guardActions(world([dlms, verified(2)]), RETENTION, true)).toEqual([]);
  });

  test('again when the newest that is locked is almost a day old, whatever volume it is of', () => {
    const older = (hours: number) => verified(hours, { volumeId: 'vol-0' });
    expect(decided(world([dlms, verified(2), older(LOCK_EVERY_HOURS - 0.1)], [LOCK_EVERY_HOURS - 0.1]))).toEqual([]);
    expect(decided(world([dlms, verified(2), older(LOCK_EVERY_HOURS)], [LOCK_EVERY_HOURS]))).toEqual([
      'lock snap-120 for 7',
    ]);
  });

  test.each<[what: string, copy: Snapshot]>([
    ['DLM made', snapshot(2 * HOUR, { verdict: 'verified' })],
    ['a person made', own(2, { maker: 'other', verdict: 'verified' })],
    ['was rejected', own(2, { verdict: 'rejected' })],
    ['nobody has drilled', own(2)],
    ['is of a volume in quarantine', verified(2, { role: 'quarantined' })],
    ['is pending', verified(2, { state: 'pending' })],
    ['is about to be deleted', verified(2, { marked: true })],
    ['is old', verified(LOCK_EVERY_HOURS)],
  ])('never one that %s', (_, copy) => {
    expect(decided(world([dlms, copy])).filter((kind) => kind.startsWith('lock'))).toEqual([]);
  });

  test('not where nobody knows what is locked', () => {
    expect(decided(world([dlms, verified(2)], [], { locked: undefined }))).toEqual([]);
  });

  test('of copies that are kept for a few hours: only while it is kept', () => {
    const keep = (keepHours: number) => ({ ...RETENTION, keepHours });
    expect(decided(world([dlms, verified(2)]), keep(3))).toEqual(['lock snap-120 for 7']);
    expect(decided(world([dlms, verified(2)]), keep(2))).not.toContain('lock snap-120 for 7');
  });
});

describe('a copy to lock is taken', () => {
  test('when one is due and there is none', () => {
    expect(decided(world([dlms]))).toEqual(['take']);
    expect(decided(world([dlms, verified(23)], [23]))).toEqual(['take']);
    expect(decided(world([dlms, verified(20)], [20]))).toEqual([]);
    expect(guardActions(world([dlms]), RETENTION, true)).toEqual([]);
  });

  test('once in a while, and not while an earlier one may still be verified', () => {
    expect(decided(world([dlms, own(LOCK_RETRY_HOURS - 0.1)]))).toEqual([]);
    expect(decided(world([dlms, own(LOCK_RETRY_HOURS)]))).toEqual(['take']);
    expect(decided(world([dlms, own(1, { state: 'pending' })]))).toEqual([]);
    expect(decided(world([dlms, own(1, { volumeId: 'vol-0' })]))).toEqual(['take']);
  });

  test('not while what is drilled is damaged, and not before anything was verified', () => {
    const rejected = snapshot(20, { verdict: 'rejected' });
    expect(decided(world([rejected, snapshot(80, { verdict: 'verified' })]))).toEqual([]);
    expect(decided(world([snapshot(20)]))).toEqual([]);
    expect(decided(world([snapshot(20), snapshot(50, { verdict: 'verified' })]))).toEqual(['take']);
  });

  test('between two of a schedule that leaves no gap; but not in the same minute, nor behind two that are pending', () => {
    expect(decided(world([snapshot(5, { verdict: 'verified' })]))).toEqual(['take']);
    expect(decided(world([dlms, snapshot(0.9)]))).toEqual([]);
    const pending = (minutes: number) => snapshot(minutes, { state: 'pending' });
    expect(decided(world([dlms, pending(30), pending(25)]))).toEqual([]);
  });

  test('not where nobody knows what is locked, nor without a current volume', () => {
    expect(decided(world([dlms], [], { locked: undefined }))).toEqual([]);
    expect(decided(world([dlms], [], { volumes: [guarded({ role: 'quarantined' })] }))).toEqual([]);
  });
});

describe('what is locked', () => {
  const old = (hours: number, over: Partial<Snapshot> = {}) => own(hours, { volumeId: 'vol-0', marked: true, ...over });

  test('is left where it is, however old, and keeps no other from going', () => {
    const many = Array.from({ length: 12 }, (_, i) => 60 + i);
    const newest = [dlms, verified(2)];
    const deleted = (locked: readonly number[]) =>
      decided(world([...newest, old(50), ...many.map((hours) => old(hours))], [2, ...locked]));
    expect(deleted(many)).toEqual(['deleteSnapshot']);
    expect(deleted([])).toHaveLength(10);
    expect(decided(world([dlms, verified(2), old(50, { marked: false })], [2, 50]))).toEqual([]);
  });

  test('and not known: nothing is deleted, and marked all the same', () => {
    const observation = world([dlms, verified(2), old(50), old(60, { marked: false })], [], { locked: undefined });
    expect(decided(observation)).toEqual(['markSnapshot']);
  });
});
