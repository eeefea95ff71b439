import { describe, expect, test } from '@jest/globals';
import type { InstanceId } from '../../../../contract/ids.ts';
import type { GuardView } from '../../../../lambda/core/guard/guard.ts';
import type { FleetHost, Software, Updated } from '../../../../lambda/core/guard/ports.ts';
import { rollOut, turnsOf } from '../../../../lambda/core/guard/rollout.ts';

const [OLD, NEW] = ['a'.repeat(64), 'b'.repeat(64)];
const NOW = 1_000_000;
const host = (id: InstanceId, version: string | undefined = OLD, zone = 'a'): FleetHost => ({ id, zone, version });

/** A content volume of zone a that an instance has. */
function view(owner: string, until = 0, volume = 'alpha'): GuardView {
  const lease = { holder: 'heal', until };
  const current = {
    role: 'current',
    state: 'in-use',
    zone: 'a',
    attachments: [{ instanceId: owner, state: 'attached' }],
  };
  return { at: NOW, volume, volumes: [current], snapshots: [], ledger: { owner, lease } } as unknown as GuardView;
}

describe('whose turn it is', () => {
  test('standbys are first, in an order of their own', () => {
    expect(turnsOf([host('i-3'), host('i-1'), host('i-2')], NEW, [view('i-1')])).toEqual({
      standbys: ['i-2', 'i-3'],
      owner: undefined,
    });
  });

  test('an owner follows where a standby of its zone has run it since before this round', () => {
    const hosts = [host('i-1'), host('i-2', NEW)];
    expect(turnsOf(hosts, NEW, [view('i-1')]).owner).toEqual({ id: 'i-1', before: ['i-2'] });
    expect(turnsOf([host('i-1'), host('i-2', NEW, 'b')], NEW, [view('i-1')]).owner).toBeUndefined();
    expect(turnsOf([host('i-1')], NEW, [view('i-1')]).owner).toBeUndefined();
  });

  test('another owner is no standby', () => {
    const views = [view('i-1'), view('i-2', 0, 'beta')];
    expect(turnsOf([host('i-1'), host('i-2', NEW), host('i-3')], NEW, views)).toEqual({
      standbys: ['i-3'],
      owner: undefined,
    });
  });

  test('where all of a zone are owners, the one with the fewest content volumes is first, and the others follow it', () => {
    const views = [view('i-1'), view('i-1', 0, 'beta'), view('i-2', 0, 'gamma')];
    expect(turnsOf([host('i-1'), host('i-2')], NEW, views)).toEqual({ standbys: [], owner: { id: 'i-2', before: [] } });
    expect(turnsOf([host('i-1'), host('i-2', NEW)], NEW, views).owner).toEqual({ id: 'i-1', before: ['i-2'] });
  });

  test('an owner that another has gone before is first, whatever it owns', () => {
    const views = [view('i-1'), view('i-1', 0, 'beta'), view('i-2', 0, 'gamma'), view('i-3', 0, 'delta')];
    const hosts = [host('i-1'), host('i-4', NEW), host('i-2', OLD, 'b'), host('i-3', OLD, 'b')];
    expect(turnsOf(hosts, NEW, views).owner).toEqual({ id: 'i-1', before: ['i-4'] });
  });

  test('nobody is first who is alone in its zone: none could take over from it', () => {
    expect(turnsOf([host('i-1'), host('i-2', OLD, 'b')], NEW, [view('i-1')]).owner).toBeUndefined();
  });

  test('who owns it by the ledger alone is an owner, too', () => {
    const unattached = { ...view('i-1'), volumes: [] } as GuardView;
    expect(turnsOf([host('i-1'), host('i-2')], NEW, [unattached]).standbys).toEqual(['i-2']);
  });

  test('nobody, in a zone in which a heal is under way', () => {
    const hosts = [host('i-1'), host('i-2'), host('i-3', OLD, 'b')];
    expect(turnsOf(hosts, NEW, [view('i-1', NOW + 1)])).toEqual({ standbys: ['i-3'], owner: undefined });
    const nowhere = { ...view('i-1', NOW + 1), volumes: [] } as GuardView;
    expect(turnsOf(hosts, NEW, [nowhere]).standbys).toEqual([]);
  });

  test('nobody, where all have it', () => {
    expect(turnsOf([host('i-1', NEW), host('i-2', NEW)], NEW, [view('i-1')])).toEqual({
      standbys: [],
      owner: undefined,
    });
  });
});

