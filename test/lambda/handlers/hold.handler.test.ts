import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG } from '../../../contract/contract.ts';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import { GuardLab } from '../../simulator/aws/guard-lab.ts';

/** The guard and DLM beside each other: an hourly schedule that keeps 24 copies, of which one was verified. */
let lab: GuardLab;
let volumeId: string;
let verified: string;
beforeEach(async () => {
  lab = new GuardLab();
  volumeId = await lab.content('alpha');
  await passed(3, false);
  const [first] = snapshots();
  if (!first) throw new Error('DLM made no copy');
  first.tags[TAG.verdict] = 'verified';
  verified = first.id;
});

const snapshots = () => [...lab.ec2.snapshots.values()];
const tags = () => lab.ec2.volume(volumeId).tags;
const messages = () => lab.sns.messages.filter((m) => m.subject.includes('nothing newer of alpha is verified'));

/** Hours, with a round of the guard every 20 minutes. */
async function passed(hours: number, guard = true): Promise<void> {
  for (let n = 0; n < hours * 3; n++) {
    await lab.pass(1200);
    if (guard) await lab.round();
  }
}

describe('nothing is verified for two days', () => {
  test('and nobody guards: DLM deletes the last verified copy', async () => {
    await passed(48, false);
    expect(lab.ec2.snapshots.has(verified)).toBe(false);
  });

  test('the last verified copy is left, the others go after their hours, and a person is notified once', async () => {
    await passed(48);
    expect(lab.ec2.snapshots.has(verified)).toBe(true);
    const now = lab.clock.now();
    const ages = snapshots()
      .filter((s) => s.id !== verified)
      .map((s) => (now - s.startedAt) / 3_600_000);
    expect(Math.max(...ages)).toBeLessThan(25.5);
    expect(Math.min(...ages)).toBeLessThan(1);
    expect(tags()[TAG.held]).toBe('true');
    expect(tags()).not.toHaveProperty([TAG.schedule]);
    expect(messages()).toHaveLength(1);
    expect(messages()[0]?.message).toContain(verified);
    // That the schedule does not copy it is as it should be.
    expect(lab.sns.messages).toHaveLength(1);
    expect(snapshots().some((s) => TAG.held in s.tags)).toBe(false);
  });

  test('and then something is: the schedule goes on, and the old one may go', async () => {
    await passed(30);
    const newest = snapshots()
      .filter((s) => s.state === 'completed')
      .at(-1);
    if (!newest) throw new Error('there is no copy');
    newest.tags[TAG.verdict] = 'verified';
    await passed(2);
    expect(tags()).toMatchObject({ [TAG.schedule]: 'hourly/Shop' });
    expect(tags()).not.toHaveProperty([TAG.held]);
    const since = lab.clock.now();
    await passed(3);
    expect(snapshots().some((s) => s.startedAt > since && s.tags['aws:dlm:managed'] === 'true')).toBe(true);
    // It is DLM's again, and the oldest of those that it counts.
    await passed(26);
    expect(lab.ec2.snapshots.has(verified)).toBe(false);
  });
});

test('where people cannot be notified, the volume stays in the schedule until they are', async () => {
  lab.cloud.faults.runs = RUNS.never;
  lab.cloud.intercept = async ({ operation }, perform) => {
    if (operation === 'Publish') throw new ServiceError('InternalError', 'no', 500);
    return perform();
  };
  await lab.pass(24 * 3600);
  await expect(lab.round()).rejects.toThrow(/could not do everything: alpha: .*InternalError/);
  expect(tags()).toMatchObject({ [TAG.schedule]: 'hourly/Shop', [TAG.held]: 'true' });
  lab.cloud.intercept = undefined;
  await lab.round();
  expect(tags()).not.toHaveProperty([TAG.schedule]);
  expect(messages()).toHaveLength(1);
});
