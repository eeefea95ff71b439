import { beforeEach, describe, expect, test } from '@jest/globals';
import { drill } from '../../../lambda/core/drill/drill.ts';
import { expired } from '../../../lambda/core/guard/retention.ts';
import { attach } from '../../../lambda/core/heal/attach.ts';
import { decide } from '../../../lambda/core/heal/decide.ts';
import { fence } from '../../../lambda/core/heal/fence.ts';
import { passedOver } from '../../../lambda/core/heal/findings.ts';
import { heal } from '../../../lambda/core/heal/heal.ts';
import { Journal } from '../../../lambda/core/world/journal.ts';
import type { Instance, LedgerState, Trigger } from '../../../lambda/core/world/model.ts';
import type { Attached } from '../../../lambda/core/world/ports.ts';
import { DrillScene } from '../core/drill/drill.scene.ts';
import { guarded, RETENTION, snapshot } from '../core/guard/guard.world.ts';
import { Scene } from '../core/scene.ts';
import { instance, NOW, point, probe, volume, world } from '../core/world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const POLICY = { prefer: 'faster', maxAgeMinutes: 120 } as const;
const SPARE = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 40 * 60_000 } as const;
const spareVolume = volume({
  id: 'vol-spare',
  role: 'spare',
  scheduled: false,
  madeFrom: 'snap-40',
  attachments: [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }],
});

let scene: Scene;
const run = () => heal(scene.workflow, scene.ports, ALARM, POLICY);
const did = (what: string) => scene.did.filter((done) => done.startsWith(what));
const ledgerWith = (over: Partial<LedgerState>): LedgerState => ({
  generation: 1,
  currentVolume: 'vol-11111111',
  owner: 'i-owner',
  lease: undefined,
  paged: undefined,
  ...over,
});
beforeEach(() => {
  scene = new Scene();
});

test('a quarantined volume that is still in the schedule is settled: DLM would rotate the good copies out', () => {
  const old = volume({ id: 'vol-00000000', role: 'quarantined', state: 'available', attachments: [], scheduled: true });
  const seen = decide(world({ volumes: [volume(), old] }));
  expect(seen).toMatchObject({ kind: 'settle', suspects: [{ id: 'vol-00000000' }] });
  expect(decide(world({ volumes: [volume(), { ...old, scheduled: false }] })).kind).toBe('none');
});

describe('a spare', () => {
  beforeEach(() => {
    scene.seen = world({
      probe: probe('shutdown'),
      volumes: [volume(), spareVolume],
      ledger: ledgerWith({ spare: SPARE }),
      recoveryPoints: [point(40, { verdict: 'verified' })],
    });
  });

  test('that was not taken, for its owner could not be fenced, is unmounted', async () => {
    scene.answers.set('release vol-11111111', 'busy');
    scene.seen = { ...scene.seen, probe: probe('shutdown') };
    const { probe: ask } = scene.ports.host;
    let asked = 0;
    (scene.ports.host as { probe: typeof ask }).probe = async (id, of, volumeId) => {
      const said = await ask(id, of, volumeId);
      return id === 'i-owner' && asked++ > 0 ? { ...said, state: 'unreachable' } : said;
    };
    scene.stopsAs = 'stopping';
    await run();
    expect(did('commit')).toEqual([]);
    expect(did('release vol-spare').length).toBeGreaterThan(0);
  });

  test('that the ledger names by now stays mounted, whatever becomes of its serving', async () => {
    scene.answers.set('serve vol-spare', 'failed');
    await run();
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare' });
    expect(did('release vol-spare')).toEqual([]);
  });
});