/** Plays one round. @param answers by instance; `updated` where nothing is said. @param seconds that an update takes */
async function round(
  hosts: readonly FleetHost[],
  views: readonly GuardView[] | undefined,
  answers: Readonly<Record<string, Updated['state']>> = {},
  { seconds = 10, leased = false, unseenAtFirst = [] as readonly FleetHost[] } = {},
) {
  let now = NOW;
  let looks = 0;
  const [asked, noted, published]: [string[], string[], number[]] = [[], [], []];
  const software: Software = {
    wanted: NEW,
    fleet: async () => (looks++ === 0 ? [...hosts] : [...hosts, ...unseenAtFirst]),
    update: async (id) => {
      asked.push(id);
      now += seconds * 1000;
      return { state: answers[id] ?? 'updated', detail: '' };
    },
    note: async (id) => {
      noted.push(id);
    },
    publish: async (behind) => {
      published.push(behind);
    },
  };
  const lease = leased ? { holder: 'heal', until: Number.POSITIVE_INFINITY } : undefined;
  const ports = { clock: { now: () => now }, ledger: { read: async () => ({ lease }) }, log: () => {} };
  await rollOut(ports as never, software, views);
  return { asked, noted, published };
}

describe('a round', () => {
  test('brings it to each standby, and notes it; the owner has its turn in the next', async () => {
    const first = await round([host('i-1'), host('i-2'), host('i-3')], [view('i-1')]);
    expect(first).toEqual({ asked: ['i-2', 'i-3'], noted: ['i-2', 'i-3'], published: [1] });
    const second = await round([host('i-1'), host('i-2', NEW), host('i-3', NEW)], [view('i-1')]);
    expect(second).toEqual({ asked: ['i-2', 'i-1'], noted: ['i-1'], published: [0] });
  });

  test('ends with the first that is not well: nobody else gets that version', async () => {
    const hosts = [host('i-1'), host('i-2'), host('i-3'), host('i-4', NEW)];
    expect(await round(hosts, [view('i-1')], { 'i-2': 'unwell' })).toEqual({
      asked: ['i-2'],
      noted: [],
      published: [3],
    });
  });

  test('goes on past one that cannot fetch it', async () => {
    const ended = await round([host('i-1'), host('i-2'), host('i-3')], [view('i-1')], { 'i-2': 'kept' });
    expect(ended).toEqual({ asked: ['i-2', 'i-3'], noted: ['i-3'], published: [2] });
  });

  test('brings it to an owner of a zone of owners, and to no more in the same round', async () => {
    const views = [view('i-1'), view('i-2', 0, 'beta')];
    expect((await round([host('i-1'), host('i-2')], views)).asked).toEqual(['i-1']);
    expect((await round([host('i-1', NEW), host('i-2')], views)).asked).toEqual(['i-1', 'i-2']);
    expect((await round([host('i-1', NEW), host('i-2')], views, { 'i-1': 'unwell' })).noted).toEqual([]);
  });

  test('brings it to no owner for want of a standby that EC2 had left out', async () => {
    const views = [view('i-1'), view('i-2', 0, 'beta')];
    const hosts = [host('i-1'), host('i-2')];
    expect((await round(hosts, views, {}, { unseenAtFirst: [host('i-3')] })).asked).toEqual([]);
    expect((await round(hosts, views, {}, { unseenAtFirst: [host('i-3', NEW)] })).asked).toEqual([]);
    expect((await round(hosts, views, {}, { unseenAtFirst: [host('i-3', OLD, 'b')] })).asked).toEqual([]);
    expect((await round(hosts, views, {}, { unseenAtFirst: [host('i-3', NEW, 'b')] })).asked).toEqual(['i-1']);
  });

  test('leaves an owner alone where a standby elsewhere is not well with it', async () => {
    const views = [view('i-1'), view('i-2', 0, 'beta')];
    const hosts = [host('i-1'), host('i-2'), host('i-3', OLD, 'b')];
    expect((await round(hosts, views, { 'i-3': 'unwell' })).asked).toEqual(['i-3']);
  });

  test('leaves the owner alone where no standby is well any more, when it is asked again', async () => {
    const hosts = [host('i-1'), host('i-2', NEW)];
    expect((await round(hosts, [view('i-1')], { 'i-2': 'unwell' })).asked).toEqual(['i-2']);
    expect((await round(hosts, [view('i-1')], { 'i-2': 'kept' })).asked).toEqual(['i-2']);
  });

  test('leaves the owner alone where a heal has begun meanwhile', async () => {
    expect((await round([host('i-1'), host('i-2', NEW)], [view('i-1')], {}, { leased: true })).noted).toEqual([]);
  });

  test('does nothing where not every content volume could be seen, and says how many are behind', async () => {
    expect(await round([host('i-1'), host('i-2')], undefined)).toEqual({ asked: [], noted: [], published: [2] });
  });

  test('begins nothing more when it has lasted long', async () => {
    const hosts = [host('i-1'), host('i-2'), host('i-3'), host('i-4')];
    expect((await round(hosts, [view('i-1')], {}, { seconds: 120 })).asked).toEqual(['i-2']);
  });

  test('asks nobody where all have it', async () => {
    expect(await round([host('i-1', NEW)], [view('i-1')])).toEqual({ asked: [], noted: [], published: [0] });
  });
});
