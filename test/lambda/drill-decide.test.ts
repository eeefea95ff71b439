import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currentVolume } from '../../lambda/core/candidates.ts';
import { type DrillDecision, type DrillObservation, decideDrill } from '../../lambda/core/drill-decide.ts';
import type { LedgerState, RecoveryPoint, Volume } from '../../lambda/core/model.ts';
import { instance, NOW, point, volume, world, ZONE } from './world.ts';

const MINUTE = 60_000;
const HOURS_2 = 120;

const on = (instanceId: string, state = 'attached') => [{ instanceId, device: '/dev/sdg', state }];

const spareVolume = (over: Partial<Volume> = {}) =>
  volume({ id: 'vol-spare', role: 'spare', scheduled: false, attachments: on('i-standby'), ...over });

function scratchOf(snapshotId: string, over: Partial<Volume> = {}): Volume {
  const free = { role: 'scratch', scheduled: false, state: 'available', attachments: [] };
  return volume({ id: 'vol-scratch', ...free, madeFrom: snapshotId, ...over });
}

function ledger(over: Partial<LedgerState> = {}): LedgerState {
  const none = { lease: undefined, paged: undefined };
  return { generation: 1, currentVolume: 'vol-11111111', owner: 'i-owner', ...none, ...over };
}

/** The ledger that names `vol-spare` on the standby, from a snapshot of so many minutes ago. */
const withSpare = (minutesAgo: number, instanceId = 'i-standby') =>
  ledger({ spare: { volumeId: 'vol-spare', snapshotId: 'snap-x', instanceId, at: NOW - minutesAgo * MINUTE } });

function seen(over: Partial<DrillObservation> = {}): DrillObservation {
  const { volume: name, at, volumes, instances, recoveryPoints } = world();
  return { volume: name, at, ledger: ledger(), volumes, instances, recoveryPoints, ...over };
}

type Check = Extract<DrillDecision, { readonly kind: 'check' }>;

/** What is checked. */
function checked(over: Partial<DrillObservation> = {}): Check {
  const decision = decideDrill(seen(over));
  if (decision.kind === 'none') throw new Error(`nothing is checked: ${decision.reason}`);
  return decision;
}

const reason = (over: Partial<DrillObservation>) => decideDrill(seen(over)).reason;

describe('which recovery point is drilled', () => {
  test('the newest that nobody has checked, on the standby, like the current volume', () => {
    const { point: chosen, host, like } = checked({ recoveryPoints: [point(70), point(10), point(40)] });
    expect([chosen.snapshotId, host.id, like.id]).toEqual(['snap-10', 'i-standby', 'vol-11111111']);
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

  test.each([
    ['on the owner by now', 'i-owner', {}, {}],
    ['on a host that is gone', 'i-gone', {}, {}],
    ['on a host that does not answer', 'i-standby', { agentOnline: false }, {}],
    ['on a host that is impaired', 'i-standby', { impaired: true }, {}],
    ['on a host that is stopped', 'i-standby', { state: 'stopped' }, {}],
    ['in state error', 'i-standby', {}, { state: 'error' }],
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
  test.each([
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

  test('not the spare that the ledger names, and nothing that is coming or going', () => {
    const volumes = [volume(), spareVolume(), ...['creating', 'deleting', 'error'].map(going)];
    expect(checked({ volumes, ledger: withSpare(30) }).strays).toEqual([]);
  });

  test('not the spare that a heal has taken, though its tag still says so', () => {
    const old = volume({ id: 'vol-old' });
    const taken = volume({ role: 'spare', scheduled: false });
    const { like, strays } = checked({ volumes: [old, taken], ledger: ledger({ generation: 2 }) });
    expect([like.id, strays]).toEqual([taken.id, []]);
  });
});

function going(state: string): Volume {
  return scratchOf('snap-9', { id: `vol-${state}`, state });
}

describe('decideDrill, in any world', () => {
  const IDS = ['vol-11111111', 'vol-22222222', 'vol-33333333', 'vol-44444444'];
  const HOSTS = ['i-1', 'i-2', 'i-3'];
  const anyVolume = fc.record({
    id: fc.constantFrom(...IDS),
    state: fc.constantFrom('creating', 'available', 'in-use', 'in-use', 'error', 'deleting'),
    zone: fc.constantFrom(ZONE, ZONE, ZONE, 'eu-west-1b'),
    role: fc.constantFrom('current', 'current', 'quarantined', 'scratch', 'scratch', 'spare', ''),
    generation: fc.integer({ min: 1, max: 3 }),
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
          verdict: fc.constantFrom(undefined, undefined, 'verified' as const, 'rejected' as const),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    })
    .map(({ ledger: of, volumes, instances, points }) =>
      seen({
        ledger: of,
        volumes: volumes.map((v) => volume(v)),
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
    expect(checks.some((d) => !d.keep)).toBe(true);
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

  test('never on the owner; on a live host in the zone of the current volume', () => {
    holds((w, { host, like }) => {
      expect(like).toEqual(currentVolume(w));
      expect(like.attachments.map((a) => a.instanceId)).not.toContain(host.id);
      expect(host).toMatchObject({ state: 'running', agentOnline: true, impaired: false, zone: like.zone });
    });
  });

  test('only what is completed, not in quarantine and not rejected; the newest unchecked one of the last two hours first', () => {
    const usable = (p: RecoveryPoint) =>
      p.state === 'completed' && p.role !== 'quarantined' && p.verdict !== 'rejected';
    const age = (p: RecoveryPoint) => NOW - p.at;
    holds((w, { point: chosen }) => {
      const among = w.recoveryPoints.filter(usable);
      expect(among).toContainEqual(chosen);
      const unchecked = among.filter((p) => p.verdict === undefined && age(p) < HOURS_2 * MINUTE);
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

  test('it goes on only with a drill’s volume of the same snapshot, which is free or on the same host', () => {
    holds(({ ledger: of }, { scratch, point: chosen, host, like }) => {
      if (!scratch) return;
      expect(scratch).toMatchObject({ role: 'scratch', madeFrom: chosen.snapshotId, zone: host.zone });
      expect(scratch.id).not.toBe(like.id);
      expect(scratch.id).not.toBe(of?.spare?.volumeId);
      if (scratch.state !== 'available')
        expect(scratch.attachments).toMatchObject([{ instanceId: host.id, state: 'attached' }]);
    });
  });
});
