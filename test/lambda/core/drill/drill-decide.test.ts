import { describe, expect, test } from '@jest/globals';
import type { InstanceId } from '../../../../contract/ids.ts';
import { decideDrill } from '../../../../lambda/core/drill/decide.ts';
import type { Instance, Volume } from '../../../../lambda/core/world/model.ts';
import { instance, point, volume, ZONE } from '../world.ts';
import { checked, HOURS_2, ledger, on, reason, scratchOf, seen, spareVolume, withSpare } from './drill-decide.world.ts';

describe('which recovery point is drilled', () => {
  test('the newest that nobody has checked, like the current volume', () => {
    const { point: chosen, like } = checked({ recoveryPoints: [point(70), point(10), point(40)] });
    expect([chosen.snapshotId, like.id]).toEqual(['snap-10', 'vol-11111111']);
  });

  test.each([
    ['pending', { state: 'pending' }],
    ['failed', { state: 'error' }],
    ['of a volume in quarantine', { role: 'quarantined' }],
    ['rejected', { verdict: 'rejected' as const }],
  ])('not one that is %s', (_, over) => {
    expect(checked({ recoveryPoints: [point(5, over), point(20)] }).point.snapshotId).toBe('snap-20');
  });

  test('without a spare, the newest verified one before an older one: that would be a worse spare', () => {
    const verified = point(5, { verdict: 'verified' });
    expect(checked({ recoveryPoints: [verified, point(20)] }).point.snapshotId).toBe('snap-5');
    expect(checked({ recoveryPoints: [verified, point(2)] }).point.snapshotId).toBe('snap-2');
  });

  test('none, once all are checked and the spare is where the ledger says', () => {
    const recoveryPoints = [point(10, { verdict: 'verified' }), point(25, { verdict: 'rejected' })];
    const volumes = [volume(), spareVolume()];
    expect(reason({ recoveryPoints, volumes, ledger: withSpare(10) })).toBe(
      'every recovery point is checked, and there is a spare',
    );
  });

  test.each([
    ['under two hours', HOURS_2 - 1, 'check'],
    ['two hours', HOURS_2, 'none'],
  ])('an unchecked one of %s, with a spare at hand: %s minutes, %s', (_, minutes, kind) => {
    const volumes = [volume(), spareVolume()];
    expect(decideDrill(seen({ recoveryPoints: [point(minutes)], volumes, ledger: withSpare(5) })).kind).toBe(kind);
  });

  test('without a spare, an older one rather than none; never one that was rejected', () => {
    const old = [point(600, { verdict: 'rejected' }), point(700), point(800, { verdict: 'verified' })];
    expect(checked({ recoveryPoints: old }).point.snapshotId).toBe('snap-700');
    expect(reason({ recoveryPoints: [point(600, { verdict: 'rejected' })] })).toContain('every recovery point');
    expect(decideDrill(seen({ recoveryPoints: [] })).kind).toBe('none');
  });

  test.each<[string, InstanceId, Partial<Instance>, Partial<Volume>]>([
    ['on the owner by now', 'i-owner', {}, {}],
    ['on a host that is gone', 'i-gone', {}, {}],
    ['on a host that does not answer', 'i-standby', { agentOnline: false }, {}],
    ['on a host that is impaired', 'i-standby', { impaired: true }, {}],
    ['on a host that is stopped', 'i-standby', { state: 'stopped' }, {}],
    ['in state error', 'i-standby', {}, { state: 'error' }],
    ['smaller than the volume, which has grown', 'i-standby', {}, { sizeGiB: 99 }],
    ['not attached yet', 'i-standby', {}, { attachments: on('i-standby', 'attaching') }],
    ['attached to another than the ledger says', 'i-standby', {}, { attachments: on('i-third') }],
  ])('a spare %s is none: the newest verified one is drilled again, and kept', (_, at, host, over) => {
    const recoveryPoints = [point(10, { verdict: 'verified' }), point(70, { verdict: 'verified' })];
    const volumes = [volume(), spareVolume({ attachments: on(at), ...over })];
    const instances = [instance('i-owner'), instance('i-standby', host), instance('i-third')];
    const of = withSpare(10, at);
    expect(checked({ recoveryPoints, volumes, instances, ledger: of })).toMatchObject({
      point: { snapshotId: 'snap-10' },
      keep: true,
      reason: 'there is no spare',
    });
  });

  test('of what served before a replacement, only where there is nothing else to make a spare of', () => {
    const replaced = { generation: 2 };
    const recoveryPoints = [point(20), point(30, { verdict: 'verified' })];
    // The ledger is ahead of the tag; a deployment that restores is ahead of the ledger.
    for (const [of, over] of [
      [replaced, {}],
      [{}, replaced],
    ]) {
      const volumes = [volume(over)];
      expect(checked({ recoveryPoints, volumes, ledger: ledger(of) }).point.snapshotId).toBe('snap-20');
      const withOne = { volumes: [...volumes, spareVolume()], ledger: { ...withSpare(30), ...of } };
      expect(decideDrill(seen({ recoveryPoints, ...withOne })).kind).toBe('none');
      const newer = [point(5, replaced), ...recoveryPoints];
      expect(checked({ recoveryPoints: newer, ...withOne }).point.snapshotId).toBe('snap-5');
    }
  });

  test('the volume is kept where it is younger than the spare, and not where it is older', () => {
    const volumes = [volume(), spareVolume()];
    const recoveryPoints = [point(20)];
    expect(checked({ volumes, recoveryPoints, ledger: withSpare(30) }).keep).toBe(true);
    expect(checked({ volumes, recoveryPoints, ledger: withSpare(10) }).keep).toBe(false);
    expect(checked({ recoveryPoints }).keep).toBe(true);
  });
});

