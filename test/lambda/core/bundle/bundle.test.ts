import { beforeEach, describe, expect, test } from '@jest/globals';
import { bundle, isBundleRequest } from '../../../../lambda/core/bundle/bundle.ts';
import type { HostAnswer } from '../../../../lambda/core/world/ports.ts';
import { DISPOSED, DrillScene, onStandby } from '../drill/drill.scene.ts';
import { point } from '../world.ts';

const PATH = Buffer.from('/courses/one').toString('base64');
const SUM = '0f'.repeat(32);
const KEY = 'bundles/drill-1.tar';
const said = (result: HostAnswer['result'], values: HostAnswer['values'] = {}): HostAnswer => ({
  result,
  values,
  detail: 'as it said',
});
const BROUGHT = [
  'create vol-of-drill-1 from snap-10',
  'attach vol-of-drill-1 i-standby',
  `bundle ${PATH} of vol-of-drill-1 on i-standby as ${KEY}`,
];

let scene: DrillScene;
beforeEach(() => {
  scene = new DrillScene();
  scene.points = [{ ...point(10), verdict: 'verified' }];
  scene.answer = said('ok', { state: 'bundled', sha256: SUM });
});
const run = (snapshotId: `snap-${string}` = 'snap-10') =>
  bundle(scene.workflow, scene.ports, { bundle: 'alpha', snapshotId, path: PATH });

describe('what is brought out of a copy', () => {
  test('a volume is made, attached, read, and cleared away; nothing else is touched', async () => {
    scene.hasSpare(30);
    const before = JSON.stringify(scene.ledger);
    expect(await run()).toEqual({
      outcome: 'bundled',
      summary: `alpha: snap-10: ${KEY} has it`,
      key: KEY,
      sha256: SUM,
    });
    expect(scene.did).toEqual([...BROUGHT, ...DISPOSED]);
    expect(JSON.stringify(scene.ledger)).toBe(before);
    expect([scene.drillHolder, scene.records, scene.notified]).toEqual([undefined, [], []]);
  });

  test('nothing of that name: it says so, and clears away', async () => {
    scene.answer = said('ok', { state: 'absent', sha256: SUM });
    expect(await run()).toEqual({ outcome: 'absent', summary: 'alpha: snap-10: nothing of that name is on the copy' });
    expect(scene.did).toEqual([...BROUGHT, ...DISPOSED]);
  });

  test.each(['corrupt', 'unmountable', 'interrupted', 'timeout', 'failed', 'unreachable'] as const)(
    'a host that answers %s: no verdict on the copy, and its volume is cleared away',
    async (result) => {
      scene.answer = said(result);
      expect(await run()).toMatchObject({ outcome: 'undecided', summary: expect.stringContaining('as it said') });
      expect(scene.did.filter((what) => /^(rejected|verified)/.test(what))).toEqual([]);
      expect(scene.did.slice(-3)).toEqual(DISPOSED);
    },
  );

  test('a host that cannot be reached', async () => {
    scene.unsent = 'not registered';
    expect(await run()).toMatchObject({ outcome: 'undecided', summary: expect.stringContaining('not registered') });
    expect(scene.did.slice(-3)).toEqual(DISPOSED);
  });

  test('a host on which a check runs: it waits for its turn', async () => {
    const { bundleAnswer } = scene.ports.host;
    let refused = false;
    scene.ports.host.bundleAnswer = async (...args) => {
      if (refused) return bundleAnswer(...args);
      refused = true;
      return said('busy', { checking: 'vol-other' });
    };
    expect(await run()).toMatchObject({ outcome: 'bundled' });
    expect(scene.did.filter((what) => what.startsWith('bundle'))).toHaveLength(2);
  });
});

describe('nothing is made', () => {
  test.each([
    ['rejected', { verdict: 'rejected' as const }, 'snap-10 is rejected'],
    ['not completed', { state: 'pending' }, 'snap-10 is pending, and not completed'],
    ['of what is in quarantine', { role: 'quarantined' }, 'snap-10 is a copy of what is in quarantine'],
  ])('of a copy that is %s', async (_, over, why) => {
    scene.points = [{ ...point(10), ...over }];
    expect(await run()).toEqual({ outcome: 'refused', summary: `alpha: ${why}` });
    expect([scene.did, scene.drillHolder]).toEqual([[], undefined]);
  });

  test('of a copy of something else', async () => {
    expect(await run('snap-11')).toEqual({ outcome: 'refused', summary: 'alpha: snap-11 is no copy of it' });
  });

  test('of a copy that a drill rejects while it is waited for', async () => {
    scene.drillHolder = 'drill-0';
    scene.meanwhile = () => {
      scene.drillHolder = undefined;
      scene.points = [{ ...point(10), verdict: 'rejected' }];
    };
    expect(await run()).toEqual({ outcome: 'refused', summary: 'alpha: snap-10 is rejected' });
    expect([scene.did, scene.drillHolder]).toEqual([[], undefined]);
  });

  test('while a drill of the volume is under way that does not end', async () => {
    scene.drillHolder = 'drill-0';
    expect(await run()).toMatchObject({ outcome: 'busy' });
    expect([scene.did, scene.drillHolder]).toEqual([[], 'drill-0']);
  });
});

