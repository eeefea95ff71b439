import { beforeEach, describe, expect, test } from '@jest/globals';
import { heal, LEASE_SECONDS, PATIENCE_SECONDS } from '../../lambda/core/heal.ts';
import type { Incident, LedgerEntry, Observation, ProbeState, Trigger } from '../../lambda/core/model.ts';
import type { HostAnswer, Ports, Workflow } from '../../lambda/core/ports.ts';
import { instance, NOW, point, probe, volume, world } from './world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const SWEEP: Trigger = { kind: 'sweep', volume: 'alpha', reason: 'sweep', at: undefined };

/** Steps run at once, pauses take no time but the clock's: the logic alone, with everything around it scripted. */
class Scene {
  now = NOW;
  seen: Observation = world({ probe: probe('shutdown') });
  readonly did: string[] = [];
  readonly told: string[] = [];
  readonly incidents: Incident[] = [];
  /** Answers of host verbs by `verb volumeId`, else ok. */
  readonly answers = new Map<string, HostAnswer['result']>();
  readonly failing = new Set<string>();
  leaseHolder: string | undefined;
  committed: LedgerEntry | undefined;
  #made = 0;

  readonly workflow: Workflow = {
    step: async (_, run) => JSON.parse(JSON.stringify((await run()) ?? null)),
    pause: async (_, seconds) => {
      this.now += seconds * 1000;
    },
  };

  readonly ports: Ports = {
    clock: {
      now: () => this.now,
      sleep: async (ms) => {
        this.now += ms;
      },
    },
    newId: () => 'heal-1',
    compute: {
      volumes: async () => [...this.seen.volumes],
      instances: async () => [...this.seen.instances],
      recoveryPoints: async () => [...this.seen.recoveryPoints],
      createReplacement: async (order) =>
        this.#do(`create ${order.snapshotId} attempt ${order.attempt}`, `vol-new${++this.#made}`),
      attach: async (id, at) => {
        this.#do(`attach ${id} ${at}`, undefined);
        this.#attached(id, at);
      },
      quarantine: async (id) => this.#do(`quarantine ${id}`, undefined),
      promote: async (id) => {
        this.#do(`promote ${id}`, undefined);
        this.seen = {
          ...this.seen,
          volumes: this.seen.volumes.map((v) => (v.id === id ? { ...v, role: 'current', scheduled: true } : v)),
        };
      },
      markFormatted: async (id) => this.#do(`formatted ${id}`, undefined),
    },
    host: {
      probe: async (id) => probe(this.#probe(id), id),
      format: async (_, __, id) => this.#answer('format', id),
      mount: async (_, __, id) => this.#answer('mount', id),
      verify: async (_, __, id) => this.#answer('verify', id),
      serve: async (_, __, id) => this.#answer('serve', id),
      release: async (_, __, id) => this.#answer('release', id),
    },
    ledger: {
      read: async () => this.committed ?? this.seen.ledger,
      acquire: async (_, holder) => {
        this.leaseHolder ??= holder;
        return this.leaseHolder === holder;
      },
      commit: async (_, __, ___, entry) => {
        this.#do('commit', undefined);
        this.committed = entry;
      },
      release: async (_, holder) => {
        if (this.leaseHolder === holder) this.leaseHolder = undefined;
      },
      record: async (incident) => {
        this.incidents.push(incident);
      },
    },
    people: {
      tell: async (subject) => {
        this.told.push(subject);
      },
    },
  };

  #do<T>(what: string, value: T): T {
    this.did.push(what);
    if (this.failing.has(what)) throw new Error(`${what} was denied`);
    return value;
  }

  #answer(verb: string, id: string): HostAnswer {
    const result = this.answers.get(`${verb} ${id}`) ?? 'ok';
    this.#do(`${verb} ${id}${result === 'ok' ? '' : `: ${result}`}`, undefined);
    return { result, values: { canary: '2026-01-07T11:50:00Z', files: '12' }, detail: result };
  }

  #attached(id: string, instanceId: string): void {
    const before = this.seen.volumes.find((v) => v.id === id) ?? volume({ id, generation: 2, role: 'candidate' });
    const after = { ...before, state: 'in-use', attachments: [{ instanceId, device: '/dev/sdf', state: 'attached' }] };
    this.seen = { ...this.seen, volumes: [...this.seen.volumes.filter((v) => v.id !== id), after] };
  }

  /** A host says what was scripted for the old owner; one that a volume was served on says serving. */
  #probe(instanceId: string): ProbeState {
    if (this.committed?.owner !== instanceId) return this.seen.probe?.state ?? 'notMounted';
    return this.did.includes(`serve ${this.committed.currentVolume}`) ? 'serving' : 'notMounted';
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

