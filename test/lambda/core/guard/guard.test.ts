import { describe, expect, test } from '@jest/globals';
import {
  APART_MINUTES,
  ages,
  type GuardObservation,
  guardActions,
  LATE_MINUTES,
  uncovered,
} from '../../../../lambda/core/guard/guard.ts';
import { MAX_DELETIONS } from '../../../../lambda/core/guard/retention.ts';
import type { LedgerState } from '../../../../lambda/core/world/model.ts';
import { NOW } from '../world.ts';
import { guarded, RETENTION, seen, snapshot } from './guard.world.ts';

const HOUR = 60;
const DAY = 24 * HOUR;
const ledger = (over: Partial<LedgerState> = {}): LedgerState => ({
  generation: 1,
  currentVolume: 'vol-11111111',
  owner: 'i-owner',
  lease: undefined,
  paged: undefined,
  ...over,
});
const decided = (observation: GuardObservation) =>
  guardActions(observation, RETENTION, false).map((action) => {
    const verb = action.kind.replace(/[A-Z].*/, '');
    return `${verb} ${'snapshot' in action && !('volume' in action) ? action.snapshot.snapshotId : action.volume.id}`;
  });

describe('a snapshot is taken', () => {
  test('when the newest is so old that another round would be too late', () => {
    expect(decided(seen({ snapshots: [snapshot(LATE_MINUTES - 1)] }))).toEqual([]);
    expect(decided(seen({ snapshots: [snapshot(LATE_MINUTES)] }))).toEqual(['take vol-11111111']);
  });

  test('not while one is pending that is young enough, and not behind two that are not', () => {
    const pending = (minutes: number) => snapshot(minutes, { state: 'pending' });
    expect(decided(seen({ snapshots: [snapshot(70), pending(20)] }))).toEqual([]);
    expect(decided(seen({ snapshots: [snapshot(90), pending(50)] }))).toEqual(['take vol-11111111']);
    expect(decided(seen({ snapshots: [snapshot(200), pending(100), pending(50)] }))).toEqual([]);
  });

  test('again after one that failed, but not at once', () => {
    const failed = (minutes: number) => snapshot(minutes, { state: 'error' });
    expect(decided(seen({ snapshots: [snapshot(50), failed(APART_MINUTES - 1)] }))).toEqual([]);
    expect(decided(seen({ snapshots: [snapshot(50), failed(APART_MINUTES)] }))).toEqual(['take vol-11111111']);
  });

  test('of a volume without any, counted from what it was made from, or from its making', () => {
    const young = guarded({ createdAt: NOW - 5 * 60_000 });
    expect(decided(seen({ volumes: [young], snapshots: [] }))).toEqual([]);
    expect(decided(seen({ volumes: [guarded()], snapshots: [] }))).toEqual(['take vol-11111111']);
    const replacement = { ...young, madeFrom: 'snap-50' } as const;
    expect(decided(seen({ volumes: [replacement], snapshots: [snapshot(50, { volumeId: 'vol-0' })] }))).toEqual([
      'take vol-11111111',
    ]);
  });

  test('a snapshot of the volume before does not do', () => {
    expect(decided(seen({ snapshots: [snapshot(50), snapshot(20, { volumeId: 'vol-0' })] }))).toEqual([
      'take vol-11111111',
    ]);
  });

  test('not of a volume in quarantine, lost, or one of two that both say that they are current', () => {
    const late = [snapshot(50)];
    expect(decided(seen({ volumes: [guarded({ role: 'quarantined' })], snapshots: late }))).toEqual([]);
    expect(decided(seen({ volumes: [guarded({ state: 'error' })], snapshots: late }))).toEqual([]);
    const two = [guarded(), guarded({ id: 'vol-22222222' })];
    expect(decided(seen({ volumes: two, snapshots: late }))).toEqual([]);
    expect(decided(seen({ volumes: two, snapshots: late, ledger: ledger() }))).toEqual(['take vol-11111111']);
  });
});

describe('nothing at all is done while a heal has the lease', () => {
  const old = { snapshots: [snapshot(50), snapshot(2 * DAY, { volumeId: 'vol-0' })] };

  test.each([
    ['held', NOW + 1, []],
    ['run out', NOW, ['take vol-11111111', `mark snap-${2 * DAY}`]],
  ])('%s', (_, until, expected) => {
    expect(decided(seen({ ...old, ledger: ledger({ lease: { holder: 'heal-1', until } }) }))).toEqual(expected);
  });
});

