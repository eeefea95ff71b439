import { beforeEach, describe, expect, test } from '@jest/globals';
import { decide } from '../../../../lambda/core/heal/decide.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import { type SparePolicy, serveSpare } from '../../../../lambda/core/heal/spare.ts';
import { Journal } from '../../../../lambda/core/world/journal.ts';
import type { Rejected } from '../../../../lambda/core/world/message.ts';
import type { LedgerState, Observation, ProbeState, Spare, Trigger } from '../../../../lambda/core/world/model.ts';
import { observe } from '../../../../lambda/core/world/observe.ts';
import type { Ports } from '../../../../lambda/core/world/ports.ts';
import { Scene } from '../scene.ts';
import { NOW, point, probe, volume, world } from '../world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const FASTER: SparePolicy = { prefer: 'faster', maxAgeMinutes: 120 };
const FRESHER: SparePolicy = { prefer: 'fresher', maxAgeMinutes: 120 };
const MINUTE = 60_000;

const SPARE: Spare = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 40 * MINUTE };
const spareVolume = volume({
  id: 'vol-spare',
  role: 'spare',
  scheduled: false,
  madeFrom: 'snap-40',
  attachments: [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }],
});

let scene: Scene;
/** Every call of a port, in its order: `compute.volumes`, `host.mount` and so on. */
let calls: string[];
let ports: Ports;
let rejected: Rejected[];
beforeEach(() => {
  scene = new Scene();
  scene.seen = withSpare(SPARE);
  calls = [];
  ports = listened(scene.ports);
  rejected = [];
});

/** The owner's file system is shut down, and the ledger names a spare on the standby. */
function withSpare(spare: Spare | undefined, over: Partial<LedgerState> = {}): Observation {
  const { ledger, volumes, ...rest } = world({ probe: probe('shutdown') });
  if (!ledger) throw new Error('the world has a ledger');
  const verifiedAt = spare?.at;
  const points = [point(10), point(40, { verdict: 'verified' })];
  return {
    ...rest,
    recoveryPoints: points,
    volumes: [...volumes, spareVolume],
    ledger: { ...ledger, spare, verifiedAt, ...over },
  };
}

function listened(to: Ports): Ports {
  const heard = <P extends object>(name: string, port: P): P =>
    new Proxy(port, {
      get(target, key, receiver) {
        calls.push(`${name}.${String(key)}`);
        return Reflect.get(target, key, receiver);
      },
    });
  return {
    ...to,
    compute: heard('compute', to.compute),
    host: heard('host', to.host),
    balancer: heard('balancer', to.balancer),
    monitor: heard('monitor', to.monitor),
    ledger: heard('ledger', to.ledger),
    people: heard('people', to.people),
  };
}

async function serve(policy = FASTER) {
  const journal = new Journal(scene.workflow, ports.clock);
  journal.guardBy(async () => undefined);
  return (await serveSpare({ ports, journal, healId: 'heal-1', volume: 'alpha' }, policy, rejected)).served;
}

/** The host's answers as they come: each takes a second. */
function slowly<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), 20));
}

const run = (policy = FASTER) => heal(scene.workflow, ports, ALARM, policy);
const beforeServing = () => calls.slice(0, calls.indexOf('host.serve'));
const onTheLongWay = () => expect(scene.did).toContain('create snap-40 in eu-west-1a attempt 0');

describe('the spare', () => {
  test('is mounted and read, the old owner is fenced, the ledger names it, and it serves', async () => {
    const taken = await serve();
    expect(scene.did).toEqual([
      'mount vol-spare',
      'release vol-11111111',
      'verify vol-spare',
      'commit',
      'serve vol-spare',
    ]);
    expect(scene.committed).toEqual({ generation: 2, currentVolume: 'vol-spare', owner: 'i-standby' });
    expect(taken).toEqual({
      reasons: [
        { code: 'dead', volumeId: 'vol-11111111', state: 'shutdown' },
        { code: 'spareServes', volumeId: 'vol-spare' },
      ],
      replacement: {
        oldVolume: 'vol-11111111',
        newVolume: 'vol-spare',
        snapshotId: 'snap-40',
        owner: 'i-standby',
        recoveryPointAt: Date.parse('2026-01-07T11:50:00Z'),
        servingAt: NOW,
        files: 12,
      },
    });
    expect(rejected).toEqual([]);
  });

  test('serves without EC2 or the load balancer having been asked anything, in a whole heal', async () => {
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(beforeServing().filter((c) => /^(compute|balancer|monitor)/.test(c))).toEqual([]);
    expect(beforeServing()).toEqual(expect.arrayContaining(['ledger.acquire', 'host.mount', 'ledger.commit']));
    // The watch hears such calls: afterwards there are some.
    expect(calls).toEqual(expect.arrayContaining(['compute.volumes', 'compute.promote', 'balancer.reach']));
  });

  test('serves while EC2 answers nothing; the tags are left to the next sweep, and the record says so', async () => {
    const silent = new Proxy(ports.compute, {
      get: () => async () => {
        throw new Error('RequestLimitExceeded');
      },
    });
    ports = { ...ports, compute: silent };
    expect(await run()).toMatchObject({
      outcome: 'healed',
      summary: expect.stringMatching(
        /the spare vol-spare serves in its place; its tags are to follow: .*RequestLimitExceeded/,
      ),
    });
    expect(scene.notified).toEqual(['Remount: alpha is served again, from a snapshot']);
    expect(scene.incidents.at(-1)?.replacement).toMatchObject({ newVolume: 'vol-spare' });
    expect(scene.did.at(-1)).toBe('serve vol-spare');
    expect(scene.committed?.currentVolume).toBe('vol-spare');
  });

  test.each(['shutdown', 'unmountable'] as const)('is taken where the owner says %s', async (state) => {
    scene.seen = { ...scene.seen, probe: probe(state) };
    expect(await serve()).toBeDefined();
  });

  test('is spent by the commit, in the same write', async () => {
    const spent: unknown[] = [];
    const { commit } = scene.ports.ledger;
    scene.ports.ledger.commit = async (...args) => {
      spent.push(args[4]?.newVolume);
      await commit(...args);
    };
    await serve();
    expect(spent).toEqual(['vol-spare']);
  });
});

