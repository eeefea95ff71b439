import { describe, expect, test } from '@jest/globals';
import type { VolumeId } from '../../../../contract/ids.ts';
import { changeOf, impossible } from '../../../../lambda/core/keep/change.ts';
import { decideCreate, patienceSeconds, type VolumeClaim } from '../../../../lambda/core/keep/keep.ts';
import type { LedgerState } from '../../../../lambda/core/world/model.ts';
import { readClaim } from '../../../../lambda/keep/claim.ts';
import { NOW, point, volume, ZONE } from '../world.ts';

const named = (currentVolume: VolumeId, over: Partial<LedgerState> = {}): LedgerState => ({
  generation: 1,
  currentVolume,
  owner: 'i-1',
  lease: undefined,
  paged: undefined,
  ...over,
});

const claim: VolumeClaim = { volume: 'alpha', zone: ZONE, sizeGiB: 100, type: 'gp3', iops: 3000, throughputMiBs: 125 };

describe('the keeper', () => {
  test('adopts the current volume; the ledger decides between two', () => {
    const second = volume({ id: 'vol-22222222', generation: 2 });
    expect(decideCreate(claim, [volume(), second], [point(10)], undefined, NOW)).toEqual({
      kind: 'adopt',
      volumeId: 'vol-22222222',
    });
    expect(decideCreate(claim, [volume(), second], [point(10)], named('vol-11111111'), NOW)).toEqual({
      kind: 'adopt',
      volumeId: 'vol-11111111',
    });
  });

  test('waits while a heal is under way, and adopts what the ledger names afterwards, wherever it is', () => {
    const busy = named('vol-11111111', { lease: { holder: 'heal-1', until: NOW + 1 } });
    expect(decideCreate(claim, [volume({ role: 'quarantined' })], [point(10)], busy, NOW)).toMatchObject({
      kind: 'wait',
      refusal: { code: 'healUnderWay', healId: 'heal-1' },
    });
    const over = named('vol-22222222', { lease: { holder: 'heal-1', until: NOW - 1 } });
    const moved = volume({ id: 'vol-22222222', zone: 'eu-west-1b', role: 'candidate' });
    expect(decideCreate(claim, [volume({ role: 'quarantined' }), moved], [point(10)], over, NOW)).toEqual({
      kind: 'adopt',
      volumeId: 'vol-22222222',
    });
    expect(
      decideCreate(claim, [volume({ role: 'quarantined' })], [point(10)], named('vol-11111111'), NOW),
    ).toMatchObject({ kind: 'refuse', refusal: { code: 'inQuarantine' } });
  });

  test('restores the newest completed snapshot where no volume is left', () => {
    const seen = decideCreate(
      claim,
      [],
      [point(70), point(10), point(5, { role: 'quarantined' }), point(1, { state: 'pending' })],
      undefined,
      NOW,
    );
    expect(seen).toMatchObject({ kind: 'restore', recoveryPoint: { snapshotId: 'snap-10' }, generation: 2 });
    // A generation is one volume: the ledger knows of one that left no copy.
    expect(decideCreate(claim, [], [point(10)], named('vol-9', { generation: 4 }), NOW)).toMatchObject({
      kind: 'restore',
      generation: 5,
    });
  });

  test('makes a blank volume only where nothing ever existed', () => {
    expect(decideCreate(claim, [], [], undefined, NOW)).toEqual({ kind: 'blank' });
    // Everything was deleted, and the ledger remembers that there was something.
    expect(decideCreate(claim, [], [], named('vol-9'), NOW)).toMatchObject({
      kind: 'refuse',
      refusal: { code: 'onlyHistory', detail: expect.stringContaining('generation 1 in the ledger, vol-9') },
    });
    expect(decideCreate(claim, [volume({ role: 'quarantined' })], [], undefined, NOW)).toMatchObject({
      kind: 'refuse',
      refusal: { code: 'onlyHistory', detail: expect.stringContaining('vol-11111111') },
    });
    expect(decideCreate(claim, [], [point(1, { state: 'pending' })], undefined, NOW)).toMatchObject({
      kind: 'refuse',
      refusal: { code: 'onlyHistory', detail: expect.stringContaining('snap-1') },
    });
    expect(decideCreate(claim, [volume({ state: 'error' })], [], undefined, NOW).kind).toBe('refuse');
  });

  test('refuses to adopt across zones', () => {
    expect(decideCreate({ ...claim, zone: 'eu-west-1b' }, [volume()], [], undefined, NOW)).toMatchObject({
      kind: 'refuse',
      refusal: { code: 'otherZone', received: 'eu-west-1b', allowed: 'eu-west-1a' },
    });
  });

  test('waits for a volume that is being made, and takes none that failed', () => {
    const creating = volume({ state: 'creating' });
    for (const ledger of [undefined, named('vol-11111111')])
      expect(decideCreate(claim, [creating], [point(10)], ledger, NOW)).toMatchObject({
        kind: 'wait',
        refusal: { code: 'beingMade' },
      });
    for (const state of ['error', 'deleting', 'deleted'] as const)
      expect(decideCreate(claim, [volume({ state })], [point(10)], named('vol-11111111'), NOW).kind).toBe('restore');
  });

  test('has patience with what it does not see, and none with what it sees', () => {
    const patience = (...seen: [Parameters<typeof decideCreate>[1], Parameters<typeof decideCreate>[2], VolumeId?]) =>
      patienceSeconds(decideCreate(claim, seen[0], seen[1], seen[2] ? named(seen[2]) : undefined, NOW));
    // What the ledger names is not there, and another one is.
    expect(patience([volume()], [], 'vol-22222222')).toBe(120);
    expect(patience([], [point(10)])).toBe(120);
    expect(patience([], [], 'vol-11111111')).toBe(120);
    expect(patience([], [])).toBe(0);
    expect(patience([volume()], [point(10)], 'vol-11111111')).toBe(0);
    expect(patience([volume()], [point(10)])).toBe(0);
    expect(patience([volume({ role: 'quarantined' })], [], 'vol-11111111')).toBe(0);
    // Seen to be gone.
    expect(patience([volume({ state: 'error' }), volume({ id: 'vol-2' })], [], 'vol-11111111')).toBe(0);
  });

  test('what can never be done is held against the volume, each setting by itself', () => {
    expect(impossible(claim, claim, volume())).toEqual([]);
    expect(impossible(claim, { ...claim, sizeGiB: 200, iops: 6000, throughputMiBs: 500 }, volume())).toEqual([]);
    expect(impossible(claim, { ...claim, sizeGiB: 50, zone: 'eu-west-1b' }, volume())).toEqual([
      { code: 'staysInZone', received: 'eu-west-1b', allowed: 'eu-west-1a' },
      { code: 'doesNotShrink', received: 50, allowed: 100 },
    ]);
    // The growth that is rolled back had not begun; the zone that is rolled back was refused.
    expect(impossible({ ...claim, sizeGiB: 200 }, claim, volume())).toEqual([]);
    expect(impossible({ ...claim, zone: 'eu-west-1b' }, claim, volume())).toEqual([]);
    // A heal has moved it, or left it larger, and nobody asks for anything else.
    expect(impossible(claim, claim, volume({ zone: 'eu-west-1b', sizeGiB: 300 }))).toEqual([]);
    expect(impossible(claim, { ...claim, zone: 'eu-west-1b' }, volume({ zone: 'eu-west-1b' }))).toEqual([]);
  });

  test('what a deployment changes in place', () => {
    expect(changeOf(claim, volume())).toBeUndefined();
    const { volume: _, zone: __, ...larger } = { ...claim, sizeGiB: 200 };
    expect(changeOf({ ...claim, sizeGiB: 200 }, volume())).toEqual(larger);
    expect(changeOf({ ...claim, iops: 6000 }, volume())).toMatchObject({ sizeGiB: 100, iops: 6000 });
    // A replacement may be larger than what an older template says.
    expect(changeOf(claim, volume({ sizeGiB: 300 }))).toBeUndefined();
    expect(changeOf({ ...claim, iops: 6000 }, volume({ sizeGiB: 300 }))).toMatchObject({ sizeGiB: 300, iops: 6000 });
  });

  test('a property that is missing or no number is named', () => {
    const properties = {
      Volume: 'alpha',
      Zone: ZONE,
      SizeGiB: '100',
      VolumeType: 'gp3',
      Iops: '3000',
      ThroughputMiBs: '125',
    };
    expect(readClaim(properties)).toEqual(claim);
    expect(() => readClaim({ ...properties, SizeGiB: 'many' })).toThrow(/SizeGiB: received "many"/);
    expect(() => readClaim({ ...properties, Zone: undefined })).toThrow(/Zone: received undefined/);
  });
});
