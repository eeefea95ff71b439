import { beforeEach, describe, expect, test } from '@jest/globals';
import { type SparePolicy, serveSpare } from '../../../../lambda/core/heal/spare.ts';
import { Journal } from '../../../../lambda/core/world/journal.ts';
import type { LedgerState, Observation, Spare } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';
import { NOW, probe, volume, world } from '../world.ts';

const MINUTE = 60_000;
const SPARE: Spare = { volumeId: 'vol-spare', snapshotId: 'snap-190', instanceId: 'i-standby', at: NOW - 190 * MINUTE };
const FASTER: SparePolicy = { prefer: 'faster', maxAgeMinutes: 120 };
const FRESHER: SparePolicy = { prefer: 'fresher', maxAgeMinutes: 120 };
const FOLLOW = 'follow vol-spare';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
  scene.seen = seen('shutdown');
  const drained = { state: 'drained', number: '9', head: '9', files: '0', missing: '0' };
  scene.printed.set('drain vol-spare on i-standby term 1', drained);
});

/** A spare from three hours ago, and something verified that is ten minutes old. */
function seen(state: 'shutdown' | 'serving'): Observation {
  const { ledger, volumes, ...rest } = world({ probe: probe(state) });
  const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
  const spare = volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-190', attachments });
  const entry: LedgerState = {
    ...(ledger as LedgerState),
    spare: SPARE,
    verifiedAt: NOW - 10 * MINUTE,
    verifiedSnapshot: 'snap-10',
  };
  return { ...rest, volumes: [...volumes, spare], ledger: entry };
}

function serve(policy: SparePolicy, journaled = true) {
  const ports = { ...scene.ports, journaled };
  const journal = new Journal(scene.workflow, ports.clock);
  journal.guardBy(async () => undefined);
  return serveSpare({ ports, journal, healId: 'heal-1', volume: 'alpha' }, policy, []);
}

const headAt = (minutesAgo: number) =>
  scene.printed.set(FOLLOW, { state: 'following', headAt: new Date(NOW - minutesAgo * MINUTE).toISOString() });

describe('a spare that follows is as old as what it last had, by its own host’s word', () => {
  test.each([FASTER, FRESHER])('has all there is: it is taken, and nothing is newer ($prefer)', async (policy) => {
    headAt(0);
    const { served, passedOver } = await serve(policy);
    expect([served?.replacement.newVolume, served?.replacement.choice, passedOver]).toEqual([
      'vol-spare',
      undefined,
      undefined,
    ]);
  });

  test('stopped an hour ago: something is newer, it is not too old, and what it cost is said by that hour', async () => {
    headAt(60);
    const { served } = await serve(FASTER);
    expect(served?.replacement.choice).toMatchObject({ taken: 'spare', newer: 'snap-10', minutes: 50 });
  });

  test('stopped an hour ago, and what is fresher is preferred: it is passed over, as old as that', async () => {
    headAt(60);
    const { served, passedOver } = await serve(FRESHER);
    expect([served, passedOver]).toEqual([undefined, { snapshotId: 'snap-190', at: NOW - 60 * MINUTE }]);
  });

  test.each(['unreachable', 'busy'] as const)(
    'its host says nothing of it (%s): it is as old as its snapshot',
    async (result) => {
      scene.answers.set(FOLLOW, result);
      expect((await serve(FASTER)).passedOver).toEqual({ snapshotId: 'snap-190', at: SPARE.at });
    },
  );

  test('it cannot even be asked: the same', async () => {
    scene.failing.add(FOLLOW);
    expect((await serve(FASTER)).passedOver).toEqual({ snapshotId: 'snap-190', at: SPARE.at });
  });

  test('what the ledger would say decides nothing that nothing newer makes a question of: nobody is asked', async () => {
    scene.seen = { ...scene.seen, ledger: { ...(scene.seen.ledger as LedgerState), verifiedAt: SPARE.at } };
    expect((await serve(FASTER)).served).toBeDefined();
    expect(scene.did).not.toContain(FOLLOW);
  });
});

describe('after a false alarm', () => {
  beforeEach(() => {
    scene.seen = { ...seen('serving'), ledger: { ...(seen('serving').ledger as LedgerState), verifiedAt: SPARE.at } };
  });

  test('the spare stays mounted, and is followed', async () => {
    scene.printed.set(FOLLOW, { state: 'following' });
    expect(await serve(FASTER)).toEqual({});
    expect(scene.did).toEqual(['mount vol-spare', 'verify vol-spare', FOLLOW]);
  });

  test('one that is not followed yet is read once it is mounted', async () => {
    scene.answers.set('verify vol-spare', 'notMounted');
    const { verify } = scene.ports.host;
    scene.ports.host.verify = async (...at) => {
      const answer = await verify(...at);
      scene.answers.delete('verify vol-spare');
      return answer;
    };
    await serve(FASTER);
    expect(scene.did.slice(0, 3)).toEqual(['mount vol-spare', 'verify vol-spare: notMounted', 'verify vol-spare']);
  });

  test('one that was read and is not mounted by its own word is not taken', async () => {
    scene.answers.set('mount vol-spare', 'busy');
    await serve(FASTER);
    expect(scene.did.at(-1)).toBe('release vol-spare');
  });

  test('a host without the agent lets go of it', async () => {
    scene.printed.set(FOLLOW, { state: 'none' });
    await serve(FASTER);
    expect(scene.did.slice(-2)).toEqual([FOLLOW, 'release vol-spare']);
  });

  test('so does one without a journal', async () => {
    await serve(FASTER, false);
    expect(scene.did).toEqual(['mount vol-spare', 'verify vol-spare', 'release vol-spare']);
  });

  test('one that cannot be read is let go of, and not followed', async () => {
    scene.answers.set('verify vol-spare', 'noCanary');
    await serve(FASTER);
    expect(scene.did.slice(-1)).toEqual(['release vol-spare']);
  });
});
