import { beforeEach, describe, expect, test } from '@jest/globals';
import type { InstanceId } from '../../../../contract/ids.ts';
import type { DrillObservation } from '../../../../lambda/core/drill/decide.ts';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import { type Neighbourhood, turnOf } from '../../../../lambda/core/drill/turn.ts';
import type { Neighbour, Volume } from '../../../../lambda/core/world/model.ts';
import { instance, NOW, volume, ZONE } from '../world.ts';
import { CHECKED, DrillScene, SOUND } from './drill.scene.ts';
import { on, scratchOf, seen } from './drill-decide.world.ts';

const NAMES = ['f', 'g', 'h', 'i', 'j'].map((letter) => `/dev/sd${letter}`);
const MADE = NOW - 60_000;

const mine = (over: Partial<Volume> = {}) => scratchOf('snap-10', { createdAt: MADE, ...over });
/** The volume of another content volume's drill. */
const other = (over: Partial<Neighbour> = {}): Neighbour => ({
  ...scratchOf('snap-7', { id: 'vol-other', createdAt: MADE - 1000 }),
  of: 'beta',
  ...over,
});
const checkedOn = (host: InstanceId, over: Partial<Neighbour> = {}) =>
  other({ state: 'in-use', attachments: on(host, 'attaching'), ...over });
const current = (of: string, over: Partial<Volume> = {}): Neighbour => ({
  ...volume({ id: `vol-${of}`, ...over }),
  of,
});

const near = (volumes: readonly Neighbour[] = [], over: Partial<Neighbourhood> = {}): Neighbourhood => ({
  deviceNames: NAMES,
  volumes: [current('alpha'), ...volumes],
  drilling: ['alpha', 'beta'],
  ...over,
});
const turn = (around: Neighbourhood, own = mine(), over: Partial<DrillObservation> = {}) =>
  turnOf(seen({ volumes: [volume(), own], ...over }), own.id, around);
const host = (...args: Parameters<typeof turn>) => {
  const got = turn(...args);
  return got.kind === 'go' ? got.host.id : got.reason;
};
const TWO = [instance('i-owner'), instance('i-standby'), instance('i-third')];

describe('where a copy is checked', () => {
  test('on the standby with the fewest volumes, then by id; never on the owner', () => {
    expect(host(near())).toBe('i-standby');
    expect(host(near(), mine(), { instances: TWO })).toBe('i-standby');
    const loaded = instance('i-standby', { devices: ['/dev/xvda', '/dev/sdf'] });
    expect(host(near(), mine(), { instances: [...TWO.filter((i) => i.id !== 'i-standby'), loaded] })).toBe('i-third');
  });

  test('where its volume is already', () => {
    const own = mine({ state: 'in-use', attachments: on('i-third') });
    expect(host(near(), own, { instances: TWO })).toBe('i-third');
  });

  test('nowhere, while its volume is not seen, and while no standby answers', () => {
    expect(turnOf(seen(), 'vol-scratch', near())).toEqual({ kind: 'wait', reason: 'vol-scratch is not there yet' });
    expect(host(near(), mine(), { instances: [instance('i-owner')] })).toBe(`no standby answers in ${ZONE}`);
  });
});

describe('one check at a time on a host', () => {
  test.each([
    ['goes to another standby', mine(), 'i-third'],
    [
      'waits, where its volume is there already',
      mine({ state: 'in-use', attachments: on('i-standby') }),
      'another copy is checked on i-standby',
    ],
  ])('a drill that finds another’s on it %s', (_, own, where) => {
    expect(host(near([checkedOn('i-standby')]), own, { instances: TWO })).toBe(where);
  });

  test('two that are there already, and stopped, do not wait for each other', () => {
    const own = mine({ state: 'in-use', attachments: on('i-standby') });
    expect(host(near([checkedOn('i-standby')]), own)).toBe('another copy is checked on i-standby');
    expect(host(near([checkedOn('i-standby', { createdAt: MADE + 1 })]), own)).toBe('i-standby');
  });

  test('with one standby it waits, for whoever came first', () => {
    expect(host(near([checkedOn('i-standby')]))).toBe('1 other copies are checked first');
    expect(host(near([other()]))).toBe('1 other copies are checked first');
    expect(host(near([other({ createdAt: MADE + 1 })]))).toBe('i-standby');
    // Made in the same moment: by id, so that one of the two goes.
    expect(host(near([other({ createdAt: MADE, id: 'vol-z' })]))).toBe('i-standby');
    expect(host(near([other({ createdAt: MADE, id: 'vol-a' })]))).toBe('1 other copies are checked first');
  });

  test('with two standbys the second in the queue takes the second', () => {
    expect(host(near([other()]), mine(), { instances: TWO })).toBe('i-third');
    const queue = [other(), other({ id: 'vol-more', of: 'gamma' })];
    expect(host(near(queue, { drilling: ['beta', 'gamma'] }), mine(), { instances: TWO })).toContain('checked first');
  });

  test.each([
    ['what a drill has left that is over', checkedOn('i-standby'), { drilling: ['alpha'] }],
    ['what the guard has marked', checkedOn('i-standby', { marked: true }), {}],
    ['what is its own', checkedOn('i-standby', { of: 'alpha' }), {}],
    ['a spare', checkedOn('i-standby', { role: 'spare' }), {}],
    ['a drill in another zone', other({ zone: 'eu-west-1b' }), {}],
  ])('it does not wait for %s', (_, beside, over) => {
    expect(host(near([beside], over))).toBe('i-standby');
  });
});