test.each([
  ['shutdown', 'lets go at once'],
  ['unmountable', 'lets go once the spare is ready'],
] as const)(
  'the owner is asked while the spare is made ready; one that says %s %s, and it is served after both',
  async (state, when) => {
    scene.seen = { ...scene.seen, probe: probe(state) };
    const order: string[] = [];
    for (const verb of ['probe', 'mount', 'verify', 'release', 'serve'] as const) {
      const play = scene.ports.host[verb] as (...args: string[]) => Promise<unknown>;
      Object.assign(scene.ports.host, {
        [verb]: async (...args: string[]) => {
          order.push(`${verb} begins`);
          const answer = await slowly(await play(...args));
          order.push(`${verb} ends`);
          return answer;
        },
      });
    }
    expect(await serve()).toBeDefined();
    const at = (what: string) => order.indexOf(what);
    expect(at('mount begins')).toBeLessThan(at('probe ends'));
    expect(at('release begins')).toBeGreaterThan(at('probe ends'));
    expect(at('release begins') < at('verify ends')).toBe(when === 'lets go at once');
    expect(at('serve begins')).toBeGreaterThan(Math.max(at('release ends'), at('verify ends')));
  },
);

describe('after it, the tags', () => {
  test('are settled: the old volume is the suspect', async () => {
    await serve();
    const seen = await observe(scene.ports, 'alpha');
    expect(decide(seen)).toMatchObject({
      kind: 'settle',
      volume: { id: 'vol-spare' },
      generation: 2,
      suspects: [{ id: 'vol-11111111' }],
    });
  });

  test('follow in the same heal: quarantine, promotion, and a copy of the suspect', async () => {
    expect(await run()).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('the spare vol-spare') });
    expect(scene.did.slice(-3)).toEqual(['quarantine vol-11111111', 'promote vol-spare', 'copy vol-11111111']);
    expect(scene.incidents.at(-1)?.replacement).toMatchObject({ newVolume: 'vol-spare', snapshotId: 'snap-40' });
    expect(scene.notified).toEqual(['Remount: alpha is served again, from a snapshot']);
  });

  test('and people hear of the newer copies that were not taken', async () => {
    await run();
    expect(scene.incidents.at(-1)?.passedOver).toEqual(['snap-10']);
  });

  test('are settled by a later heal, where this one died', async () => {
    await serve();
    calls.length = 0;
    expect(await run()).toMatchObject({ outcome: 'healed', summary: expect.stringContaining('tags say otherwise') });
    expect(scene.did.slice(-3)).toEqual(['quarantine vol-11111111', 'promote vol-spare', 'copy vol-11111111']);
  });
});

