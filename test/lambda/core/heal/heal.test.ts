import { beforeEach, describe, expect, test } from '@jest/globals';
import { BUDGET_SECONDS, heal, LONGEST_SECONDS, PATIENCE_SECONDS } from '../../../../lambda/core/heal/heal.ts';
import { QUIET_SECONDS } from '../../../../lambda/core/heal/notify.ts';
import { LEASE_SECONDS } from '../../../../lambda/core/world/lease.ts';
import type { Trigger } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { instance, NOW, point, probe, volume, world } from '../world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const SWEEP: Trigger = { kind: 'sweep', volume: 'alpha', reason: 'sweep', at: undefined };

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

const POLICY = { prefer: 'faster', maxAgeMinutes: 120 } as const;
const run = (trigger = ALARM) => heal(scene.workflow, scene.ports, trigger, POLICY);

describe('a heal', () => {
  test('replaces a dead volume: quarantine first, then prepare, then fence, then switch', async () => {
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual([
      'quarantine vol-11111111',
      'create snap-10 in eu-west-1a attempt 0',
      'attach vol-new1 i-standby',
      'mount vol-new1',
      'verify vol-new1',
      'release vol-11111111',
      'commit',
      'serve vol-new1',
      'promote vol-new1',
      'copy vol-11111111',
    ]);
    expect(scene.committed).toEqual({ generation: 2, currentVolume: 'vol-new1', owner: 'i-standby' });
    expect(scene.notified).toEqual(['Remount: alpha is served again, from a snapshot']);
    expect(scene.leaseHolder).toBeUndefined();
    expect(scene.incidents.map((i) => i.outcome)).toEqual(['open', 'healed']);
    expect(scene.incidents[1]?.replacement).toMatchObject({
      oldVolume: 'vol-11111111',
      snapshotId: 'snap-10',
      files: 12,
      recoveryPointAt: Date.parse('2026-01-07T11:50:00Z'),
    });
    for (const step of scene.incidents[1]?.steps ?? []) expect(step.endedAt).toBeGreaterThanOrEqual(step.startedAt);
  });

  test('walks back when a recovery point cannot be mounted or read, and keeps the rejected candidates', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [point(10), point(70), point(130)] });
    scene.answers.set('verify vol-new2', 'noCanary');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual(
      expect.arrayContaining(['create snap-130 in eu-west-1a attempt 2', 'quarantine vol-new1', 'quarantine vol-new2']),
    );
    expect(scene.committed?.currentVolume).toBe('vol-new3');
  });

  test('pages when no recovery point is of use; nothing public was touched', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    scene.answers.set('mount vol-new2', 'unmountable');
    expect(await run()).toMatchObject({
      outcome: 'paged',
      summary: expect.stringContaining('none of the 2 recovery points that were tried'),
    });
    expect(scene.did).not.toContain('commit');
    expect(scene.did).not.toContain('release vol-11111111');
    expect(scene.notified).toEqual(['Remount: alpha needs a person']);
    expect(scene.leaseHolder).toBeUndefined();
  });

  test.each(['serving', 'unreachable', 'timeout'] as const)(
    'the old owner does not release and its probe says %s: it is stopped first, and seen stopped',
    async (state) => {
      scene.answers.set('release vol-11111111', 'busy');
      const asked = () => scene.did.includes('release vol-11111111: busy');
      scene.ports.host.probe = async (id) =>
        probe(scene.did.includes('serve vol-new1') ? 'serving' : asked() ? state : 'shutdown', id);
      expect(await run()).toMatchObject({ outcome: 'healed' });
      expect(scene.did.indexOf('stop i-owner')).toBeGreaterThan(scene.did.indexOf('release vol-11111111: busy'));
      expect(scene.did.indexOf('commit')).toBeGreaterThan(scene.did.indexOf('stop i-owner'));
    },
  );

  test.each(['stopping', 'running'])(
    'no second writer: EC2 does not say that the old owner is stopped, but %s',
    async (state) => {
      scene.answers.set('release vol-11111111', 'busy');
      scene.stopsAs = state;
      scene.ports.host.probe = async (id) =>
        probe(scene.did.includes('release vol-11111111: busy') ? 'unreachable' : 'shutdown', id);
      expect(await run()).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('does not say within') });
      expect(scene.did.filter((d) => d === 'commit' || d.startsWith('serve'))).toEqual([]);
    },
  );

  describe('failover', () => {
    const hung = () => world({ probe: probe('unreachable'), reachableOn: [] });

    test('of a hung owner: stopped and seen stopped, detached without force, then served by the standby', async () => {
      scene.seen = hung();
      scene.answers.set('release vol-11111111', 'unreachable');
      expect(await run()).toMatchObject({ outcome: 'healed' });
      expect(scene.did).toEqual([
        'release vol-11111111: unreachable',
        'stop i-owner',
        'detach vol-11111111 i-owner',
        'attach vol-11111111 i-standby',
        'mount vol-11111111',
        'commit',
        'serve vol-11111111',
      ]);
    });

    test.each(['stopping', 'running'])('is not done while EC2 says %s: not known is no', async (state) => {
      scene.seen = hung();
      scene.stopsAs = state;
      scene.answers.set('release vol-11111111', 'unreachable');
      expect(await run()).toMatchObject({ outcome: 'paged' });
      expect(scene.did.filter((d) => /^(detach|attach|mount|serve|commit)/.test(d))).toEqual([]);
    });

    test('a volume that cannot be detached is replaced, and kept', async () => {
      scene.seen = world({
        probe: undefined,
        instances: [instance('i-owner', { state: 'stopped' }), instance('i-standby')],
      });
      scene.stuck.add('detach vol-11111111');
      expect(await run()).toMatchObject({ outcome: 'healed' });
      expect(scene.did.slice(0, 3)).toEqual([
        'detach vol-11111111 i-owner',
        'quarantine vol-11111111',
        'create snap-10 in eu-west-1a attempt 8',
      ]);
    });
  });

  test('a standby that does not answer is left out, and another one is taken, with another client token', async () => {
    scene.seen = world({
      probe: probe('shutdown'),
      instances: [instance('i-owner'), instance('i-a'), instance('i-b')],
    });
    scene.answers.set('mount vol-new1', 'unreachable');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual(
      expect.arrayContaining([
        'attach vol-new1 i-a',
        'quarantine vol-new1',
        'create snap-10 in eu-west-1a attempt 8',
        'attach vol-new2 i-b',
      ]),
    );
    expect(scene.committed?.owner).toBe('i-b');
  });

  test('a stuck attach: the same, and the candidate is kept for a person', async () => {
    scene.seen = world({
      probe: probe('shutdown'),
      instances: [instance('i-owner'), instance('i-a'), instance('i-b')],
    });
    scene.stuck.add('attach vol-new1');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toContain('quarantine vol-new1');
  });

  test('a dead file system that cannot be unmounted is no obstacle: it takes no writes', async () => {
    scene.answers.set('release vol-11111111', 'busy');
    expect(await run()).toMatchObject({ outcome: 'healed' });
  });

  test('a mount that finds the file system dead leads to its replacement', async () => {
    scene.seen = world({ probe: probe('notMounted') });
    scene.answers.set('mount vol-11111111', 'unmountable');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did.slice(0, 2)).toEqual(['mount vol-11111111: unmountable', 'quarantine vol-11111111']);
  });

  test('a first deployment: formats, marks, mounts, serves', async () => {
    const blank = volume({ blank: true, scheduled: true, state: 'available', attachments: [] });
    scene.seen = world({
      volumes: [blank],
      ledger: undefined,
      recoveryPoints: [],
      probe: undefined,
      instances: [instance('i-a')],
    });
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual([
      'attach vol-11111111 i-a',
      'format vol-11111111',
      'formatted vol-11111111',
      'mount vol-11111111',
      'commit',
      'serve vol-11111111',
    ]);
    expect(scene.notified).toEqual(['Remount: alpha is served']);
  });

  test('a false alarm is recorded and nobody is notified; a sweep that finds nothing leaves no trace', async () => {
    scene.seen = world();
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect([scene.notified, scene.did, scene.incidents.length]).toEqual([[], [], 2]);
    scene = new Scene();
    scene.seen = world();
    // Nobody has called: it is no alarm, and no false one.
    expect(await run(SWEEP)).toMatchObject({ outcome: 'sound' });
    expect([scene.notified, scene.did, scene.incidents]).toEqual([[], [], []]);
  });

  test('an alarm waits for its turn; a sweep does not wait', async () => {
    scene.leaseHolder = 'another';
    expect(await run(SWEEP)).toMatchObject({ outcome: 'busy' });
    expect(scene.now).toBe(NOW);
    expect(await run()).toMatchObject({ outcome: 'busy' });
    expect(scene.now - NOW).toBeGreaterThanOrEqual(9 * 60_000);
    expect(scene.now - NOW).toBeLessThan(LEASE_SECONDS * 1000);
    expect(scene.did).toEqual([]);
  });

  test('renews its lease, and touches nothing more once another heal has it', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    const { acquire } = scene.ports.ledger;
    scene.ports.ledger.acquire = async (...request) => {
      if (scene.did.includes('quarantine vol-new1')) scene.leaseHolder = 'another';
      return acquire(...request);
    };
    expect(await run()).toMatchObject({
      outcome: 'overtaken',
      summary: expect.stringContaining('the lease was lost to another'),
    });
    // What it alone has seen is reported; the rest is up to whoever has the lease now.
    expect(scene.notified).toEqual(['Remount: what a heal of alpha found before another took over']);
    expect(scene.did.filter((d) => d.startsWith('create'))).toEqual(['create snap-10 in eu-west-1a attempt 0']);
    expect(scene.leaseHolder).toBe('another');
  });

  test('a step that fails for good pages with its reason, and gives the lease back', async () => {
    scene.failing.add('attach vol-new1 i-standby');
    expect(await run()).toMatchObject({
      outcome: 'paged',
      summary: expect.stringContaining('attach vol-new1 i-standby was denied'),
    });
    expect(scene.notified).toEqual(['Remount: alpha needs a person']);
    expect(scene.leaseHolder).toBeUndefined();
    expect(scene.incidents.at(-1)?.outcome).toBe('paged');
  });

  test('people are notified once: not again for the same within a while, and a sweep does not try again', async () => {
    scene.seen = world({ probe: probe('shutdown'), recoveryPoints: [] });
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(await run(SWEEP)).toMatchObject({ outcome: 'quiet' });
    expect(scene.notified.length).toBe(1);
    scene.now += QUIET_SECONDS * 1000;
    expect(await run(SWEEP)).toMatchObject({ outcome: 'paged' });
    expect(scene.notified.length).toBe(2);
    scene.seen = world({ probe: probe('shutdown'), instances: [instance('i-owner')] });
    expect(await run()).toMatchObject({ outcome: 'paged' });
    // Another reason is no reason to call again so soon: who was called looks at all of it.
    expect(scene.notified.length).toBe(2);
    scene.now += (QUIET_SECONDS + 60) * 1000;
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(scene.notified.length).toBe(3);
  });

  test('comes back from the dead in the middle of a step: it asks for leave again, and does nothing', async () => {
    const { step } = scene.workflow;
    scene.workflow.step = async (name, work) => {
      // As after a function that was dead for longer than its lease: another heal has acted, and has given the lease back.
      if (name === 'promote') scene.leaseHolder = undefined;
      return step(name, work);
    };
    expect(await run()).toMatchObject({ outcome: 'overtaken' });
    expect(scene.did).toContain('serve vol-new1');
    expect(scene.did).not.toContain('promote vol-new1');
    expect(scene.notified).toEqual([]);
  });

  test('a step that failed for a while is reported once, but the sweep goes on trying', async () => {
    scene.failing.add('attach vol-new1 i-standby');
    expect(await run()).toMatchObject({ outcome: 'paged' });
    expect(await run(SWEEP)).toMatchObject({ outcome: 'healed' });
    expect(scene.notified).toEqual([
      'Remount: alpha needs a person',
      'Remount: alpha is served again, from a snapshot',
    ]);
  });

  test('a replacement that is committed and not yet served is served in the next round', async () => {
    scene.answers.set('serve vol-new1', 'unreachable');
    const { serve } = scene.ports.host;
    scene.ports.host.serve = async (...request) => {
      const answer = await serve(...request);
      scene.answers.delete('serve vol-new1');
      return answer;
    };
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did.filter((d) => d.startsWith('serve'))).toEqual(['serve vol-new1: unreachable', 'serve vol-new1']);
    expect(scene.did.filter((d) => d.startsWith('create')).length).toBe(1);
  });

  test('that nothing can be recorded keeps it from nothing else, and the execution fails loudly', async () => {
    scene.ports.ledger.record = async () => {
      throw new Error('table is gone');
    };
    await expect(run()).rejects.toThrow(/could not be concluded: close-incident: table is gone/);
    expect(scene.notified).toEqual(['Remount: alpha is served again, from a snapshot']);
    expect(scene.committed?.currentVolume).toBe('vol-new1');
  });

  test('waits for an instance on its way, and pages when it does not come', async () => {
    scene.seen = world({
      probe: probe('shutdown'),
      instances: [instance('i-owner'), instance('i-new', { state: 'pending', agentOnline: false })],
    });
    expect(await run()).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('of waiting') });
    expect(scene.now - NOW).toBeGreaterThanOrEqual(PATIENCE_SECONDS * 1000);
    expect(PATIENCE_SECONDS).toBeLessThan(BUDGET_SECONDS);
    expect(BUDGET_SECONDS + LEASE_SECONDS + 10 * 60).toBeLessThanOrEqual(LONGEST_SECONDS);
  });

  test('puts a volume into the schedule that a lost step left out of it', async () => {
    scene.seen = world({ volumes: [volume({ role: 'candidate', scheduled: false })] });
    scene.ports.compute.promote = async (id) => {
      scene.did.push(`promote ${id}`);
      scene.seen = world();
    };
    expect(await run(SWEEP)).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual(['promote vol-11111111']);
  });
});
