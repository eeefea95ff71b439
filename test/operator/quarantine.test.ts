import { describe, expect, test } from '@jest/globals';
import type { InstanceId } from '../../contract/ids.ts';
import type { Attachment } from '../../lambda/core/world/model.ts';
import { letGo, type Step } from '../../operator/quarantine/let-go.ts';
import { type QuarantinePorts, quarantined } from '../../operator/quarantine/quarantine.ts';
import { quarantinedText } from '../../operator/quarantine/text.ts';
import { volume, world } from '../lambda/core/world.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const OLD = 'vol-00000000000000001';
const HOST = 'i-00000000000000001';
const attached = (state: string, instanceId: InstanceId = HOST) =>
  ({ instanceId, device: '/dev/sdf', state }) as Attachment;
const ledger = (more: object) => async () => ({ ...world().ledger, lease: undefined, ...more }) as never;

function ports(over: Partial<QuarantinePorts> = {}, of: object = {}): QuarantinePorts {
  const old = { ...volume({ id: OLD, role: 'quarantined' }), attachments: [], of: 'alpha', ...of };
  return {
    now: () => NOW,
    volumes: async () => [old, { ...volume(), of: 'alpha' }],
    ledger: ledger({ currentVolume: volume().id }),
    incidents: async () => [{ id: 'h1', replacement: { oldVolume: OLD, recoveryPointAt: NOW - 60_000 } }] as never,
    snapshots: async () => [
      { snapshotId: 'snap-1', of: OLD },
      { snapshotId: 'snap-2', of: 'vol-2' },
    ],
    hostState: async () => 'running',
    unused: async () => ({ result: 'ok', values: {}, detail: '' }),
    detach: async () => true,
    discard: async () => {},
    ...over,
  };
}

test('says since when its content is nowhere else, and which copies of it there are', async () => {
  const found = await quarantined(ports(), OLD);
  expect(found).toMatchObject({
    schema: 1,
    volume: 'alpha',
    healId: 'h1',
    reachesTo: NOW - 60_000,
    copies: ['snap-1'],
  });
  const text = quarantinedText(found);
  expect(text).toContain('(heal h1) has its data up to 2026-01-07T11:59:00.000Z');
  expect(text).toContain('Nobody can bring it back');
  expect(text).not.toContain('attached');
});

test('without a record it says so', async () =>
  expect(quarantinedText(await quarantined(ports({ incidents: async () => [] }), OLD))).toContain('No record says'));

test('says which host has it, and that it is asked', async () =>
  expect(quarantinedText(await quarantined(ports({}, { attachments: [attached('attached')] }), OLD))).toContain(
    `It is attached to ${HOST}, which is asked whether it uses it`,
  ));

test.each<[string, Partial<QuarantinePorts>, object, string, number]>([
  ['serves', {}, { role: 'current' }, `VOLUME-ID: received ${OLD}; allowed: none`, 2],
  ['is let go of', {}, { role: 'discarded' }, `received ${OLD}, which is let go of already`, 2],
  ['is healed', { ledger: ledger({ lease: { holder: 'h2', until: NOW + 1 } }) }, {}, 'the heal h2 holds the lease', 3],
  ['is current by the ledger', { ledger: ledger({ currentVolume: OLD }) }, {}, 'is the current volume of alpha', 3],
  ['is the spare by the ledger', { ledger: ledger({ spare: { volumeId: OLD } }) }, {}, 'is the spare of alpha', 3],
  ['is being attached', {}, { attachments: [attached('attaching')] }, `is being attached to ${HOST}`, 3],
  [
    'two hosts have',
    {},
    { attachments: [attached('attached'), attached('attached', 'i-00000000000000002')] },
    `is attached to ${HOST} and to i-00000000000000002`,
    3,
  ],
])('one that %s is not let go of', async (_, over, of, says, exitCode) => {
  const refused = quarantined(ports(over, of), OLD);
  await expect(refused).rejects.toThrow(says);
  await expect(refused).rejects.toMatchObject({ exitCode });
});

