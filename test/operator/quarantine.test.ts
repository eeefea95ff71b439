import { expect, test } from '@jest/globals';
import { type QuarantinePorts, quarantined } from '../../operator/quarantine/quarantine.ts';
import { quarantinedText } from '../../operator/quarantine/text.ts';
import { volume, world } from '../lambda/core/world.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const OLD = 'vol-00000000000000001';

function ports(over: Partial<QuarantinePorts> = {}, of: object = {}): QuarantinePorts {
  const old = { ...volume({ id: OLD, role: 'quarantined' }), attachments: [], of: 'alpha', ...of };
  return {
    now: () => NOW,
    volumes: async () => [old, { ...volume(), of: 'alpha' }],
    ledger: async () => ({ ...world().ledger, currentVolume: volume().id, lease: undefined }) as never,
    incidents: async () => [{ id: 'h1', replacement: { oldVolume: OLD, recoveryPointAt: NOW - 60_000 } }] as never,
    snapshots: async () => [
      { snapshotId: 'snap-1', of: OLD },
      { snapshotId: 'snap-2', of: 'vol-2' },
    ],
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
});

test('without a record it says so', async () =>
  expect(quarantinedText(await quarantined(ports({ incidents: async () => [] }), OLD))).toContain('No record says'));

test.each<[string, Partial<QuarantinePorts>, object, string, number]>([
  ['serves', {}, { role: 'current' }, `VOLUME-ID: received ${OLD}; allowed: none`, 2],
  [
    'is healed',
    { ledger: async () => ({ ...world().ledger, lease: { holder: 'h2', until: NOW + 1 } }) as never },
    {},
    'the heal h2 holds the lease',
    3,
  ],
  [
    'is current by the ledger',
    { ledger: async () => ({ ...world().ledger, lease: undefined, currentVolume: OLD }) as never },
    {},
    'is the current volume of alpha',
    3,
  ],
  [
    'is attached',
    {},
    { attachments: [{ instanceId: 'i-1', device: '/dev/sdf', state: 'attached' }] },
    'is attached to i-1',
    3,
  ],
])('one that %s is not let go of', async (_, over, of, says, exitCode) => {
  const refused = quarantined(ports(over, of), OLD);
  await expect(refused).rejects.toThrow(says);
  await expect(refused).rejects.toMatchObject({ exitCode });
});
