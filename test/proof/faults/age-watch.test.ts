import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG, VERDICT } from '../../../contract/contract.ts';
import { flattened } from '../../../contract/flat.ts';
import { AgeWatch } from '../../../proof/faults/checkers/age-watch.ts';
import type { World } from '../../../rehearsal/world/world.ts';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import type { Message } from '../../../simulator/aws/lambda/sns.ts';
import { Lab } from '../../simulator/aws/lab.ts';

const MINUTE_S = 60;

/** A world in which nobody takes any snapshot but the test. */
class AgeLab extends Lab {
  readonly messages: Message[] = [];
  volumeId = '';
  watch: AgeWatch | undefined;

  async begin(): Promise<AgeWatch> {
    this.cloud.faults.runs = RUNS.never;
    this.volumeId = await this.made();
    await this.copy({});
    const services = { cloud: this.cloud, ec2: this.ec2, sns: { messages: this.messages } };
    // The members that it looks at.
    this.watch = new AgeWatch({ services, clock: this.clock, stackName: 'Shop' } as unknown as World, ['alpha']);
    return this.watch;
  }

  async copy(tags: Record<string, string>): Promise<void> {
    const { id } = this.snapshots.take(this.volumeId, { [TAG.volume]: 'alpha', ...tags });
    await this.pass(20 * MINUTE_S);
    const snapshot = this.ec2.snapshots.get(id);
    if (snapshot?.state !== 'completed') throw new Error(`${id} is ${snapshot?.state}`);
  }

  notify(state: string, name: string): void {
    const alarm = { name, state };
    this.messages.push({ at: this.clock.now(), topicArn: '', subject: '', message: '', attributes: {}, alarm });
  }

  unheard(name: string): void {
    const data = JSON.stringify(flattened({ alarms: [{ name, state: 'ALARM', since: this.clock.now() }] }));
    const attributes = { kind: 'unheardAlarms', data };
    this.messages.push({ at: this.clock.now(), topicArn: '', subject: '', message: '', attributes });
  }
}

let lab: AgeLab;
beforeEach(() => {
  lab = new AgeLab();
});
const kept = (watch: AgeWatch, drills = false, strictly = false, struck = false) =>
  watch.judge(drills, strictly, struck).map((c) => c.kept);

describe('the newest completed copy', () => {
  test('may be an hour old', async () => {
    const watch = await lab.begin();
    await lab.pass(35 * MINUTE_S);
    await lab.copy({});
    await lab.pass(30 * MINUTE_S);
    expect(kept(watch, false, true)).toEqual([true]);
  });

  test('is older, and nobody hears of it', async () => {
    const watch = await lab.begin();
    await lab.pass(60 * MINUTE_S);
    expect(kept(watch)).toEqual([false]);
    expect(watch.judge(false, false, false)[0]?.seen).toContain('alpha/recovery-point');
  });

  test('is older while nobody could hear of it: they have a while from then on', async () => {
    const watch = await lab.begin();
    const now = lab.clock.now();
    lab.cloud.faults.outages.set('kms', 'refuses', now, now + 60 * MINUTE_S * 1000);
    await lab.pass(66 * MINUTE_S);
    expect(kept(watch)).toEqual([true]);
    await lab.pass(5 * MINUTE_S);
    expect(kept(watch)).toEqual([false]);
  });

  test('a guard that was struck itself says so later', async () => {
    const watch = await lab.begin();
    await lab.pass(57 * MINUTE_S);
    expect([kept(watch), kept(watch, false, false, true)]).toEqual([[false], [true]]);
    await lab.pass(10 * MINUTE_S);
    expect(kept(watch, false, false, true)).toEqual([false]);
  });

  test('is older, and a person is notified: that is enough only where something stood in the way', async () => {
    const watch = await lab.begin();
    await lab.pass(42 * MINUTE_S);
    lab.notify('ALARM', 'Shop/alpha/recovery-point');
    await lab.pass(30 * MINUTE_S);
    expect(kept(watch)).toEqual([true]);
    expect(kept(watch, false, true)).toEqual([false]);
  });

  test('is older, and the guard says so, for the alarm could notify nobody', async () => {
    const watch = await lab.begin();
    await lab.pass(42 * MINUTE_S);
    lab.unheard('Shop/alpha/recovery-point');
    await lab.pass(30 * MINUTE_S);
    expect(kept(watch)).toEqual([true]);
  });

  test('is older, and the guard says so of another, or before the alarm was calm again', async () => {
    const watch = await lab.begin();
    lab.unheard('Shop/alpha/recovery-point');
    lab.notify('OK', 'Shop/alpha/recovery-point');
    lab.unheard('Shop/alpha/full');
    await lab.pass(72 * MINUTE_S);
    expect(kept(watch)).toEqual([false]);
  });

  test.each([
    ['OK', 'Shop/alpha/recovery-point'],
    ['ALARM', 'Shop/beta/recovery-point'],
    ['ALARM', 'Shop/alpha/verified-recovery-point'],
  ])('is older, and what a person hears is something else: %s %s', async (state, name) => {
    const watch = await lab.begin();
    lab.notify('ALARM', 'Shop/alpha/recovery-point');
    lab.notify('OK', 'Shop/alpha/recovery-point');
    await lab.pass(42 * MINUTE_S);
    lab.notify(state, name);
    await lab.pass(30 * MINUTE_S);
    expect(kept(watch)).toEqual([false]);
  });
});

test('where there is none any more, its age runs from when there was', async () => {
  const watch = await lab.begin();
  lab.ec2.snapshots.clear();
  await lab.pass(66 * MINUTE_S);
  expect(kept(watch)).toEqual([true]);
  await lab.pass(5 * MINUTE_S);
  expect(kept(watch)).toEqual([false]);
});

describe('the newest verified copy', () => {
  test('may be 75 minutes old, and is looked at where there are drills only', async () => {
    lab.cloud.faults.runs = RUNS.never;
    const watch = await lab.begin();
    await lab.copy({ [TAG.verdict]: VERDICT.verified });
    await lab.pass(30 * MINUTE_S);
    await lab.copy({});
    expect(kept(watch, true)).toEqual([true, true]);
    await lab.pass(39 * MINUTE_S);
    expect(kept(watch, true)).toEqual([true, false]);
    expect(kept(watch, false)).toEqual([true]);
  });
});
