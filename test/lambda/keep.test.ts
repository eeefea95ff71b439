import { describe, expect, test } from '@jest/globals';
import { decideCreate, refuseUpdate, type VolumeClaim } from '../../lambda/core/keep.ts';
import { readClaim } from '../../lambda/keep/claim.ts';
import { point, volume, ZONE } from './world.ts';

const claim: VolumeClaim = { volume: 'alpha', zone: ZONE, sizeGiB: 100, type: 'gp3', iops: 3000, throughputMiBs: 125 };

describe('the keeper', () => {
  test('adopts the current volume; the ledger decides between two', () => {
    const second = volume({ id: 'vol-22222222', generation: 2 });
    expect(decideCreate(claim, [volume(), second], [point(10)], undefined)).toEqual({
      kind: 'adopt',
      volumeId: 'vol-22222222',
    });
    expect(decideCreate(claim, [volume(), second], [point(10)], 'vol-11111111')).toEqual({
      kind: 'adopt',
      volumeId: 'vol-11111111',
    });
  });

  test('restores the newest completed snapshot where no volume is left', () => {
    const seen = decideCreate(
      claim,
      [],
      [point(70), point(10), point(5, { role: 'quarantined' }), point(1, { state: 'pending' })],
      undefined,
    );
    expect(seen).toMatchObject({ kind: 'restore', recoveryPoint: { snapshotId: 'snap-10' }, generation: 2 });
  });

  test('makes a blank volume only where nothing ever existed', () => {
    expect(decideCreate(claim, [], [], undefined)).toEqual({ kind: 'blank' });
    expect(decideCreate(claim, [volume({ role: 'quarantined' })], [], undefined)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringContaining('vol-11111111'),
    });
    expect(decideCreate(claim, [], [point(1, { state: 'pending' })], undefined)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringContaining('snap-1'),
    });
    expect(decideCreate(claim, [volume({ state: 'error' })], [], undefined).kind).toBe('refuse');
  });

  test('refuses to adopt across zones', () => {
    expect(decideCreate({ ...claim, zone: 'eu-west-1b' }, [volume()], [], undefined)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringMatching(/zone: received eu-west-1b.*eu-west-1a/),
    });
  });

  test('an update that changes nothing passes; any other names what it may not change', () => {
    expect(refuseUpdate(claim, { ...claim })).toBeUndefined();
    expect(refuseUpdate(claim, { ...claim, sizeGiB: 50, zone: 'eu-west-1b' })).toMatch(
      /zone: received eu-west-1b.*sizeGiB: received 50, allowed: 100/,
    );
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
