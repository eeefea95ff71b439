import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SnapshotId } from '../../../../contract/ids.ts';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import type { HostAnswer } from '../../../../lambda/core/world/ports.ts';
import { NOW, point, volume } from '../world.ts';
import { CHECKED, DISPOSED, DrillScene, onStandby, SOUND } from './drill.scene.ts';

let scene: DrillScene;
beforeEach(() => {
  scene = new DrillScene();
});

const run = () => drill(scene.workflow, scene.ports, 'alpha');
const says = (result: HostAnswer['result'], detail = 'what it saw') => {
  scene.answer = { result, values: {}, detail };
};

/** The same world a while later, with a new copy. */
function later(seconds: number, snapshotId: SnapshotId): void {
  scene.now += seconds * 1000;
  scene.points = [...scene.points, { ...point(0), snapshotId, at: scene.now - 60_000 }];
  scene.looks = 0;
  scene.did.length = 0;
}

describe('a copy that passes', () => {
  test('is verified, with the time of its data, and its volume is the spare', async () => {
    expect(await run()).toEqual({
      outcome: 'verified',
      summary:
        'snap-10 is verified: 12 of 12 files read, data up to 2026-01-07T11:49:30.000Z; vol-of-drill-1 on i-standby is the spare',
    });
    expect(scene.did).toEqual([
      ...CHECKED,
      'verified snap-10 up to 2026-01-07T11:49:30.000Z',
      'spare vol-of-drill-1',
      'note vol-of-drill-1',
    ]);
    expect(scene.ledger.spare).toEqual({
      volumeId: 'vol-of-drill-1',
      snapshotId: 'snap-10',
      instanceId: 'i-standby',
      at: NOW - 600_000,
    });
    expect(scene.notified).toEqual([]);
    expect(scene.drillHolder).toBeUndefined();
  });

  test('each check gets the next number', async () => {
    await run();
    later(600, 'snap-b');
    await run();
    expect(scene.numbers).toEqual([1, 2]);
  });

  test('leaves a record, with each step and its times', async () => {
    await run();
    expect(scene.records).toMatchObject([
      { id: 'drill-1', volume: 'alpha', snapshotId: 'snap-10', outcome: 'verified', startedAt: NOW },
    ]);
    const { steps = [], endedAt = 0 } = scene.records[0] ?? {};
    expect(endedAt).toBeGreaterThan(NOW);
    for (const step of steps) expect(step.endedAt).toBeGreaterThanOrEqual(step.startedAt);
    expect(steps.find((s) => s.name === 'verified')?.note).toBe('snap-10: 12 of 12 files read');
  });

  test('the old spare goes only after the ledger names the new one', async () => {
    scene.hasSpare(30);
    await run();
    expect(scene.did.slice(-4)).toEqual([
      'note vol-of-drill-1',
      'release vol-spare',
      'detach vol-spare i-standby',
      'discard vol-spare',
    ]);
  });

  test('an older one than the spare is verified, and its volume goes', async () => {
    scene.hasSpare(5);
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.slice(-3)).toEqual(DISPOSED);
    expect(scene.ledger.spare?.volumeId).toBe('vol-spare');
  });

  test('without a time in its canary, the snapshot’s own is taken', async () => {
    scene.answer = { result: 'ok', values: { ...SOUND, canary: 'unreadable' }, detail: '' };
    await run();
    expect(scene.did).toContain('verified snap-10 up to 2026-01-07T11:50:00.000Z');
  });

  test('the old spare that does not come off its host is left to the next drill', async () => {
    scene.hasSpare(30);
    scene.stuck.add('detach vol-spare');
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did).not.toContain('discard vol-spare');
    later(3600, 'snap-next');
    scene.stuck.clear();
    await run();
    expect(scene.did.slice(0, 3)).toEqual(['release vol-spare', 'detach vol-spare i-standby', 'discard vol-spare']);
  });
});