describe('letting go', () => {
  /** A volume that a host has until it is detached, and what is done with it, in its order. */
  function attachedPorts(over: Partial<QuarantinePorts> = {}, state = 'attached') {
    const done: string[] = [];
    let attachments = [attached(state)];
    const old = () => ({ ...volume({ id: OLD, role: 'quarantined' }), attachments, of: 'alpha' });
    const at = ports({
      volumes: async () => [old()],
      unused: async (host) => {
        done.push(`ask ${host}`);
        return { result: 'ok', values: {}, detail: '' };
      },
      detach: async (_, host) => {
        done.push(`detach from ${host}`);
        attachments = [];
        return true;
      },
      discard: async () => {
        done.push('discard');
      },
      ...over,
    });
    return { done, ports: at };
  }
  const steps = async (at: QuarantinePorts) => {
    const begun: Step['does'][] = [];
    const found = await letGo(at, OLD, ({ does }) => begun.push(does));
    return { begun, found };
  };

  test('of what nobody has is one step', async () => {
    const { begun } = await steps(ports());
    expect(begun).toEqual(['discards']);
  });

  test('of what a host has asks that host, detaches it, and gives it to the guard', async () => {
    const { done, ports: at } = attachedPorts();
    const { begun, found } = await steps(at);
    expect(begun).toEqual(['asks', 'detaches', 'discards']);
    expect(done).toEqual([`ask ${HOST}`, `detach from ${HOST}`, 'discard']);
    expect(found.attachedTo).toBe(HOST);
  });

  test.each(['detaching', 'busy'])('goes on with a detachment that was begun before: it is %s', async (state) => {
    const { done, ports: at } = attachedPorts({}, state);
    await steps(at);
    expect(done).toEqual([`ask ${HOST}`, `detach from ${HOST}`, 'discard']);
  });

  test.each(['stopped', 'terminated'])('asks no host that is %s: nothing runs there', async (state) => {
    const { done, ports: at } = attachedPorts({ hostState: async () => state });
    await steps(at);
    expect(done).toEqual([`detach from ${HOST}`, 'discard']);
  });

  const answers = (result: string, detail: string): Partial<QuarantinePorts> => ({
    unused: async () => ({ result, values: {}, detail }) as never,
  });
  test.each<[string, Partial<QuarantinePorts>, string, number]>([
    [
      'mounted',
      answers('busy', 'state=busy; remount: it is mounted on /mnt/x'),
      `is attached to ${HOST}, and used there: it is mounted on /mnt/x; nothing was done`,
      3,
    ],
    ['at a host that does not answer', answers('unreachable', 'TimedOut: '), `could not ask ${HOST} whether`, 4],
    ['at a host whose answer is none', answers('failed', 'exit code 1'), `could not ask ${HOST} whether`, 4],
    ['at a host that hangs', answers('timeout', 'remount: no end within 10 s'), 'no end within 10 s', 4],
    ['at an instance of somebody else', { hostState: async () => undefined }, 'which is no host of this stack', 3],
    ['at a host that is about to stop', { hostState: async () => 'stopping', ...answers('unreachable', 'x') }, 'x', 4],
  ])('does not detach what is %s', async (_, over, says, exitCode) => {
    const { done, ports: at } = attachedPorts(over);
    const refused = steps(at);
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toMatchObject({ exitCode });
    expect(done.filter((each) => !each.startsWith('ask'))).toEqual([]);
  });

  test('stops where a heal began while the host was asked', async () => {
    let asked = false;
    const { done, ports: at } = attachedPorts({
      unused: async () => {
        asked = true;
        return { result: 'ok', values: {}, detail: '' };
      },
      ledger: async () => (asked ? await ledger({ lease: { holder: 'h2', until: NOW + 1 } })() : undefined),
    });
    await expect(steps(at)).rejects.toThrow('the heal h2 holds the lease');
    expect(done).toEqual([]);
  });

  test('stops where a heal began while it was detached, and does not say that nothing was done', async () => {
    const { done, ports: at } = attachedPorts();
    const healed = {
      ...at,
      ledger: async () => (done.length > 1 ? await ledger({ currentVolume: OLD })() : undefined),
    };
    await expect(steps(healed)).rejects.toThrow(/is the current volume.*it is detached, and still kept$/);
    expect(done).not.toContain('discard');
  });

  test('keeps what EC2 does not detach, and says how to go on', async () => {
    const { done, ports: at } = attachedPorts({ detach: async () => false });
    const stuck = steps(at);
    await expect(stuck).rejects.toThrow('it is kept: give the same command again');
    await expect(stuck).rejects.toMatchObject({ exitCode: 1 });
    expect(done).toEqual([`ask ${HOST}`]);
  });

  test('keeps what somebody has attached meanwhile, here or elsewhere', async () => {
    let looks = 0;
    const other = 'i-00000000000000002';
    const moved = (after: number, to: InstanceId) => {
      looks = 0;
      const { done, ports: at } = attachedPorts();
      const volumes = async () => {
        const host = looks++ < after ? HOST : to;
        return [
          { ...volume({ id: OLD, role: 'quarantined' }), attachments: [attached('attached', host)], of: 'alpha' },
        ];
      };
      return { done, at: { ...at, volumes } as QuarantinePorts };
    };
    const before = moved(1, other);
    await expect(steps(before.at)).rejects.toThrow(`went from ${HOST} to ${other} meanwhile`);
    expect(before.done).toEqual([`ask ${HOST}`]);
    const after = moved(2, other);
    await expect(steps(after.at)).rejects.toThrow(`is attached to ${other} again`);
    expect(after.done).not.toContain('discard');
  });
});
