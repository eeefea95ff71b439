import { beforeEach, describe, expect, test } from '@jest/globals';
import type { VolumeId } from '../../../../contract/ids.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { Spare, Trigger } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { NOW, point, probe, volume, world } from '../world.ts';

/** What an owner said before the lease, to who asked for a witness: it counts where nothing can have changed since (decision 49). */

const WITNESS: Trigger = { kind: 'witness', volume: 'alpha', reason: 'i-standby says so', at: NOW - 10_000 };
const POLICY = { prefer: 'faster', maxAgeMinutes: 120 } as const;
const OLD = 'vol-11111111';
const SPARE: Spare = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 40 * 60_000 };
const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;

let scene: Scene;
/** How often the owner was asked before it let go, or anything was mounted. */
let asked: number;
beforeEach(() => {
  scene = new Scene();
  asked = 0;
  const { ledger, volumes, ...rest } = world({ probe: probe('shutdown') });
  if (!ledger) throw new Error('the world has a ledger');
  const spare = volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-40', attachments });
  scene.seen = {
    ...rest,
    volumes: [...volumes, spare],
    recoveryPoints: [point(40, { verdict: 'verified' })],
    ledger: { ...ledger, spare: SPARE, verifiedAt: SPARE.at },
  };
  const { probe: plain } = scene.ports.host;
  scene.ports.host.probe = async (...of) => {
    if (scene.did.every((did) => !did.startsWith(`release ${OLD}`))) asked++;
    return plain(...of);
  };
});

const run = () => heal(scene.workflow, scene.ports, WITNESS, POLICY);

/** After the owner was asked, and before the lease. */
function meanwhile(happens: () => void): void {
  const { acquire } = scene.ports.ledger;
  let once = true;
  scene.ports.ledger.acquire = async (...of) => {
    if (once) happens();
    once = false;
    return acquire(...of);
  };
}

test('that its file system is shut down is not asked for again', async () => {
  expect(await run()).toMatchObject({ outcome: 'healed' });
  expect(scene.committed).toMatchObject({ currentVolume: 'vol-spare' });
  expect(asked).toBe(1);
});

describe('it is asked again, under the lease, where', () => {
  test.each([
    ['another heal had the lease since', () => scene.leases++],
    [
      'it was said ten seconds ago',
      () => {
        scene.now += 10_000;
      },
    ],
  ] as const)('%s', async (_, happens) => {
    meanwhile(happens);
    expect(await run()).toMatchObject({ outcome: 'healed' });
    expect(asked).toBe(2);
  });

  test('it serves by then: nothing is let go, nor taken', async () => {
    meanwhile(() => {
      scene.leases++;
      scene.seen = { ...scene.seen, probe: probe('serving') };
    });
    expect(await run()).toMatchObject({ outcome: 'falseAlarm' });
    expect(scene.did).not.toContain(`release ${OLD}`);
    expect(scene.committed).toBeUndefined();
  });

  test.each([
    ['owner', { owner: 'i-other' }],
    ['volume', { currentVolume: 'vol-22222222' as VolumeId }],
  ] as const)('the ledger names another %s', async (_, over) => {
    meanwhile(() => {
      if (scene.seen.ledger) scene.seen = { ...scene.seen, ledger: { ...scene.seen.ledger, ...over } };
    });
    await run();
    expect(asked).toBeGreaterThan(1);
  });

  test.each(['unmountable', 'unreachable', 'notMounted'] as const)('it said %s', async (state) => {
    scene.seen = { ...scene.seen, probe: probe(state) };
    await run();
    expect(asked).toBeGreaterThan(1);
  });
});
