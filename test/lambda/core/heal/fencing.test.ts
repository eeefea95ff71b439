import { expect, test } from '@jest/globals';
import { LEDGER } from '../../../../contract/contract.ts';
import { DrillLab } from '../../handlers/drill.lab.ts';

const NOW = Date.parse('2026-01-07T00:10:00Z');
const ENTRY = { generation: 1, currentVolume: 'vol-11111111', owner: 'i-1' } as const;
const REPLACED = {
  oldVolume: 'vol-00000001',
  newVolume: 'vol-00000002',
  snapshotId: 'snap-00000001',
  owner: 'i-2',
  recoveryPointAt: 1,
  files: 2,
} as const;

test('who is fenced is noted under the lease alone, until the next commit', async () => {
  const lab = new DrillLab();
  const fencing = () => lab.dynamodb.all().find((item) => item.sk?.S === LEDGER.state)?.fencing?.S;
  const lease = (until: number) => lab.within(() => lab.heals.acquire('alpha', 'heal-1', NOW, until));
  const note = (holder: string, now = NOW) => lab.within(() => lab.heals.noteFencing('alpha', holder, now, 'i-1'));
  await expect(note('heal-1')).rejects.toThrow(/i-1 is fenced/);
  await lease(NOW + 60_000);
  await expect(note('heal-2')).rejects.toThrow();
  await expect(note('heal-1', NOW + 61_000)).rejects.toThrow();
  expect(fencing()).toBeUndefined();
  await note('heal-1');
  await lab.within(() => lab.heals.release('alpha', 'heal-1'));
  expect(fencing()).toBe('i-1');
  await lease(NOW + 900_000);
  for (const replaced of [undefined, REPLACED]) {
    await note('heal-1');
    await lab.within(() => lab.heals.commit('alpha', 'heal-1', NOW, ENTRY, replaced));
    expect(fencing()).toBeUndefined();
  }
});

test('what was shut down is noted with it, stays so beside a note without it, and goes with a commit, or once it serves', async () => {
  const lab = new DrillLab();
  const shutDown = async () => (await lab.within(() => lab.heals.read('alpha')))?.shutDown;
  const note = (id?: 'vol-11111111') => lab.within(() => lab.heals.noteFencing('alpha', 'heal-1', NOW, 'i-1', id));
  await lab.within(() => lab.heals.acquire('alpha', 'heal-1', NOW, NOW + 60_000));
  await note();
  expect(await shutDown()).toBeUndefined();
  await note('vol-11111111');
  await note();
  expect(await shutDown()).toBe('vol-11111111');
  await lab.within(() => lab.heals.commit('alpha', 'heal-1', NOW, ENTRY));
  expect(await shutDown()).toBeUndefined();
  await note('vol-11111111');
  await lab.within(() => lab.heals.noteServed('alpha'));
  expect(await shutDown()).toBeUndefined();
});
