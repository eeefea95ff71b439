import { describe, expect, test } from '@jest/globals';
import { type AlarmNow, gather, type StatusPorts, UnknownVolume } from '../../operator/status/gather.ts';
import { isWell, type Status } from '../../operator/status/status.ts';
import { statusText } from '../../operator/status/text.ts';
import { point, volume, world } from '../lambda/core/world.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const MINUTE = 60_000;

/** The two that start heals, calm, unless it is said otherwise. */
function alarms(...over: readonly Partial<AlarmNow>[]): AlarmNow[] {
  const calm = ['Shop/alpha/serving', 'Shop/alpha/reachable'].map((name) => ({ name, state: 'OK', acts: true }));
  const others = over.map((each) => ({ name: '', state: 'ALARM', acts: true, ...each }));
  return [...calm.filter(({ name }) => !others.some((other) => other.name === name)), ...others];
}

function ports(over: Partial<StatusPorts> = {}): StatusPorts {
  return {
    stack: 'Shop',
    region: 'eu-west-1',
    now: () => NOW,
    volumes: async () => new Map([['alpha', [volume(), volume({ id: 'vol-old', role: 'quarantined' })]]]),
    ledger: async () =>
      ({ ...world().ledger, generation: 2, currentVolume: 'vol-11111111', owner: 'i-owner' }) as never,
    recoveryPoints: async () => [
      point(90, { snapshotId: 'snap-1', at: NOW - 90 * MINUTE, verdict: 'verified' }),
      point(30, { snapshotId: 'snap-2', at: NOW - 30 * MINUTE, verdict: undefined }),
      point(20, { snapshotId: 'snap-3', at: NOW - 20 * MINUTE, verdict: 'rejected' }),
      point(10, { snapshotId: 'snap-4', at: NOW - 10 * MINUTE, role: 'quarantined' }),
      point(5, { snapshotId: 'snap-5', at: NOW - 5 * MINUTE, state: 'pending' }),
    ],
    alarms: async () => alarms(),
    journalLagMs: async () => 2000,
    hosts: async () => [{ id: 'i-owner', zone: 'eu-west-1a', state: 'running', agentOnline: true }],
    subscribers: async () => 1,
    ...over,
  };
}
const failing = (what: string) => async () => {
  throw new Error(`${what} is out`);
};

describe('how things stand', () => {
  test('all is well: the newest copies that a heal would take, and what is quarantined', async () => {
    const status = await gather(ports());
    expect(status.volumes[0]).toMatchObject({
      volume: 'alpha',
      served: true,
      current: { volumeId: 'vol-11111111', instanceId: 'i-owner', generation: 2 },
      newest: { snapshotId: 'snap-2' },
      verified: { snapshotId: 'snap-1' },
      journalLagMs: 2000,
      quarantined: ['vol-old'],
    });
    expect(isWell(status)).toBe(true);
  });

  test.each(['serving', 'reachable'])('the alarm %s says that it is not served', async (kind) => {
    const status = await gather(
      ports({ alarms: async () => alarms({ name: `Shop/alpha/${kind}` }, { name: 'Shop/guard-failed' }) }),
    );
    expect(status.volumes[0]).toMatchObject({ served: false, alarms: [kind] });
    expect(status.alarms).toEqual(['guard-failed']);
    expect(isWell(status)).toBe(false);
    expect(statusText(status)).toContain('alpha: NOT SERVED');
  });

  test('another alarm of it does not', async () => {
    const status = await gather(ports({ alarms: async () => alarms({ name: 'Shop/alpha/filling' }) }));
    expect(status.volumes[0]).toMatchObject({ served: true, alarms: ['filling'] });
  });

  test.each([
    ['has no data', () => alarms({ name: 'Shop/alpha/serving', state: 'INSUFFICIENT_DATA' }), undefined],
    ['is not there', () => alarms().filter(({ name }) => !name.endsWith('serving')), undefined],
    ['is switched off', () => alarms({ name: 'Shop/alpha/serving', state: 'OK', acts: false }), true],
  ] as const)('an alarm that %s is no calm one: it starts no heal', async (_, seen, served) => {
    const status = await gather(ports({ alarms: async () => seen() }));
    expect(status.volumes[0]).toMatchObject({ deaf: ['serving'], alarms: [] });
    expect(status.volumes[0]?.served).toBe(served);
    expect(isWell(status)).toBe(false);
    expect(statusText(status)).toContain('unwatched  serving');
  });

  test.each([
    ['nobody gets messages', { subscribers: async () => 0 }],
    [
      'people were called',
      { ledger: async () => ({ ...world().ledger, paged: { about: 'x', at: NOW, final: true } }) as never },
    ],
    [
      'a heal is under way',
      { ledger: async () => ({ ...world().ledger, lease: { holder: 'h', until: NOW + 1 } }) as never },
    ],
    ['there is no content volume', { volumes: async () => new Map() }],
  ] as const)('somebody has to look: %s', async (_, over) => {
    expect(isWell(await gather(ports(over)))).toBe(false);
  });

  test('a lease that has run out is no heal', async () => {
    const ledger = { ...world().ledger, lease: { holder: 'h', until: NOW } } as never;
    expect((await gather(ports({ ledger: async () => ledger }))).volumes[0]?.heal).toBeUndefined();
  });

  test('there is no such volume: it says which there are', async () => {
    await expect(gather(ports(), 'gamma')).rejects.toThrow(UnknownVolume);
    await expect(gather(ports(), 'gamma')).rejects.toThrow('received gamma; allowed: alpha');
    expect((await gather(ports(), 'alpha')).volumes).toHaveLength(1);
  });
});

describe('what could not be asked is named, and nothing is guessed of it', () => {
  test.each<[keyof StatusPorts, RegExp]>([
    ['volumes', /EC2: volumes/],
    ['alarms', /CloudWatch: alarms/],
    ['ledger', /the ledger: alpha/],
    ['recoveryPoints', /EC2: snapshots of alpha/],
    ['journalLagMs', /the journal of alpha/],
    ['hosts', /instances/],
    ['subscribers', /subscribers/],
  ])('%s', async (port, what) => {
    const status: Status = await gather(ports({ [port]: failing(port) }));
    expect(status.unasked).toEqual([{ what: expect.stringMatching(what), why: `${port} is out` }]);
    expect(isWell(status)).toBe(false);
    expect(statusText(status)).toContain(`${port} is out`);
  });

  test('without alarms nobody knows whether it is served', async () => {
    const status = await gather(ports({ alarms: failing('CloudWatch') }));
    expect(status.volumes[0]?.served).toBeUndefined();
    expect(statusText(status)).toContain('alpha: nobody knows whether it is served');
  });
});
