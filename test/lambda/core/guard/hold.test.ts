import { describe, expect, test } from '@jest/globals';
import { guardActions } from '../../../../lambda/core/guard/guard.ts';
import { holdOf } from '../../../../lambda/core/guard/hold.ts';
import type { Snapshot } from '../../../../lambda/core/guard/retention.ts';
import { NOW } from '../world.ts';
import { guarded, RETENTION, seen, snapshot } from './guard.world.ts';

const HOUR = 60;
const verified = (hours: number, over: Partial<Snapshot> = {}) =>
  snapshot(hours * HOUR, { verdict: 'verified', ...over });
const rejected = (hours: number) => snapshot(hours * HOUR, { verdict: 'rejected' });
const held = guarded({ scheduled: false, held: true });
const of = (snapshots: readonly Snapshot[], volume = guarded(), keepHours = 24, drills = true) =>
  holdOf(NOW, volume, snapshots, { ...RETENTION, keepHours }, drills)?.kind;

describe('the last verified copy', () => {
  test.each([
    [24, 22],
    [250, 248],
    [4, 2],
    [3, 1.5],
    [2, 1],
  ])('kept for %s hours is held once it is older than %s', (keepHours, hours) => {
    expect(of([verified(hours), rejected(0.5)], guarded(), keepHours)).toBeUndefined();
    expect(of([verified(hours + 0.1), rejected(0.5)], guarded(), keepHours)).toBe('hold');
  });

  test('is the newest that counts: an older one may go', () => {
    expect(of([verified(23.5), verified(2)])).toBeUndefined();
    expect(of([verified(23.5), verified(22.5)])).toBe('hold');
  });

  test.each<[string, Partial<Snapshot>]>([
    ['the guard made', { maker: 'guard', policyId: undefined, schedule: undefined }],
    ['a person made', { maker: 'other', policyId: undefined, schedule: undefined }],
    ['is of another volume', { volumeId: 'vol-0' }],
    ['another policy made', { policyId: 'policy-2' }],
    ['a schedule made that is none any more', { schedule: 'hourly-at-15' }],
    ['is not complete', { state: 'pending' }],
    ['is in quarantine', { role: 'quarantined' }],
  ])('that %s is not DLM’s to delete', (_, over) => {
    expect(of([verified(23.5, over)])).toBeUndefined();
  });

  test('without drills nothing is held, for nothing newer would ever be verified', () => {
    expect(of([verified(23.5)], guarded(), 24, false)).toBeUndefined();
    expect(of([verified(23.5)], held, 24, false)).toBe('unhold');
  });

  test('stays held for as long as nothing newer is verified, and until then only', () => {
    expect(of([verified(100), rejected(1)], held)).toBeUndefined();
    expect(of([verified(100), verified(1)], held)).toBe('unhold');
    expect(of([verified(100), verified(1, { maker: 'guard' })], held)).toBe('unhold');
    expect(of([rejected(1)], held)).toBe('unhold');
  });

  test('is held again where somebody put the volume back into the schedule', () => {
    expect(of([verified(23.5)], guarded({ held: true }))).toBe('hold');
  });

  test('is not touched while a heal has the lease', () => {
    const lease = { holder: 'heal-1', until: NOW + 1 };
    const ledger = {
      generation: 1,
      currentVolume: 'vol-11111111',
      owner: 'i-owner',
      spare: undefined,
      verifiedAt: undefined,
      paged: undefined,
      lease,
    } as const;
    const world = seen({ snapshots: [verified(23.5), rejected(0.5)] });
    expect(guardActions(world, RETENTION, true).map((a) => a.kind)).toEqual(['hold']);
    expect(guardActions({ ...world, ledger }, RETENTION, true)).toEqual([]);
  });

  test('is left while the guard deletes the others of a volume that is held, past the same hours', () => {
    const snapshots = [verified(100), rejected(30), rejected(25), rejected(23), snapshot(10)];
    const deleted = guardActions(seen({ volumes: [held], snapshots }), RETENTION, true);
    expect(deleted.map((a) => (a.kind === 'markSnapshot' ? a.snapshot.snapshotId : a.kind))).toEqual([
      `snap-${30 * HOUR}`,
      `snap-${25 * HOUR}`,
    ]);
  });
});