describe('where it is drilled', () => {
  test('nowhere, when only the owner answers in the zone', () => {
    const elsewhere = instance('i-far', { zone: 'eu-west-1b' });
    const silent = instance('i-standby', { agentOnline: false });
    expect(reason({ instances: [instance('i-owner'), elsewhere, silent] })).toBe(`no standby answers in ${ZONE}`);
  });

  test('nowhere, when there is no current volume', () => {
    expect(reason({ volumes: [] })).toBe('there is no current volume');
  });
});

describe('what earlier drills left', () => {
  test.each<[string, Partial<Volume>]>([
    ['free', { state: 'available', attachments: [] }],
    ['attached to the same standby', { state: 'in-use', attachments: on('i-standby') }],
  ])('its own volume, %s: it goes on with it', (_, over) => {
    const { scratch, strays } = checked({ volumes: [volume(), scratchOf('snap-10', over)] });
    expect([scratch?.id, strays]).toEqual(['vol-scratch', []]);
  });

  test.each([
    ['of another snapshot', scratchOf('snap-70')],
    ['in another zone', scratchOf('snap-10', { zone: 'eu-west-1b' })],
    ['on another host', scratchOf('snap-10', { state: 'in-use', attachments: on('i-third') })],
    ['a spare that the ledger does not name', spareVolume()],
  ])('a volume that is %s is cleared away', (_, stray) => {
    const { scratch, strays } = checked({ volumes: [volume(), stray] });
    expect([scratch, strays.map((v) => v.id)]).toEqual([undefined, [stray.id]]);
  });

  test('what the guard has marked is neither gone on with nor cleared away: it goes at any moment', () => {
    const volumes = [
      volume(),
      scratchOf('snap-10', { marked: true }),
      scratchOf('snap-70', { id: 'vol-2', marked: true }),
    ];
    expect(checked({ volumes })).toMatchObject({ scratch: undefined, strays: [] });
  });

  test('not the spare that the ledger names, and nothing that is coming or going', () => {
    const volumes = [volume(), spareVolume(), ...(['creating', 'deleting', 'error'] as const).map(going)];
    expect(checked({ volumes, ledger: withSpare(30) }).strays).toEqual([]);
  });

  test('not the spare that a heal has taken, though its tag still says so', () => {
    const old = volume({ id: 'vol-old' });
    const taken = volume({ role: 'spare', scheduled: false });
    const { like, strays } = checked({ volumes: [old, taken], ledger: ledger({ generation: 2 }) });
    expect([like.id, strays]).toEqual([taken.id, []]);
  });
});

function going(state: Volume['state']): Volume {
  return scratchOf('snap-9', { id: `vol-${state}`, state });
}
