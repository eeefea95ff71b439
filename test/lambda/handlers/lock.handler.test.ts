import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG } from '../../../contract/contract.ts';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import { GuardLab } from '../../simulator/aws/guard-lab.ts';

/** The guard's own handler and adapters on the simulated AWS, with a lock of a day; what a drill does is done by hand. */
const HOUR = 3600;

let lab: GuardLab;
let volumeId: string;
beforeEach(async () => {
  lab = new GuardLab();
  lab.lock = { mode: 'governance', days: 1 };
  lab.cloud.faults.runs = RUNS.never;
  volumeId = await lab.content('alpha');
});

const snapshots = () => [...lab.ec2.snapshots.values()];
const locked = () => snapshots().filter((s) => s.lock !== undefined);
const calls = (operation: string) => lab.cloud.calls.filter((c) => c.operation === operation).map((c) => c.result);

/** A completed copy, as the guard takes them, or with other tags. */
async function copy(over: Record<string, string> = {}, verdict = 'verified') {
  const tags = { ...lab.ec2.volume(volumeId).tags, [TAG.guard]: 'true', [TAG.verdict]: verdict, ...over };
  const snapshot = lab.snapshots.take(volumeId, tags);
  await lab.pass(600);
  return snapshot;
}

/** Hours with a round every 20 minutes; each copy is drilled as soon as it is complete. */
async function passed(hours: number): Promise<void> {
  for (let n = 0; n < hours * 3; n++) {
    await lab.pass(1200);
    for (const s of snapshots()) if (s.state === 'completed') s.tags[TAG.verdict] ??= 'verified';
    await lab.round();
  }
}

describe('a verified copy of its own', () => {
  test('is locked, once', async () => {
    const { id } = await copy();
    for (let n = 0; n < 3; n++) await lab.round();
    expect(locked().map((s) => s.id)).toEqual([id]);
    expect(locked()[0]?.lock).toMatchObject({ mode: 'governance', days: 1 });
    expect(calls('LockSnapshot')).toEqual(['ok']);
    expect(lab.said).toEqual([`alpha: ${id}, which is verified, is locked for 1 d (governance)`]);
  });

  test.each(['governance', 'compliance'] as const)(
    'is locked once in %s mode, too, when the answer is lost and the SDK tries again',
    async (mode) => {
      lab.lock = { mode, days: 1 };
      await copy();
      let lost = 0;
      lab.cloud.intercept = async ({ operation }, perform) => {
        const output = perform();
        if (operation === 'LockSnapshot' && lost++ === 0)
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
        return output;
      };
      await lab.round().catch(() => {});
      await lab.round();
      expect(lost).toBeGreaterThanOrEqual(1);
      expect(locked()).toHaveLength(1);
    },
  );

  test('that is locked by a round at the same time is locked all the same', async () => {
    await copy();
    await lab.within(async () => {
      await Promise.all([lab.handler()(), lab.handler()()]);
    });
    expect(locked()).toHaveLength(1);
  });

  test('is locked where it is on the second page of what is locked', async () => {
    for (let n = 0; n < 55; n++) {
      const { id } = await copy({ [TAG.stack]: 'Other' });
      await lab.call('LockSnapshot', { SnapshotId: id, LockMode: 'governance', LockDuration: 30 });
    }
    const { id } = await copy();
    for (let n = 0; n < 2; n++) await lab.round();
    expect(lab.ec2.snapshot(id).lock).toBeDefined();
    expect(calls('LockSnapshot').slice(55)).toEqual(['ok']);
  });
});

test('about one copy a day is taken, verified and locked; it outlives the retention by its lock, and then goes', async () => {
  lab.cloud.faults.runs = RUNS.usual;
  lab.lock = { mode: 'governance', days: 3 };
  const taken = new Set<string>();
  lab.cloud.listen(({ who, what }) => {
    const id = who === 'ec2' && /^snapshot (\S+) is locked/.exec(what)?.[1];
    if (id) taken.add(id);
  });
  await passed(6 * 24);
  expect(taken.size).toBeGreaterThanOrEqual(6);
  expect(taken.size).toBeLessThanOrEqual(7);
  // Nothing of DLM's is locked, and DLM keeps to its count.
  expect(locked().every((s) => s.tags[TAG.guard] === 'true')).toBe(true);
  expect(snapshots().filter((s) => s.tags['aws:dlm:managed'] === 'true').length).toBeLessThanOrEqual(24);
  const left = [...taken].filter((id) => lab.ec2.snapshots.has(id));
  expect(left.length).toBeGreaterThanOrEqual(3);
  expect(left.length).toBeLessThanOrEqual(4);
  expect(left).toEqual([...taken].slice(-left.length));
  expect(lab.sns.messages).toEqual([]);
});

describe('what is past its retention and locked', () => {
  const expiredAndLocked = async () => {
    const { id } = await copy({ [TAG.role]: 'current' });
    await lab.call('LockSnapshot', { SnapshotId: id, LockMode: 'governance', LockDuration: 3 });
    return id;
  };

  test.each([true, false])('is no failure of the guard, whether it locks any itself (%s) or not', async (locks) => {
    if (!locks) lab.lock = undefined;
    const id = await expiredAndLocked();
    await lab.pass(30 * HOUR);
    await copy();
    for (let n = 0; n < 4; n++) await lab.round();
    expect(lab.ec2.snapshots.has(id)).toBe(true);
    expect(calls('DeleteSnapshot')).toEqual([]);
    await lab.pass(3 * 24 * HOUR);
    await copy();
    for (let n = 0; n < 3; n++) await lab.round();
    expect(lab.ec2.snapshots.has(id)).toBe(false);
  });

  test('is not asked for where nothing is marked, and nothing is locked', async () => {
    lab.lock = undefined;
    await copy();
    await lab.round();
    expect(calls('DescribeLockedSnapshots')).toEqual([]);
  });
});

test('where nobody says what is locked, snapshots are taken, nothing is locked or deleted, and the round says so', async () => {
  await copy();
  await lab.pass(26 * HOUR);
  lab.cloud.intercept = async ({ operation }, perform) => {
    if (operation === 'DescribeLockedSnapshots') throw new ServiceError('UnauthorizedOperation', 'no', 403);
    return perform();
  };
  await expect(lab.round()).rejects.toThrow(/could not do everything: locks: .*UnauthorizedOperation/);
  expect(snapshots()).toHaveLength(2);
  expect(calls('LockSnapshot')).toEqual([]);
  expect(calls('DeleteSnapshot')).toEqual([]);
});

test('a lock that is refused keeps nothing else from being done', async () => {
  const { id } = await copy();
  await lab.pass(HOUR);
  lab.cloud.intercept = async ({ operation }, perform) => {
    if (operation === 'LockSnapshot') throw new ServiceError('UnauthorizedOperation', 'no', 403);
    return perform();
  };
  await expect(lab.round()).rejects.toThrow(new RegExp(`alpha: could not lock ${id}: UnauthorizedOperation`));
  expect(snapshots()).toHaveLength(2);
});