describe('what is no verdict', () => {
  test('a check that is stopped is started again, on the same volume, and not left to the next sweep', async () => {
    says('interrupted');
    scene.before.set('check vol-of-drill-1 on i-standby', () => {
      if (scene.numbers.length === 2) scene.answer = { result: 'ok', values: SOUND, detail: '' };
    });
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.numbers).toEqual([1, 2]);
    expect(scene.did.filter((d) => d.startsWith('create'))).toHaveLength(1);
    expect(scene.now - NOW).toBeLessThan(3 * 60_000);
  });

  test('a check that is stopped time and again', async () => {
    says('interrupted');
    expect(await run()).toMatchObject({ outcome: 'undecided' });
    expect(scene.numbers).toHaveLength(5);
  });

  test.each(['timeout', 'unreachable', 'noDevice', 'busy', 'failed', 'unreadable'] as const)(
    '%s: nothing is said of the copy, nobody is notified, and the next drill goes on with its volume',
    async (result) => {
      says(result);
      expect(await run()).toMatchObject({ outcome: 'undecided' });
      expect(scene.did).toEqual(CHECKED);
      expect(scene.points[0]?.verdict).toBeUndefined();
      expect(scene.notified).toEqual([]);
      scene.answer = { result: 'ok', values: SOUND, detail: '' };
      expect(await run()).toMatchObject({ outcome: 'verified' });
      expect(scene.did.filter((d) => d.startsWith('create'))).toHaveLength(1);
      expect(scene.ledger.spare?.volumeId).toBe('vol-of-drill-1');
    },
  );

  test('a check that cannot be started', async () => {
    scene.unsent = 'InvalidInstanceId';
    expect(await run()).toEqual({
      outcome: 'undecided',
      summary: 'snap-10 on i-standby: unreachable: InvalidInstanceId',
    });
  });

  test('a check that had no time for a single file', async () => {
    scene.answer = { result: 'ok', values: { ...SOUND, checked: '0' }, detail: '' };
    expect(await run()).toEqual({
      outcome: 'undecided',
      summary: 'snap-10 on i-standby: none of 12 files was read',
    });
    expect(scene.points[0]?.verdict).toBeUndefined();
    scene.answer = { result: 'ok', values: { ...SOUND, files: '0', checked: '0' }, detail: '' };
    expect(await run()).toMatchObject({ outcome: 'verified' });
  });

  test('a check that never answers is waited for until it is over for sure', async () => {
    scene.answer = undefined;
    expect(await run()).toMatchObject({ outcome: 'undecided', summary: expect.stringContaining('no answer within') });
    // The verb's own deadline is 1500 s (host/check.sh); a drill's lease is 45 minutes.
    expect(scene.now - NOW).toBeGreaterThan(1500_000);
    expect(scene.now - NOW).toBeLessThan(45 * 60_000);
  });

  test('a volume that cannot be attached', async () => {
    scene.stuck.add('attach vol-of-drill-1');
    expect(await run()).toMatchObject({ outcome: 'undecided', summary: expect.stringContaining('cannot be attached') });
    expect(scene.did).not.toContain('check vol-of-drill-1 on i-standby');
  });
});

describe('what a drill clears away', () => {
  test('is what other drills left, before it makes anything', async () => {
    scene.volumes.push(
      onStandby({ id: 'vol-stray', role: 'scratch', madeFrom: 'snap-70' }),
      volume({ id: 'vol-lost', role: 'spare', state: 'available', attachments: [] }),
    );
    await run();
    expect(scene.did.slice(0, 5)).toEqual([
      'release vol-stray',
      'detach vol-stray i-standby',
      'discard vol-stray',
      'discard vol-lost',
      'create vol-of-drill-1 from snap-10',
    ]);
  });

  test.each(['busy', 'timeout'] as const)(
    'stays where it is when its host says %s: it would get stuck',
    async (result) => {
      scene.hasSpare(30);
      scene.released = { result, values: {}, detail: '' };
      expect(await run()).toMatchObject({ outcome: 'verified' });
      expect(scene.did.at(-1)).toBe('release vol-spare');
    },
  );

  test.each(['current', 'candidate', 'quarantined', ''])('is never what has the role "%s" by then', async (role) => {
    scene.hasSpare(30);
    scene.before.set('note vol-of-drill-1', () => {
      scene.volumes = scene.volumes.map((v) => (v.id === 'vol-spare' ? { ...v, role } : v));
    });
    await run();
    expect(scene.did.at(-1)).toBe('note vol-of-drill-1');
  });

  test('is never what the ledger names as the spare by then', async () => {
    scene.volumes.push(...(['vol-stray', 'vol-noted'] as const).map((id) => onStandby({ id, role: 'spare' })));
    scene.before.set('release vol-stray', () => {
      const spare = { volumeId: 'vol-noted', snapshotId: 'snap-x', instanceId: 'i-standby', at: NOW } as const;
      scene.ledger = { ...scene.ledger, spare };
    });
    await run();
    expect(scene.did.slice(0, 4)).toEqual([
      'release vol-stray',
      'detach vol-stray i-standby',
      'discard vol-stray',
      'create vol-of-drill-1 from snap-10',
    ]);
  });

  test('is nothing that is gone already', async () => {
    scene.hasSpare(30);
    scene.before.set('note vol-of-drill-1', () => {
      scene.volumes = scene.volumes.filter((v) => v.id !== 'vol-spare');
    });
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.at(-1)).toBe('note vol-of-drill-1');
  });
});

describe('a lease of its own', () => {
  test('keeps a second drill out, and is not given back by it', async () => {
    scene.drillHolder = 'another';
    expect(await run()).toEqual({ outcome: 'busy', summary: 'another drill of alpha is under way' });
    expect(scene.did).toEqual([]);
    expect(scene.drillHolder).toBe('another');
  });

  test('is given back when a step fails, and the failure is passed on and on record', async () => {
    scene.before.set('attach vol-of-drill-1 i-standby', () => {
      throw new Error('UnauthorizedOperation');
    });
    await expect(run()).rejects.toThrow('UnauthorizedOperation');
    expect(scene.drillHolder).toBeUndefined();
    expect(scene.records).toMatchObject([
      { id: 'drill-1', snapshotId: 'snap-10', outcome: 'failed', summary: 'UnauthorizedOperation' },
    ]);
    expect(scene.records[0]?.steps.map((s) => s.name)).toContain('create-scratch');
  });

  test('that has run out: nothing more is changed, for another drill may have it', async () => {
    scene.before.set('check vol-of-drill-1 on i-standby', () => {
      scene.now += 46 * 60_000;
    });
    expect(await run()).toMatchObject({ outcome: 'undecided', summary: expect.stringContaining('its time is over') });
    expect(scene.did).toEqual(CHECKED);
  });

  test('is not taken where there is nothing to do', async () => {
    scene.points = [];
    expect(await run()).toMatchObject({ outcome: 'nothing' });
    expect(scene.records).toEqual([]);
  });
});