describe('a snapshot is deleted', () => {
  const fresh = snapshot(10);
  const earlier = (minutes: number, over = {}) => snapshot(minutes, { volumeId: 'vol-0', ...over });

  test('past its retention, when no schedule does it any more', () => {
    const cases = [
      earlier(DAY),
      earlier(DAY + 1),
      snapshot(2 * DAY),
      snapshot(2 * DAY + 1, { schedule: 'hourly-at-07' }),
      snapshot(2 * DAY + 2, { policyId: 'policy-0' }),
      snapshot(2 * DAY + 3, { maker: 'guard', policyId: undefined, schedule: undefined }),
      snapshot(2 * DAY + 4, { maker: 'guard', state: 'error' }),
    ];
    expect(decided(seen({ snapshots: [fresh, ...cases] }))).toEqual(
      [2 * DAY + 4, 2 * DAY + 3, 2 * DAY + 2, 2 * DAY + 1, DAY + 1].map((minutes) => `mark snap-${minutes}`),
    );
  });

  test('never one that a person made, that is pending, or of a quarantined volume', () => {
    const cases = [
      earlier(2 * DAY, { maker: 'other' }),
      earlier(3 * DAY, { state: 'pending' }),
      earlier(4 * DAY, { role: 'quarantined' }),
    ];
    expect(decided(seen({ snapshots: [fresh, ...cases] }))).toEqual([]);
  });

  test('never the last of its kind: completed, not rejected, verified', () => {
    const cases = [
      snapshot(10, { verdict: 'rejected' }),
      earlier(2 * DAY),
      earlier(3 * DAY, { verdict: 'verified' }),
      earlier(4 * DAY, { verdict: 'verified' }),
    ];
    expect(decided(seen({ snapshots: cases }))).toEqual([`mark snap-${4 * DAY}`]);
    expect(decided(seen({ volumes: [guarded({ scheduled: false })], snapshots: [snapshot(2 * DAY)] }))).toEqual([
      'take vol-11111111',
    ]);
  });

  test('not while a young volume was made from it', () => {
    const source = earlier(2 * DAY);
    const madeFrom = source.snapshotId;
    const spare = (hours: number, role = 'spare') =>
      guarded({ id: 'vol-22222222', role, madeFrom, createdAt: NOW - hours * 3_600_000 });
    const of = (...volumes: ReturnType<typeof guarded>[]) => decided(seen({ volumes, snapshots: [fresh, source] }));
    expect(of(guarded(), spare(47))).toEqual([]);
    expect(of(guarded(), spare(48))).toEqual([`mark ${madeFrom}`]);
    expect(of(guarded(), spare(1, 'quarantined'))).toEqual([`mark ${madeFrom}`]);
  });

  test('not in the week after people were asked to act, and not without a current volume', () => {
    const paged = (days: number) =>
      ledger({ paged: { about: 'no recovery point', at: NOW - days * DAY * 60_000, final: true } });
    const snapshots = [fresh, earlier(2 * DAY)];
    expect(decided(seen({ snapshots, ledger: paged(6) }))).toEqual([]);
    expect(decided(seen({ snapshots, ledger: paged(8) }))).toEqual([`mark snap-${2 * DAY}`]);
    expect(decided(seen({ snapshots, volumes: [guarded({ role: 'quarantined' })] }))).toEqual([]);
  });

  test('the oldest first, and no more than so many at once', () => {
    const many = Array.from({ length: 30 }, (_, i) => earlier(2 * DAY + i));
    const deleted = decided(seen({ snapshots: [fresh, ...many] }));
    expect(deleted).toEqual(Array.from({ length: MAX_DELETIONS }, (_, i) => `mark snap-${2 * DAY + 29 - i}`));
  });
});

describe('what is deleted', () => {
  test('was marked by an earlier round, and is still to be deleted', () => {
    const old = { volumeId: 'vol-0', marked: true } as const;
    const newest = snapshot(10, { verdict: 'verified' });
    expect(decided(seen({ snapshots: [newest, snapshot(2 * DAY, old)] }))).toEqual([`delete snap-${2 * DAY}`]);
    expect(decided(seen({ snapshots: [newest, snapshot(HOUR, old)] }))).toEqual([]);
    expect(decided(seen({ snapshots: [snapshot(10), snapshot(2 * DAY, { ...old, verdict: 'verified' })] }))).toEqual(
      [],
    );
  });
});