describe('the spare is left, and everything with it,', () => {
  test('where there is none', async () => {
    scene.seen = withSpare(undefined);
    expect(await serve()).toBeUndefined();
    expect(scene.did).toEqual([]);
    expect(await run()).toMatchObject({ outcome: 'healed' });
    onTheLongWay();
  });

  test.each([
    ['owner', { owner: undefined }],
    ['current volume', { currentVolume: undefined }],
  ])('where the ledger names no %s', async (_, over) => {
    scene.seen = withSpare(SPARE, over);
    expect(await serve()).toBeUndefined();
    expect(scene.did).toEqual([]);
  });

  const alive: ProbeState[] = ['serving', 'notMounted', 'noCanary', 'unreadable', 'unreachable'];
  test.each(alive)(
    'where the owner says %s, which is not dead: it was made ready meanwhile, and is let go',
    async (state) => {
      scene.seen = { ...scene.seen, probe: probe(state) };
      expect(await serve()).toBeUndefined();
      expect(scene.did).toEqual(['mount vol-spare', 'verify vol-spare', 'release vol-spare']);
      expect(scene.committed).toBeUndefined();
      expect(rejected).toEqual([]);
    },
  );

  test('where the owner is not dead, and the spare is no good: nobody blames the spare, which was not needed', async () => {
    scene.seen = { ...scene.seen, probe: probe('unreachable') };
    scene.answers.set('mount vol-spare', 'unreachable');
    expect(await serve()).toBeUndefined();
    expect(scene.did.at(-1)).toBe('release vol-spare');
    expect(rejected).toEqual([]);
  });

  test.each([
    ['fresher', FRESHER, 40, 10, false],
    ['fresher, and nothing newer is verified', FRESHER, 40, 40, true],
    ['faster', FASTER, 40, 10, true],
    ['faster, at the age allowed', FASTER, 120, 10, true],
    ['faster, and it is older than allowed', FASTER, 121, 10, false],
    ['faster, older than allowed, and nothing newer is verified', FASTER, 600, 600, true],
  ])('%s (%o): spare of %s min, newest verified of %s min: taken is %s', async (_, policy, age, verified, taken) => {
    const verifiedAt = NOW - verified * MINUTE;
    scene.seen = withSpare({ ...SPARE, at: NOW - age * MINUTE }, { verifiedAt });
    expect((await serve(policy)) !== undefined).toBe(taken);
    if (!taken) expect(calls).toEqual(['ledger.read']);
  });
});

describe('a spare that went bad', () => {
  test.each([
    ['mount', 'unmountable'],
    ['mount', 'noDevice'],
    ['mount', 'unreachable'],
    ['verify', 'noCanary'],
    ['verify', 'shutdown'],
    ['verify', 'timeout'],
  ] as const)('%s says %s: it is let go, and the long way is gone', async (verb, result) => {
    scene.answers.set(`${verb} vol-spare`, result);
    expect(await serve()).toBeUndefined();
    expect(rejected).toEqual([
      { snapshotId: 'snap-40', volumeId: 'vol-spare', why: expect.stringContaining(`the spare: ${verb}: ${result}`) },
    ]);
    expect(scene.did.at(-1)).toBe('release vol-spare');
    expect(scene.committed).toBeUndefined();
    expect(await run()).toMatchObject({ outcome: 'healed' });
    onTheLongWay();
    expect(scene.committed).toMatchObject({ currentVolume: 'vol-new1', generation: 2 });
  });

  test('its answer cannot be read: the same', async () => {
    const { verify } = scene.ports.host;
    scene.ports.host.verify = async (...args) => ({ ...(await verify(...args)), values: { files: 'many' } });
    expect(await serve()).toBeUndefined();
    expect(rejected).toMatchObject([{ why: expect.stringContaining('unreadable answer') }]);
  });

  test('is not the spare any more once something else serves', async () => {
    scene.answers.set('mount vol-spare', 'unmountable');
    const spent: unknown[] = [];
    const { commit } = scene.ports.ledger;
    scene.ports.ledger.commit = async (...args) => {
      spent.push(args[4]?.newVolume);
      await commit(...args);
    };
    await run();
    expect(spent).toEqual(['vol-new1']);
  });
});

describe('an old owner that does not let go', () => {
  test('is powered off, and seen off, before the spare serves', async () => {
    scene.answers.set('release vol-11111111', 'busy');
    scene.seen = { ...scene.seen, probe: probe('timeout') };
    expect(await serve()).toBeDefined();
    expect(scene.did.slice(2)).toEqual(['release vol-11111111: busy', 'stop i-owner', 'commit', 'serve vol-spare']);
  });

  test('and cannot be seen off: the spare does not serve', async () => {
    scene.answers.set('release vol-11111111', 'busy');
    scene.seen = { ...scene.seen, probe: probe('timeout') };
    scene.stopsAs = 'stopping';
    expect(await serve()).toBeUndefined();
    expect(scene.did).not.toContain('commit');
    expect(scene.did).not.toContain('serve vol-spare');
  });
});

test('once the ledger names the spare, the next look serves it where this one could not', async () => {
  scene.answers.set('serve vol-spare', 'failed');
  expect(await serve()).toBeUndefined();
  expect(scene.committed?.currentVolume).toBe('vol-spare');
  const seen = await observe(scene.ports, 'alpha');
  expect(decide({ ...seen, probe: probe('notMounted', 'i-standby') })).toMatchObject({
    kind: 'mount',
    volume: { id: 'vol-spare' },
    instance: { id: 'i-standby' },
  });
});