describe('a heal', () => {
  test('that is under way: nothing is made, and no lease is taken', async () => {
    scene.healBegins();
    expect(await run()).toEqual({ outcome: 'undecided', summary: 'alpha: a heal is under way' });
    expect([scene.did, scene.drillHolder]).toEqual([[], undefined]);
  });

  test.each([...BROUGHT, ...DISPOSED].map((at, i) => [at, i + 1] as const))(
    'that begins at "%s" is made way for before anything else is changed',
    async (at, done) => {
      scene.before.set(at, () => scene.healBegins());
      const { outcome } = await run();
      // What is sent is there, and is said; the step that clears away was begun before.
      expect(outcome).toBe(done <= BROUGHT.length ? 'undecided' : 'bundled');
      if (done <= BROUGHT.length) expect(scene.did).toHaveLength(done);
      expect(scene.drillHolder).toBeUndefined();
    },
  );

  test('that begins while it is packed is made way for at the next look', async () => {
    scene.looks = 20;
    let waits = 0;
    scene.meanwhile = () => {
      if (++waits === 3) scene.healBegins();
    };
    expect(await run()).toMatchObject({ outcome: 'undecided' });
    expect(scene.did).toEqual(BROUGHT);
  });

  test('that took its volume for what serves: it is not cleared away', async () => {
    scene.before.set(BROUGHT[2] ?? '', () => scene.wasReplacedBy('vol-of-drill-1'));
    await run();
    expect(scene.did).toEqual(BROUGHT);
  });
});

test("a call that is refused or lost ends it with its words; the lease is given back, and the volume is a drill's to clear away", async () => {
  scene.ports.compute.attach = async () => {
    throw new Error('RequestLimitExceeded');
  };
  await expect(run()).rejects.toThrow('RequestLimitExceeded');
  expect(scene.drillHolder).toBeUndefined();
  expect(scene.volumes.at(-1)).toMatchObject({ id: 'vol-of-drill-1', role: 'scratch' });
});

test('steps that run twice do what they did once', async () => {
  const { step } = scene.workflow;
  scene.workflow.step = async (name, work) => {
    await step(name, work);
    return step(name, work);
  };
  const ports = { ...scene.ports, newId: () => 'drill-1' };
  scene.ports.store.createScratch = async (like) => {
    if (!scene.volumes.some(({ id }) => id === 'vol-of-drill-1'))
      scene.volumes.push({ ...like, id: 'vol-of-drill-1', role: 'scratch', state: 'available', attachments: [] });
    return 'vol-of-drill-1';
  };
  const request = { bundle: 'alpha', snapshotId: 'snap-10', path: PATH } as const;
  expect(await bundle(scene.workflow, ports, request)).toMatchObject({ outcome: 'bundled', key: KEY });
  expect(scene.volumes.map(({ role }) => role)).toEqual(['current', 'discarded']);
  expect(scene.did.filter((what) => what.startsWith('discard'))).toHaveLength(1);
});

test('a drill that comes later clears away what was left', async () => {
  scene.points = [point(10)];
  scene.volumes.push(onStandby({ id: 'vol-of-drill-9', role: 'scratch', madeFrom: 'snap-3' }));
  const { drill } = await import('../../../../lambda/core/drill/drill.ts');
  await drill(scene.workflow, scene.ports, 'alpha');
  expect(scene.did).toContain('discard vol-of-drill-9');
});

test.each([
  [{ bundle: 'alpha', snapshotId: 'snap-12345678', path: PATH }, true],
  [{ bundle: '', snapshotId: 'snap-12345678', path: PATH }, false],
  [{ bundle: 'alpha', snapshotId: 'vol-12345678', path: PATH }, false],
  [{ bundle: 'alpha', snapshotId: 'snap-12345678', path: '/courses' }, true],
  [{ bundle: 'alpha', snapshotId: 'snap-12345678', path: '../etc' }, false],
  [{ bundle: 'alpha', snapshotId: 'snap-12345678' }, false],
  [{ drill: 'alpha' }, false],
  [null, false],
])('%j is a request: %s', (event, is) => {
  expect(isBundleRequest(event)).toBe(is);
});