describe('a volume is marked, and then deleted', () => {
  const scratch = (over = {}) =>
    guarded({ id: 'vol-33333333', role: 'scratch', state: 'available', createdAt: NOW - 3 * 3_600_000, ...over });
  const of = (over: object) => decided(seen({ volumes: [guarded(), scratch(over)] }));

  test('of a drill that is long over, and no other', () => {
    expect(of({})).toEqual(['mark vol-33333333']);
    expect(of({ createdAt: NOW - 3_600_000 })).toEqual([]);
    expect(of({ state: 'in-use' })).toEqual([]);
    for (const role of ['spare', 'candidate', 'quarantined', 'current', ''])
      for (const marked of [false, true]) expect(of({ role, marked })).toEqual([]);
  });

  test('that a drill discarded, at once', () => {
    const discarded = { role: 'discarded', createdAt: NOW };
    expect(of(discarded)).toEqual(['mark vol-33333333']);
    expect(of({ ...discarded, marked: true })).toEqual(['delete vol-33333333']);
    expect(of({ ...discarded, state: 'in-use', marked: true })).toEqual([]);
    expect(of({ ...discarded, state: 'error', attachments: [] })).toEqual(['mark vol-33333333']);
  });
});

describe('a volume that the schedule does not copy', () => {
  const hours = (n: number, over = {}) => snapshot(n * HOUR, over);

  test('is known after four hours, whatever the guard has taken meanwhile', () => {
    expect(uncovered(seen({ snapshots: [hours(4)] }))).toBe(false);
    expect(uncovered(seen({ snapshots: [hours(4.1), hours(0.5, { maker: 'guard' })] }))).toBe(true);
    expect(uncovered(seen({ snapshots: [hours(1, { volumeId: 'vol-0' })] }))).toBe(true);
  });

  test('but not while it is young, or is no current volume', () => {
    expect(uncovered(seen({ volumes: [guarded({ createdAt: NOW - 3_600_000 })], snapshots: [] }))).toBe(false);
    expect(uncovered(seen({ volumes: [guarded({ role: 'quarantined' })], snapshots: [] }))).toBe(false);
  });
});

test('a volume that is held is not copied by the schedule, and that is as it should be', () => {
  const snapshots = [snapshot(5 * HOUR), snapshot(10, { maker: 'guard' })];
  expect(uncovered(seen({ volumes: [guarded({ scheduled: false })], snapshots }))).toBe(true);
  expect(uncovered(seen({ volumes: [guarded({ scheduled: false, held: true })], snapshots }))).toBe(false);
});

describe('ages', () => {
  test('of the newest completed, and of the newest verified', () => {
    const snapshots = [
      snapshot(5, { state: 'pending' }),
      snapshot(10, { role: 'quarantined' }),
      snapshot(20),
      snapshot(80, { verdict: 'verified' }),
    ];
    expect(ages(seen({ snapshots }))).toEqual({ recoveryPoint: 20, verified: 80 });
  });

  test('after a replacement: of what it was made from, not of the newer one that did not mount', () => {
    const replacement = guarded({ madeFrom: 'snap-40', createdAt: NOW - 60_000 });
    const snapshots = [snapshot(25, { volumeId: 'vol-0' }), snapshot(40, { volumeId: 'vol-0' })];
    expect(ages(seen({ volumes: [replacement], snapshots }))).toMatchObject({ recoveryPoint: 40 });
  });

  test('of a volume that nothing was copied from yet: since it was made', () => {
    const young = guarded({ createdAt: NOW - 7 * 60_000 });
    expect(ages(seen({ volumes: [young], snapshots: [] }))).toEqual({ recoveryPoint: 7, verified: 7 });
  });

  test('without a current volume: of what it would be restored from, or none', () => {
    expect(ages(seen({ volumes: [] }))).toEqual({ recoveryPoint: 10, verified: undefined });
    expect(ages(seen({ volumes: [], snapshots: [] }))).toEqual({ recoveryPoint: undefined, verified: undefined });
  });
});