describe('device names stay free for what a heal may have to attach', () => {
  const busy = (count: number) => [
    instance('i-owner'),
    instance('i-standby', { devices: ['/dev/xvda', ...NAMES.slice(0, count)] }),
  ];
  const room = (count: number, ...volumes: Neighbour[]) => host(near(volumes), mine(), { instances: busy(count) });
  const NONE = `no standby in ${ZONE} has a device name to spare`;

  test('one for each content volume of the zone, after the drill’s own', () => {
    expect(room(3)).toBe('i-standby');
    expect(room(4)).toBe(NONE);
    expect(room(3, current('beta'))).toBe(NONE);
    expect(room(3, current('beta', { zone: 'eu-west-1b' }))).toBe('i-standby');
  });

  test('but for those that serve there, or have their spare there, which makes room', () => {
    expect(room(3, current('beta', { attachments: on('i-standby') }))).toBe('i-standby');
    const spare = (at: InstanceId): Neighbour => ({
      ...volume({ id: 'vol-s', role: 'spare', attachments: on(at) }),
      of: 'beta',
    });
    expect(room(3, current('beta'), spare('i-standby'))).toBe('i-standby');
    expect(room(3, current('beta'), spare('i-third'))).toBe(NONE);
  });

  test('a volume that is attached already takes no more', () => {
    const own = mine({ state: 'in-use', attachments: on('i-standby') });
    expect(host(near(), own, { instances: busy(5) })).toBe('i-standby');
  });
});

describe('a drill that has to wait', () => {
  let scene: DrillScene;
  beforeEach(() => {
    scene = new DrillScene();
    scene.beside = [checkedOn('i-standby')];
    scene.drilled.add('beta');
  });
  const run = () => drill(scene.workflow, scene.ports, 'alpha');

  test('has made its volume, which is its place in the queue, and goes on when the other is done', async () => {
    let waits = 0;
    scene.meanwhile = () => {
      if (++waits === 4) scene.drilled.delete('beta');
      if (waits < 4) expect(scene.did).toEqual(CHECKED.slice(0, 1));
    };
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.slice(0, 3)).toEqual(CHECKED);
  });

  test('in vain: ends while there would be time for a check, and the next goes on with its volume', async () => {
    expect(await run()).toEqual({ outcome: 'undecided', summary: 'snap-10: 1 other copies are checked first' });
    expect(scene.now - NOW).toBeGreaterThan(15 * 60_000);
    expect(scene.now - NOW).toBeLessThan(20 * 60_000);
    expect(scene.drillHolder).toBeUndefined();
    scene.drilled.clear();
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.filter((d) => d.startsWith('create'))).toHaveLength(1);
  });

  test('is refused by a host that no list showed to be checking: it waits there, and is checked when that is over', async () => {
    scene.beside = [];
    scene.answer = { result: 'busy', values: { checking: 'vol-other' }, detail: '' };
    scene.before.set('check vol-of-drill-1 on i-standby', () => {
      if (scene.numbers.length === 8) scene.answer = { result: 'ok', values: SOUND, detail: '' };
    });
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.did.filter((did) => /^(create|attach)/.test(did))).toEqual([CHECKED[0], ...Array(8).fill(CHECKED[1])]);
    expect(scene.now - NOW).toBeGreaterThan(7 * 20_000);
  });

  test('is refused until there would be no time for a check', async () => {
    scene.beside = [];
    scene.answer = { result: 'busy', values: { checking: 'vol-other' }, detail: '' };
    expect(await run()).toEqual({ outcome: 'undecided', summary: 'snap-10: i-standby checks vol-other' });
    expect(scene.now - NOW).toBeGreaterThan(15 * 60_000);
    expect(scene.now - NOW).toBeLessThan(20 * 60_000);
  });

  test('yields to a heal', async () => {
    scene.meanwhile = () => scene.healBegins();
    expect(await run()).toMatchObject({
      outcome: 'undecided',
      summary: expect.stringContaining('a heal is under way'),
    });
    expect(scene.did).toEqual(CHECKED.slice(0, 1));
  });
});