const run = (trigger = ALARM) => heal(scene.workflow, scene.ports, trigger);

describe('a heal', () => {
  test('replaces a dead volume: quarantine first, then prepare, then fence, then switch', async () => {
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(scene.did).toEqual([
      'quarantine vol-11111111',
      'create snap-10 attempt 1',
      'attach vol-new1 i-standby',
      'mount vol-new1',
      'verify vol-new1',
      'release vol-11111111',
      'commit',
      'serve vol-new1',
      'promote vol-new1',
    ]);
    expect(scene.committed).toEqual({ generation: 2, currentVolume: 'vol-new1', owner: 'i-standby' });
    expect(scene.told).toEqual(['Remount: alpha is served again, from a snapshot']);
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
      expect.arrayContaining(['create snap-130 attempt 3', 'quarantine vol-new1', 'quarantine vol-new2']),
    );
    expect(scene.committed?.currentVolume).toBe('vol-new3');
  });

  test('pages when no recovery point is of use; nothing public was touched', async () => {
    scene.answers.set('mount vol-new1', 'unmountable');
    scene.answers.set('mount vol-new2', 'unmountable');
    expect(await run()).toMatchObject({
      outcome: 'paged',
      summary: expect.stringContaining('none of the 2 newest recovery points'),
    });
    expect(scene.did).not.toContain('commit');
    expect(scene.did).not.toContain('release vol-11111111');
    expect(scene.told).toEqual(['Remount: alpha needs a person']);
    expect(scene.leaseHolder).toBeUndefined();
  });

  test.each(['serving', 'unreachable', 'timeout'] as const)(
    'starts no second writer: the old owner does not release and its probe says %s',
    async (state) => {
      scene.answers.set('release vol-11111111', 'busy');
      scene.ports.host.probe = async (id) =>
        probe(scene.did.includes('release vol-11111111: busy') ? state : 'shutdown', id);
      expect(await run()).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('did not release') });
      expect(scene.did.filter((d) => d === 'commit' || d.startsWith('serve'))).toEqual([]);
    },
  );

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
      'promote vol-11111111',
    ]);
    expect(scene.told).toEqual(['Remount: alpha is served']);
  });

  test('a false alarm is recorded and nobody is told; a sweep that finds nothing leaves no trace', async () => {
    scene.seen = world();
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect([scene.told, scene.did, scene.incidents.length]).toEqual([[], [], 2]);
    scene = new Scene();
    scene.seen = world();
    await run(SWEEP);
    expect([scene.told, scene.did, scene.incidents]).toEqual([[], [], []]);
  });

  test('an alarm waits for the lease as long as it may be held; a sweep does not wait', async () => {
    scene.leaseHolder = 'another';
    expect(await run(SWEEP)).toMatchObject({ outcome: 'busy' });
    expect(scene.now).toBe(NOW);
    expect(await run()).toMatchObject({ outcome: 'busy' });
    expect(scene.now - NOW).toBeGreaterThanOrEqual((LEASE_SECONDS - 30) * 1000);
    expect(scene.did).toEqual([]);
  });

  test('a step that fails for good pages with its reason, and gives the lease back', async () => {
    scene.failing.add('attach vol-new1 i-standby');
    expect(await run()).toMatchObject({
      outcome: 'paged',
      summary: expect.stringContaining('attach vol-new1 i-standby was denied'),
    });
    expect(scene.told).toEqual(['Remount: alpha needs a person']);
    expect(scene.leaseHolder).toBeUndefined();
    expect(scene.incidents.at(-1)?.outcome).toBe('paged');
  });

  test('when the ledger fails too, a person still hears of it, and the execution fails loudly', async () => {
    scene.ports.ledger.record = async () => {
      throw new Error('table is gone');
    };
    await expect(run()).rejects.toThrow(/could not be concluded: close-incident: table is gone/);
    expect(scene.told).toEqual(['Remount: alpha needs a person']);
  });

  test('waits for an instance on its way, and pages when it does not come', async () => {
    scene.seen = world({
      probe: probe('shutdown'),
      instances: [instance('i-owner'), instance('i-new', { state: 'pending', agentOnline: false })],
    });
    expect(await run()).toMatchObject({ outcome: 'paged', summary: expect.stringContaining('of waiting') });
    expect(scene.now - NOW).toBeGreaterThanOrEqual(PATIENCE_SECONDS * 1000);
    expect(PATIENCE_SECONDS).toBeLessThan(LEASE_SECONDS);
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