describe('an order to attach', () => {
  const ordered = async (answers: Attached[]) => {
    const journal = new Journal(scene.workflow, scene.ports.clock);
    journal.guardBy(async () => undefined);
    (scene.ports.compute as { attach: unknown }).attach = async () => answers.shift();
    return attach({ ports: scene.ports, journal, healId: 'heal', volume: 'alpha' }, 'vol-1', 'i-standby', spareVolume);
  };

  test.each<Attached>(['stuck', 'elsewhere', 'attached'])('that ends %s takes no spare off', async (answer) => {
    expect(await ordered([answer, 'attached'])).toBe(answer);
    expect(did('release')).toEqual([]);
  });

  test('to an instance that is full takes the spare off, and is given once more', async () => {
    expect(await ordered(['full', 'attached'])).toBe('attached');
    expect(did('release')).toEqual(['release vol-spare']);
  });
});

test('a dead volume that cannot be replaced yet leaves the schedule while it is waited', async () => {
  const coming: Instance = instance('i-new', { state: 'pending', agentOnline: false });
  scene.seen = world({ probe: probe('shutdown'), instances: [instance('i-owner'), coming] });
  await run();
  expect(did('create')).toEqual([]);
  expect(did('unschedule vol-11111111').length).toBeGreaterThan(0);
});

describe('a volume that nobody has mounted', () => {
  test('and that answers a mount with shutdown is replaced, not tried on another host', async () => {
    scene.seen = world({ probe: probe('notMounted'), reachableOn: [] });
    scene.answers.set('mount vol-11111111', 'shutdown');
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(did('quarantine vol-11111111').length).toBeGreaterThan(0);
    expect(scene.committed?.currentVolume).toBe('vol-new1');
  });

  test('and is attached elsewhere by the time that it is ordered is looked at again, and mounted nowhere', async () => {
    scene.seen = world({
      volumes: [volume({ state: 'available', attachments: [] })],
      probe: undefined,
      reachableOn: [],
    });
    (scene.ports.compute as { attach: unknown }).attach = async () => 'elsewhere';
    await run();
    expect(did('mount')).toEqual([]);
    expect(did('serve')).toEqual([]);
  });
});

test('an instance that one late answer lacks is not off: whoever was asked to stop may write', async () => {
  scene.answers.set('release vol-11111111', 'unreachable');
  (scene.ports.compute as { instances: unknown }).instances = async () => [];
  const journal = new Journal(scene.workflow, scene.ports.clock);
  journal.guardBy(async () => undefined);
  const owner = { kind: 'instance', id: 'i-owner', state: 'running' } as const;
  const fenced = await fence(
    { ports: scene.ports, journal, healId: 'heal', volume: 'alpha' },
    {
      volumeId: 'vol-11111111',
      owner,
      moves: true,
    },
  );
  expect(fenced.certain).toBe(false);
  expect(did('stop i-owner').length).toBe(1);
});

test('copies of what serves now are not reported as passed over', () => {
  const seen = world({
    ledger: ledgerWith({ generation: 2, currentVolume: 'vol-new' }),
    volumes: [volume({ id: 'vol-new', generation: 2, madeFrom: 'snap-70' })],
    recoveryPoints: [point(70), point(30, { generation: 1 }), point(5, { generation: 2 })],
  });
  expect(passedOver(seen)).toEqual(['snap-30']);
});

describe('a drill', () => {
  test.each<Attached>(['elsewhere', 'stuck', 'full'])('sends no check where the attachment ends %s', async (answer) => {
    const drilled = new DrillScene();
    (drilled.ports.compute as { attach: unknown }).attach = async () => answer;
    expect(await drill(drilled.workflow, drilled.ports, 'alpha')).toMatchObject({ outcome: 'undecided' });
    expect(drilled.numbers).toEqual([]);
  });
});

test('the newest copy stays, though it is rejected and past the retention', () => {
  const old = (hours: number, verdict: 'verified' | 'rejected') =>
    snapshot(hours * 60, { verdict, maker: 'guard', policyId: undefined, schedule: undefined });
  const [newest, between, sound] = [old(100, 'rejected'), old(101, 'rejected'), old(200, 'verified')];
  const stock = { at: NOW, current: guarded(), volumes: [], snapshots: [newest, between, sound] };
  expect(expired(stock, RETENTION).map((s) => s.snapshotId)).toEqual([between.snapshotId]);
});
