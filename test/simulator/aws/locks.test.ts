import { beforeEach, describe, expect, test } from '@jest/globals';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import { GuardLab, policyDetails } from './guard-lab.ts';

const DAY = 24 * 3600;

let lab: GuardLab;
let volumeId: string;
beforeEach(async () => {
  lab = new GuardLab();
  lab.cloud.faults.runs = RUNS.never;
  volumeId = await lab.content('alpha');
});
const copy = async () => {
  const { id } = lab.snapshots.take(volumeId, {});
  await lab.pass(600);
  return id;
};
const lock = (SnapshotId: string, over: Record<string, unknown> = {}) =>
  lab.call('LockSnapshot', { SnapshotId, LockMode: 'governance', LockDuration: 1, ...over });
const states = async () => {
  const { Snapshots } = await lab.call('DescribeLockedSnapshots', {});
  return (Snapshots as { SnapshotId: string; LockState: string }[]).map((s) => `${s.SnapshotId} ${s.LockState}`);
};
const deleting = (SnapshotId: string) => lab.call('DeleteSnapshot', { SnapshotId });

describe('a locked snapshot of the simulated EC2', () => {
  test('cannot be deleted until its days are over, and then it can', async () => {
    const id = await copy();
    const answer = await lock(id);
    expect(answer).toMatchObject({ SnapshotId: id, LockState: 'governance', LockDuration: 1 });
    await lab.pass(DAY - 60);
    await expect(deleting(id)).rejects.toThrow(/locked/);
    expect(() => lab.snapshots.delete(id)).toThrow(/locked/);
    expect(await states()).toEqual([`${id} governance`]);
    await lab.pass(60);
    expect(await states()).toEqual([`${id} expired`]);
    await deleting(id);
    expect(await states()).toEqual([]);
  });

  test('that is pending counts its days from when it is complete', async () => {
    lab.cloud.faults.snapshotMs = 3 * 3600 * 1000;
    const { id } = lab.snapshots.take(volumeId, {});
    expect(await lock(id)).not.toHaveProperty('LockExpiresOn');
    await lab.pass(DAY + 3600);
    await expect(deleting(id)).rejects.toThrow(/locked/);
    await lab.pass(3 * 3600);
    await deleting(id);
  });

  test('can be changed and unlocked in governance mode, and in compliance mode only made longer', async () => {
    const [free, fixed] = [await copy(), await copy()];
    await lock(free, { LockDuration: 9 });
    await lock(free);
    await lab.call('UnlockSnapshot', { SnapshotId: free });
    await deleting(free);
    await lock(fixed, { LockMode: 'compliance', LockDuration: 5 });
    await expect(lab.call('UnlockSnapshot', { SnapshotId: fixed })).rejects.toThrow(/compliance/);
    await expect(lock(fixed, { LockDuration: 9 })).rejects.toThrow(/extended/);
    await expect(lock(fixed, { LockMode: 'compliance', LockDuration: 4 })).rejects.toThrow(/extended/);
    await lock(fixed, { LockMode: 'compliance', LockDuration: 6 });
  });

  test.each([
    ['no days', { LockDuration: undefined }, 'InvalidParameterValue'],
    ['too many days', { LockDuration: 36_501 }, 'InvalidParameterValue'],
    ['half a day', { LockDuration: 0.5 }, 'InvalidParameterValue'],
    ['no such mode', { LockMode: 'forever' }, 'InvalidParameterValue'],
  ])('is not made with %s', async (_, over, name) => {
    await expect(lock(await copy(), over)).rejects.toMatchObject({ name });
  });

  test.each([
    ['LockSnapshot', { SnapshotId: 'snap-1', ExpirationDate: new Date() }, 'does not know ExpirationDate'],
    ['DescribeLockedSnapshots', { SnapshotIds: [] }, 'does not know SnapshotIds'],
  ])('%s says what it does not know', async (operation, input, says) => {
    await expect(lab.call(operation, input)).rejects.toThrow(says);
  });
});

test('DLM finds what it would delete locked, deletes the others, and goes on', async () => {
  const [schedule] = (policyDetails() as { Schedules: object[] }).Schedules;
  lab.dlm.change(lab.policyId, {
    PolicyDetails: policyDetails({ Schedules: [{ ...schedule, RetainRule: { Count: 2 } }] }),
  });
  lab.cloud.faults.runs = RUNS.usual;
  await lab.pass(3 * 3600);
  const [first = ''] = [...lab.ec2.snapshots.keys()];
  await lock(first);
  await lab.pass(12 * 3600);
  expect([...lab.ec2.snapshots.keys()]).toHaveLength(3);
  expect(lab.ec2.snapshots.has(first)).toBe(true);
  await lab.pass(14 * 3600);
  expect(lab.ec2.snapshots.has(first)).toBe(false);
});
